//! What keys do. Where a row has the focus the arrows walk the tree, as in every tree grid; elsewhere on the
//! page they pan and zoom, as in Jaeger. Letters do the same in both.

use super::super::session::Session;
use super::board::Board;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Row;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};

/// Shares of what is shown that a key moves, and its big sister with Shift.
const PAN: f64 = 0.05;
const FAR: f64 = 0.5;
/// What a key leaves of the stretch when it zooms in, and with Shift.
const ZOOM: f64 = 0.8;
const CLOSE: f64 = 0.4;

/// Acts on a key, unless a field has it.
pub fn pressed(session: Session, board: &Board, tree: &HtmlElement, event: &KeyboardEvent) {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let in_tree = target.as_ref().is_some_and(|target| tree.contains(Some(target.unchecked_ref::<Node>())));
    if !in_tree && target.as_ref().is_some_and(|target| takes_keys(target, &event.key())) {
        return;
    }
    let acted = (in_tree && walk(session, board, &event.key())) || anywhere(session, board, event);
    if acted {
        event.prevent_default();
    }
}

/// Whether an element has its own use for a key: fields for all, buttons and links for those that press them.
fn takes_keys(element: &Element, key: &str) -> bool {
    let matches = |selector: &str| element.closest(selector).ok().flatten().is_some();
    matches("input, textarea, select, dialog, [contenteditable], [role=separator], [role=slider]")
        || matches("a, button, summary") && matches!(key, "Enter" | " ")
}

/// The tree grid's own keys.
fn walk(session: Session, board: &Board, key: &str) -> bool {
    match key {
        "ArrowDown" => step(session, board, 1),
        "ArrowUp" => step(session, board, -1),
        "ArrowRight" => inward(session),
        "ArrowLeft" => outward(session),
        "Home" => step(session, board, isize::MIN),
        "End" => step(session, board, isize::MAX),
        "PageDown" => step(session, board, board.page() as isize),
        "PageUp" => step(session, board, -(board.page() as isize)),
        _ => return false,
    }
    true
}

fn anywhere(session: Session, board: &Board, event: &KeyboardEvent) -> bool {
    let far = event.shift_key();
    let pan = if far { FAR } else { PAN };
    let zoom = if far { CLOSE } else { ZOOM };
    match event.key().as_str() {
        "j" => step(session, board, 1),
        "k" => step(session, board, -1),
        "l" => inward(session),
        "h" => outward(session),
        "u" => session.travel(false),
        "U" => session.travel(true),
        "f" => step(session, board, 1),
        "b" => step(session, board, -1),
        "s" => step(session, board, board.page() as isize),
        "w" => step(session, board, -(board.page() as isize)),
        "Enter" | " " if session.selected.get_untracked().is_some() => {
            session.open.update(|open| *open = !*open)
        }
        "a" | "A" | "ArrowLeft" => session.pan_by(-pan),
        "d" | "D" | "ArrowRight" => session.pan_by(pan),
        "+" | "=" | "ArrowUp" => session.zoom_by(zoom, 0.5),
        "-" | "_" | "ArrowDown" => session.zoom_by(1.0 / zoom, 0.5),
        "z" => session.fit_selected(),
        "0" => session.fit(),
        "]" => session.collapse_all(),
        "[" => session.expand_all(),
        "p" => session.collapse_level(),
        "o" => session.expand_level(),
        "Escape" if session.open.get_untracked() => session.open.set(false),
        "Escape" if session.selected.get_untracked().is_some() => session.selected.set(None),
        _ => return false,
    }
    true
}

/// Selects the row `by` rows further, or the first one on screen where none was selected.
fn step(session: Session, board: &Board, by: isize) {
    let rows = session.rows.get_untracked();
    let Some(last) = rows.len().checked_sub(1) else { return };
    let wanted = match current(session) {
        Some((index, _)) => index.saturating_add_signed(by).min(last),
        None if by == isize::MAX => last,
        None if by == isize::MIN => 0,
        None => board.first_row().min(last),
    };
    // An open group has no span to select: its members' rows have them all.
    let open_group = rows.get(wanted).is_some_and(|row| row.is_group() && !row.collapsed());
    let on = if open_group { wanted.saturating_add_signed(by.signum()) } else { wanted };
    let on = if on == wanted && open_group { wanted + 1 } else { on };
    if let Some(row) = rows.get(on.min(last)) {
        session.select(row.span);
    }
}

/// The row of the selected span.
fn current(session: Session) -> Option<(usize, Row)> {
    let span = session.selected.get_untracked()?;
    session.rows.with_untracked(|rows| {
        let index = rows.index_of(span)?;
        Some((index, rows.get(index)?))
    })
}

/// Expands the selected row, or goes to its first child.
fn inward(session: Session) {
    let Some((index, row)) = current(session) else { return };
    if row.collapsed() {
        session.set_collapsed(row, false);
    } else if let Some(below) =
        session.rows.with_untracked(|rows| rows.get(index + 1)).filter(|below| below.depth() > row.depth())
    {
        session.select(below.span);
    }
}

/// Collapses the selected row, or goes to its parent; from a group's member it closes the group.
fn outward(session: Session) {
    let Some((index, row)) = current(session) else { return };
    if row.has_children() && !row.collapsed() {
        return session.set_collapsed(row, true);
    }
    let above = session.rows.with_untracked(|rows| {
        rows.as_slice()[..index].iter().rev().find(|above| above.depth() < row.depth()).copied()
    });
    match above {
        Some(group) if group.is_group() => session.set_collapsed(group, true),
        Some(parent) => session.select(parent.span),
        None => {}
    }
}
