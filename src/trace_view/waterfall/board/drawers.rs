//! Details between rows: their positions, and what happens to the list when one changes height.

use super::first_paint::Painted;
use super::{Board, Inner, set_style};
use crate::ui::sizes::ROW;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Rows;
use spandrel_trace::units::SpanId;
use std::ops::Range;

impl Board {
    /// Applies which details are open. Rows are rewritten if that changes their numbers.
    pub(super) fn arrange(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.drawers.arrange(self.session) {
            inner.edition += 1;
        }
        let count = self.session.folding.rows.with_untracked(|rows| rows.len()) + inner.drawers.len();
        if inner.row_count != Some(count) {
            inner.row_count = Some(count);
            let _ = self.elements.scroller.set_attribute("aria-rowcount", &count.to_string());
        }
    }

    /// Distance of a row's top from the top of the list, CSS pixels.
    pub(super) fn top_of(&self, index: usize) -> f64 {
        self.inner.borrow().drawers.places().top_of(index)
    }

    /// Moves the rows by `shift`. Without drawers they are a compositor layer, which makes scrolling cheaper; with
    /// drawers they are not, because menus that open from a drawer must lie above the bars below it.
    pub(super) fn shift(&self, shift: f64, layer: bool) {
        let (transform, top) = if layer { (shift, 0.0) } else { (0.0, shift) };
        let transform = if layer { format!("translateY({transform}px)") } else { "none".to_owned() };
        set_style(&self.elements.pool, "transform", &transform);
        set_style(&self.elements.pool, "will-change", if layer { "transform" } else { "auto" });
        set_style(&self.elements.pool, "top", &format!("{top}px"));
    }

    pub(super) fn show_drawers(&self, inner: &mut Inner, range: Range<usize>, rows: &Rows) {
        let (drawers, pool) = (&mut inner.drawers, &inner.pool);
        let row = |index: usize| Some((pool.element_at(index)?, rows.get(index)?.depth() + 1));
        drawers.show(range, &row, &self.resized, &self.elements.scroller);
    }

    /// Reacts to a new height of a drawer's content. Paints at once, before the browser has shown it.
    pub(super) fn drawer_resized(&self, id: SpanId) {
        let mut inner = self.inner.borrow_mut();
        let Some(resized) = inner.drawers.measure(id) else { return };
        // A drawer that scrolls in from above and is higher than assumed must not push down what is visible.
        let comes_from_above = resized.first && inner.drawers.places().top_of(resized.row) < inner.top;
        let top = inner.top + resized.by;
        drop(inner);
        if comes_from_above {
            self.scroll_to(top);
        }
        if self.session.panels.reveal_inline.get_value() == Some(resized.id) {
            self.session.panels.reveal_inline.set_value(None);
            self.show_with_drawer(resized.row);
        }
        if self.paint() == Painted::InPart {
            self.request();
        }
    }

    /// Scrolls until the row at `index` and, as far as it fits, the drawer below it are visible.
    pub(super) fn show_with_drawer(&self, index: usize) {
        let inner = self.inner.borrow();
        let places = inner.drawers.places();
        let from = places.top_of(index);
        let below = places.below(index).map_or(0.0, |insertion| insertion.height);
        let to = from + ROW + below.min((inner.height - 2.0 * ROW).max(0.0));
        let (before, top) = (inner.top, self.map(&inner).showing(inner.top, from, to, 0.0));
        drop(inner);
        if top != before {
            self.scroll_to(top);
        }
    }
}
