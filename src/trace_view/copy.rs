//! Copying texts to the clipboard, and saying whether that worked.

use crate::state::tasks::{sleep, spawn};
use leptos::ev;
use leptos::prelude::*;
use std::future::Future;

/// How long the outcome is shown, milliseconds.
const SHOWN: u32 = 1_500;

/// Outcome of the last copy, while it is shown. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct CopyStatus(RwSignal<Option<bool>>);

impl CopyStatus {
    /// Nothing was copied yet.
    pub fn new() -> Self {
        CopyStatus(RwSignal::new(None))
    }

    /// The outcome in words, `otherwise` while there is none; tracked.
    pub fn text(self, otherwise: &'static str) -> &'static str {
        match self.0.get() {
            None => otherwise,
            Some(true) => "Copied",
            Some(false) => "Not allowed",
        }
    }

    /// Whether an outcome is shown; tracked.
    pub fn is_shown(self) -> bool {
        self.0.get().is_some()
    }

    /// Copies `text`.
    pub fn copy(self, text: String) {
        self.copy_when(async move { Some(text) });
    }

    /// Copies a text once it is loaded; `None` counts as not allowed.
    pub fn copy_when(self, text: impl Future<Output = Option<String>> + 'static) {
        let CopyStatus(copied) = self;
        copied.set(None);
        spawn(async move {
            let done = match text.await {
                Some(text) => {
                    let written = window().navigator().clipboard().write_text(&text);
                    wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
                }
                None => false,
            };
            // The view may be gone by now.
            let _ = copied.try_set(Some(done));
            sleep(SHOWN).await;
            let _ = copied.try_set(None);
        });
    }
}

impl Default for CopyStatus {
    fn default() -> Self {
        Self::new()
    }
}

/// A button that copies `text`.
#[component]
pub fn CopyButton(
    /// Accessible name: what is copied.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// Shared with other ways to copy the same.
    #[prop(default = CopyStatus::new())]
    status: CopyStatus,
) -> impl IntoView {
    let copy = move |event: ev::MouseEvent| {
        event.stop_propagation();
        status.copy(text.get_untracked());
    };
    view! {
        <button
            type="button"
            class="copy"
            class:copy-said=move || status.is_shown()
            aria-label=label
            on:click=copy
        >
            <span class="copy-text" aria-live="polite">{move || status.text("Copy")}</span>
        </button>
    }
}
