//! The field in which one looks for spans, and the list of what may stand where one types.

use super::super::actions::{Action, Summoned};
use super::super::header::grouped;
use super::super::session::Session;
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use crate::ui::choices::{Choice, Choices};
use crate::ui::element::{El, el};
use crate::ui::view::effect;
use leptos::prelude::*;
use spandrel_trace::analysis::query::Completions;
use std::rc::Rc;
use web_sys::{Event, FocusEvent, HtmlInputElement, KeyboardEvent};

/// The field with its list.
pub fn field(session: Session, data: Data, id: StoredValue<String>) -> El {
    let choices = Choices::new("find-choices");
    // The text up to the cursor was completed like this.
    let offered = StoredValue::new(Completions::default());
    // Text and cursor when somebody typed last; nothing while the list is not wanted.
    let typing = RwSignal::new(None::<(String, u32)>);
    let field = choices
        .on_field(el("input", "field find-field"))
        .attr("type", "text")
        .test("find")
        .attr("aria-label", "Find spans")
        .attr("aria-keyshortcuts", "/ Control+B")
        .attr("placeholder", "Find: words, or service = cart and duration > 20ms")
        .live_attr("aria-invalid", move || {
            session
                .matches
                .with(|found| found.as_ref().is_some_and(|found| found.error.is_some()))
                .then_some("true")
        })
        .live_value(move || session.find.get());
    let input: HtmlInputElement = field.node();

    effect(move || {
        let Some((text, cursor)) = typing.get() else {
            choices.list.set(Vec::new());
            return;
        };
        spawn_scoped(async move {
            let Ok(completions) = data.complete(&id.get_value(), &session.outline(), &text, cursor).await
            else {
                return;
            };
            let list = completions.items.iter().map(|item| Choice {
                label: item.text.clone(),
                marks: Vec::new(),
                note: match item.count {
                    0 => item.about.clone(),
                    count => grouped(count as usize),
                },
            });
            choices.list.set(list.collect());
            choices.at.set(None);
            offered.set_value(completions);
        });
    });

    let summoned = input.clone();
    effect(move || {
        if session.summoned.get() == Some(Summoned::Find) {
            session.summoned.set(None);
            // A field in the page takes the focus.
            let _ = summoned.focus();
            summoned.select();
        }
    });

    let written = input.clone();
    let input_event = move |_: Event| {
        let text = written.value();
        typing.set((!text.is_empty()).then(|| (text.clone(), cursor_of(&written, &text))));
        session.find.set(text);
    };
    let filled = input.clone();
    let take: Rc<dyn Fn(usize)> = Rc::new(move |at| {
        let text = filled.value();
        let Some((text, cursor)) = offered.with_value(|offered| completed(&text, offered, at)) else {
            return;
        };
        session.find.set(text.clone());
        filled.set_value(&text);
        let place = text[..cursor].encode_utf16().count() as u32;
        // A text field has a cursor.
        let _ = filled.set_selection_range(place, place);
        typing.set(Some((text, cursor as u32)));
    });
    let (by_key, escaping) = (take.clone(), input.clone());
    let key = move |event: KeyboardEvent| {
        if event.is_composing() || choices.moved(&event) {
            return;
        }
        let chosen =
            choices.at.get_untracked().filter(|_| choices.list.with_untracked(|list| !list.is_empty()));
        match (event.key().as_str(), chosen) {
            ("Enter" | "Tab", Some(at)) if !event.shift_key() => by_key(at),
            ("Enter", _) => {
                typing.set(None);
                let next = if event.shift_key() { Action::PreviousMatch } else { Action::NextMatch };
                next.act(session);
            }
            // First the list goes, then the text, then the field lets go of the keys.
            ("Escape", _) if choices.list.with_untracked(|list| !list.is_empty()) => typing.set(None),
            ("Escape", _) if !session.find.with_untracked(String::is_empty) => {
                session.find.set(String::new())
            }
            // It is in the page and can let go.
            ("Escape", _) => {
                let _ = escaping.blur();
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let field =
        field.on("input", input_event).on("keydown", key).on("blur", move |_: FocusEvent| typing.set(None));
    let list = choices.view("What may stand here", move |at| take(at));
    el("div", "find-box").children([field, list])
}

/// Where the cursor is, in bytes.
fn cursor_of(input: &HtmlInputElement, text: &str) -> u32 {
    let units = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
    let mut seen = 0;
    let before = text.chars().take_while(|letter| {
        seen += letter.len_utf16();
        seen <= units
    });
    before.map(char::len_utf8).sum::<usize>() as u32
}

/// The text with a completion in its place, and the byte after it; a blank follows, so that one can go on.
fn completed(text: &str, offered: &Completions, at: usize) -> Option<(String, usize)> {
    let item = offered.items.get(at)?;
    let (before, after) = (text.get(..offered.from as usize)?, text.get(offered.to as usize..)?);
    // What opens a parenthesis is gone on within it.
    let blank = if item.text.ends_with('(') || after.starts_with([' ', ')']) { "" } else { " " };
    let head = format!("{before}{}{blank}", item.text);
    let cursor = head.len();
    Some((head + after, cursor))
}

#[cfg(test)]
mod tests {
    use super::completed;
    use spandrel_trace::analysis::query::{Completion, Completions, Offer};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn offered(from: u32, to: u32, text: &str) -> Completions {
        let item = Completion { offer: Offer::Value, text: text.into(), about: String::new(), count: 1 };
        Completions { from, to, items: vec![item] }
    }

    #[test]
    fn a_completion_takes_the_place_of_what_was_begun() {
        assert_eq!(
            completed("service = ca", &offered(10, 12, "cart"), 0),
            Some(("service = cart ".into(), 15))
        );
        assert_eq!(completed("has(", &offered(0, 4, "has("), 0), Some(("has(".into(), 4)));
        assert_eq!(completed("ü = 1 or", &offered(3, 4, "!="), 0), Some(("ü != 1 or".into(), 5)));
        assert_eq!(completed("a", &offered(0, 9, "b"), 0), None, "the text has changed meanwhile");
        assert_eq!(completed("a", &offered(0, 1, "b"), 1), None);
    }
}
