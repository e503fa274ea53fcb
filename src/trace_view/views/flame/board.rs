//! State behind the flame graph's canvases: frames, scroll offset, and what was drawn last.

use super::super::super::colouring::ColouringMemo;
use super::super::super::parts::Part;
use super::super::super::session::Session;
use super::super::super::waterfall::paint::{grid, ruler as draw_ruler};
use super::axis::Axis;
use super::load::LoadedFrames;
use super::paint::{self, FlameMarks, FlameStyle};
use super::picture::{FlameChanges, FlamePicture};
use crate::route::Show;
use crate::state::busy::{self, Busy};
use crate::state::clock;
use crate::ui::canvas::{Frame, Surface, pixel_ratio};
use crate::ui::sizes::FLAME_RULER;
use leptos::prelude::*;
use spandrel_trace::engine::Matches;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::flame::{FlameScene, FlameViewport};
use spandrel_trace::scene::ruler::{self, RulerAxis};
use spandrel_trace::scene::scroll::ScrollMap;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{HtmlCanvasElement, HtmlElement};

/// Height of a lane, CSS pixels.
pub const LANE: f64 = 20.0;

/// Paints the graph; see the module.
pub struct FlameBoard {
    session: Session,
    colouring: ColouringMemo,
    scroller: HtmlElement,
    surfaces: (Surface, Surface),
    inner: RefCell<Inner>,
    frame: OnceCell<Frame>,
    busy: Cell<Option<Busy>>,
    /// The frame that the next drawing scrolls to: by then the list has its height.
    revealed: Cell<Option<usize>>,
    /// The width of the bars that the stylesheet has, CSS pixels.
    published_width: Cell<f64>,
    /// The current frame: the one of the selected span, or of several that it stands for the one that was chosen.
    current: RwSignal<Option<usize>>,
}

struct Inner {
    loaded: Option<LoadedFrames>,
    /// Matches and the frames that they are in, ascending.
    found: Option<Arc<Matches>>,
    matches: Vec<u32>,
    style: FlameStyle,
    scene: FlameScene,
    /// What is on the canvas.
    drawn: Option<FlamePicture>,
    /// Whether the next drawing cannot use that.
    is_stale: bool,
    hovered: Option<usize>,
}

impl FlameBoard {
    /// A board that draws on these canvases and sets `current`. `None` if the browser has no canvas.
    pub fn new(
        session: Session,
        colouring: ColouringMemo,
        current: RwSignal<Option<usize>>,
        scroller: HtmlElement,
        bars: HtmlCanvasElement,
        ruler: HtmlCanvasElement,
    ) -> Option<Rc<Self>> {
        let inner = Inner {
            loaded: None,
            found: None,
            matches: Vec::new(),
            style: FlameStyle::read(),
            scene: FlameScene::default(),
            drawn: None,
            is_stale: true,
            hovered: None,
        };
        let board = Rc::new(FlameBoard {
            session,
            colouring,
            scroller,
            surfaces: (Surface::new(bars)?, Surface::new(ruler)?),
            inner: RefCell::new(inner),
            frame: OnceCell::new(),
            busy: Cell::new(None),
            revealed: Cell::new(None),
            published_width: Cell::new(0.0),
            current,
        });
        let weak = Rc::downgrade(&board);
        let _ = board.frame.set(Frame::new(move |_| {
            if let Some(board) = weak.upgrade() {
                board.paint();
                board.busy.set(None);
            }
            false
        }));
        Some(board)
    }

    /// Draws all of it in the next frame.
    pub fn request(&self) {
        self.inner.borrow_mut().is_stale = true;
        self.request_changes();
    }

    /// Draws in the next frame what differs by the scroll position and by which frames are outlined.
    pub fn request_changes(&self) {
        if let Some(frame) = self.frame.get() {
            if !frame.is_pending() {
                self.busy.set(Some(busy::hold()));
            }
            frame.request();
        }
    }

    /// Reads the colours of another theme.
    pub fn theme_changed(&self) {
        self.inner.borrow_mut().style = FlameStyle::read();
        self.request();
    }

