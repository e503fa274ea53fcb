//! What the header offers, for the palette of every page.

use super::files::Files;
use crate::route::{DependenciesView, MonitorView, Route};
use crate::state::last_search::use_last_search;
use crate::state::navigation::use_navigation;
use crate::state::settings::{Settings, Theme, use_settings};
use crate::trace_view::app_actions::{AppAction, AppActions};
use crate::trace_view::session::OpenPanel;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Id of the field that opens a trace.
pub const OPEN_TRACE: &str = "open-trace";

/// The actions; [`provide`] runs them by their index.
const ACTIONS: &[AppAction] = &[
    page("Search traces"),
    page("Dependencies"),
    page("Monitor"),
    page("Demo"),
    page("Settings"),
    page("About Spandrel"),
    AppAction { name: "Open trace files", note: "" },
    AppAction { name: "Open a trace by its ID", note: "" },
    AppAction { name: "Switch between light and dark", note: "" },
    AppAction { name: "Keyboard shortcuts", note: "?" },
];

const fn page(name: &'static str) -> AppAction {
    AppAction { name, note: "page" }
}

/// Provides the actions to all pages.
pub fn provide(files: Files) {
    let (navigation, settings, last) = (use_navigation(), use_settings(), use_last_search());
    let open = RwSignal::new(None);
    let run = move |action: usize| {
        let route = match action {
            0 => Route::Search(untrack(|| last.asked()).unwrap_or_default()),
            1 => Route::Dependencies(DependenciesView::default()),
            2 => Route::Monitor(MonitorView::default()),
            3 => Route::Demo,
            4 => Route::Settings,
            5 => Route::About,
            6 => return files.choose(),
            7 => return focus(OPEN_TRACE),
            8 => return switch_theme(settings),
            _ => return open.set(Some(OpenPanel::Help)),
        };
        navigation.push(route);
    };
    AppActions::provide(ACTIONS, Callback::new(run), open);
}

/// Shows the light theme where the dark one is shown, and the other way round.
pub fn switch_theme(settings: Settings) {
    let shown = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    settings.set_theme(if shown.as_deref() == Some("dark") { Theme::Light } else { Theme::Dark });
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // Focusing an element of the page does not fail.
        let _ = element.focus();
    }
}
