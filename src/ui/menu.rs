//! A button that opens a short list of actions (the menu button of ARIA). The list exists only while it is open.

use leptos::prelude::*;
use leptos::{ev, html};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

/// One action of a menu.
#[derive(Clone)]
pub struct MenuItem {
    label: String,
    run: Arc<dyn Fn() + Send + Sync>,
    checked: Option<bool>,
}

impl MenuItem {
    /// An action called `label`.
    pub fn new(label: impl Into<String>, run: impl Fn() + Send + Sync + 'static) -> Self {
        MenuItem { label: label.into(), run: Arc::new(run), checked: None }
    }

    /// One of several alternatives, of which one is `checked`.
    pub fn radio(label: impl Into<String>, checked: bool, run: impl Fn() + Send + Sync + 'static) -> Self {
        MenuItem { checked: Some(checked), ..MenuItem::new(label, run) }
    }
}

/// A button that opens a menu. Arrows, Home and End move the focus; Escape, a choice, and leaving the menu close it.
#[component]
pub fn Menu(
    /// Text of the button.
    #[prop(into)]
    face: Signal<String>,
    /// Accessible name and tooltip of the button.
    #[prop(into)]
    label: String,
    /// Whether `face` is a word instead of a symbol.
    #[prop(optional)]
    is_word: bool,
    /// Makes the actions each time the menu is opened.
    #[prop(into)]
    items: UnsyncCallback<(), Vec<MenuItem>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (whole, opener) = (NodeRef::<html::Span>::new(), NodeRef::<html::Button>::new());
    let close = move || {
        if let Some(opener) = opener.get_untracked() {
            // A button in the page takes the focus.
            let _ = opener.focus();
        }
        open.set(false);
    };
    let toggle = move |event: ev::MouseEvent| {
        event.stop_propagation();
        open.update(|open| *open = !*open);
    };
    let left = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        let is_inside = |to| whole.get_untracked().is_some_and(|whole| whole.contains(Some(&to)));
        if !to.is_some_and(is_inside) {
            open.set(false);
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let Some(whole) = whole.get_untracked().filter(|_| open.get_untracked()) else { return };
        match event.key().as_str() {
            "ArrowDown" => move_focus(&whole, 1),
            "ArrowUp" => move_focus(&whole, -1),
            "Home" => move_focus(&whole, isize::MIN),
            "End" => move_focus(&whole, isize::MAX),
            "Escape" => close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let close = UnsyncCallback::new(move |()| close());
    view! {
        <span class="menu" class:menu-named=is_word node_ref=whole on:focusout=left on:keydown=key>
            <button
                type="button"
                class="menu-button"
                aria-haspopup="menu"
                aria-label=label.clone()
                title=label
                aria-expanded=move || open.get().to_string()
                node_ref=opener
                on:click=toggle
            >
                <span class="menu-face">{face}</span>
            </button>
            {move || open.get().then(|| view! { <MenuList items=items.run(()) close=close/> })}
        </span>
    }
}

/// The open list. Its first item takes the focus.
#[component]
fn MenuList(items: Vec<MenuItem>, close: UnsyncCallback<()>) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    list.on_load(|list| {
        if let Some(first) = list.first_element_child() {
            // An item in the page takes the focus.
            let _ = first.unchecked_into::<HtmlElement>().focus();
        }
    });
    let item = |MenuItem { label, run, checked }: MenuItem| {
        let chosen = move |event: ev::MouseEvent| {
            event.stop_propagation();
            close.run(());
            run();
        };
        view! {
            <button
                type="button"
                class="menu-item"
                role=if checked.is_some() { "menuitemradio" } else { "menuitem" }
                tabindex="-1"
                aria-checked=checked.map(|checked| checked.to_string())
                on:click=chosen
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="menu-list" role="menu" node_ref=list>
            {items.into_iter().map(item).collect_view()}
        </div>
    }
}

/// Moves the focus `by` items, up to the first and the last.
fn move_focus(menu: &HtmlElement, by: isize) {
    let Ok(items) = menu.query_selector_all("[role^=menuitem]") else { return };
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
