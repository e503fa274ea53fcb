//! What is shown where there is nothing to list.

use leptos::prelude::*;

/// Says that there is nothing to show, and what to do next.
#[component]
pub fn EmptyState(
    /// What is missing.
    #[prop(into)]
    title: String,
    /// What to do next, one paragraph each.
    #[prop(into)]
    next: Vec<String>,
) -> impl IntoView {
    view! {
        <section class="empty" data-test="empty">
            <h2 class="empty__title">{title}</h2>
            <div class="empty__next">{next.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}</div>
        </section>
    }
}
