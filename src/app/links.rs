//! Links between pages of the app: followed without loading the document again.

use crate::state::navigation::{Navigation, route_of};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, HtmlElement, MouseEvent};

/// Follows a clicked link that leads into the app. Links elsewhere, to downloads or new tabs, and clicks with a modifier
/// key are left to the browser.
pub fn follow(event: &MouseEvent, navigation: Navigation) {
    let has_modifier = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || has_modifier {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
    if link.has_attribute("download") || !matches!(link.target().as_str(), "" | "_self") {
        return;
    }
    if let Some(route) = route_of(&link.href()) {
        event.prevent_default();
        navigation.push(route);
    }
}

/// Focuses the page's content. With a `<base>` the link's fragment would lead to the start page.
pub fn skip(event: MouseEvent) {
    event.prevent_default();
    let content = document().get_element_by_id("content");
    if let Some(content) = content.and_then(|content| content.dyn_into::<HtmlElement>().ok()) {
        // Focusing an element of the page does not fail.
        let _ = content.focus();
    }
}
