//! Commands of a trace view, in one table: what the keyboard dialog shows, what keys do, and what the palette offers.
//! Commands stand above the state of the view and below the components that show it.

mod errors;
mod escape;
mod events;
mod matches;
mod rows;
mod table;

use super::session::Session;
use crate::route::TraceTab;
pub use errors::next_error;
pub use matches::is_focused;
pub use table::{FOCUS_MATCHES, GROUPS, NEXT_MATCH, PREVIOUS_MATCH};

/// Something that the user can do with the view.
#[derive(Clone, Copy)]
pub struct Command {
    /// What it does, as the keyboard dialog and the palette say it; unique.
    pub name: &'static str,
    /// Keys that run it where a row of the tree has the focus.
    pub on_rows: &'static [&'static str],
    /// Keys that run it anywhere on the page, and on rows unless they mean something else there. A command without any key
    /// is run from the palette.
    pub keys: &'static [&'static str],
    /// The view of the trace that it shows, if that is what it does.
    pub view: Option<TraceTab>,
    /// Whether its keys work in a trace without spans too.
    pub is_for_empty: bool,
    enabled: fn(Session) -> bool,
    run: fn(Session),
}

impl Command {
    const fn new(name: &'static str, run: fn(Session)) -> Self {
        Command { name, on_rows: &[], keys: &[], view: None, is_for_empty: false, enabled: |_| true, run }
    }

    const fn keys(mut self, keys: &'static [&'static str]) -> Self {
        self.keys = keys;
        self
    }

    const fn on_rows(mut self, keys: &'static [&'static str]) -> Self {
        self.on_rows = keys;
        self
    }

    const fn for_empty(mut self) -> Self {
        self.is_for_empty = true;
        self
    }

    const fn when(mut self, enabled: fn(Session) -> bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Whether there is anything to do, untracked. The palette offers only commands that are enabled.
    pub fn is_enabled(&self, session: Session) -> bool {
        (self.enabled)(session)
    }

    /// Runs the command if it is enabled, and returns whether it was.
    pub fn run(&self, session: Session) -> bool {
        let is_enabled = self.is_enabled(session);
        if is_enabled {
            (self.run)(session);
        }
        is_enabled
    }
}

/// Every command, in the order of the table.
pub fn all() -> impl Iterator<Item = &'static Command> {
    GROUPS.iter().flat_map(|(_, group)| group.iter())
}

/// The command of a key, with the focus on a row or elsewhere. `key` is written as in the table.
pub fn of_key(key: &str, on_row: bool) -> Option<&'static Command> {
    let has = |keys: &[&str]| keys.contains(&key);
    let on_rows = all().find(|command| on_row && has(command.on_rows));
    on_rows.or_else(|| all().find(|command| has(command.keys)))
}

/// The command that shows a view of the trace.
pub fn of_view(tab: TraceTab) -> Option<&'static Command> {
    all().find(|command| command.view == Some(tab))
}
