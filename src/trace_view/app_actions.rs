//! What can be done on every page, with or without a trace: the app provides it, the palette offers it.

use super::session::OpenPanel;
use leptos::prelude::*;

/// An action of the app.
#[derive(Clone, Copy, Debug)]
pub struct AppAction {
    /// What it does, as the palette says it.
    pub name: &'static str,
    /// Shown beside it.
    pub note: &'static str,
    /// What it does.
    pub kind: ActionKind,
}

/// What an action of the app does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Shows the last search.
    Search,
    /// Shows which services call each other.
    Dependencies,
    /// Shows metrics of services.
    Monitor,
    /// Shows the demo.
    Demo,
    /// Shows the settings.
    Settings,
    /// Shows what Spandrel is.
    About,
    /// Lets the reader choose trace files.
    OpenFiles,
    /// Focuses the field that opens a trace.
    OpenTrace,
    /// Switches between the light and the dark theme.
    SwitchTheme,
    /// Lists the keys.
    Help,
}

/// The actions of the app, and the dialog that is open on a page without a trace. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct AppActions {
    /// The actions, in the order in which they are listed.
    pub list: &'static [AppAction],
    /// Runs one.
    pub run: Callback<ActionKind>,
    /// The dialog that is open above the page, if any.
    pub open: RwSignal<Option<OpenPanel>>,
    /// A trace is shown, which has dialogs and keys of its own.
    pub has_trace: StoredValue<bool>,
}

impl AppActions {
    /// Provides the actions to all pages.
    pub fn provide(list: &'static [AppAction], run: Callback<ActionKind>, open: RwSignal<Option<OpenPanel>>) {
        provide_context(AppActions { list, run, open, has_trace: StoredValue::new(false) });
    }
}
