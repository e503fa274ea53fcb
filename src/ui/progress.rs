//! Progress of work that takes time. The stylesheet shows it after 300 ms, so that quick work does not flicker.

use leptos::prelude::*;

/// A bar with a sentence that says what is being done.
#[component]
pub fn Progress(
    /// What is being done.
    #[prop(into)]
    text: Signal<String>,
    /// How much is done, 0 to 1; `None` where that is unknown.
    #[prop(into, default = Signal::stored(None))]
    share: Signal<Option<f64>>,
) -> impl IntoView {
    let percent = move || share.get().map(|share| share.clamp(0.0, 1.0) * 100.0);
    view! {
        <div class="progress">
            <p class="progress__text" role="status">
                {text}
            </p>
            <div
                class="progress__bar"
                role="progressbar"
                aria-label=text
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || percent().map(|percent| percent.round().to_string())
            >
                <i
                    class="progress__done"
                    class:progress__done--unknown=move || percent().is_none()
                    style:width=move || format!("{}%", percent().unwrap_or(100.0))
                ></i>
            </div>
        </div>
    }
}
