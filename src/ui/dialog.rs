//! A modal dialog. The browser moves the focus into it, keeps it inside, closes it on Escape and restores the focus.

use leptos::prelude::*;
use leptos::{ev, html};
use web_sys::EventTarget;

/// A dialog that is open from the start.
#[component]
pub fn Dialog(
    /// Accessible name.
    label: &'static str,
    /// Class besides `dialog`.
    class: &'static str,
    /// The element; its `close` method closes the dialog.
    dialog: NodeRef<html::Dialog>,
    /// Called once the dialog is closed; must remove it.
    #[prop(into)]
    on_close: UnsyncCallback<()>,
    children: Children,
) -> impl IntoView {
    dialog.on_load(|dialog| {
        if !dialog.open() {
            // It is in the page now; there is no other reason to refuse.
            let _ = dialog.show_modal();
        }
    });
    // The content covers the whole element: a click on the element itself is one on the backdrop.
    let clicked = move |event: ev::MouseEvent| {
        let Some(dialog) = dialog.get_untracked() else { return };
        if event.target().as_ref() == Some(AsRef::<EventTarget>::as_ref(&dialog)) {
            dialog.close();
        }
    };
    view! {
        <dialog
            class=format!("dialog {class}")
            aria-label=label
            node_ref=dialog
            on:close=move |_| on_close.run(())
            on:click=clicked
        >
            {children()}
        </dialog>
    }
}
