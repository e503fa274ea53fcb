//! Disclosures whose content is built when it is needed.

use leptos::html;
use leptos::prelude::*;

/// A disclosure whose content is built when it is opened first; `open` opens it at once.
#[component]
pub fn Folded(
    class: &'static str,
    summary_class: &'static str,
    summary: AnyView,
    #[prop(into)] content: ViewFn,
    #[prop(default = false)] open: bool,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let opened = RwSignal::new(open);
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|details| details.open()) {
            opened.set(true);
        }
    };
    view! {
        <details class=class open=open node_ref=details on:toggle=toggled>
            <summary class=summary_class>{summary}</summary>
            {move || opened.get().then(|| content.run())}
        </details>
    }
}
