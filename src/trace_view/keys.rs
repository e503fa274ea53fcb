//! Keyboard shortcuts. With the focus on a row the arrows walk the tree, as in every tree grid; elsewhere on the page they
//! pan and zoom, as in Jaeger. The keys are listed in [`actions`]. They work in every view of a trace; a view that
//! handles a key itself prevents the event's default.

use super::actions;
use super::session::Session;
use crate::ui::canvas::Listener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Handles keys anywhere on the page until the current owner is cleaned up.
pub fn listen(session: Session) {
    let listener = Listener::new(&window(), "keydown", move |event: KeyboardEvent| pressed(session, &event));
    StoredValue::new_local(listener);
}

/// Handles a key, unless a field has the focus.
fn pressed(session: Session, event: &KeyboardEvent) {
    // An empty trace has nothing to act on.
    if event.default_prevented() || event.alt_key() || session.outline().is_empty() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_tree = target
        .as_ref()
        .is_some_and(|target| within(target, ".waterfall-scroll") && !within(target, ".span-drawer"));
    // F6 leaves fields too, as in any application.
    let leaves = event.key() == "F6" && target.as_ref().is_none_or(|target| !within(target, "dialog"));
    if !in_tree && !leaves && target.as_ref().is_some_and(|target| takes_keys(target, &event.key())) {
        return;
    }
    let key = written(&event.key(), event.shift_key(), event.ctrl_key() || event.meta_key());
    if actions::of_key(&key, in_tree).is_some_and(|action| action.act(session)) {
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

/// Whether an element handles a key itself: fields handle all, buttons and links those that press them.
fn takes_keys(element: &Element, key: &str) -> bool {
    let matches = |selector: &str| within(element, selector);
    matches("input, textarea, select, dialog, [contenteditable], [role=separator], [role=slider]")
        || matches("a, button, summary") && matches!(key, "Enter" | " ")
}

#[cfg(test)]
mod tests {
    use super::actions::{Action, Known, all, of_key};
    use super::written;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn keys_mean_what_the_help_says_on_any_keyboard() {
        let pressed = |key: &str, shift, control, on_row| of_key(&written(key, shift, control), on_row);
        for (key, shift, control, action) in [
            ("j", false, false, Action::NextRow),
            ("A", true, false, Action::MuchEarlier),
            ("u", false, false, Action::Undo),
            ("U", true, false, Action::Redo),
            // With caps lock on.
            ("J", false, false, Action::NextRow),
            ("?", true, false, Action::Help),
            ("/", true, false, Action::Find),
            ("]", false, false, Action::CollapseAll),
            ("=", false, false, Action::Closer),
            ("+", false, false, Action::Closer),
            ("+", true, false, Action::MuchCloser),
            ("_", true, false, Action::MuchWider),
            ("k", false, true, Action::Palette),
            ("b", false, true, Action::Find),
            ("b", false, false, Action::PreviousMatch),
            ("ArrowUp", true, false, Action::MuchCloser),
            ("ArrowLeft", false, false, Action::Earlier),
            (" ", false, false, Action::Detail),
            ("F6", false, false, Action::NextRegion),
            ("F6", true, false, Action::PreviousRegion),
        ] {
            assert_eq!(pressed(key, shift, control, false), Some(action), "{key}");
        }
        assert_eq!(pressed("ArrowLeft", false, false, true), Some(Action::Outward));
        assert_eq!(pressed("ArrowLeft", true, false, true), Some(Action::MuchEarlier));
        assert_eq!(pressed("End", false, false, true), Some(Action::LastRow));
        for (key, control) in
            [("End", false), ("j", true), ("c", true), ("r", true), ("F5", false), ("q", false)]
        {
            assert_eq!(pressed(key, false, control, false), None, "{key} is the browser's");
        }
    }

    #[test]
    fn every_key_of_the_table_can_be_pressed_and_means_one_thing() {
        for on_row in [false, true] {
            let keys = |known: &'static Known| if on_row { known.on_rows } else { known.keys };
            for known in all() {
                for key in keys(known) {
                    let (rest, control) =
                        key.strip_prefix("Ctrl+").map_or((*key, false), |rest| (rest, true));
                    let (rest, shift) =
                        rest.strip_prefix("Shift+").map_or((rest, false), |rest| (rest, true));
                    assert_eq!(written(rest, shift, control), *key);
                    assert_eq!(of_key(key, on_row), Some(known.action), "{key} means two things");
                }
            }
        }
        let mut names: Vec<&str> = all().map(|known| known.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all().count(), "each action has a name of its own");
    }
}
