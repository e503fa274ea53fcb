//! What stands behind the waterfall's elements: measures, scroll offset, and one painting of rows, bars and
//! ruler together, so that they never disagree for a frame.

use super::super::clock;
use super::super::session::Session;
use super::mark::{Mark, Marks};
use super::paint::{self, FAILED, Palette, Pointing};
use super::pool::{RowPool, Showing};
use crate::route::Colour;
use crate::state::busy::{self, Busy};
use crate::ui::canvas::{Frame, Surface, pixel_ratio};
use spandrel_trace::analysis::rows::{Row, Rows};
use spandrel_trace::model::{Flags, SpanIx};
use spandrel_trace::scene::ruler::{self, Axis};
use spandrel_trace::scene::scroll::ScrollMap;
use spandrel_trace::scene::waterfall::{Kept, Viewport, Waterfall};
use spandrel_trace::scene::{TimeScale, palette};
use spandrel_trace::units::{duration, duration_exact};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{HtmlCanvasElement, HtmlElement};

/// Height of a row, CSS pixels; `--row` in the stylesheet.
pub const ROW: f64 = 24.0;
/// Height of the ruler, CSS pixels; `.waterfall-head` in the stylesheet.
pub const RULER: f64 = 26.0;
/// Width of a column with an attribute, CSS pixels; `.span-row-cell` in the stylesheet.
pub const COLUMN: f64 = 120.0;
/// What a name needs at least beside its indentation, CSS pixels.
const NAME_ROOM: f64 = 230.0;
/// Indentation of a level: as wide as the depth of the trace allows, CSS pixels.
const INDENT: std::ops::RangeInclusive<f64> = 6.0..=14.0;

/// Colour slots of spans that said nothing of how they ended, that said it was well, and that failed.
const STATUS: [u8; 3] = [0, 2, 1];

/// The elements that the board fills.
pub struct Elements {
    /// Scrolls natively.
    pub scroller: HtmlElement,
    /// As high as the list, so that there is something to scroll.
    pub spacer: HtmlElement,
    /// Sticks to the scroller's top and holds what is seen.
    pub stage: HtmlElement,
    /// Holds the rows.
    pub pool: HtmlElement,
    /// The bars.
    pub bars: HtmlCanvasElement,
    /// The ruler.
    pub ruler: HtmlCanvasElement,
    /// The layer for what follows the pointer, above ruler and bars.
    pub overlay: HtmlCanvasElement,
}

/// See the module.
pub struct Board {
    session: Session,
    slots: Arc<Vec<u8>>,
    elements: Elements,
    surfaces: (Surface, Surface, Surface),
    inner: RefCell<Inner>,
    frame: OnceCell<Frame>,
    pointer_frame: OnceCell<Frame>,
    busy: Cell<Option<Busy>>,
}

struct Inner {
    pool: RowPool,
    // The rows that were painted last, and the depth of the deepest.
    rows: Arc<Rows>,
    deepest: u32,
    kept: Kept,
    scene: Waterfall,
    palette: Palette,
    char_width: Option<(f64, f64)>,
    // Size of what is seen and of the names' column, CSS pixels.
    width: f64,
    height: f64,
    names: f64,
    // The list's own offset; the scrollbar may be coarser.
    top: f64,
    // Where the scrollbar was last put by us.
    put: f64,
    edition: u32,
    spacer_height: f64,
    active: Option<String>,
    pointing: Option<Drag>,
}

/// Where the pointer is over the bars and where its drag began, CSS pixels from the bars' left edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    /// Now.
    pub x: f64,
    /// At the start of a drag.
    pub from: Option<f64>,
}

