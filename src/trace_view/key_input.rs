//! A text field for the name of a field or attribute: names of the trace are suggested with their counts, and a name that no
//! span has is said to be one.

use super::find_hint::Hint;
use super::span_source::SpanSource;
use crate::state::busy;
use crate::state::tasks::{sleep, spawn_scoped};
use crate::ui::choices::{Choice, Choices, Combobox};
use leptos::prelude::*;
use leptos::{ev, html};
use spandrel_trace::analysis::query::{Completion, FindHint, has_field};
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::units::count;

/// Milliseconds until an unknown name is looked for again while not everything is searchable.
const AGAIN: u32 = 400;

/// The field. The names are those of the trace whose [`SpanSource`] is in the context; without one nothing is suggested.
#[component]
pub fn KeyInput(
    /// Id of the list of suggestions, unique in the page.
    list: &'static str,
    /// Accessible name.
    label: &'static str,
    /// Shown while it is empty.
    placeholder: &'static str,
    /// What stands in it.
    #[prop(into)]
    value: Signal<String>,
    /// Called with what was entered, without blanks around it.
    #[prop(into)]
    on_change: Callback<String>,
    /// For tests.
    test: &'static str,
    /// Whether it takes the focus as soon as it is there.
    #[prop(optional)]
    takes_focus: bool,
) -> impl IntoView {
    let source = use_context::<SpanSource>();
    let input = NodeRef::<html::Input>::new();
    if takes_focus {
        input.on_load(|input| {
            // A field in the page takes the focus.
            let _ = input.focus();
        });
    }
    let combobox = Combobox::new(list);
    // What is typed; `None` closes the list.
    let typing = RwSignal::new(None::<String>);
    Effect::new(move || {
        let (Some(text), Some(source)) = (typing.get(), source) else {
            combobox.choices.set(Vec::new());
            return;
        };
        spawn_scoped(async move {
            let _busy = busy::hold();
            // Only names are offered there.
            let query = format!("has({text}");
            let cursor = query.len() as u32;
            let Ok(Answer::Completions(found)) = source.ask(QuestionTopic::Complete { query, cursor }).await
            else {
                return;
            };
            combobox.choices.set(found.items.iter().map(choice).collect());
            combobox.active.set(None);
        });
    });
    let entered = RwSignal::new(String::new());
    Effect::new(move || {
        let value = value.get();
        // Some fields are emptied once their text is taken.
        if !value.is_empty() {
            entered.set(value);
        }
    });
    let hints = hints_of(source, entered.into());
    let enter = move |text: String| {
        let text = text.trim().to_owned();
        typing.set(None);
        if let Some(input) = input.get_untracked() {
            input.set_value(&text);
        }
        entered.set(text.clone());
        on_change.run(text);
    };
    let choose = move |at: usize| {
        if let Some(name) =
            combobox.choices.with_untracked(|choices| choices.get(at).map(|one| one.label.clone()))
        {
            enter(unquoted(&name));
        }
    };
    let typed = move || input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let key = move |event: ev::KeyboardEvent| {
        if event.is_composing() || combobox.moved(&event) {
            return;
        }
        match (event.key().as_str(), combobox.chosen()) {
            ("Enter" | "Tab", Some(at)) if !event.shift_key() => choose(at),
            ("Enter", None) => {
                typing.set(None);
                // The browser tells of the change.
                return;
            }
            ("ArrowDown", _) => typing.set(Some(typed())),
            ("Escape", _) if untrack(|| combobox.is_open()) => typing.set(None),
            ("Escape", _) => {
                if let Some(input) = input.get_untracked() {
                    // It has the focus and can lose it.
                    let _ = input.blur();
                }
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let shown = move || {
        let take = Callback::new(move |(_, instead): (String, String)| enter(instead));
        let hints = hints.get();
        (!hints.is_empty()).then(|| {
            let hints = hints.into_iter().map(|hint| view! { <Hint hint on_take=take/> }).collect_view();
            view! { <div class="key-box-hint" data-test="key-hint" role="status">{hints}</div> }
        })
    };
    view! {
        <span class="key-box">
            <input
                class="field key-box-field"
                {..combobox.attributes()}
                type="text"
                data-test=test
                aria-label=label
                placeholder=placeholder
                node_ref=input
                prop:value=value
                on:input=move |_| {
                    entered.set(String::new());
                    typing.set(Some(typed()));
                }
                on:focus=move |_| typing.set(Some(typed()).filter(String::is_empty))
                on:blur=move |_| typing.set(None)
                on:change=move |_| enter(typed())
                on:keydown=key
            />
            <Choices combobox=combobox label="Suggestions" on_choose=choose/>
            {shown}
        </span>
    }
}

/// A name with how many spans or resources have it, or what it is.
fn choice(completion: &Completion) -> Choice {
    let note = match completion.count {
        0 => completion.about.clone(),
        number => count(u64::from(number)),
    };
    Choice { label: completion.text.clone(), marks: Vec::new(), note }
}

/// A name that stands in quotes in a query, without them.
fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    }
}

/// What of a name is not known, once everything is searchable.
fn hints_of(source: Option<SpanSource>, name: Signal<String>) -> RwSignal<Vec<FindHint>> {
    let hints = RwSignal::new(Vec::new());
    Effect::new(move || {
        let query = has_field(&name.get());
        hints.set(Vec::new());
        let Some(source) = source.filter(|_| !query.is_empty()) else { return };
        let pending = busy::hold();
        spawn_scoped(async move {
            let mut pending = Some(pending);
            while let Ok(Answer::Matches(found)) =
                source.ask(QuestionTopic::Find { query: query.clone() }).await
            {
                pending.take();
                if found.unsearched == 0 {
                    hints.set(found.hints);
                    return;
                }
                sleep(AGAIN).await;
            }
        });
    });
    hints
}
