//! State behind the waterfall's elements: sizes, scroll offset, and what was painted last. Rows, bars and ruler are
//! painted from it in one frame, so that they always agree.

mod draw;
mod drawers;
mod first_paint;
mod point;
mod scroll;
mod ticks;

pub use point::Drag;

use super::super::canvas_style::CanvasStyle;
use super::super::colouring::ColouringMemo;
use super::super::session::Session;
use super::drawers::{Drawers, Fill};
use super::pool::RowPool;
use crate::state::busy::{self, Busy};
use crate::ui::canvas::{Frame, Surface};
use first_paint::{FirstPaint, Painted};
use leptos::prelude::GetUntracked;
use spandrel_trace::analysis::rows::Rows;
use spandrel_trace::scene::waterfall::{Waterfall, WaterfallCache};
use spandrel_trace::units::SpanId;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use web_sys::{HtmlCanvasElement, HtmlElement};

/// The elements that the board fills.
#[derive(Clone)]
pub struct Elements {
    /// The waterfall itself.
    pub root: HtmlElement,
    /// The row of the ruler.
    pub head: HtmlElement,
    /// Scrolls natively.
    pub scroller: HtmlElement,
    /// As high as the list, so that the scroller has something to scroll.
    pub spacer: HtmlElement,
    /// Sticks to the scroller's top; holds the visible part.
    pub stage: HtmlElement,
    /// Holds the rows.
    pub pool: HtmlElement,
    /// The bars.
    pub bars: HtmlCanvasElement,
    /// The ruler.
    pub ruler: HtmlCanvasElement,
    /// The layer that follows the pointer, above ruler and bars.
    pub overlay: HtmlCanvasElement,
    /// Marks the events at the event cursor.
    pub tick: HtmlElement,
}

/// Paints the waterfall; see the module.
pub struct Board {
    session: Session,
    colouring: ColouringMemo,
    elements: Elements,
    surfaces: (Surface, Surface, Surface),
    inner: RefCell<Inner>,
    first_paint: Cell<FirstPaint>,
    frame: Frame,
    /// Called when the content of a drawer changes height.
    resized: Rc<dyn Fn(SpanId)>,
    pointer_frame: Frame,
    busy: Cell<Option<Busy>>,
    this: Weak<Board>,
}

struct Inner {
    pool: RowPool,
    drawers: Drawers,
    // The rows painted last, and the depth of the deepest.
    rows: Arc<Rows>,
    deepest: u32,
    kept: WaterfallCache,
    scene: Waterfall,
    style: CanvasStyle,
    char_width: Option<(f64, f64)>,
    // Size of the visible part, and width left of the bars, CSS pixels.
    width: f64,
    height: f64,
    names: f64,
    // Exact scroll offset; the scrollbar may be coarser.
    top: f64,
    // Position that was set on the scrollbar last.
    put: f64,
    edition: u32,
    spacer_height: f64,
    active: Option<String>,
    // The row count announced to assistive technology.
    row_count: Option<usize>,
    pointing: Option<Drag>,
    // Whether something is drawn on the overlay.
    pointed: bool,
    // Distance of the pointer from the top of the visible part, and the visible rows as last painted.
    hovered: Option<f64>,
    seen: std::ops::Range<usize>,
}

impl Board {
    /// A board over `elements`; `fill` makes the details between rows. `None` if the browser has no canvas.
    pub fn new(
        session: Session,
        colouring: ColouringMemo,
        elements: Elements,
        fill: Fill,
    ) -> Option<Rc<Self>> {
        let surfaces = (
            Surface::new(elements.bars.clone())?,
            Surface::new(elements.ruler.clone())?,
            Surface::new(elements.overlay.clone())?,
        );
        let inner = Inner {
            pool: RowPool::new(elements.pool.clone())?,
            drawers: Drawers::new(fill),
            rows: Arc::default(),
            deepest: 0,
            kept: WaterfallCache::default(),
            scene: Waterfall::default(),
            style: CanvasStyle::read(),
            char_width: None,
            width: 0.0,
            height: 0.0,
            names: 0.0,
            top: 0.0,
            put: 0.0,
            edition: 0,
            spacer_height: -1.0,
            active: None,
            row_count: None,
            pointing: None,
            pointed: false,
            hovered: None,
            seen: 0..0,
        };
        Some(Rc::new_cyclic(|this: &Weak<Board>| Board {
            session,
            colouring,
            elements,
            surfaces,
            inner: RefCell::new(inner),
            first_paint: Cell::default(),
            frame: Frame::new({
                let board = this.clone();
                move |_| {
                    if let Some(board) = board.upgrade() {
                        board.paint_in_frame();
                    }
                    false
                }
            }),
            resized: {
                let board = this.clone();
                Rc::new(move |id| {
                    if let Some(board) = board.upgrade() {
                        board.drawer_resized(id);
                    }
                })
            },
            pointer_frame: Frame::new({
                let board = this.clone();
                move |_| {
                    if let Some(board) = board.upgrade() {
                        board.paint_pointer();
                    }
                    false
                }
            }),
            busy: Cell::new(None),
            this: this.clone(),
        }))
    }

    /// Rewrites all rows in the next frame, because what they show of their spans has changed.
    pub fn renew(&self) {
        self.inner.borrow_mut().rows = Arc::default();
        self.request();
    }

    /// Marks the row of the selected span, and requests painting of what else depends on the selection.
    pub fn selection_changed(&self) {
        self.inner.borrow_mut().pool.select(self.session.selection.span.get_untracked());
        self.request();
    }

    /// Requests painting in the next animation frame, or the first painting in tasks of its own.
    pub fn request(&self) {
        if self.first_paint.get() != FirstPaint::Done {
            return self.start_first_paint();
        }
        if !self.frame.is_pending() {
            self.busy.set(Some(busy::hold()));
        }
        self.frame.request();
    }

    /// Paints what a frame may, and requests another one for the rest.
    fn paint_in_frame(&self) {
        let busy = self.busy.take();
        if self.paint() == Painted::InPart {
            self.request();
        }
        drop(busy);
    }

    /// Measures the elements; `names` is the width left of the bars, CSS pixels.
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
        // Details that open below must not cover their own row.
        if height < before
            && let Some(index) = self.selected_row()
            && (top..top + before).contains(&self.top_of(index))
        {
            self.show_row(index);
        }
        self.request();
    }

    /// Width left of the bars, and width of the bars, CSS pixels.
    pub fn columns(&self) -> (f64, f64) {
        let inner = self.inner.borrow();
        (inner.names, (inner.width - inner.names).max(1.0))
    }

    /// Reads the theme's colours again.
    pub fn theme_changed(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.style = CanvasStyle::read();
        inner.char_width = None;
        drop(inner);
        self.request();
    }
}

fn set_style(element: &HtmlElement, property: &str, value: &str) {
    // The strict content security policy allows setting single properties; valid values never fail.
    let _ = element.style().set_property(property, value);
}