impl Board {
    /// A board over `elements`; `slots` gives the colour slot of a service by its name's string index. `None`
    /// where the browser gives no canvas.
    pub fn new(session: Session, slots: Arc<Vec<u8>>, elements: Elements) -> Option<Rc<Self>> {
        let surfaces = (
            Surface::new(elements.bars.clone())?,
            Surface::new(elements.ruler.clone())?,
            Surface::new(elements.overlay.clone())?,
        );
        let inner = Inner {
            pool: RowPool::new(elements.pool.clone())?,
            rows: Arc::default(),
            deepest: 0,
            kept: Kept::default(),
            scene: Waterfall::default(),
            palette: Palette::read(),
            char_width: None,
            width: 0.0,
            height: 0.0,
            names: 0.0,
            top: session.top.get_value(),
            put: 0.0,
            edition: 0,
            spacer_height: -1.0,
            active: None,
            pointing: None,
        };
        let board = Rc::new(Board {
            session,
            slots,
            elements,
            surfaces,
            inner: RefCell::new(inner),
            frame: OnceCell::new(),
            pointer_frame: OnceCell::new(),
            busy: Cell::new(None),
        });
        let (all, pointer) = (Rc::downgrade(&board), Rc::downgrade(&board));
        // Set once, here: the cells are empty.
        let _ = board.frame.set(Frame::new(move |_| {
            if let Some(board) = all.upgrade() {
                board.paint();
                board.busy.set(None);
            }
            false
        }));
        let _ = board.pointer_frame.set(Frame::new(move |_| {
            if let Some(board) = pointer.upgrade() {
                board.paint_pointer();
            }
            false
        }));
        Some(board)
    }

    /// Writes all rows anew in the next frame: what is shown of each span has changed.
    pub fn renew(&self) {
        self.inner.borrow_mut().rows = Arc::default();
        self.request();
    }

    /// Asks for everything to be painted in the next frame.
    pub fn request(&self) {
        if let Some(frame) = self.frame.get() {
            if !frame.is_pending() {
                self.busy.set(Some(busy::hold()));
            }
            frame.request();
        }
    }

    /// Takes the elements' sizes, and `names` as the width of the names' column.
    pub fn measure(&self, names: f64) {
        let width = f64::from(self.elements.scroller.client_width());
        let height = f64::from(self.elements.scroller.client_height());
        let mut inner = self.inner.borrow_mut();
        if inner.names != names {
            inner.edition += 1;
        }
        let before = std::mem::replace(&mut inner.height, height);
        (inner.width, inner.names) = (width, names);
        let top = inner.top;
        drop(inner);
        // A detail that opens below must not cover the row that it is about.
        if height < before
            && let Some(index) = self.selected_row()
            && (top..top + before).contains(&(index as f64 * ROW))
        {
            self.show_row(index);
        }
        self.request();
    }

    fn selected_row(&self) -> Option<usize> {
        let span = self.session.selected.get_untracked()?;
        self.session.rows.with_untracked(|rows| rows.index_of(span))
    }

    /// Reads the colours again.
    pub fn theme_changed(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.palette = Palette::read();
        inner.char_width = None;
        drop(inner);
        self.request();
    }

    fn map(&self, inner: &Inner) -> ScrollMap {
        let rows = self.session.rows.with_untracked(|rows| rows.len());
        ScrollMap { content: rows as f64 * ROW, view: inner.height }
    }

    /// Follows the scrollbar.
    pub fn scrolled(&self) {
        let scroll = f64::from(self.elements.scroller.scroll_top());
        let mut inner = self.inner.borrow_mut();
        // Our own move comes back as an event, rounded: the exact offset is kept.
        if (scroll - inner.put).abs() > 1.0 {
            let map = self.map(&inner);
            inner.top = map.top_of(scroll);
            inner.put = scroll;
        }
        drop(inner);
        self.request();
    }

    /// Takes a wheel step by hand where the scrollbar is too coarse for it; `false` where it is not.
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

