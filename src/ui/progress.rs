//! What takes time says so, but only once it has taken a moment: what is quick should not flicker.

use leptos::prelude::*;

/// A bar with a sentence. It becomes visible after 300 ms.
#[component]
pub fn Progress(
    /// What is going on.
    #[prop(into)]
    text: Signal<String>,
    /// How far it has come, 0 to 1; `None` where nobody knows.
    #[prop(into)]
    share: Signal<Option<f64>>,
) -> impl IntoView {
    let now = move || share.get().map(|share| (share.clamp(0.0, 1.0) * 100.0).round().to_string());
    let width =
        move || share.get().map_or("100%".to_owned(), |share| format!("{}%", share.clamp(0.0, 1.0) * 100.0));
    view! {
        <div class="progress">
            <p class="progress__text" role="status">{move || text.get()}</p>
            <div class="progress__bar" role="progressbar" aria-label=move || text.get() aria-valuemin="0" aria-valuemax="100" aria-valuenow=now>
                <i class="progress__done" class:progress__done--unknown=move || share.get().is_none() style:width=width></i>
            </div>
        </div>
    }
}
