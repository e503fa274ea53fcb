//! Paints every span of the trace into the minimap, some per animation frame.

use super::super::colouring::DeferredColouring;
use super::super::session::Session;
use super::super::tokens::tokens;
use crate::state::busy::{self, Busy};
use crate::state::tasks::{after_first_paint, spawn};
use crate::ui::canvas::{
    Frame, SizeWatch, Surface, ThemeWatch, custom_properties, custom_property, pixel_ratio,
};
use crate::ui::sizes::MINIMAP;
use leptos::prelude::*;
use spandrel_trace::analysis::critical_path::PathBySpan;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::colouring::{COLOURLESS, Colouring, FAILED};
use spandrel_trace::scene::minimap::Minimap as Band;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{Element, HtmlCanvasElement};

/// Margin above and below the lanes, CSS pixels.
const MARGIN: f64 = 4.0;
/// Maximum number of lanes, and maximum height of a lane, CSS pixels.
const LANES: usize = 24;
const THICKEST: f64 = 6.0;
/// Spans processed per frame: about two milliseconds.
const SLICE: usize = 60_000;

struct Painter {
    outline: Arc<Outline>,
    colouring: Arc<Colouring>,
    surface: Surface,
    band: Option<Band>,
    path: Option<Arc<PathBySpan>>,
    ink: String,
    width: f64,
    colours: Vec<String>,
    busy: Option<Busy>,
}

impl Painter {
    /// Restarts, for a new width, theme or colouring.
    fn restart(&mut self, width: f64) {
        self.colours = custom_properties(&tokens().iter().map(String::as_str).collect::<Vec<_>>());
        self.ink = custom_property("--critical");
        self.busy = Some(busy::hold());
        self.width = width;
        let columns = (width * pixel_ratio()).round() as usize;
        self.band = (columns > 0).then(|| Band::new(&self.outline, columns, LANES.min(self.outline.len())));
    }

    /// Processes some spans, and paints after the last; `true` while there are more.
    fn step(&mut self) -> bool {
        let Some(band) = &mut self.band else {
            self.busy = None;
            return false;
        };
        let outline = &self.outline;
        if !band.work(outline, SLICE, |span| self.colouring.slot(outline, span), FAILED) {
            return true;
        }
        let ratio = pixel_ratio();
        self.surface.clear(self.width, MINIMAP);
        let context = self.surface.context();
        let lanes = LANES.min(outline.len()).max(1);
        let pitch = ((MINIMAP - 2.0 * MARGIN) / lanes as f64).min(THICKEST);
        let thick = (pitch * ratio * 0.75).round().max(1.0);
        let mut runs = band.runs();
        runs.sort_by_key(|run| run.colour);
        let mut colour = None;
        for run in runs {
            if colour != Some(run.colour) {
                colour = Some(run.colour);
                context.set_global_alpha(if matches!(run.colour, FAILED | COLOURLESS) { 1.0 } else { 0.75 });
                context
                    .set_fill_style_str(self.colours.get(usize::from(run.colour)).map_or("", String::as_str));
            }
            let y = ((MARGIN + f64::from(run.lane) * pitch) * ratio).round();
            context.fill_rect(f64::from(run.x0), y, f64::from(run.x1 - run.x0), thick);
        }
        context.set_global_alpha(1.0);
        // As narrow bars of rows: in their lower half.
        context.set_fill_style_str(self.colours.get(usize::from(FAILED)).map_or("", String::as_str));
        let half = (thick / 2.0).round().max(1.0);
        for run in band.passed_on_runs() {
            let y = ((MARGIN + f64::from(run.lane) * pitch) * ratio).round() + thick - half;
            context.fill_rect(f64::from(run.x0), y, f64::from(run.x1 - run.x0), half);
        }
        if let Some(path) = self.path.as_ref().filter(|path| path.is_of(outline.len())) {
            let columns = (self.width * ratio).round() as usize;
            context.set_fill_style_str(&self.ink);
            // Over the lower edge of the bars.
            let line = ratio.round().max(1.0);
            for run in Band::path_runs(outline, columns, lanes, path) {
                let y = ((MARGIN + f64::from(run.lane) * pitch) * ratio).round() + thick - line;
                context.fill_rect(f64::from(run.x0), y, f64::from(run.x1 - run.x0), line);
            }
        }
        self.band = None;
        self.busy = None;
        false
    }
}

/// Keeps the canvas painted until the returned value is dropped. `None` if the browser has no canvas.
pub fn paint(
    session: Session,
    colouring: DeferredColouring,
    root: &Element,
    canvas: HtmlCanvasElement,
) -> Option<(Frame, SizeWatch, ThemeWatch)> {
    let painter = Rc::new(RefCell::new(Painter {
        outline: session.outline(),
        colouring: colouring.get_untracked(),
        surface: Surface::new(canvas)?,
        band: None,
        path: session.path.drawn(),
        ink: String::new(),
        width: 0.0,
        colours: Vec::new(),
        busy: None,
    }));
    let stepping = painter.clone();
    let frame = Frame::new(move |_| stepping.borrow_mut().step());
    let last = Rc::new(Cell::new(0.0));
    let (sized, asked, width) = (painter.clone(), frame.clone(), last.clone());
    let watched = root.clone();
    let sizes = SizeWatch::new(root, move || {
        let now = f64::from(watched.client_width());
        let before = width.replace(now);
        if before == now {
            return;
        }
        sized.borrow_mut().restart(now);
        if before > 0.0 {
            return asked.request();
        }
        // When a trace opens, the rows are painted first.
        let asked = asked.clone();
        spawn(async move {
            after_first_paint().await;
            asked.request();
        });
    });
    let (meaning, asked, width) = (painter.clone(), frame.clone(), last.clone());
    Effect::new(move |_| {
        let now = colouring.get();
        let mut painter = meaning.borrow_mut();
        if !Arc::ptr_eq(&painter.colouring, &now) {
            // A reloaded trace has another colouring, too.
            painter.outline = session.outline();
            painter.colouring = now;
            painter.restart(width.get());
            asked.request();
        }
    });
    let (walked, asked, width) = (painter.clone(), frame.clone(), last.clone());
    Effect::new(move |_| {
        session.path.show.track();
        session.path.path.track();
        let now = session.path.drawn();
        let mut painter = walked.borrow_mut();
        let before = painter.path.as_ref().map(Arc::as_ptr);
        if before != now.as_ref().map(Arc::as_ptr) {
            painter.path = now;
            painter.restart(width.get());
            asked.request();
        }
    });
    let asked = frame.clone();
    let theme = ThemeWatch::new(move || {
        painter.borrow_mut().restart(last.get());
        asked.request();
    });
    Some((frame, sizes, theme))
}
