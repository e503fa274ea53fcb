//! State behind the waterfall's elements: sizes, scroll offset, and what was painted last. Rows, bars and ruler are
//! painted from it in one frame, so that they always agree.

mod draw;
mod drawers;
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
use spandrel_trace::analysis::rows::Rows;
use spandrel_trace::scene::waterfall::{Waterfall, WaterfallCache};
use spandrel_trace::units::SpanId;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
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
    frame: OnceCell<Frame>,
    /// Called when the content of a drawer changes height.
    resized: OnceCell<Rc<dyn Fn(SpanId)>>,
    pointer_frame: OnceCell<Frame>,
    busy: Cell<Option<Busy>>,
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
        let board = Rc::new(Board {
            session,
            colouring,
            elements,
            surfaces,
            inner: RefCell::new(inner),
            frame: OnceCell::new(),
            resized: OnceCell::new(),
            pointer_frame: OnceCell::new(),
            busy: Cell::new(None),
        });
        let (all, pointer) = (Rc::downgrade(&board), Rc::downgrade(&board));
        // The cells are empty: this is the only place that sets them.
        let _ = board.frame.set(Frame::new(move |_| {
            if let Some(board) = all.upgrade() {
                let busy = board.busy.take();
                board.paint();
                drop(busy);
            }
            false
        }));
        let _ = board.pointer_frame.set(Frame::new(move |_| {
            if let Some(board) = pointer.upgrade() {
                board.paint_pointer();
            }
            false
        }));
        let of_drawer = Rc::downgrade(&board);
        let _ = board.resized.set(Rc::new(move |id| {
            if let Some(board) = of_drawer.upgrade() {
                board.drawer_resized(id);
            }
        }));
        Some(board)
    }

    /// Rewrites all rows in the next frame, because what they show of their spans has changed.
    pub fn renew(&self) {
        self.inner.borrow_mut().rows = Arc::default();
        self.request();
    }

    /// Requests painting in the next animation frame.
    pub fn request(&self) {
        if let Some(frame) = self.frame.get() {
            if !frame.is_pending() {
                self.busy.set(Some(busy::hold()));
            }
            frame.request();
        }
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
