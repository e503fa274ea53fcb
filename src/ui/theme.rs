//! The colour theme, as `data-theme` of the document's root element.

use leptos::prelude::*;
use leptos_use_media_query::use_media_query;

/// Applies a theme for as long as the current owner lives: dark or light, or as the system prefers where `dark` is `None`.
pub fn apply_theme(dark: Signal<Option<bool>>) {
    let system_is_dark = use_media_query("(prefers-color-scheme: dark)");
    Effect::new(move || {
        let dark = dark.get().unwrap_or_else(|| system_is_dark.get());
        if let Some(root) = document().document_element() {
            // Setting a plain attribute does not fail.
            let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
        }
    });
}
