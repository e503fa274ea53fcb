//! Which panels are open: details of spans, find, palette, help.

use super::Session;
use crate::route::Placement;
use crate::state::settings::store_detail_place;
use leptos::prelude::*;
use spandrel_trace::model::SpanIx;
use spandrel_trace::units::SpanId;

/// A panel that a key or button has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenPanel {
    /// The find field, which takes the focus and then resets this.
    Find,
    /// The command palette.
    Palette,
    /// The keyboard shortcuts.
    Help,
}

/// Which panels are open, and where the details of spans are.
#[derive(Clone, Copy, Default)]
pub struct PanelLayout {
    /// Whether the details of the selected span are open right of or below the waterfall.
    pub details_open: RwSignal<bool>,
    /// Spans whose details are open between the rows, in the order of opening.
    pub inline: RwSignal<Vec<SpanId>>,
    /// The span whose details between the rows are scrolled to once their height is known.
    pub reveal_inline: StoredValue<Option<SpanId>>,
    /// Where details are shown.
    pub placement: RwSignal<Placement>,
    /// The panel that is open above the page, if any.
    pub open: RwSignal<Option<OpenPanel>>,
}

impl PanelLayout {
    /// Opens a panel, or closes it if it is open.
    pub fn toggle(self, panel: OpenPanel) {
        self.open.update(|open| *open = if *open == Some(panel) { None } else { Some(panel) });
    }

    fn is_inline(self) -> bool {
        self.placement.get_untracked() == Placement::Inline
    }
}

impl Session {
    fn id_of(&self, span: SpanIx) -> SpanId {
        self.outline().id[span as usize]
    }

    /// Reacts to a click on a span's row: selects it and shows its details, or toggles them between the rows.
    pub fn press(&self, span: SpanIx) {
        self.select(span);
        if self.panels.is_inline() {
            self.toggle_detail(span);
        } else {
            self.panels.details_open.set(true);
        }
    }

    /// Opens or closes the details of a span.
    pub fn toggle_detail(&self, span: SpanIx) {
        if !self.panels.is_inline() {
            return self.panels.details_open.update(|open| *open = !*open);
        }
        let id = self.id_of(span);
        self.panels.inline.update(|inline| match inline.iter().position(|other| *other == id) {
            Some(at) => drop(inline.remove(at)),
            None => inline.push(id),
        });
    }

    /// Scrolls to a span's row and, as far as they fit, its details between the rows.
    pub fn show_detail(&self, span: SpanIx) {
        let id = self.id_of(span);
        if self.panels.inline.with_untracked(|inline| inline.contains(&id)) {
            self.panels.reveal_inline.set_value(Some(id));
        }
    }

    /// Closes the details of a span.
    pub fn close_detail_of(&self, span: SpanIx) {
        let id = self.id_of(span);
        self.panels.details_open.set(false);
        self.panels.inline.update(|inline| inline.retain(|other| *other != id));
    }

    /// Whether the details of any span are open.
    pub fn has_open_detail(self) -> bool {
        self.panels.details_open.get_untracked() || !self.panels.inline.with_untracked(Vec::is_empty)
    }

    /// Closes the details of the selected span, else all that are open.
    pub fn close_detail(self) {
        let panels = self.panels;
        if panels.details_open.get_untracked() {
            return panels.details_open.set(false);
        }
        let selected = self.selection.span.get_untracked().map(|span| self.id_of(span));
        let before = panels.inline.get_untracked();
        let others: Vec<SpanId> = before.iter().copied().filter(|id| Some(*id) != selected).collect();
        panels.inline.set(if others.len() < before.len() { others } else { Vec::new() });
    }

    /// Moves the open details of `span` to another place and stores that place as a preference.
    pub fn place_detail(&self, placement: Placement, span: SpanIx) {
        let panels = self.panels;
        if panels.placement.get_untracked() == placement {
            return;
        }
        let inline = placement == Placement::Inline;
        let id = self.id_of(span);
        batch(|| {
            self.select(span);
            panels.placement.set(placement);
            panels.details_open.set(!inline);
            panels.inline.set(if inline { vec![id] } else { Vec::new() });
        });
        self.show_detail(span);
        store_detail_place(placement);
    }
}
