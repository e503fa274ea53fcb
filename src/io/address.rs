//! The address bar and the browser's history. Addresses are relative to the URL below which the app is mounted.

use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

/// The URL below which the app is mounted, ending with a slash.
pub fn mount() -> String {
    let base = window().and_then(|window| window.document()).and_then(|page| page.base_uri().ok().flatten());
    let base = base.unwrap_or_default();
    let clean = base.split(['?', '#']).next().unwrap_or_default();
    clean.rfind('/').map_or_else(|| clean.to_owned(), |end| clean[..=end].to_owned())
}

/// The URL of the app's own files, ending with a slash.
pub fn assets() -> String {
    let root = window().and_then(|window| window.document()).and_then(|page| page.document_element());
    root.and_then(|root| root.get_attribute("data-assets")).unwrap_or_else(mount)
}

/// The current path below the mount URL, and the query with its `?`.
pub fn current() -> (String, String) {
    let Some(location) = window().map(|window| window.location()) else { return Default::default() };
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let mount = web_sys::Url::new(&mount()).map(|mount| mount.pathname()).unwrap_or_default();
    let below = path.strip_prefix(&mount).unwrap_or(&path);
    (below.trim_start_matches('/').to_owned(), query)
}

/// Path and query of a link into this app, as [`current`] has them; `None` for any other link.
pub fn inside(href: &str) -> Option<(String, String)> {
    let url = web_sys::Url::new(href).ok()?;
    let below = href.strip_prefix(&mount())?;
    let path = below.split(['?', '#']).next().unwrap_or_default();
    Some((path.to_owned(), url.search()))
}

/// The browser refused a change of the history: too many in a short time (Safari takes 100 in 30 seconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRefused;

/// Adds an entry to the history.
pub fn push(address: &str) -> Result<(), HistoryRefused> {
    write(address, |history, url| history.push_state_with_url(&JsValue::NULL, "", Some(url)))
}

/// Replaces the current entry of the history.
pub fn replace(address: &str) -> Result<(), HistoryRefused> {
    write(address, |history, url| history.replace_state_with_url(&JsValue::NULL, "", Some(url)))
}

fn write(
    address: &str,
    with: impl Fn(&web_sys::History, &str) -> Result<(), JsValue>,
) -> Result<(), HistoryRefused> {
    let url = format!("{}{address}", mount());
    let history = window().and_then(|window| window.history().ok()).ok_or(HistoryRefused)?;
    with(&history, &url).map_err(|_| HistoryRefused)
}

/// Calls `changed` after the user went back or forward, as long as the page lives.
pub fn on_travel(changed: impl Fn() + 'static) {
    let Some(window) = window() else { return };
    let listener = Closure::<dyn Fn()>::new(changed);
    // Only an invalid event name is refused.
    let _ = window.add_event_listener_with_callback("popstate", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Sets the title of the document.
pub fn title(text: &str) {
    if let Some(document) = window().and_then(|window| window.document()) {
        document.set_title(text);
    }
}
