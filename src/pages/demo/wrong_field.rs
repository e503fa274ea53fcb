//! What is wrong with a field, beside it.

use leptos::prelude::*;

/// A line of text; hidden while nothing is wrong.
#[component]
pub fn WrongField(
    /// The ID that the field's `aria-describedby` names.
    id: &'static str,
    /// What is wrong.
    #[prop(into)]
    why: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <span class="order__wrong" id=id role="alert" hidden=move || why.get().is_none()>
            {why}
        </span>
    }
}
