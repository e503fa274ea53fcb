//! About page: what Spandrel is and what it reads.

use crate::state::part::part;
use crate::ui::formats::FORMATS;
use leptos::prelude::*;

const FACTS: [(&str, &str); 4] = [
    ("Version", env!("CARGO_PKG_VERSION")),
    ("Reads", FORMATS),
    ("Queries", "Jaeger HTTP API v3, falling back to v1"),
    ("Licence", "MIT or Apache-2.0"),
];

part! {
    /// Builds the page; it is in a part of the program.
    pub fn about_page in pages -> fn() -> AnyView = || view! { <AboutPage/> }.into_any();
}

/// The about page.
#[component]
pub fn AboutPage() -> impl IntoView {
    let facts = FACTS.map(|(name, fact)| view! { <dt>{name}</dt><dd>{fact}</dd> });
    view! {
        <div class="settings about">
            <h1>"About Spandrel"</h1>
            <p>
                "Spandrel shows traces: what happened in a request, span by span, over time. It reads them from a Jaeger server, "
                "from its own server, or from files that you drop on the page; files never leave this browser."
            </p>
            <dl>{facts.collect_view()}</dl>
        </div>
    }
}
