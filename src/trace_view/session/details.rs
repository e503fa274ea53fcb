//! Which details are open: the selected span's beside or below the waterfall, or those of any spans between its rows.

use super::Session;
use crate::route::Placement;
use crate::state::settings::store_detail_place;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::SpanId;

impl Session {
    fn id_of(&self, span: SpanIx) -> SpanId {
        self.outline().id[span as usize]
    }

    fn is_inline(&self) -> bool {
        self.placement.get_untracked() == Placement::Inline
    }

    /// What a press on a span's row does: beside the waterfall its detail is shown, between the rows it is opened or
    /// closed.
    pub fn press(&self, span: SpanIx) {
        self.select(span);
        if self.is_inline() {
            self.toggle_detail(span);
        } else {
            self.open.set(true);
        }
    }

    /// Opens the selected span's detail, or closes it.
    pub fn toggle_detail(&self, span: SpanIx) {
        if !self.is_inline() {
            return self.open.update(|open| *open = !*open);
        }
        let id = self.id_of(span);
        self.opened.update(|opened| match opened.iter().position(|other| *other == id) {
            Some(at) => drop(opened.remove(at)),
            None => opened.push(id),
        });
    }

    /// Brings a detail between the rows into sight together with its row, as far as there is room for both.
    pub fn show_detail(&self, span: SpanIx) {
        let id = self.id_of(span);
        if self.opened.with_untracked(|opened| opened.contains(&id)) {
            self.wanted.set_value(Some(id));
        }
    }

    /// Closes a span's detail.
    pub fn close_detail_of(&self, span: SpanIx) {
        let id = self.id_of(span);
        self.open.set(false);
        self.opened.update(|opened| opened.retain(|other| *other != id));
    }

    /// Closes the selected span's detail, else all that are open. Whether any was.
    pub fn close_detail(&self) -> bool {
        if self.open.get_untracked() {
            self.open.set(false);
            return true;
        }
        let selected = self.selected.get_untracked().map(|span| self.id_of(span));
        let before = self.opened.get_untracked();
        if before.is_empty() {
            return false;
        }
        let others: Vec<SpanId> = before.iter().copied().filter(|id| Some(*id) != selected).collect();
        self.opened.set(if others.len() < before.len() { others } else { Vec::new() });
        true
    }

    /// Puts the detail of `span`, which is open, to another place. Between the rows it may get company; beside the
    /// waterfall there is one.
    pub fn place_detail(&self, placement: Placement, span: SpanIx) {
        if self.placement.get_untracked() == placement {
            return;
        }
        let inline = placement == Placement::Inline;
        let id = self.id_of(span);
        batch(|| {
            self.select(span);
            self.placement.set(placement);
            self.open.set(!inline);
            self.opened.set(if inline { vec![id] } else { Vec::new() });
        });
        self.show_detail(span);
        store_detail_place(placement.word());
    }
}
