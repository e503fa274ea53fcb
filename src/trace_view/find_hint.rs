//! What of a text is not understood, and what it may have meant instead.

use leptos::prelude::*;
use spandrel_trace::analysis::query::FindHint;

/// A hint, with a button that takes what may have been meant.
#[component]
pub fn Hint(
    /// The hint.
    hint: FindHint,
    /// Called with the part of the text that is replaced and what replaces it.
    #[prop(into)]
    on_take: Callback<(String, String)>,
) -> impl IntoView {
    let (before, part, after, instead) = match hint {
        FindHint::UnknownName { name, nearest } => ("No span has the attribute ", name, ".".into(), nearest),
        FindHint::UnknownValue { found, instead } => ("No span has ", found, ".".into(), Some(instead)),
        FindHint::OtherNotation { found, instead } => {
            ("", found, " is not a comparison here.".into(), Some(instead))
        }
        FindHint::Words { found, instead } => ("", found, " is searched as words.".into(), Some(instead)),
        FindHint::OnlyExcluded { found, instead } => {
            ("", found, " excludes attributes by key, but searches no words.".into(), Some(instead))
        }
        FindHint::Mistake { found, expected } => {
            ("", found, format!(" is not a query: expected {expected}."), None)
        }
    };
    let replaced = part.clone();
    let offer = instead.map(|instead| {
        let taken = instead.clone();
        view! {
            " Did you mean "
            <button
                type="button"
                class="find-hint-take"
                data-test="hint-take"
                // The field keeps the focus.
                on:pointerdown=|event| event.prevent_default()
                on:click=move |_| on_take.run((replaced.clone(), taken.clone()))
            >
                {instead}
            </button>
            "?"
        }
    });
    view! { <p>{before} <code><bdi>{part}</bdi></code> {after} {offer}</p> }
}
