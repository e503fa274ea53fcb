//! Light or dark, on the page's root element.

use super::canvas::Listener;
use super::view::{effect, keep};
use leptos::prelude::*;

fn system() -> Option<web_sys::MediaQueryList> {
    web_sys::window()?.match_media("(prefers-color-scheme: dark)").ok()?
}

/// Keeps the page dark or light as chosen; `None` is as the system has it, also when that changes.
pub fn apply_theme(dark: impl Fn() -> Option<bool> + 'static) {
    let changes = RwSignal::new(0u32);
    if let Some(query) = system() {
        keep(Listener::new(&query, "change", move |_: web_sys::Event| {
            changes.update(|count| *count = count.wrapping_add(1));
        }));
    }
    effect(move || {
        changes.track();
        let dark = dark().unwrap_or_else(|| system().is_some_and(|query| query.matches()));
        if let Some(root) = document().document_element() {
            // A plain attribute is never refused.
            let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
        }
    });
}
