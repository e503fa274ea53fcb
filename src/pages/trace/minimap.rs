//! The whole trace in a band: what is shown below is a lens on it that can be drawn, moved and resized.

use super::session::Session;
use super::waterfall::FAILED;
use crate::state::busy::{self, Busy};
use crate::ui::canvas::{Frame, SizeWatch, Surface, ThemeWatch, custom_properties, pixel_ratio};
use crate::ui::element::{El, el};
use crate::ui::view::keep;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::minimap::Minimap as Band;
use spandrel_trace::units::Order as _;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{Element, HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent};

/// Height of the band and of the air above and below its lanes, CSS pixels; `.minimap` in the stylesheet.
const HEIGHT: f64 = 56.0;
const AIR: f64 = 4.0;
/// Lanes at most, each two CSS pixels high, and the height of a lane at most.
const LANES: usize = 24;
const THICKEST: f64 = 6.0;
/// Spans taken in a frame: about two milliseconds.
const SLICE: usize = 60_000;
/// Within this distance of a lens's edge the edge is dragged, CSS pixels.
const EDGE: f64 = 6.0;

struct Painter {
    outline: Arc<Outline>,
    slots: Arc<Vec<u8>>,
    surface: Surface,
    band: Option<Band>,
    size: (f64, f64),
    colours: Vec<String>,
    busy: Option<Busy>,
}

