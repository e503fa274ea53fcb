//! A text field for the name of a field or attribute, with those of the trace as suggestions.

use super::super::span_source::SpanSource;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::query::Offer;
use spandrel_trace::engine::{Answer, QuestionTopic};

/// Names of fields and of attributes of the trace, as suggestions for [`FieldInput`].
#[component]
pub fn FieldNames(
    source: SpanSource,
    /// Id that inputs refer to.
    id: &'static str,
    /// Names that come first.
    first: &'static [&'static str],
) -> impl IntoView {
    let keys = RwSignal::new(Vec::<String>::new());
    Effect::new(move |_| {
        spawn_scoped(async move {
            let topic = QuestionTopic::Complete { query: String::new(), cursor: 0 };
            if let Ok(Answer::Completions(found)) = source.ask(topic).await {
                let names =
                    found.items.into_iter().filter(|item| matches!(item.offer, Offer::Field | Offer::Key));
                let names = names.map(|item| item.text.trim().to_owned());
                keys.set(names.filter(|name| !first.contains(&name.as_str())).collect());
            }
        });
    });
    let options = move || {
        let names = first.iter().map(|name| (*name).to_owned()).chain(keys.get());
        names.map(|name| view! { <option value=name></option> }).collect_view()
    };
    view! { <datalist id=id>{options}</datalist> }
}

/// A field for such a name.
#[component]
pub fn FieldInput(
    /// Accessible name.
    label: &'static str,
    /// Id of the suggestions.
    list: &'static str,
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
) -> impl IntoView {
    view! {
        <input
            class="field mono"
            type="text"
            spellcheck="false"
            autocomplete="off"
            aria-label=label
            list=list
            placeholder=placeholder
            data-test=test
            prop:value=value
            on:change:target=move |event| on_change.run(event.target().value().trim().to_owned())
        />
    }
}
