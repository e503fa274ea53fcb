//! A list to choose from below a field in which one goes on typing (the combobox of ARIA): arrows move the choice, Enter
//! takes it, the focus stays in the field.

use super::element::{El, el};
use super::view::{View, effect, part, several};
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent};

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen.
    pub label: String,
    /// Letters of it that stand out, by number, ascending.
    pub marks: Vec<usize>,
    /// What is said beside it.
    pub note: String,
}

/// The state of a list.
#[derive(Clone, Copy)]
pub struct Choices {
    /// The id of the list's element; no other in the page has it.
    id: &'static str,
    /// What there is to choose from. None: the list is not shown.
    pub list: RwSignal<Vec<Choice>>,
    /// The one that Enter takes; `None` where Enter means something else.
    pub at: RwSignal<Option<usize>>,
}

impl Choices {
    /// An empty list.
    pub fn new(id: &'static str) -> Self {
        Self { id, list: RwSignal::default(), at: RwSignal::default() }
    }

    /// Says on a field that it has this list.
    pub fn on_field(self, field: El) -> El {
        let id = self.id;
        field
            .attr("role", "combobox")
            .attr("aria-autocomplete", "list")
            .attr("aria-controls", id)
            .attr("autocomplete", "off")
            .attr("spellcheck", "false")
            .live_attr("aria-expanded", move || if self.list.with(Vec::is_empty) { "false" } else { "true" })
            .live_attr("aria-activedescendant", move || self.at.get().map(|at| format!("{id}-{at}")))
    }

    /// Takes a key that moves the choice; whether it was one.
    pub fn moved(self, event: &KeyboardEvent) -> bool {
        let count = self.list.with_untracked(Vec::len);
        if count == 0 || event.alt_key() || event.ctrl_key() || event.meta_key() {
            return false;
        }
        let now = self.at.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" => now.map_or(0, |at| (at + 1) % count),
            "ArrowUp" => now.map_or(count, |at| at.min(count)).checked_sub(1).unwrap_or(count - 1),
            _ => return false,
        };
        self.at.set(Some(next));
        event.prevent_default();
        true
    }

    /// The list. `label` names it for those who cannot see it; `take` is called with what is clicked.
    pub fn view(self, label: &str, take: impl Fn(usize) + 'static) -> El {
        let take: Rc<dyn Fn(usize)> = Rc::new(take);
        let choices = part(
            move || self.list.get(),
            move |list| -> View {
                several(list.into_iter().enumerate().map(|(at, choice)| self.choice(at, choice, &take)))
            },
        );
        let list = el("ul", "choices")
            .attr("role", "listbox")
            .attr("id", self.id)
            .attr("aria-label", label)
            .child(choices);
        let element: Element = list.node();
        effect(move || {
            let chosen = self.at.get().and_then(|at| element.children().item(at as u32));
            if let Some(chosen) = chosen {
                let how = web_sys::ScrollIntoViewOptions::new();
                how.set_block(web_sys::ScrollLogicalPosition::Nearest);
                chosen.scroll_into_view_with_scroll_into_view_options(&how);
            }
        });
        list
    }

    fn choice(self, at: usize, choice: Choice, take: &Rc<dyn Fn(usize)>) -> El {
        let take = take.clone();
        el("li", "choices__choice")
            .attr("role", "option")
            .attr("id", format!("{}-{at}", self.id))
            .live_attr("aria-selected", move || if self.at.get() == Some(at) { "true" } else { "false" })
            // The field keeps the focus.
            .on("pointerdown", move |event: PointerEvent| event.prevent_default())
            .on("click", move |_: MouseEvent| take(at))
            .child(marked(&choice.label, &choice.marks))
            .child(el("span", "choices__note").text(choice.note))
    }
}

/// A text with letters that stand out.
fn marked(text: &str, marks: &[usize]) -> El {
    let mut label = el("span", "choices__label");
    let (mut run, mut stands_out) = (String::new(), false);
    let put = |label: El, run: &str, stands_out: bool| match (run, stands_out) {
        ("", _) => label,
        (run, true) => label.child(el("mark", "").text(run)),
        (run, false) => label.text(run),
    };
    for (at, letter) in text.chars().enumerate() {
        let marked = marks.binary_search(&at).is_ok();
        if marked != stands_out {
            label = put(label, &run, stands_out);
            run.clear();
            stands_out = marked;
        }
        run.push(letter);
    }
    put(label, &run, stands_out)
}
