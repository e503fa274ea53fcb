//! The address bar and its history. Addresses go in and out relative to where the app is mounted.

use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

/// Where the app is mounted: the page's base address, ending with a slash.
pub fn mount() -> String {
    let base = window().and_then(|window| window.document()).and_then(|page| page.base_uri().ok().flatten());
    let base = base.unwrap_or_default();
    let clean = base.split(['?', '#']).next().unwrap_or_default();
    clean.rfind('/').map_or_else(|| clean.to_owned(), |end| clean[..=end].to_owned())
}

/// Where the app's own files are, ending with a slash.
pub fn assets() -> String {
    let root = window().and_then(|window| window.document()).and_then(|page| page.document_element());
    root.and_then(|root| root.get_attribute("data-assets")).unwrap_or_else(mount)
}

/// Path below the mount, and query (with its `?`).
pub fn current() -> (String, String) {
    let Some(location) = window().map(|window| window.location()) else { return Default::default() };
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let mount = web_sys::Url::new(&mount()).map(|mount| mount.pathname()).unwrap_or_default();
    let below = path.strip_prefix(&mount).unwrap_or(&path);
    (below.trim_start_matches('/').to_owned(), query)
}

/// The path below the mount and the query of a link, if it leads into this app.
pub fn inside(href: &str) -> Option<(String, String)> {
    let url = web_sys::Url::new(href).ok()?;
    let below = href.strip_prefix(&mount())?;
    let path = below.split(['?', '#']).next().unwrap_or_default();
    Some((path.to_owned(), url.search()))
}

/// Writes a new entry of the history.
pub fn push(address: &str) {
    write(address, |history, url| history.push_state_with_url(&JsValue::NULL, "", Some(url)));
}

/// Writes over the present entry of the history.
pub fn replace(address: &str) {
    write(address, |history, url| history.replace_state_with_url(&JsValue::NULL, "", Some(url)));
}

fn write(address: &str, with: impl Fn(&web_sys::History, &str) -> Result<(), JsValue>) {
    let url = format!("{}{address}", mount());
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        // Browsers refuse too many changes in a short time; the next change says it again.
        let _ = with(&history, &url);
    }
}

/// Calls `changed` when the user goes back or forward. For the life of the page.
pub fn on_travel(changed: impl Fn() + 'static) {
    let Some(window) = window() else { return };
    let listener = Closure::<dyn Fn()>::new(changed);
    // Only an invalid event name is refused.
    let _ = window.add_event_listener_with_callback("popstate", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Names the document.
pub fn title(text: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(text);
    }
}
