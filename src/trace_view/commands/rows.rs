//! Moving the selection along the rows of the tree.

use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::{Row, Rows};

/// Selects the row `by` rows further, or the first one on screen where none was selected.
pub(super) fn step(session: Session, by: isize) {
    let rows = session.folding.rows.get_untracked();
    let Some(last) = rows.len().checked_sub(1) else { return };
    let wanted = match current(session, &rows) {
        Some((index, _)) => index.saturating_add_signed(by).min(last),
        None if by == isize::MAX => last,
        None if by == isize::MIN => 0,
        None => session.viewport.screen.get_value().0.min(last),
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
fn current(session: Session, rows: &Rows) -> Option<(usize, Row)> {
    let index = rows.index_of(session.selection.span.get_untracked()?)?;
    Some((index, rows.get(index)?))
}

/// Selects the next match or the one before, and goes round at the ends; where nothing is looked for, the next or
/// the previous row.
pub(super) fn matching(session: Session, after: bool) {
    let Some(found) = session.find.matches.get_untracked() else {
        return step(session, if after { 1 } else { -1 });
    };
    let selected = session.selection.span.get_untracked();
    let spans = &found.spans;
    let span = match after {
        true => spans.at_or_after(selected.map_or(0, |span| span + 1)).or_else(|| spans.at_or_after(0)),
        false => spans.last_before(selected.unwrap_or(0)).or_else(|| spans.last_before(u32::MAX)),
    };
    if let Some(span) = span {
        session.select(span);
    }
}

/// Selects the nearest row of the selected span's service, after it or before; stays where there is none. Where
/// nothing is selected, the first row on screen is.
pub(super) fn of_service(session: Session, after: bool) {
    let (rows, outline) = (session.folding.rows.get_untracked(), session.outline());
    let Some((index, row)) = current(session, &rows) else { return step(session, 1) };
    let service = outline.service[row.span as usize];
    // An open group shows its first member again, which has a row of its own.
    let is_same =
        |row: &&Row| outline.service[row.span as usize] == service && (!row.is_group() || row.collapsed());
    let (before, rest) = rows.as_slice().split_at(index);
    let found = match after {
        true => rest.iter().skip(1).find(is_same),
        false => before.iter().rfind(is_same),
    };
    if let Some(row) = found {
        session.select(row.span);
    }
}

/// Expands the selected row, or goes to its first child.
pub(super) fn inward(session: Session) {
    let rows = session.folding.rows.get_untracked();
    let Some((index, row)) = current(session, &rows) else { return };
    if row.collapsed() {
        session.set_collapsed(row, false);
    } else if let Some(below) = rows.get(index + 1).filter(|below| below.depth() > row.depth()) {
        session.select(below.span);
    }
}

/// Collapses the selected row, or goes to its parent; from a group's member it closes the group.
pub(super) fn outward(session: Session) {
    let rows = session.folding.rows.get_untracked();
    let Some((index, row)) = current(session, &rows) else { return };
    if row.has_children() && !row.collapsed() {
        return session.set_collapsed(row, true);
    }
    let above = rows.as_slice()[..index].iter().rev().find(|above| above.depth() < row.depth());
    match above {
        Some(group) if group.is_group() => session.set_collapsed(*group, true),
        Some(parent) => session.select(parent.span),
        None => {}
    }
}