    /// Replaces the frames. The current frame is that of the selected span.
    pub fn show(&self, loaded: Option<LoadedFrames>) {
        {
            let mut inner = self.inner.borrow_mut();
            inner.loaded = loaded;
            (inner.hovered, inner.found) = (None, None);
        }
        self.current.set(None);
        self.mark_matches();
        self.follow_selection();
    }

    /// The frames that are shown.
    pub fn loaded(&self) -> Option<LoadedFrames> {
        self.inner.borrow().loaded.clone()
    }

    /// The axis of the frames that are shown.
    pub fn axis(&self) -> Axis {
        Axis::new(self.session, self.inner.borrow().loaded.as_ref().and_then(LoadedFrames::total))
    }

    /// The current frame, untracked.
    pub fn current(&self) -> Option<usize> {
        self.current.get_untracked()
    }

    /// Makes a frame the current one, and its span the selected one.
    pub fn choose(&self, frame: usize) {
        let Some(loaded) = self.loaded() else { return };
        self.current.set(Some(frame));
        self.session.select(loaded.frames.span(frame));
        self.revealed.set(Some(frame));
        self.request_changes();
    }

    /// Makes the frame of the selected span the current one, and scrolls to it.
    pub fn follow_selection(&self) {
        let selected = self.session.selection.span.get_untracked();
        let Some(loaded) = self.loaded() else { return };
        let frames = &loaded.frames;
        if self.current().is_some_and(|frame| Some(frames.span(frame)) == selected) {
            return self.request_changes();
        }
        let current = selected.and_then(|span| frames.frame_of(span));
        self.current.set(current);
        self.revealed.set(current);
        self.request_changes();
    }

    /// Scrolls until the lane of a frame is visible, and pans until some of the frame is.
    fn reveal(&self, frame: usize) {
        let Some(loaded) = self.loaded() else { return };
        let lane = loaded.frames.lane_of(frame) as f64 * LANE;
        let map = self.scroll_map(&loaded);
        let top = map.top_of(f64::from(self.scroller.scroll_top()));
        let shown = map.showing(top, lane, lane + LANE, LANE);
        if shown != top {
            self.scroller.set_scroll_top(map.scroll_of(shown).round() as i32);
        }
        let axis = self.axis();
        let (start, end) = axis.range();
        let (from, to) =
            (loaded.frames.start(&loaded.outline, frame), loaded.frames.end(&loaded.outline, frame));
        if to < start || from > end {
            let length = end - start;
            let from = from.saturating_sub(length / 4);
            axis.zoom_to(from, from.saturating_add(length));
        }
    }

    /// Finds the frames of what is searched for.
    pub fn mark_matches(&self) {
        let found = self.session.find.matches.get_untracked().filter(|found| found.error.is_none());
        let mut inner = self.inner.borrow_mut();
        inner.matches.clear();
        if let (Some(found), Some(loaded)) = (&found, &inner.loaded) {
            let mut is_match = vec![false; loaded.frames.len()];
            for frame in found.spans.iter().filter_map(|span| loaded.frames.frame_of(span)) {
                is_match[frame] = true;
            }
            inner.matches =
                (0..is_match.len()).filter(|frame| is_match[*frame]).map(|it| it as u32).collect();
        }
        inner.found = found;
        drop(inner);
        self.request();
    }

    /// Sets which frame is under the pointer, CSS pixels from the canvas' corner. Returns it if there is one.
    pub fn point(&self, at: Option<(f64, f64)>) -> Option<usize> {
        let ratio = pixel_ratio();
        let mut inner = self.inner.borrow_mut();
        let hit = at.and_then(|(x, y)| {
            let view = inner.drawn.as_ref()?.view;
            let bar = inner.scene.hit(&view, x * ratio, y * ratio, 2.0 * ratio)?;
            Some(bar.frame as usize)
        });
        let changed = std::mem::replace(&mut inner.hovered, hit) != hit;
        drop(inner);
        if changed {
            self.request_changes();
        }
        hit
    }

    /// The frame that arrow keys start from if none is current: the first of those drawn.
    pub fn first_drawn(&self) -> Option<usize> {
        self.inner.borrow().scene.bars.first().map(|bar| bar.frame as usize)
    }

    /// Height of the list of lanes that the browser scrolls, CSS pixels.
    pub fn content_height(&self) -> f64 {
        self.loaded().map_or(0.0, |loaded| self.scroll_map(&loaded).height())
    }

