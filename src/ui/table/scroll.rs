//! How far a table is scrolled, and which rows are in view. The offset is exact; the scrollbar of a table that is taller
//! than a browser can lay out is coarser.

use super::super::sizes::{ROW, TABLE_HEAD};
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::scene::scroll::ScrollMap;

/// Height of the rows assumed before the table is measured, CSS pixels.
const ASSUMED: f64 = 600.0;
/// Height of a line for wheels that count in lines, and what stands for a page, CSS pixels.
const LINE: f64 = 16.0;
const PAGE: f64 = 400.0;
/// Rows after which the layer of rows in view starts anew, so that positions in it stay small.
const LAYER: f64 = 4_096.0;

/// Scroll state of a table. A `Copy` handle.
#[derive(Clone, Copy)]
pub(super) struct TableScroll {
    table: NodeRef<html::Div>,
    count: Signal<usize>,
    /// Least width of all columns, CSS pixels.
    least: Signal<u32>,
    /// Width of the table as it was measured last, CSS pixels.
    width: RwSignal<f64>,
    /// Offset of the first visible pixel from that of the first row.
    top: RwSignal<f64>,
    view: RwSignal<f64>,
    /// Offset of the layer of rows from the first row.
    layer: Memo<f64>,
    /// The scrollbar's position as it was set last; it comes back as an event, rounded.
    put: StoredValue<f64>,
}

impl TableScroll {
    pub(super) fn new(table: NodeRef<html::Div>, count: Signal<usize>, least: Signal<u32>) -> Self {
        let (top, view, put) = (RwSignal::new(0.0), RwSignal::new(ASSUMED), StoredValue::new(0.0));
        let layer = Memo::new(move |_| {
            let map = ScrollMap { content: count.get() as f64 * ROW, view: view.get() };
            (map.clamped(top.get()) / (LAYER * ROW)).floor() * LAYER * ROW
        });
        TableScroll { table, count, least, width: RwSignal::new(0.0), top, view, layer, put }
    }

    fn map(self) -> ScrollMap {
        ScrollMap { content: self.count.get() as f64 * ROW, view: self.view.get() }
    }

    fn map_untracked(self) -> ScrollMap {
        untrack(|| self.map())
    }

    /// Height given to the scrolled content; tracked.
    pub(super) fn height(self) -> f64 {
        self.map().height()
    }

    /// Height of the visible rows; tracked.
    pub(super) fn view_height(self) -> f64 {
        self.view.get().min(self.height())
    }

    /// The first row in view; tracked.
    pub(super) fn first(self) -> usize {
        (self.map().clamped(self.top.get()) / ROW) as usize
    }

    /// Top of a row in the layer of rows in view, whose first row changes rarely; tracked.
    pub(super) fn top_in_layer(self, index: usize) -> f64 {
        index as f64 * ROW - self.layer.get()
    }

    /// Top of that layer in the view, whole CSS pixels; tracked.
    pub(super) fn layer_top(self) -> f64 {
        (self.layer.get() - self.map().clamped(self.top.get())).round()
    }

    /// Whether there are columns out of view at the sides; tracked.
    pub(super) fn is_sideways(self) -> bool {
        self.width.get() < f64::from(self.least.get())
    }

    /// Rows that can be in view at once; tracked.
    pub(super) fn slots(self) -> usize {
        (self.view.get() / ROW).ceil() as usize + 1
    }

    /// Rows that a page key moves by.
    pub(super) fn page(self) -> usize {
        ((self.view.get_untracked() / ROW) as usize).saturating_sub(1).max(1)
    }

    pub(super) fn measure(self) {
        if let Some(table) = self.table.get_untracked() {
            let height = (f64::from(table.client_height()) - TABLE_HEAD).max(ROW);
            if height != self.view.get_untracked() {
                self.view.set(height);
            }
            let width = f64::from(table.client_width());
            if width != self.width.get_untracked() {
                self.width.set(width);
            }
        }
    }

    pub(super) fn scrolled(self) {
        let Some(table) = self.table.get_untracked() else { return };
        let scroll = f64::from(table.scroll_top());
        if (scroll - self.put.get_value()).abs() > 1.0 {
            self.put.set_value(scroll);
            self.set_top(self.map_untracked().top_of(scroll));
        }
    }

    /// Takes a wheel step if the scrollbar is too coarse for it; otherwise returns `false`.
    pub(super) fn wheel(self, by: f64, mode: u32) -> bool {
        let is_scaled = self.map_untracked().is_scaled();
        if is_scaled {
            let unit = [1.0, LINE, PAGE].get(mode as usize).copied().unwrap_or(1.0);
            self.go_to(self.top.get_untracked() + by * unit);
        }
        is_scaled
    }

    /// Scrolls just far enough that a row is in view.
    pub(super) fn show(self, index: usize) {
        let (from, top) = (index as f64 * ROW, self.top.get_untracked());
        let shown = self.map_untracked().showing(top, from, from + ROW, 0.0);
        if shown != top {
            self.go_to(shown);
        }
    }

    pub(super) fn go_to(self, top: f64) {
        self.set_top(self.map_untracked().clamped(top));
        self.place_scrollbar();
    }

    /// Moves the scrollbar to where the table is scrolled to.
    pub(super) fn place_scrollbar(self) {
        let (map, top) = (self.map_untracked(), self.top.get_untracked());
        let put = map.scroll_of(top).round();
        // Setting it makes the browser lay out the page at once, which a new table is spared.
        if put == 0.0 && self.put.get_value() == 0.0 {
            return;
        }
        self.put.set_value(put);
        if let Some(table) = self.table.get_untracked() {
            table.set_scroll_top(put as i32);
        }
    }

    fn set_top(self, top: f64) {
        if top != self.top.get_untracked() {
            self.top.set(top);
        }
    }
}
