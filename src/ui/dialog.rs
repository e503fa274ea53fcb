//! A dialog above the page. The browser gives it the focus, keeps it inside, closes it on Escape and gives the focus
//! back to where it was.

use super::element::{El, el};
use super::view::effect;
use web_sys::{Event, EventTarget, HtmlDialogElement, MouseEvent};

/// A dialog with a name for those who cannot see it, open from the start. `closed` is called once it is closed, and
/// has to see to it that it goes.
pub fn dialog(label: &str, class: &str, closed: impl Fn() + 'static) -> El {
    let dialog = el("dialog", "dialog").attr("aria-label", label).on("close", move |_: Event| closed());
    if !class.is_empty() {
        let _ = dialog.node::<HtmlDialogElement>().class_list().add_1(class);
    }
    let element: HtmlDialogElement = dialog.node();
    let opened = element.clone();
    effect(move || {
        if !opened.open() {
            // It is in the page now; there is no other reason to refuse.
            let _ = opened.show_modal();
        }
    });
    // What is inside covers all of it, so that a click on the element itself is one beside it.
    dialog.on("click", move |event: MouseEvent| {
        if event.target().as_ref() == Some(AsRef::<EventTarget>::as_ref(&element)) {
            element.close();
        }
    })
}
