//! What views show of a trace without spans, and where the filters leave no span.

use crate::ui::empty::EmptyState;
use leptos::prelude::*;

/// A trace without spans.
#[component]
pub fn NoSpans(
    /// What to do next, one paragraph each.
    #[prop(optional)]
    next: Vec<String>,
) -> impl IntoView {
    view! { <EmptyState title="This trace has no spans" next/> }
}

/// A trace whose spans are all left out.
#[component]
pub fn AllFiltered() -> impl IntoView {
    let next = "The filters leave out every span. Clear the find, or show the hidden services.";
    view! { <EmptyState title="No spans to show" next=vec![next.to_owned()]/> }
}
