//! The search form. “Find traces”, or Enter in a field, makes it the page's address.

use super::Services;
use super::draft::{CUSTOM, Draft, SearchField};
use crate::route::{Route, SearchParams, Zone};
use crate::state::data::{Data, use_data};
use crate::state::navigation::use_navigation;
use crate::state::settings::use_settings;
use crate::state::tasks;
use crate::ui::lookback::LookbackOptions;
use leptos::prelude::*;
use leptos::{ev, html};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, HtmlTextAreaElement};

/// Classes of a field in half of the form's width, and in all of it.
const HALF: &str = "search-form__field";
const WIDE: &str = "search-form__field search-form__wide";

/// Names of services or operations.
type Names = Arc<Vec<String>>;

/// The form. The fields of `draft` follow the search of the address; `services` are offered.
#[component]
pub fn SearchForm(
    params: Memo<SearchParams>,
    /// The search of the address alone: texts stay when only its sort order or its time zone changes.
    asked: Memo<SearchParams>,
    draft: Draft,
    services: Services,
) -> impl IntoView {
    let (data, navigation, settings) = (use_data(), use_navigation(), use_settings());
    Effect::new(move |is_first: Option<()>| {
        asked.with(|asked| is_first.is_some().then(|| draft.load(asked)));
    });
    Effect::new(move |before: Option<Zone>| {
        let zone = draft.zone.get();
        if let Some(before) = before.filter(|before| *before != zone) {
            draft.change_zone(before);
        }
        zone
    });
    let operations = operations_of(data, draft.service);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match draft.params(&params.get_untracked()) {
            Ok(asked) => {
                draft.refused.set(None);
                let asked = asked.at((js_sys::Date::now() * 1_000.0) as u64);
                navigation.push(Route::Search(asked));
            }
            Err(refused) => draft.refused.set(Some(refused)),
        }
    };
    let service_names = Signal::derive(move || match services.get() {
        Some(Ok(services)) => services,
        _ => Arc::default(),
    });
    let all_services = Signal::derive(move || match services.get() {
        None => "Loading…",
        Some(Err(_)) => "Unknown",
        Some(Ok(_)) => "All services",
    });
    // With other servers it stands only where the address asks for it, and the search says that it cannot be.
    let has_log_text =
        Memo::new(move |_| settings.has_log_search() || draft.log_text.with(|text| !text.is_empty()));
    let is_custom = Memo::new(move |_| draft.lookback.with(|lookback| lookback == CUSTOM));
    view! {
        <form class="search-form" data-test="search-form" aria-label="Search" novalidate on:submit=submit>
            <NameSelect
                label="Service"
                test="field-service"
                value=draft.service
                all=all_services
                names=service_names
                changed=move |()| draft.operation.set(String::new())
            />
            <NameSelect
                label="Operation"
                test="field-operation"
                value=draft.operation
                all=Signal::stored("All operations")
                names=operations
            />
            <TagsField draft/>
            <Show when=move || has_log_text.get()>
                <TextField draft field=SearchField::LogText class=WIDE label="Log text" test="field-log-text" value=draft.log_text hint="Part of a log line of the trace"/>
            </Show>
            <label class=HALF>
                <span>"Time range"</span>
                <select
                    class="field"
                    data-test="field-lookback"
                    on:change=move |event| draft.lookback.set(event_target_value(&event))
                >
                    <LookbackOptions value=draft.lookback more=(CUSTOM, "Custom range")/>
                </select>
            </label>
            <TextField draft field=SearchField::Limit label="Limit" test="field-limit" value=draft.limit hint="20" inputmode="numeric"/>
            <Show when=move || is_custom.get()>
                <TextField draft field=SearchField::Start class=WIDE label="Start" test="field-begin" value=draft.start kind="datetime-local"/>
                <TextField draft field=SearchField::End class=WIDE label="End" test="field-end" value=draft.end kind="datetime-local"/>
            </Show>
            <TextField draft field=SearchField::MinDuration label="Min span duration" test="field-min" value=draft.min_duration hint="1.2s, 100ms"/>
            <TextField draft field=SearchField::MaxDuration label="Max span duration" test="field-max" value=draft.max_duration hint="1.2s, 100ms"/>
            <button type="submit" class="button button--main search-form__submit" data-test="search-submit">
                "Find traces"
            </button>
            <p class="search-form__hint">"Drop or paste a trace file anywhere."</p>
        </form>
    }
}

/// Names of the operations of a service, sorted; empty while they are loading and where they cannot be had. Then an
/// operation can still stand in the address, and the search itself reports the failure.
fn operations_of(data: Data, service: RwSignal<String>) -> Signal<Names> {
    let operations = RwSignal::new(Names::default());
    Effect::new(move || {
        let service = service.get();
        operations.set(Names::default());
        if service.is_empty() {
            return;
        }
        tasks::spawn_scoped(async move {
            let found = data.operations(&service).await.unwrap_or_default();
            let mut names: Vec<String> = found.into_iter().map(|operation| operation.name).collect();
            // One name may be listed once for each span kind.
            names.dedup();
            operations.set(Arc::new(names));
        });
    });
    operations.into()
}

