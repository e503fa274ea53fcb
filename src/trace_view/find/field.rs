//! The find field with its completions.

use super::super::commands::{NEXT_MATCH, PREVIOUS_MATCH};
use super::super::parts::Part;
use super::super::regions::focus_view;
use super::super::session::{OpenPanel, Session};
use crate::state::data::Data;
use crate::state::tasks::spawn_scoped;
use crate::ui::choices::{Choice, Choices, Combobox};
use leptos::prelude::*;
use leptos::{ev, html};
use spandrel_trace::analysis::query::{Completion, Completions};
use spandrel_trace::units::count as count_of;
use web_sys::HtmlInputElement;

/// The field and the list of completions below it. Enter goes to the next match, Shift+Enter to the previous one, Escape
/// closes the list, then clears the field, then leaves it.
#[component]
pub fn FindField(session: Session, data: Data, id: StoredValue<String>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let combobox = Combobox::new("find-choices");
    // What the list shows: completions of the text up to the cursor.
    let offered = StoredValue::new(Completions::default());
    // Text and byte offset of the cursor after the last edit; `None` closes the list.
    let typing = RwSignal::new(None::<(String, u32)>);
    Effect::new(move || {
        let Some((text, cursor)) = typing.get() else {
            combobox.choices.set(Vec::new());
            return;
        };
        spawn_scoped(async move {
            let completions = data.complete(&id.get_value(), &session.sent(), &text, cursor).await;
            let Ok(completions) = completions else { return };
            combobox.choices.set(completions.items.iter().map(choice).collect());
            combobox.active.set(None);
            offered.set_value(completions);
        });
    });
    Effect::new(move || {
        if session.panels.open.get() == Some(OpenPanel::Find)
            && let Some(input) = input.get()
        {
            session.panels.open.set(None);
            // A field in the page takes the focus.
            let _ = input.focus();
            input.select();
        }
    });
    let edited = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let text = input.value();
        typing.set((!text.is_empty()).then(|| (text.clone(), cursor_of(&input, &text))));
        session.find.query.set(text);
    };
    let complete = move |at: usize| {
        let Some(input) = input.get_untracked() else { return };
        let text = input.value();
        let Some((text, cursor)) = offered.with_value(|offered| completed(&text, offered, at)) else {
            return;
        };
        session.find.query.set(text.clone());
        input.set_value(&text);
        let place = text[..cursor].encode_utf16().count() as u32;
        // A text field has a cursor.
        let _ = input.set_selection_range(place, place);
        typing.set(Some((text, cursor as u32)));
    };
    let key = move |event: ev::KeyboardEvent| {
        if event.is_composing() || combobox.moved(&event) {
            return;
        }
        match (event.key().as_str(), combobox.chosen()) {
            ("Enter" | "Tab", Some(at)) if !event.shift_key() => complete(at),
            ("Enter", _) => {
                typing.set(None);
                let next = if event.shift_key() { PREVIOUS_MATCH } else { NEXT_MATCH };
                next.run(session);
            }
            ("Escape", _) if untrack(|| combobox.is_open()) => typing.set(None),
            ("Escape", _) if !session.find.query.with_untracked(String::is_empty) => {
                session.find.query.set(String::new())
            }
            ("Escape", _) => {
                focus_view();
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let is_invalid =
        move || session.find.matches.with(|found| found.as_ref().is_some_and(|found| found.error.is_some()));
    view! {
        <div class="find-box">
            <input
                class="field find-field"
                data-part=Part::FindField.name()
                {..combobox.attributes()}
                type="text"
                data-test="find"
                aria-label="Find spans"
                aria-keyshortcuts="/ Control+B"
                placeholder="Find: words, or service = cart and duration > 20ms"
                aria-invalid=move || is_invalid().then_some("true")
                node_ref=input
                prop:value=session.find.query
                on:input=edited
                on:keydown=key
                on:blur=move |_| typing.set(None)
            />
            <Choices combobox=combobox label="Suggestions" on_choose=complete/>
        </div>
    }
}

/// A completion with how many spans have it, or what it is.
fn choice(completion: &Completion) -> Choice {
    let note = match completion.count {
        0 => completion.about.clone(),
        count => count_of(u64::from(count)),
    };
    Choice { label: completion.text.clone(), marks: Vec::new(), note }
}

/// Byte offset of the cursor in `text`, the value of `input`.
fn cursor_of(input: &HtmlInputElement, text: &str) -> u32 {
    let units = input.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
    let mut seen = 0;
    let before = text.chars().take_while(|letter| {
        seen += letter.len_utf16();
        seen <= units
    });
    before.map(char::len_utf8).sum::<usize>() as u32
}

/// `text` with the completion at that index in its place, and the byte offset after it. A space follows, for what comes
/// next.
fn completed(text: &str, offered: &Completions, at: usize) -> Option<(String, usize)> {
    let item = offered.items.get(at)?;
    let (before, after) = (text.get(..offered.from as usize)?, text.get(offered.to as usize..)?);
    // After an opening parenthesis typing goes on within it.
    let blank = if item.text.ends_with('(') || after.starts_with([' ', ')']) { "" } else { " " };
    let head = format!("{before}{}{blank}", item.text);
    let cursor = head.len();
    Some((head + after, cursor))
}

#[cfg(test)]
mod tests {
    use super::completed;
    use spandrel_trace::analysis::query::{Completion, CompletionKind, Completions};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn offered(from: u32, to: u32, text: &str) -> Completions {
        let item =
            Completion { offer: CompletionKind::Value, text: text.into(), about: String::new(), count: 1 };
        Completions { from, to, items: vec![item] }
    }

    #[test]
    fn a_completion_replaces_what_was_typed_of_it() {
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
