//! Putting a text on the clipboard, and saying whether that worked.

use crate::state::tasks::spawn;
use crate::ui::element::{El, button, el};
use leptos::prelude::*;
use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;
use web_sys::MouseEvent;

/// A text that may have to be asked for; `None` where there is none after all.
pub type Awaited = Pin<Box<dyn Future<Output = Option<String>>>>;

/// What became of the last copying, for a moment: done, or not allowed.
#[derive(Clone, Copy)]
pub struct Said(RwSignal<Option<bool>>);

impl Said {
    /// Nothing was copied yet.
    pub fn nothing() -> Self {
        Said(RwSignal::new(None))
    }

    /// In words; `otherwise` while there is nothing to say.
    pub fn words(self, otherwise: &'static str) -> &'static str {
        match self.0.get() {
            None => otherwise,
            Some(true) => "Copied",
            Some(false) => "Not allowed",
        }
    }

    /// Copies a text that is there.
    pub fn copy(self, text: String) {
        self.copy_when(Box::pin(ready(Some(text))));
    }

    /// Copies a text when it is there.
    pub fn copy_when(self, text: Awaited) {
        let Said(said) = self;
        // What was said of the text before does not stand for this one.
        said.set(None);
        let work = async move {
            let done = match text.await {
                Some(text) => {
                    let written = window().navigator().clipboard().write_text(&text);
                    wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
                }
                None => false,
            };
            // The page may be gone by now.
            said.set(Some(done));
            let hush = move || {
                said.set(None);
            };
            set_timeout(hush, Duration::from_millis(1500));
        };
        spawn(work);
    }
}

/// Copies `text`; `label` says what that is.
pub fn copy_button(label: &str, text: String) -> El {
    copy_button_of(label, Said::nothing(), move || text.clone())
}

/// As [`copy_button`], with a text that is made when it is wanted, and `said` shared with other ways to copy.
pub fn copy_button_of(label: &str, said: Said, text: impl Fn() -> String + 'static) -> El {
    let copy = move |event: MouseEvent| {
        event.stop_propagation();
        said.copy(text());
    };
    button("copy")
        .live_class("copy-said", move || said.0.get().is_some())
        .attr("aria-label", label)
        .on("click", copy)
        .child(el("span", "").attr("aria-live", "polite").live_text(move || said.words("Copy")))
}