/// Focuses the field whenever it is refused, and gives the reason.
fn refusal<E>(
    draft: Draft,
    field: SearchField,
    node: NodeRef<E>,
) -> impl Fn() -> Option<String> + Copy + Send + Sync
where
    E: html::ElementType,
    E::Output: JsCast + AsRef<web_sys::HtmlElement> + Clone + 'static,
{
    let reason = move || draft.refused.get().filter(|(refused, _)| *refused == field).map(|(_, why)| why);
    Effect::new(move || {
        if reason().is_some()
            && let Some(node) = node.get_untracked()
        {
            // Focusing an element of the page does not fail.
            let _ = AsRef::<web_sys::HtmlElement>::as_ref(&node).focus();
        }
    });
    reason
}

/// Why a field was refused, below it.
#[component]
fn Refusal(#[prop(into)] reason: Signal<Option<String>>) -> impl IntoView {
    move || {
        reason.get().map(|reason| {
            view! {
                <span class="search-form__wrong" role="alert">
                    {reason}
                </span>
            }
        })
    }
}

/// A text field with its label.
#[component]
fn TextField(
    draft: Draft,
    /// Which field it is.
    field: SearchField,
    label: &'static str,
    /// Its name in tests.
    test: &'static str,
    value: RwSignal<String>,
    #[prop(default = HALF)] class: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "text")] inputmode: &'static str,
    #[prop(default = "")] hint: &'static str,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let reason = refusal(draft, field, input);
    view! {
        <label class=class>
            <span>{label}</span>
            <input
                class="field"
                type=kind
                inputmode=inputmode
                placeholder=hint
                step=(kind != "text").then_some("1")
                autocomplete="off"
                spellcheck="false"
                data-test=test
                node_ref=input
                prop:value=value
                aria-invalid=move || reason().map(|_| "true")
                on:input=move |event| value.set(event_target_value(&event))
            />
            <Refusal reason=Signal::derive(reason)/>
        </label>
    }
}

/// Tags, in logfmt or as JSON. Enter searches, Shift+Enter breaks the line.
#[component]
fn TagsField(draft: Draft) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let reason = refusal(draft, SearchField::Tags, area);
    let submit_on_enter = move |event: ev::KeyboardEvent| {
        if event.key() != "Enter" || event.shift_key() || event.is_composing() {
            return;
        }
        event.prevent_default();
        let area = event.target().and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok());
        if let Some(form) = area.and_then(|area| area.form()) {
            // The form has no constraints of its own and a button that submits it.
            let _ = form.unchecked_into::<HtmlFormElement>().request_submit();
        }
    };
    view! {
        <label class=WIDE>
            <span>"Tags"</span>
            <textarea
                class="field mono"
                rows="2"
                placeholder="error=true http.response.status_code=500"
                autocomplete="off"
                spellcheck="false"
                data-test="field-tags"
                node_ref=area
                prop:value=draft.tags
                aria-invalid=move || reason().map(|_| "true")
                on:input=move |event| draft.tags.set(event_target_value(&event))
                on:keydown=submit_on_enter
            ></textarea>
            <Refusal reason=Signal::derive(reason)/>
        </label>
    }
}

/// A list of names to choose from, with their number and an entry for all of them. A value that is not in the list can
/// still be chosen.
#[component]
fn NameSelect(
    label: &'static str,
    /// Its name in tests.
    test: &'static str,
    value: RwSignal<String>,
    /// Label of the entry for all names.
    all: Signal<&'static str>,
    names: Signal<Names>,
    /// Called after the user has chosen.
    #[prop(optional, into)]
    changed: Option<Callback<()>>,
) -> impl IntoView {
    let number = move || match names.with(|names| names.len()) {
        0 => String::new(),
        number => number.to_string(),
    };
    let offered = move || {
        let (names, value) = (names.get(), value.get());
        let other = (!value.is_empty() && !names.contains(&value)).then_some(value);
        other.into_iter().chain(names.iter().cloned()).collect::<Vec<_>>()
    };
    let offered = Memo::new(move |_| offered());
    let option = move |name: String| {
        let (this, address) = (name.clone(), name.clone());
        view! {
            <option value=address prop:selected=move || value.with(|value| *value == this)>
                {name}
            </option>
        }
    };
    let choose = move |event| {
        value.set(event_target_value(&event));
        if let Some(changed) = changed {
            changed.run(());
        }
    };
    view! {
        <label class=WIDE>
            <span>{label} " " <span class="search-form__count">{number}</span></span>
            <select class="field" data-test=test on:change=choose>
                <option value="" prop:selected=move || value.with(String::is_empty)>
                    {all}
                </option>
                <For each=move || offered.get() key=Clone::clone children=option/>
            </select>
        </label>
    }
}
