//! A small button that puts a text on the clipboard and says so.

use leptos::prelude::*;
use std::time::Duration;

/// Copies `text`.
#[component]
pub fn CopyButton(
    /// What is copied, in words.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let said = RwSignal::new(None::<bool>);
    let copy = move |event: leptos::ev::MouseEvent| {
        event.stop_propagation();
        let Some(window) = web_sys::window() else { return };
        let written = window.navigator().clipboard().write_text(&text);
        leptos::task::spawn_local(async move {
            let done = wasm_bindgen_futures::JsFuture::from(written).await.is_ok();
            // The page may be gone by now.
            said.try_set(Some(done));
            let hush = move || {
                said.try_set(None);
            };
            set_timeout(hush, Duration::from_millis(1500));
        });
    };
    let face = move || match said.get() {
        None => "Copy",
        Some(true) => "Copied",
        Some(false) => "Not allowed",
    };
    view! {
        <button type="button" class="copy" class:copy-said=move || said.get().is_some() aria-label=label on:click=copy>
            <span aria-live="polite">{face}</span>
        </button>
    }
}
