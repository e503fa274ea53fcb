//! What the header offers, for the palette of every page.

use super::files::Files;
use crate::route::{DependenciesView, MonitorView, Route};
use crate::state::last_search::use_last_search;
use crate::state::navigation::use_navigation;
use crate::state::settings::{Settings, Theme, use_settings};
use crate::trace_view::app_actions::{ActionKind, AppAction, AppActions};
use crate::trace_view::session::OpenPanel;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Id of the field that opens a trace.
pub const OPEN_TRACE: &str = "open-trace";

/// The actions; [`provide`] runs them by their index.
const ACTIONS: &[AppAction] = &[
    action("Search traces", "page", ActionKind::Search),
    action("Dependencies", "page", ActionKind::Dependencies),
    action("Monitor", "page", ActionKind::Monitor),
    action("Demo", "page", ActionKind::Demo),
    action("Settings", "page", ActionKind::Settings),
    action("About Spandrel", "page", ActionKind::About),
    action("Open trace files", "", ActionKind::OpenFiles),
    action("Open a trace by its ID", "", ActionKind::OpenTrace),
    action("Switch between light and dark", "", ActionKind::SwitchTheme),
    action("Keyboard shortcuts", "?", ActionKind::Help),
];

const fn action(name: &'static str, note: &'static str, kind: ActionKind) -> AppAction {
    AppAction { name, note, kind }
}

/// Provides the actions to all pages.
pub fn provide(files: Files) {
    let (navigation, settings, last) = (use_navigation(), use_settings(), use_last_search());
    let open = RwSignal::new(None);
    let run = move |kind| {
        let route = match kind {
            ActionKind::Search => Route::Search(untrack(|| last.asked()).unwrap_or_default()),
            ActionKind::Dependencies => Route::Dependencies(DependenciesView::default()),
            ActionKind::Monitor => Route::Monitor(MonitorView::default()),
            ActionKind::Demo => Route::Demo,
            ActionKind::Settings => Route::Settings,
            ActionKind::About => Route::About,
            ActionKind::OpenFiles => return files.choose(),
            ActionKind::OpenTrace => return focus(OPEN_TRACE),
            ActionKind::SwitchTheme => return switch_theme(settings),
            ActionKind::Help => return open.set(Some(OpenPanel::Help)),
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