    /// Sets the width of the bars for the stylesheet, for what is above them.
    fn publish_width(&self, width: f64) {
        if self.published_width.replace(width) != width
            && let Some(view) = Part::Frames.around(&self.scroller)
        {
            // Neither the name nor the value is refused.
            let _ = HtmlElement::style(&view).set_property("--frames-width", &format!("{width}px"));
        }
    }

    fn scroll_map(&self, loaded: &LoadedFrames) -> ScrollMap {
        let content = loaded.frames.lanes() as f64 * LANE + LANE;
        ScrollMap { content, view: f64::from(self.scroller.client_height()) }
    }

    fn paint(&self) {
        let Some(loaded) = self.loaded() else { return };
        let (width, height) =
            (f64::from(self.scroller.client_width()), f64::from(self.scroller.client_height()));
        if width < 1.0 || height < 1.0 {
            return;
        }
        if let Some(frame) = self.revealed.take() {
            self.reveal(frame);
        }
        let ratio = pixel_ratio();
        let map = self.scroll_map(&loaded);
        let top = map.top_of(f64::from(self.scroller.scroll_top()));
        let (start, end) = self.axis().range();
        let (bars, ruler) = &self.surfaces;
        let mut guard = self.inner.borrow_mut();
        let inner = &mut *guard;
        let context = bars.context();
        context.set_font(&inner.style.rows.label_font(ratio));
        let text = |text: &str| context.measure_text(text).map_or(6.0 * ratio, |text| text.width());
        let view = FlameViewport {
            scale: TimeScale::new(start, end, (width * ratio).round()),
            top: (top * ratio).round(),
            height: height * ratio,
            lane: LANE * ratio,
            letter: text("aeimnorstu") / 10.0,
        };
        let (frames, outline) = (&loaded.frames, &*loaded.outline);
        let next =
            FlamePicture { view, size: (width, height, ratio), outlined: [inner.hovered, self.current()] };
        let is_stale = std::mem::take(&mut inner.is_stale);
        let before = inner.drawn.replace(next).filter(|_| !is_stale);
        let FlameChanges { shift, lanes, strips } = next.changes(before, frames);
        let scene = std::mem::take(&mut inner.scene);
        inner.scene = match shift {
            None => FlameScene::new(frames, outline, &view, &inner.matches),
            Some(_) => scene.scrolled(frames, outline, &view, &inner.matches),
        };
        match shift {
            None => {
                bars.clear(width, height);
                // A canvas of another size has lost it.
                context.set_font(&inner.style.rows.label_font(ratio));
            }
            Some(down) => paint::shift(context, bars.canvas(), down, &strips),
        }
        let colouring = self.colouring.get_untracked();
        let look = |frame: u32| {
            let frame = frame as usize;
            (colouring.slot(outline, frames.span(frame)), frames.counts(outline, frame).1 > 0)
        };
        let is_dimmed = self.session.find.show.get_untracked() == Show::Dim;
        let marks = FlameMarks {
            look: &look,
            search: inner.found.as_ref().map(|_| is_dimmed),
            current: self.current(),
            hovered: inner.hovered,
            middle: frames.middle,
            lanes: &lanes,
        };
        if loaded.total().is_none() {
            let zone = self.session.clock.zone.get_untracked();
            let of_day = move |unix: u64, step: u64| clock::moment(unix, zone).label_for_step(step);
            let absolute = RulerAxis { origin: outline.start_unix, label: &of_day };
            let is_absolute = self.session.clock.absolute.get_untracked();
            let axis = if is_absolute { absolute } else { RulerAxis::RELATIVE };
            let ticks = ruler::ticks(&view.scale, 34.0 * ratio, text("0"), axis);
            for strip in strips {
                grid(context, &inner.style.rows, &ticks, ratio, strip);
            }
            if shift.is_none() {
                self.publish_width(width);
                ruler.clear(width, FLAME_RULER);
                let size = (view.scale.width, FLAME_RULER * ratio);
                draw_ruler(ruler.context(), &inner.style.rows, &ticks, ratio, size);
            }
        }
        paint::bars(context, &inner.style, &inner.scene, &view, &marks, ratio);
        paint::groups(context, &inner.style, frames, &view, &lanes, ratio);
    }
}
