//! Paints rows, bars and ruler together from one state.

use super::super::mark::{Mark, Marks};
use super::super::paint;
use super::super::pool::RowContext;
use super::first_paint::{FirstPaint, Painted};
use super::{Board, Inner, set_style};
use crate::state::clock;
use crate::ui::canvas::{Surface, pixel_ratio};
use crate::ui::sizes::{COLUMN, ROW, RULER};
use leptos::prelude::*;
use spandrel_trace::analysis::rows::Row;
use spandrel_trace::model::SpanIx;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::places::RowPositions;
use spandrel_trace::scene::ruler::{self, RulerAxis};
use spandrel_trace::scene::waterfall::{WaterfallCache, WaterfallViewport, log_ticks, path_intervals};
use std::sync::Arc;

/// Minimum width of a name beside its indentation, without and with the number of levels that are not indented, CSS
/// pixels.
const NAME_ROOM: (f64, f64) = (230.0, 290.0);
/// Indentation per level, CSS pixels: as wide as the trace's depth allows.
const INDENT: std::ops::RangeInclusive<f64> = 6.0..=14.0;

impl Board {
    /// Paints rows, bars and ruler from one state.
    pub(super) fn paint(&self) -> Painted {
        self.arrange();
        self.stretch();
        let ratio = pixel_ratio();
        let rows = self.session.folding.rows.get_untracked();
        let (start, end) = self.session.viewport.range.get_untracked();
        let selected = self.session.selection.span.get_untracked();
        let mut guard = self.inner.borrow_mut();
        let inner = &mut *guard;
        if !Arc::ptr_eq(&inner.rows, &rows) {
            inner.rows = rows.clone();
            inner.kept = WaterfallCache::default();
            inner.deepest = rows.as_slice().iter().map(|row| row.depth()).max().unwrap_or(0);
            inner.pool.renew();
        }
        let bars_width = (inner.width - inner.names).max(1.0);
        if inner.height < 1.0 {
            return Painted::NoRows;
        }
        let is_first = self.first_paint.get() != FirstPaint::Done;
        if rows.is_empty() && !inner.pool.make_ready((inner.height / ROW) as usize + 2) && is_first {
            return Painted::InPart;
        }
        let map = self.map(inner);
        inner.top = map.clamped(inner.top);
        let (first, cut) = inner.drawers.places().at(inner.top);
        let first = first + usize::from(cut > 0.0);
        // In whole device pixels, so that text is sharp and rows line up with their bars.
        let top = (inner.top * ratio).round() / ratio;
        let char_width = char_width(inner, &self.surfaces.0, ratio);
        let insertions = inner.drawers.insertions_in(ratio);
        let view = WaterfallViewport {
            scale: TimeScale::new(start, end, (bars_width * ratio).round()),
            top: top * ratio,
            height: inner.height * ratio,
            places: RowPositions { row_height: ROW * ratio, insertions: &insertions },
            least_bar: 2.0 * ratio,
            char_width,
        };
        let outline = &*self.session.outline();
        let colouring = self.colouring.get_untracked();
        let slot = |span: SpanIx| colouring.slot(outline, span);
        let (attributes, columns) =
            (self.session.columns.values.get_untracked(), self.session.columns.keys.get_untracked());
        let range = view.rows(rows.len());
        set_style(&self.elements.stage, "height", &format!("{}px", inner.height));
        let places = inner.drawers.places();
        self.shift(places.top_of(range.start) - top, insertions.is_empty());
        let room = (inner.names - columns.len() as f64 * COLUMN - NAME_ROOM.0).max(0.0);
        let indent = (room / f64::from(inner.deepest.max(1))).floor().clamp(*INDENT.start(), *INDENT.end());
        let numbered = f64::from(inner.deepest) * indent > room;
        let room = if numbered { room + NAME_ROOM.0 - NAME_ROOM.1 } else { room };
        let levels = (room / indent).max(4.0) as u32;
        set_style(&self.elements.pool, "--indent", &format!("{indent}px"));
        let edition = inner.edition;
        let path = self.session.path.path.get_untracked().filter(|path| path.is_of(outline.len()));
        let log_marks = self.session.log_marks.get_untracked();
        let marks = Marks::of(self.session, outline);
        let mark = |index: usize, row: Row| marks.at(outline, &rows, index, row);
        let seen = range.clone();
        let showing = RowContext {
            outline,
            rows: &rows,
            range,
            selected,
            slot: &slot,
            mark: &mark,
            levels,
            indent,
            attributes: &attributes,
            columns: &columns,
            path: path.as_deref(),
            logs: &log_marks,
            edition,
            places,
        };
        let shown = inner.pool.show(&showing, &mut inner.kept);
        self.announce(inner, selected);
        self.session.viewport.screen.set_value((first, self.page_of(inner)));
        if is_first && shown.added {
            inner.seen = seen;
            return Painted::InPart;
        }

        inner.scene.compute(outline, &rows, &view, &mut inner.kept, &slot);
        log_ticks(&rows, &view, &log_marks, &mut inner.scene.logs);
        let zone = self.session.clock.zone.get_untracked();
        let of_day = move |unix: u64, step: u64| clock::moment(unix, zone).label_for_step(step);
        let absolute = RulerAxis { origin: outline.start_unix, label: &of_day };
        let axis = if self.session.clock.absolute.get_untracked() { absolute } else { RulerAxis::RELATIVE };
        let ticks = ruler::ticks(&view.scale, 34.0 * ratio, char_width, axis);
        let (bars, ruler, _) = &self.surfaces;
        bars.clear(bars_width, inner.height);
        paint::grid(bars.context(), &inner.style, &ticks, ratio, (0.0, view.height));
        paint::bars(bars.context(), &inner.style, &inner.scene, &view, ratio);
        if let Some(path) = path.filter(|_| self.session.path.drawn().is_some()) {
            let stretches = path_intervals(&rows, &view, &path);
            paint::path(bars.context(), &inner.style, &stretches, &view, ratio);
        }
        for insertion in insertions.iter().filter(|insertion| seen.contains(&insertion.row)) {
            let y = view.y_of(insertion.row) + ROW * ratio;
            bars.context().clear_rect(0.0, y, view.scale.width, insertion.height);
        }
        for index in seen.clone() {
            if rows.get(index).is_some_and(|row| mark(index, row) == Mark::Other) {
                let place = (view.scale.width, view.y_of(index), ROW * ratio);
                paint::dim(bars.context(), &inner.style, place);
            }
        }
        ruler.clear(bars_width, RULER);
        let size = (view.scale.width, RULER * ratio);
        paint::ruler(ruler.context(), &inner.style, &ticks, ratio, size);
        self.show_drawers(inner, seen.clone(), &rows);
        inner.seen = seen;
        drop(guard);
        self.paint_pointer();
        match shown.is_complete {
            true if rows.is_empty() => Painted::NoRows,
            true => Painted::All,
            false => Painted::InPart,
        }
    }

    /// Announces the current row to assistive technology, if it is in the page.
    fn announce(&self, inner: &mut Inner, selected: Option<SpanIx>) {
        let active = selected.and_then(|span| inner.pool.id_of(span));
        if active == inner.active {
            return;
        }
        let scroller = &self.elements.scroller;
        let _ = match &active {
            Some(id) => scroller.set_attribute("aria-activedescendant", id),
            None => scroller.remove_attribute("aria-activedescendant"),
        };
        inner.active = active;
    }
}

fn char_width(inner: &mut Inner, surface: &Surface, ratio: f64) -> f64 {
    match inner.char_width {
        Some((at, width)) if at == ratio => width,
        _ => {
            let context = surface.context();
            context.set_font(&inner.style.label_font(ratio));
            let width = context.measure_text("0").map_or(6.5 * ratio, |text| text.width());
            inner.char_width = Some((ratio, width));
            width
        }
    }
}
