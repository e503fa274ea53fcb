//! The face of "nothing here": said plainly, with what to do next.

use leptos::prelude::*;

/// Nothing here. What to do next is inside.
#[component]
pub fn Empty(
    /// What is not here.
    #[prop(into)]
    title: String,
    /// What to do next.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="empty" data-test="empty">
            <h2 class="empty__title">{title}</h2>
            <div class="empty__next">{children()}</div>
        </section>
    }
}
