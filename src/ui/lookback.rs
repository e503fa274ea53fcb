//! The list of time ranges back from now.

use leptos::prelude::*;

/// Time ranges that end now: value as in addresses, and label.
const LOOKBACKS: [(&str, &str); 11] = [
    ("5m", "Last 5 minutes"),
    ("15m", "Last 15 minutes"),
    ("30m", "Last 30 minutes"),
    ("1h", "Last hour"),
    ("3h", "Last 3 hours"),
    ("6h", "Last 6 hours"),
    ("12h", "Last 12 hours"),
    ("1d", "Last day"),
    ("2d", "Last 2 days"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
];

/// The options of a list of time ranges. One that is chosen but not in the list is offered too.
#[component]
pub fn LookbackOptions(
    /// The range that is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// A further option: value and label.
    #[prop(optional)]
    more: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let option = move |key: &'static str, label: &'static str| {
        view! {
            <option value=key prop:selected=move || value.with(|value| value == key)>
                {label}
            </option>
        }
    };
    let other = move || {
        let value = value.get();
        let is_offered = LOOKBACKS.iter().chain(&more).any(|(key, _)| *key == value);
        let label = format!("Last {value}");
        (!is_offered).then(|| {
            view! {
                <option value=value prop:selected=true>
                    {label}
                </option>
            }
        })
    };
    view! {
        {other}
        {LOOKBACKS.iter().chain(&more).map(|(key, label)| option(key, label)).collect_view()}
    }
}

/// A field to choose the time range.
#[component]
pub fn LookbackField(
    /// The range that is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Its name in tests.
    test: &'static str,
    /// Called with the range that the user chooses.
    #[prop(into)]
    on_choose: UnsyncCallback<String>,
) -> impl IntoView {
    let choose = move |event| on_choose.run(event_target_value(&event));
    view! {
        <select class="field" aria-label="Time range" data-test=test on:change=choose>
            <LookbackOptions value=value/>
        </select>
    }
}
