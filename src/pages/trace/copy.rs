//! A small button that puts a text on the clipboard and says so.

use crate::state::errand::Errand;
use crate::ui::element::{El, button, el};
use leptos::prelude::*;
use std::time::Duration;
use web_sys::MouseEvent;

/// Copies `text`; `label` says what that is.
pub fn copy_button(label: &str, text: String) -> El {
    let said = RwSignal::new(None::<bool>);
    let copy = move |event: MouseEvent| {
        event.stop_propagation();
        let written = window().navigator().clipboard().write_text(&text);
        let wait = async move {
            let done = wasm_bindgen_futures::JsFuture::from(written).await.is_ok();
            // The page may be gone by now.
            said.try_set(Some(done));
            let hush = move || {
                said.try_set(None);
            };
            set_timeout(hush, Duration::from_millis(1500));
        };
        Errand::send(wait).forget();
    };
    let face = move || match said.get() {
        None => "Copy",
        Some(true) => "Copied",
        Some(false) => "Not allowed",
    };
    button("copy")
        .live_class("copy-said", move || said.get().is_some())
        .attr("aria-label", label)
        .on("click", copy)
        .child(el("span", "").attr("aria-live", "polite").live_text(face))
}
