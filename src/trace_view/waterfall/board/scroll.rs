//! Scroll offset of the list and position of the scrollbar. The offset is exact; the scrollbar may be coarser.

use super::super::super::regions::is_low;
use super::{Board, Inner, set_style};
use crate::ui::sizes::ROW;
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Row;
use spandrel_trace::scene::scroll::ScrollMap;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

impl Board {
    pub(super) fn map(&self, inner: &Inner) -> ScrollMap {
        let rows = self.session.folding.rows.with_untracked(|rows| rows.len());
        ScrollMap { content: inner.drawers.places().height(rows), view: inner.height }
    }

    /// Reacts to a scroll event.
    pub fn scrolled(&self) {
        let scroll = f64::from(self.elements.scroller.scroll_top());
        let mut inner = self.inner.borrow_mut();
        // A position set by `scroll_to` comes back as an event, rounded: keep the exact offset.
        if (scroll - inner.put).abs() > 1.0 {
            let map = self.map(&inner);
            inner.top = map.top_of(scroll);
            inner.put = scroll;
            drop(inner);
            self.session.events.set(None);
        } else {
            drop(inner);
        }
        self.request();
    }

    /// Handles a wheel step if the scrollbar is too coarse for it; otherwise returns `false`.
    pub fn wheel(&self, by: f64) -> bool {
        let (scaled, top) = {
            let inner = self.inner.borrow();
            (self.map(&inner).is_scaled(), inner.top)
        };
        if scaled {
            self.scroll_to(top + by);
        }
        scaled
    }

    pub(super) fn scroll_to(&self, top: f64) {
        let mut inner = self.inner.borrow_mut();
        let map = self.map(&inner);
        inner.top = map.clamped(top);
        inner.put = map.scroll_of(inner.top).round();
        let put = inner.put;
        drop(inner);
        self.stretch();
        self.elements.scroller.set_scroll_top(put as i32);
        self.request();
    }

    /// Scrolls just far enough that the row at `index` is visible.
    pub fn show_row(&self, index: usize) {
        let top = {
            let inner = self.inner.borrow();
            if inner.height == 0.0 {
                return;
            }
            let from = inner.drawers.places().top_of(index);
            self.map(&inner).showing(inner.top, from, from + ROW, ROW)
        };
        if top != self.inner.borrow().top {
            self.scroll_to(top);
        }
    }

    /// Scrolls just far enough that the selected row is visible; in a low window, where the page scrolls too, also the page.
    pub fn show_selected(&self) {
        if let Some(index) = self.selected_row() {
            self.show_row(index);
            if is_low() {
                let how = ScrollIntoViewOptions::new();
                how.set_block(ScrollLogicalPosition::Nearest);
                self.elements.root.scroll_into_view_with_scroll_into_view_options(&how);
            }
        }
    }

    /// Rows that a page key moves by: those that fit, less one for orientation.
    pub fn page(&self) -> usize {
        self.page_of(&self.inner.borrow())
    }

    pub(super) fn page_of(&self, inner: &Inner) -> usize {
        let (first, last) =
            (inner.drawers.places().at(inner.top), inner.drawers.places().at(inner.top + inner.height));
        let wholly = if inner.drawers.len() == 0 { (inner.height / ROW) as usize } else { last.0 - first.0 };
        wholly.saturating_sub(1).max(1)
    }

    /// The row at `y` from the top of the visible part; `None` between rows.
    pub fn row_at(&self, y: f64) -> Option<Row> {
        let index = self.index_at(y)?;
        self.session.folding.rows.with_untracked(|rows| rows.get(index))
    }

    /// Index of the row at `y` from the top of the visible part; `None` between rows.
    pub(super) fn index_at(&self, y: f64) -> Option<usize> {
        let inner = self.inner.borrow();
        let (index, below) = inner.drawers.places().at(inner.top + y);
        (below < ROW).then_some(index)
    }

    pub(super) fn selected_row(&self) -> Option<usize> {
        let span = self.session.selection.span.get_untracked()?;
        self.session.folding.rows.with_untracked(|rows| rows.index_of(span))
    }

    /// Sets the spacer's height to that of the list.
    pub(super) fn stretch(&self) {
        let mut inner = self.inner.borrow_mut();
        let height = self.map(&inner).height().max(inner.height);
        if inner.spacer_height != height {
            inner.spacer_height = height;
            set_style(&self.elements.spacer, "height", &format!("{height}px"));
        }
    }
}
