//! A list of suggestions below a text field (the combobox of ARIA): arrows move the choice, Enter takes it, the focus stays
//! in the field.

use leptos::attr::Attribute;
use leptos::prelude::*;
use leptos::{ev, html};

/// One suggestion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen.
    pub label: String,
    /// Indices of highlighted characters of `label`, ascending.
    pub marks: Vec<usize>,
    /// Shown beside it.
    pub note: String,
}

/// State of a field with suggestions. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct Combobox {
    /// Id of the list's element, unique in the page.
    id: &'static str,
    /// The suggestions. While there are none the list is hidden.
    pub choices: RwSignal<Vec<Choice>>,
    /// Index of the suggestion that Enter takes; `None` where Enter means something else.
    pub active: RwSignal<Option<usize>>,
}

impl Combobox {
    /// An empty list.
    pub fn new(id: &'static str) -> Self {
        Self { id, choices: RwSignal::default(), active: RwSignal::default() }
    }

    /// Whether there are suggestions; tracked.
    pub fn is_open(self) -> bool {
        self.choices.with(|choices| !choices.is_empty())
    }

    /// The suggestion that Enter takes, untracked.
    pub fn chosen(self) -> Option<usize> {
        self.active.get_untracked().filter(|_| untrack(|| self.is_open()))
    }

    /// Attributes of the field: spread them as `<input {..combobox.attributes()}/>`.
    pub fn attributes(self) -> impl Attribute {
        let id = self.id;
        view! {
            <{..}
                role="combobox"
                aria-autocomplete="list"
                aria-controls=id
                autocomplete="off"
                spellcheck="false"
                aria-expanded=move || self.is_open().to_string()
                aria-activedescendant=move || self.active.get().map(|at| format!("{id}-{at}"))
            />
        }
    }

    /// Handles a key that moves the choice. Returns whether it was one.
    pub fn moved(self, event: &ev::KeyboardEvent) -> bool {
        let count = self.choices.with_untracked(Vec::len);
        if count == 0 || event.alt_key() || event.ctrl_key() || event.meta_key() {
            return false;
        }
        let now = self.active.get_untracked();
        let next = match event.key().as_str() {
            "ArrowDown" => now.map_or(0, |at| (at + 1) % count),
            "ArrowUp" => now.map_or(count, |at| at.min(count)).checked_sub(1).unwrap_or(count - 1),
            _ => return false,
        };
        self.active.set(Some(next));
        event.prevent_default();
        true
    }
}

/// The list of suggestions.
#[component]
pub fn Choices(
    /// State of the field.
    combobox: Combobox,
    /// Accessible name.
    label: &'static str,
    /// Called with the index of the suggestion that is clicked.
    #[prop(into)]
    on_choose: UnsyncCallback<usize>,
) -> impl IntoView {
    let list = NodeRef::<html::Ul>::new();
    Effect::new(move || {
        // Tracked first: the element may be there only later.
        let (active, list) = (combobox.active.get(), list.get());
        let chosen = active.zip(list).and_then(|(at, list)| list.children().item(at as u32));
        if let Some(chosen) = chosen {
            let how = web_sys::ScrollIntoViewOptions::new();
            how.set_block(web_sys::ScrollLogicalPosition::Nearest);
            chosen.scroll_into_view_with_scroll_into_view_options(&how);
        }
    });
    let item = move |(at, choice): (usize, Choice)| {
        view! {
            <li
                class="choices__choice"
                role="option"
                id=format!("{}-{at}", combobox.id)
                aria-selected=move || (combobox.active.get() == Some(at)).to_string()
                // The field keeps the focus.
                on:pointerdown=|event| event.prevent_default()
                on:click=move |_| on_choose.run(at)
            >
                <span class="choices__label">{marked(&choice.label, &choice.marks)}</span>
                <span class="choices__note">{choice.note}</span>
            </li>
        }
    };
    view! {
        <ul class="choices" role="listbox" id=combobox.id aria-label=label node_ref=list>
            {move || combobox.choices.get().into_iter().enumerate().map(item).collect_view()}
        </ul>
    }
}

/// `text` with the characters at `marks` highlighted.
fn marked(text: &str, marks: &[usize]) -> Vec<AnyView> {
    let letters: Vec<(bool, char)> =
        text.chars().enumerate().map(|(at, letter)| (marks.binary_search(&at).is_ok(), letter)).collect();
    let runs = letters.chunk_by(|one, other| one.0 == other.0);
    runs.map(|run| {
        let text: String = run.iter().map(|(_, letter)| letter).collect();
        if run[0].0 { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    })
    .collect()
}
