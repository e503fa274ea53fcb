//! What is shown where there is nothing to list.

use super::element::{El, el};
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

/// [`EmptyState`] for views that are not components yet.
pub fn empty(title: &str, next: &[&str]) -> El {
    let next = el("div", "empty__next").children(next.iter().map(|words| el("p", "").text(words)));
    el("section", "empty").test("empty").child(el("h2", "empty__title").text(title)).child(next)
}