impl Painter {
    /// Starts anew, for a new size or theme.
    fn restart(&mut self, width: f64, height: f64) {
        let names: Vec<String> = (1..=FAILED).map(|slot| format!("--span-{slot}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("--error");
        self.colours = custom_properties(&names);
        self.busy = Some(busy::hold());
        self.size = (width, height);
        let columns = (width * pixel_ratio()).round() as usize;
        self.band = (columns > 0).then(|| Band::new(&self.outline, columns, LANES.min(self.outline.len())));
    }

    /// Takes a slice and paints what there is; `true` while there is more.
    fn step(&mut self) -> bool {
        let Some(band) = &mut self.band else {
            self.busy = None;
            return false;
        };
        let outline = &self.outline;
        let slot = |span: u32| self.slots.get(outline.service[span as usize] as usize).copied().unwrap_or(0);
        if !band.work(outline, SLICE, slot, FAILED) {
            return true;
        }
        let ratio = pixel_ratio();
        let (width, height) = self.size;
        self.surface.clear(width, height);
        let context = self.surface.context();
        let lanes = LANES.min(outline.len()).max(1);
        let pitch = ((height - 2.0 * AIR) / lanes as f64).min(THICKEST);
        let thick = (pitch * ratio * 0.75).round().max(1.0);
        let mut runs = band.runs();
        runs.order_by_key(|run| run.colour);
        let mut colour = None;
        for run in runs {
            if colour != Some(run.colour) {
                colour = Some(run.colour);
                context.set_global_alpha(if run.colour == FAILED { 1.0 } else { 0.75 });
                context
                    .set_fill_style_str(self.colours.get(usize::from(run.colour)).map_or("", String::as_str));
            }
            let y = ((AIR + f64::from(run.lane) * pitch) * ratio).round();
            context.fill_rect(f64::from(run.x0), y, f64::from(run.x1 - run.x0), thick);
        }
        context.set_global_alpha(1.0);
        self.band = None;
        self.busy = None;
        false
    }
}

/// What a drag on the band does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    /// Draws a new stretch from here.
    Draw(u64),
    /// Moves an edge while the other stays here.
    Edge(u64),
    /// Moves the stretch: the pointer's time and the stretch at the start.
    Move(u64, (u64, u64)),
}

/// The band of `session`; `slots` as for the waterfall.
pub fn minimap(session: Session, slots: Arc<Vec<u8>>) -> El {
    let band = el("div", "minimap")
        .test("minimap")
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", "Time shown")
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100");
    let canvas = el("canvas", "minimap-canvas").attr("aria-hidden", "true");
    keep(start(session, slots, &band.node(), canvas.node()));

    let full = session.full();
    let share = move |time: u64| TimeScale::new(full.0, full.1, 100.0).x_of(time);
    let left = move || format!("{}%", share(session.range.get().0));
    let right = move || format!("{}%", 100.0 - share(session.range.get().1));
    let hold = Rc::new(Cell::new(None::<(Hold, f64, bool)>));
    let area: Element = band.node();
    let time_at = move |event: &PointerEvent| {
        let (width, edge) = (f64::from(area.client_width()), area.get_bounding_client_rect().left());
        let x = (f64::from(event.client_x()) - edge).clamp(0.0, width);
        (x, TimeScale::new(full.0, full.1, width))
    };
    let (place, area, held) = (time_at.clone(), band.node::<Element>(), hold.clone());
    let down = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let (x, scale) = place(&event);
        let (begin, end) = session.range.get_untracked();
        let time = scale.time_at(x);
        let zoomed = (begin, end) != full;
        let grip = if zoomed && (x - scale.x_of(begin)).abs() <= EDGE {
            Hold::Edge(end)
        } else if zoomed && (x - scale.x_of(end)).abs() <= EDGE {
            Hold::Edge(begin)
        } else if zoomed && (begin..end).contains(&time) && !event.shift_key() {
            Hold::Move(time, (begin, end))
        } else {
            Hold::Draw(time)
        };
        held.set(Some((grip, x, false)));
        // Without capture the drag ends at the band's edge: worse, but no error.
        let _ = area.set_pointer_capture(event.pointer_id());
    };
    let held = hold.clone();
    let moved = move |event: PointerEvent| {
        let Some((grip, from, dragged)) = held.get() else { return };
        let (x, scale) = time_at(&event);
        if !dragged && (x - from).abs() < 3.0 {
            return;
        }
        held.set(Some((grip, from, true)));
        let time = scale.time_at(x);
        match grip {
            Hold::Draw(other) | Hold::Edge(other) => session.zoom_to(other, time),
            Hold::Move(at, (begin, end)) => {
                let span = end - begin;
                let begin = (begin + time).saturating_sub(at).min(full.1 - span);
                session.zoom_to(begin, begin + span);
            }
        }
    };
    let key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" => session.pan_by(-0.1),
            "ArrowRight" => session.pan_by(0.1),
            "ArrowUp" => session.zoom_by(0.8, 0.5),
            "ArrowDown" => session.zoom_by(1.25, 0.5),
            "Home" | "End" => session.fit(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let words = move || {
        let (begin, end) = session.range.get();
        let text = spandrel_trace::units::duration;
        format!("{} to {} of {}", text(begin), text(end), text(full.1))
    };
    let lens = el("div", "minimap-lens")
        .live_class("minimap-fitted", move || session.is_fitted())
        .live_style("left", left)
        .live_style("right", right);
    let cancelled = hold.clone();
    band.live_attr("aria-valuenow", move || share(session.range.get().0).round().to_string())
        .live_attr("aria-valuetext", words)
        .on("pointerdown", down)
        .on("pointermove", moved)
        .on("pointerup", move |_: PointerEvent| hold.set(None))
        .on("pointercancel", move |_: PointerEvent| cancelled.set(None))
        .on("dblclick", move |_: MouseEvent| session.fit())
        .on("keydown", key)
        .children([
            canvas,
            el("div", "minimap-shade minimap-before").live_style("width", left),
            el("div", "minimap-shade minimap-after").live_style("width", right),
            lens,
        ])
}

fn start(
    session: Session,
    slots: Arc<Vec<u8>>,
    root: &Element,
    canvas: HtmlCanvasElement,
) -> Option<(Frame, SizeWatch, ThemeWatch)> {
    let painter = Rc::new(RefCell::new(Painter {
        outline: session.outline(),
        slots,
        surface: Surface::new(canvas)?,
        band: None,
        size: (0.0, HEIGHT),
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
        if width.replace(now) != now {
            sized.borrow_mut().restart(now, HEIGHT);
            asked.request();
        }
    });
    let asked = frame.clone();
    let theme = ThemeWatch::new(move || {
        painter.borrow_mut().restart(last.get(), HEIGHT);
        asked.request();
    });
    Some((frame, sizes, theme))
}
