//! Light or dark, on the page's root element.

use super::canvas::Listener;
use leptos::prelude::*;

fn system() -> Option<web_sys::MediaQueryList> {
    web_sys::window()?.match_media("(prefers-color-scheme: dark)").ok()?
}

/// Keeps the page dark or light as chosen; `None` is as the system has it, also when that changes.
pub fn wear(dark: impl Fn() -> Option<bool> + 'static) {
    let changes = RwSignal::new(0u32);
    if let Some(query) = system() {
        let heard = Listener::new(&query, "change", move |_: web_sys::Event| {
            changes.update(|count| *count = count.wrapping_add(1));
        });
        let heard = StoredValue::new_local(heard);
        on_cleanup(move || heard.dispose());
    }
    Effect::new(move || {
        changes.track();
        let dark = dark().unwrap_or_else(|| system().is_some_and(|query| query.matches()));
        let page = web_sys::window().and_then(|window| window.document());
        if let Some(root) = page.and_then(|page| page.document_element()) {
            // A plain attribute is never refused.
            let _ = root.set_attribute("data-theme", if dark { "dark" } else { "light" });
        }
    });
}
