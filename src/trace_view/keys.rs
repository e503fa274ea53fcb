//! Keyboard shortcuts. With the focus on a row the arrows walk the tree, as in every tree grid; elsewhere on the page they
//! pan and zoom, as in Jaeger. The keys are listed in [`commands`]. They work in every view of a trace; a view that
//! handles a key itself prevents the event's default.

use super::app_actions::AppActions;
use super::commands;
use super::parts::Part;
use super::session::{OpenPanel, Session};
use crate::state::events;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Handles keys anywhere on the page until the current owner is cleaned up.
pub fn listen(session: Session) {
    events::listen(ev::keydown, move |event| pressed(session, &event));
    if let Some(actions) = use_context::<AppActions>() {
        actions.has_trace.set_value(true);
        on_cleanup(move || actions.has_trace.set_value(false));
    }
}

/// Handles the keys that pages without a trace have until the current owner is cleaned up: those of the dialogs.
pub fn listen_without_trace(actions: AppActions) {
    events::listen(ev::keydown, move |event| {
        if event.default_prevented() || event.alt_key() || actions.has_trace.get_value() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is_in = |selector: &str| target.as_ref().is_some_and(|target| within(target, selector));
        let panel =
            match written(&event.key(), event.shift_key(), event.ctrl_key() || event.meta_key()).as_str() {
                "Ctrl+k" if !is_in("dialog") => OpenPanel::Palette,
                "?" if !is_in(FIELDS) => OpenPanel::Help,
                _ => return,
            };
        actions.open.set(Some(panel));
        event.prevent_default();
    });
}

/// Handles a key, unless a field has the focus.
fn pressed(session: Session, event: &KeyboardEvent) {
    if event.default_prevented() || event.alt_key() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_tree = target.as_ref().is_some_and(|target| Part::Rows.has(target) && !Part::Drawer.has(target));
    // F6 leaves fields too, as in any application.
    let leaves = event.key() == "F6" && target.as_ref().is_none_or(|target| !within(target, "dialog"));
    if !in_tree && !leaves && target.as_ref().is_some_and(|target| takes_keys(target, &event.key())) {
        return;
    }
    let key = written(&event.key(), event.shift_key(), event.ctrl_key() || event.meta_key());
    let is_empty = session.outline().is_empty();
    let command = commands::of_key(&key, in_tree).filter(|command| !is_empty || command.is_for_empty);
    if command.is_some_and(|command| command.run(session)) {
        event.prevent_default();
    }
}

/// A key as written in the table. Letters are lower case with or without Shift; other characters count by themselves,
/// wherever a keyboard has them, except for those that share a key with plus and minus.
fn written(key: &str, shift: bool, control: bool) -> String {
    let (key, shift) = match key {
        "=" => ("+".to_owned(), shift),
        "_" => ("-".to_owned(), true),
        "+" | "-" => (key.to_owned(), shift),
        _ if key.chars().count() == 1 && !key.chars().all(char::is_alphabetic) => (key.to_owned(), false),
        _ if key.chars().count() == 1 => (key.to_lowercase(), shift),
        _ => (key.to_owned(), shift),
    };
    format!("{}{}{key}", if control { "Ctrl+" } else { "" }, if shift { "Shift+" } else { "" })
}

fn within(element: &Element, selector: &str) -> bool {
    element.closest(selector).ok().flatten().is_some()
}

/// What handles all keys itself.
const FIELDS: &str = "input, textarea, select, dialog, [contenteditable], [role=separator], [role=slider]";

/// Whether an element handles a key itself: fields handle all, buttons and links those that press them.
fn takes_keys(element: &Element, key: &str) -> bool {
    let matches = |selector: &str| within(element, selector);
    matches(FIELDS) || matches("a, button, summary") && matches!(key, "Enter" | " ")
}

#[cfg(test)]
mod tests {
    use super::commands::{Command, all, of_key};
    use super::written;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn keys_mean_what_the_help_says_on_any_keyboard() {
        let pressed = |key: &str, shift, control, on_row| {
            of_key(&written(key, shift, control), on_row).map(|command| command.name)
        };
        for (key, shift, control, name) in [
            ("j", false, false, "Next row"),
            ("A", true, false, "Pan far to the left"),
            ("u", false, false, "Undo zoom"),
            ("U", true, false, "Redo zoom"),
            // With caps lock on.
            ("J", false, false, "Next row"),
            ("?", true, false, "Show or hide these keys"),
            ("/", true, false, "Find spans"),
            ("]", false, false, "Collapse all"),
            ("=", false, false, "Zoom in"),
            ("+", false, false, "Zoom in"),
            ("+", true, false, "Zoom in faster"),
            ("_", true, false, "Zoom out faster"),
            ("k", false, true, "Go to an action, a span or a service by name"),
            ("b", false, true, "Find spans"),
            ("b", false, false, "Previous match, else previous visible span"),
            ("ArrowUp", true, false, "Zoom in faster"),
            ("ArrowLeft", false, false, "Pan to the left"),
            (" ", false, false, "Open or close the details"),
            ("F6", false, false, "Focus the next region: view, details, find"),
            ("F6", true, false, "Focus the previous region"),
        ] {
            assert_eq!(pressed(key, shift, control, false), Some(name), "{key}");
        }
        assert_eq!(pressed("ArrowLeft", false, false, true), Some("Collapse, or go to the parent"));
        assert_eq!(pressed("ArrowLeft", true, false, true), Some("Pan far to the left"));
        assert_eq!(pressed("End", false, false, true), Some("Last row"));
        for (key, control) in
            [("End", false), ("j", true), ("c", true), ("r", true), ("F5", false), ("q", false)]
        {
            assert_eq!(pressed(key, false, control, false), None, "{key} is the browser's");
        }
    }

    #[test]
    fn every_key_of_the_table_can_be_pressed_and_means_one_thing() {
        for on_row in [false, true] {
            let keys = |command: &'static Command| if on_row { command.on_rows } else { command.keys };
            for command in all() {
                for key in keys(command) {
                    let (rest, control) =
                        key.strip_prefix("Ctrl+").map_or((*key, false), |rest| (rest, true));
                    let (rest, shift) =
                        rest.strip_prefix("Shift+").map_or((rest, false), |rest| (rest, true));
                    assert_eq!(written(rest, shift, control), *key);
                    let of_key = of_key(key, on_row).map(|command| command.name);
                    assert_eq!(of_key, Some(command.name), "{key} means two things");
                }
            }
        }
        let mut names: Vec<&str> = all().map(|command| command.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().count(), "each command has a name of its own");
    }
}
