//! A native select of one of some values.

use leptos::prelude::*;

/// A select of the values of `all`: each with its name, which is the option's value, and its label.
#[component]
pub fn Select<T: Clone + PartialEq + Send + Sync + 'static>(
    /// The values in their order, each with a unique name and a label.
    all: &'static [(T, &'static str, &'static str)],
    /// Whether a value is the chosen one, tracked.
    is_chosen: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
    /// Called with the value that somebody has chosen.
    on_choose: impl Fn(T) + 'static,
) -> impl IntoView {
    let option = |(value, name, label): &'static (T, &'static str, &'static str)| {
        view! {
            <option value=*name prop:selected=move || is_chosen(value)>{*label}</option>
        }
    };
    let choose = move |name: String| {
        if let Some((value, ..)) = all.iter().find(|(_, other, _)| *other == name) {
            on_choose(value.clone());
        }
    };
    view! {
        <select on:change:target=move |event| choose(event.target().value())>{all.iter().map(option).collect_view()}</select>
    }
}
