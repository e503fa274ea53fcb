//! Opening a trace of the list: a click anywhere in its row, which a drag that selects text is not; and the focus among rows.

use super::feed::has_selection;
use crate::state::last_search::LastSearch;
use crate::state::navigation::{Navigation, route_of};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent};

/// How far the pointer is moved before a click is a drag, CSS pixels.
const DRAG: f64 = 4.0;
/// Class of a table whose links take the pointer.
const LINKS: &str = "results--links";

/// Where the pointer was pressed last, CSS pixels of the window.
#[derive(Clone, Copy)]
pub struct Press(StoredValue<Option<(f64, f64)>>);

impl Press {
    /// It was not pressed yet.
    pub fn new() -> Self {
        Press(StoredValue::new(None))
    }

    /// Notes that it is pressed.
    pub fn start(self, event: &MouseEvent) {
        self.0.set_value(Some((f64::from(event.client_x()), f64::from(event.client_y()))));
    }

    /// Whether this click ends a drag, or a double click that selected a word. A click by key ends none.
    fn has_selected(self, event: &MouseEvent, row: &Element) -> bool {
        let moved = self.0.get_value().is_some_and(|(x, y)| {
            (f64::from(event.client_x()) - x).hypot(f64::from(event.client_y()) - y) > DRAG
        });
        event.detail() > 0 && (moved || event.detail() > 1 && has_selection(row))
    }
}

/// Handles a click into the table: on a link, or by the main or the middle button anywhere in its row. Notes which trace is
/// opened.
pub fn open_clicked(event: &MouseEvent, press: Press, last: LastSearch, navigation: Navigation) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target else { return };
    let Some(row) = target.closest("[data-trace-id]").ok().flatten() else { return };
    let link = row.query_selector("[data-result-link]").ok().flatten();
    let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
    if press.has_selected(event, &row) {
        event.prevent_default();
        return;
    }
    let is_link = link.contains(Some(&target));
    if event.shift_key() && !is_link {
        // It extends the selection.
        return;
    }
    let is_new_tab = event.button() == 1 || event.ctrl_key() || event.meta_key();
    if let Some(key) = row.get_attribute("data-trace-id").filter(|_| event.button() < 2) {
        last.set_opened(&key);
    }
    let url = link.href();
    match (is_link, is_new_tab) {
        // The browser and the app follow links.
        (true, _) => {}
        (false, false) if event.button() == 0 => {
            if let Some(route) = route_of(&url) {
                navigation.push(route);
            }
        }
        // The browser may refuse to open a tab.
        (false, true) if event.button() < 2 => drop(window().open_with_url_and_target(&url, "_blank")),
        _ => {}
    }
}

/// Lets links take the pointer for the menu of the right button only: text of a link cannot be selected in some browsers.
pub fn offer_links(table: &Element, event: &PointerEvent) {
    // The name of the class is valid.
    let _ = table.class_list().toggle_with_force(LINKS, event.button() == 2);
}

/// Focuses the link of a trace, if its row is mounted, without scrolling.
pub fn focus_row(table: &Element, key: &str) {
    let selector = format!("[data-trace-id=\"{key}\"] [data-result-link]");
    let link = table.query_selector(&selector).ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // Focusing an element of the page does not fail.
        let _ = link.focus_with_options(&options);
    }
}

/// Moves the focus to the next trace (arrow down, `j`) or the one before (arrow up, `k`).
pub fn move_focus(event: KeyboardEvent) {
    let is_down = match event.key().as_str() {
        "ArrowDown" | "j" => true,
        "ArrowUp" | "k" => false,
        _ => return,
    };
    let table = event.current_target().and_then(|table| table.dyn_into::<Element>().ok());
    let Some(Ok(links)) = table.map(|table| table.query_selector_all("[data-result-link]")) else { return };
    let focused = document().active_element();
    let link = |index: u32| links.item(index).and_then(|link| link.dyn_into::<HtmlElement>().ok());
    let current = (0..links.length())
        .find(|index| link(*index).is_some_and(|link| focused.as_ref() == Some(link.as_ref())));
    let next = match current {
        None => Some(0),
        Some(index) if is_down => Some(index + 1),
        Some(index) => index.checked_sub(1),
    };
    if let Some(link) = next.and_then(link) {
        event.prevent_default();
        // Focusing an element of the page does not fail.
        let _ = link.focus();
    }
}