    fn scroll_to(&self, top: f64) {
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

    /// Puts the scrollbar where the list is, once its size is known.
    pub fn restore(&self) {
        let top = self.inner.borrow().top;
        if top > 0.0 {
            self.scroll_to(top);
        }
    }

    /// Scrolls so far that the row at `index` is seen, and not further.
    pub fn show_row(&self, index: usize) {
        let top = {
            let inner = self.inner.borrow();
            let from = index as f64 * ROW;
            self.map(&inner).showing(inner.top, from, from + ROW, ROW)
        };
        if top != self.inner.borrow().top {
            self.scroll_to(top);
        }
    }

    /// Scrolls so far that the selected row is seen.
    pub fn show_selected(&self) {
        if let Some(index) = self.selected_row() {
            self.show_row(index);
        }
    }

    /// Rows on a screen, less the one that shows where one was.
    pub fn page(&self) -> usize {
        ((self.inner.borrow().height / ROW) as usize).saturating_sub(1).max(1)
    }

    /// The row at `y` from the upper edge of what is seen.
    pub fn row_at(&self, y: f64) -> Option<Row> {
        let top = self.inner.borrow().top;
        let index = ((top + y) / ROW).floor();
        (index >= 0.0).then(|| self.session.rows.with_untracked(|rows| rows.get(index as usize)))?
    }

    /// Width of the names' column and of the bars' area, CSS pixels.
    pub fn columns(&self) -> (f64, f64) {
        let inner = self.inner.borrow();
        (inner.names, (inner.width - inner.names).max(1.0))
    }

    /// The time at `x` from the bars' left edge.
    pub fn time_at(&self, x: f64) -> u64 {
        let (begin, end) = self.session.range.get_untracked();
        let (_, width) = self.columns();
        TimeScale::new(begin, end, width).time_at(x.clamp(0.0, width))
    }

    /// Follows the pointer; `None` when it is not over the bars.
    pub fn point(&self, pointing: Option<Drag>) {
        if self.inner.borrow().pointing != pointing {
            self.inner.borrow_mut().pointing = pointing;
            if let Some(frame) = self.pointer_frame.get() {
                frame.request();
            }
        }
    }

    /// Gives the spacer the list's height.
    fn stretch(&self) {
        let mut inner = self.inner.borrow_mut();
        let height = self.map(&inner).height().max(inner.height);
        if inner.spacer_height != height {
            inner.spacer_height = height;
            set_style(&self.elements.spacer, "height", &format!("{height}px"));
        }
    }

    /// Paints rows, bars and ruler from one and the same state.
    pub fn paint(&self) {
        self.stretch();
        let ratio = pixel_ratio();
        let rows = self.session.rows.get_untracked();
        let (begin, end) = self.session.range.get_untracked();
        let selected = self.session.selected.get_untracked();
        let mut guard = self.inner.borrow_mut();
        let inner = &mut *guard;
        if !Arc::ptr_eq(&inner.rows, &rows) {
            inner.rows = rows.clone();
            inner.kept = Kept::default();
            inner.deepest = rows.as_slice().iter().map(|row| row.depth()).max().unwrap_or(0);
            inner.pool.renew();
        }
        let bars_width = (inner.width - inner.names).max(1.0);
        if inner.height < 1.0 {
            return;
        }
        let map = self.map(inner);
        inner.top = map.clamped(inner.top);
        let first = (inner.top / ROW).ceil() as usize;
        // Whole device pixels: text is sharp and rows meet their bars.
        let top = (inner.top * ratio).round() / ratio;
        let char_width = char_width(inner, &self.surfaces.0, ratio);
        let view = Viewport {
            scale: TimeScale::new(begin, end, (bars_width * ratio).round()),
            top: top * ratio,
            height: inner.height * ratio,
            row_height: ROW * ratio,
            least_bar: 2.0 * ratio,
            char_width,
        };
        let outline = &*self.session.outline();
        let meaning = self.session.colour.get_untracked();
        let (told, columns) = (self.session.told.get_untracked(), self.session.columns.get_untracked());
        let by_value = match &meaning {
            Colour::Attribute(key) => told.of(key),
            _ => None,
        };
        let of_service =
            |span: SpanIx| self.slots.get(outline.service[span as usize] as usize).copied().unwrap_or(0);
        let slot = |span: SpanIx| match &meaning {
            Colour::Service => of_service(span),
            Colour::Attribute(key) if key.is_empty() => of_service(span),
            // Equal values are equally coloured in every trace; without a value there is no colour.
            Colour::Attribute(_) => {
                by_value.and_then(|column| column.text_of(span)).map_or(paint::COLOURLESS, palette::preferred)
            }
            Colour::Kind => palette::preferred(outline.kind[span as usize].name()),
            Colour::Status => STATUS[outline.status[span as usize] as usize],
        };
        let range = view.rows(rows.len());
        set_style(&self.elements.stage, "height", &format!("{}px", inner.height));
        let shift = range.start as f64 * ROW - top;
        set_style(&self.elements.pool, "transform", &format!("translateY({shift}px)"));
        let room = (inner.names - columns.len() as f64 * COLUMN - NAME_ROOM).max(0.0);
        let indent = (room / f64::from(inner.deepest.max(1))).floor().clamp(*INDENT.start(), *INDENT.end());
        let levels = (room / indent).max(4.0) as u32;
        set_style(&self.elements.pool, "--indent", &format!("{indent}px"));
        let edition = inner.edition;
        let marks = Marks::of(self.session, outline);
        let mark = |index: usize, row: Row| marks.at(outline, &rows, index, row);
        let seen = range.clone();
        let showing = Showing {
            outline,
            rows: &rows,
            range,
            selected,
            slot: &slot,
            mark: &mark,
            levels,
            indent,
            told: &told,
            columns: &columns,
            edition,
        };
        inner.pool.show(&showing, &mut inner.kept.groups);
        self.announce(inner, selected);

        let colour = |span: SpanIx| match outline.flags[span as usize].has(Flags::OWN_ERROR) {
            true => FAILED,
            false => slot(span),
        };
        inner.scene.lay(outline, &rows, &view, &mut inner.kept, &colour);
        let absolute = Axis { origin: outline.begin_unix, label: &clock::of_day };
        let axis = if self.session.absolute.get_untracked() { absolute } else { Axis::RELATIVE };
        let ticks = ruler::ticks(&view.scale, 34.0 * ratio, char_width, axis);
        let (bars, ruler, _) = &self.surfaces;
        bars.clear(bars_width, inner.height);
        paint::grid(bars.context(), &inner.palette, &ticks, ratio, view.height);
        paint::bars(bars.context(), &inner.palette, &inner.scene, &view, ratio);
        for index in seen {
            if rows.get(index).is_some_and(|row| mark(index, row) == Mark::Other) {
                let y = (index as f64 * ROW - top) * ratio;
                paint::veil(bars.context(), &inner.palette, (view.scale.width, y, ROW * ratio));
            }
        }
        ruler.clear(bars_width, RULER);
        let size = (view.scale.width, RULER * ratio);
        paint::ruler(ruler.context(), &inner.palette, &ticks, ratio, size);
        drop(guard);
        self.session.screen.set_value((first, self.page()));
        self.session.top.set_value(self.inner.borrow().top);
        self.paint_pointer();
    }

    /// Tells assistive technology which row is the current one, while it is there to be told.
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

    fn paint_pointer(&self) {
        let ratio = pixel_ratio();
        let (_, width) = self.columns();
        let inner = self.inner.borrow();
        let height = inner.height + RULER;
        let overlay = &self.surfaces.2;
        overlay.clear(width, height);
        let Some(pointer) = inner.pointing else { return };
        let scale = {
            let (begin, end) = self.session.range.get_untracked();
            TimeScale::new(begin, end, width)
        };
        let x = pointer.x.clamp(0.0, width);
        let time = scale.time_at(x);
        let label = match pointer.from {
            Some(from) => duration(scale.time_at(from.clamp(0.0, width)).abs_diff(time)),
            None if self.session.absolute.get_untracked() => {
                clock::of_day(self.session.outline().begin_unix.saturating_add(time), step_of(&scale))
            }
            None => time_label(time, &scale),
        };
        let pointing = Pointing { x: x * ratio, label, from: pointer.from.map(|from| from * ratio) };
        let size = (width * ratio, height * ratio, RULER * ratio);
        paint::pointing(overlay.context(), &inner.palette, &pointing, size, ratio);
    }
}

/// A time with as many digits as a pixel can tell apart.
fn time_label(time: u64, scale: &TimeScale) -> String {
    match step_of(scale) {
        1 => duration_exact(time),
        step => ruler::label(time / step * step, step),
    }
}

/// The power of ten that a pixel can tell apart, nanoseconds.
fn step_of(scale: &TimeScale) -> u64 {
    10u64.saturating_pow(scale.per_pixel().log10().floor().max(0.0) as u32)
}

fn char_width(inner: &mut Inner, surface: &Surface, ratio: f64) -> f64 {
    match inner.char_width {
        Some((at, width)) if at == ratio => width,
        _ => {
            let context = surface.context();
            context.set_font(&inner.palette.label_font(ratio));
            let width = context.measure_text("0").map_or(6.5 * ratio, |text| text.width());
            inner.char_width = Some((ratio, width));
            width
        }
    }
}

fn set_style(element: &HtmlElement, property: &str, value: &str) {
    // Assigning to an element's style is allowed under a strict policy; a valid value is never refused.
    let _ = element.style().set_property(property, value);
}
