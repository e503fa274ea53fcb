//! The table of keys, as a dialog.

use super::actions::{GROUPS, Known};
use super::session::Session;
use crate::ui::dialog::dialog;
use crate::ui::element::{El, button, el};
use leptos::prelude::*;
use web_sys::{HtmlDialogElement, KeyboardEvent, MouseEvent};

/// The dialog. It goes when it is closed.
pub fn help(session: Session) -> El {
    let dialog = dialog("Keys", "keys", move || session.summoned.set(None)).test("help");
    let (element, closing) = (dialog.node::<HtmlDialogElement>(), dialog.node::<HtmlDialogElement>());
    let has_keys = |known: &&Known| !known.keys.is_empty() || !known.on_rows.is_empty();
    // What has no keys is done from the palette.
    let keyed = GROUPS.iter().filter(|(_, group)| group.iter().any(|known| has_keys(&known)));
    let groups = keyed.map(|(title, group)| {
        let rows = group.iter().filter(has_keys).map(row);
        let body = el("tbody", "").children(rows);
        el("section", "keys-group").child(el("h3", "").text(title)).child(el("table", "").child(body))
    });
    let close = button("button button--flat").on("click", move |_: MouseEvent| closing.close()).text("Close");
    let head = el("div", "keys-head").child(el("h2", "dialog__title").text("Keys")).child(close);
    let note = "Keys marked “on a row” mean that while a row of the tree has the focus, as it has after a click. No key \
                acts while a field has the focus.";
    let body = el("div", "dialog__body")
        .child(head)
        .child(el("div", "keys-groups").children(groups))
        .child(el("p", "keys-note").text(note));
    // The key that opened it closes it.
    let again = move |event: KeyboardEvent| {
        if event.key() == "?" {
            event.prevent_default();
            element.close();
        }
    };
    dialog.on("keydown", again).child(body)
}

fn row(known: &Known) -> El {
    let keys = el("td", "keys-keys")
        .children(known.keys.iter().map(|key| el("kbd", "").text(readable(key))))
        .children(known.on_rows.iter().map(|key| el("kbd", "").text(readable(key))))
        .child((!known.on_rows.is_empty()).then(|| el("small", "").text("on a row")));
    el("tr", "").child(el("th", "").attr("scope", "row").text(known.name)).child(keys)
}

/// A key as people know it.
pub fn readable(key: &str) -> String {
    let (rest, control) = key.strip_prefix("Ctrl+").map_or((key, ""), |rest| (rest, "Ctrl/⌘ "));
    let (rest, shift) = rest.strip_prefix("Shift+").map_or((rest, ""), |rest| (rest, "Shift "));
    let name = match rest {
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "PageUp" => "Page up",
        "PageDown" => "Page down",
        "Escape" => "Esc",
        " " => "Space",
        "-" => "−",
        other => other,
    };
    format!("{control}{shift}{name}")
}

#[cfg(test)]
mod tests {
    use super::readable;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn keys_are_written_as_they_are_on_keyboards() {
        let written = ["Shift+ArrowLeft", "Ctrl+k", " ", "Shift+-", "j"].map(readable);
        assert_eq!(written, ["Shift ←", "Ctrl/⌘ k", "Space", "Shift −", "j"]);
    }
}
