//! A button with a short list of things to do. The list is made when it is opened and goes when it is left.

use super::element::{El, button, el};
use super::view::effect;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, HtmlElement, KeyboardEvent, MouseEvent, Node};

/// Something to do.
pub struct Choice {
    /// In words.
    pub words: String,
    /// Does it.
    pub act: Rc<dyn Fn()>,
    /// Where it is one of several of which one holds: whether it is that one.
    pub chosen: Option<bool>,
}

impl Choice {
    /// Something to do once.
    pub fn new(words: impl Into<String>, act: impl Fn() + 'static) -> Self {
        Choice { words: words.into(), act: Rc::new(act), chosen: None }
    }

    /// One of several of which one holds.
    pub fn one_of(words: impl Into<String>, chosen: bool, act: impl Fn() + 'static) -> Self {
        Choice { chosen: Some(chosen), ..Choice::new(words, act) }
    }
}

/// A button that shows `face` and opens a list of `choices`; `label` says what they are about.
pub fn menu(face: &str, label: &str, choices: impl Fn() -> Vec<Choice> + 'static) -> El {
    let choices: Box<dyn Fn() -> Vec<Choice>> = Box::new(choices);
    boxed(face, label, choices)
}

fn boxed(face: &str, label: &str, choices: Box<dyn Fn() -> Vec<Choice>>) -> El {
    let open = RwSignal::new(false);
    let opener = button("menu-button")
        .attr("aria-haspopup", "menu")
        .attr("aria-label", label)
        .attr("title", label)
        .live_attr("aria-expanded", move || open.get().to_string())
        .on("click", move |event: MouseEvent| {
            event.stop_propagation();
            open.update(|open| *open = !*open);
        })
        .text(face);
    let back = opener.node::<HtmlElement>();
    let list = move || {
        let items: Vec<El> = choices().into_iter().map(|choice| item(choice, open, back.clone())).collect();
        let first = items.first().map(|item| item.node::<HtmlElement>());
        // The list is in the page only after this; the effect runs then.
        effect(move || {
            if let Some(first) = &first {
                let _ = first.focus();
            }
        });
        el("div", "menu-list").attr("role", "menu").children(items)
    };
    let whole = el("span", "menu");
    let (around, button) = (whole.node::<Element>(), opener.node::<HtmlElement>());
    let left = move |event: FocusEvent| {
        let to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        if !to.is_some_and(|to| around.contains(Some(&to))) {
            open.set(false);
        }
    };
    let around = whole.node::<Element>();
    let key = move |event: KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => step(&around, 1),
            "ArrowUp" => step(&around, -1),
            "Home" => step(&around, isize::MIN),
            "End" => step(&around, isize::MAX),
            "Escape" => {
                let _ = button.focus();
                open.set(false);
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    whole.on("focusout", left).on("keydown", key).child(opener).when(move || open.get(), list)
}

fn item(choice: Choice, open: RwSignal<bool>, back: HtmlElement) -> El {
    let Choice { words, act, chosen } = choice;
    let role = if chosen.is_some() { "menuitemradio" } else { "menuitem" };
    let chosen = chosen.map(|chosen| chosen.to_string());
    let act = move |event: MouseEvent| {
        event.stop_propagation();
        // The list goes with what is done, and this listener with it: what is needed is taken along first.
        let act = act.clone();
        let _ = back.focus();
        open.set(false);
        act();
    };
    button("menu-item")
        .attr("role", role)
        .attr("tabindex", "-1")
        .attr("aria-checked", chosen)
        .on("click", act)
        .text(words)
}

/// Moves the focus among the items; beyond the ends it stays.
fn step(around: &Element, by: isize) {
    let Ok(items) = around.query_selector_all(".menu-item") else { return };
    let items: Vec<HtmlElement> =
        (0..items.length()).filter_map(|at| items.get(at)?.dyn_into().ok()).collect();
    let focused = document().active_element();
    let now = items.iter().position(|item| focused.as_ref() == Some(item.unchecked_ref()));
    let to =
        now.map_or(0, |now| (now as isize).saturating_add(by).clamp(0, items.len() as isize - 1) as usize);
    if let Some(item) = items.get(to) {
        let _ = item.focus();
    }
}
