//! What can be done on every page, with or without a trace: the app provides it, the palette offers it.

use super::session::OpenPanel;
use leptos::prelude::*;

/// An action of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppAction {
    /// What it does, as the palette says it.
    pub name: &'static str,
    /// Shown beside it.
    pub note: &'static str,
}

/// The actions of the app, and the dialog that is open on a page without a trace. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct AppActions {
    /// The actions, in the order in which they are listed.
    pub list: &'static [AppAction],
    /// Runs the one with this index.
    pub run: Callback<usize>,
    /// The dialog that is open above the page, if any.
    pub open: RwSignal<Option<OpenPanel>>,
    /// A trace is shown, which has dialogs and keys of its own.
    pub has_trace: StoredValue<bool>,
}

impl AppActions {
    /// Provides the actions to all pages.
    pub fn provide(list: &'static [AppAction], run: Callback<usize>, open: RwSignal<Option<OpenPanel>>) {
        provide_context(AppActions { list, run, open, has_trace: StoredValue::new(false) });
    }
}
