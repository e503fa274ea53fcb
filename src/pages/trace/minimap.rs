//! The whole trace in a band: what is shown below is a lens on it that can be drawn, moved and resized.

use super::session::Session;
use super::waterfall::FAILED;
use crate::state::busy::{self, Busy};
use crate::ui::canvas::{Frame, SizeWatch, Surface, ThemeWatch, custom_properties, pixel_ratio};
use leptos::{html, prelude::*};
use spandrel_trace::model::Outline;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::minimap::Minimap as Band;
use spandrel_trace::units::Order as _;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

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
#[component]
pub fn Minimap(
    /// The page's state.
    session: Session,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let kept = StoredValue::new_local(None::<(Frame, SizeWatch, ThemeWatch)>);
    Effect::new(move |_| {
        let (Some(root), Some(canvas)) = (root.get(), canvas.get()) else { return };
        kept.set_value(start(session, slots.clone(), root.into(), canvas));
    });

    let full = session.full();
    let share = move |time: u64| TimeScale::new(full.0, full.1, 100.0).x_of(time);
    let left = move || format!("{}%", share(session.range.get().0));
    let right = move || format!("{}%", 100.0 - share(session.range.get().1));
    let hold = RwSignal::new_local(None::<(Hold, f64, bool)>);
    let time_at = move |event: &PointerEvent| {
        let width = root.get_untracked().map_or(1.0, |root| f64::from(root.client_width()));
        let edge = root.get_untracked().map_or(0.0, |root| root.get_bounding_client_rect().left());
        let x = (f64::from(event.client_x()) - edge).clamp(0.0, width);
        (x, TimeScale::new(full.0, full.1, width))
    };
    let down = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let (x, scale) = time_at(&event);
        let (begin, end) = session.range.get_untracked();
        let time = scale.time_at(x);
        let zoomed = (begin, end) != full;
        let held = if zoomed && (x - scale.x_of(begin)).abs() <= EDGE {
            Hold::Edge(end)
        } else if zoomed && (x - scale.x_of(end)).abs() <= EDGE {
            Hold::Edge(begin)
        } else if zoomed && (begin..end).contains(&time) && !event.shift_key() {
            Hold::Move(time, (begin, end))
        } else {
            Hold::Draw(time)
        };
        hold.set(Some((held, x, false)));
        if let Some(band) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            // Without capture the drag ends at the band's edge: worse, but no error.
            let _ = band.set_pointer_capture(event.pointer_id());
        }
    };
    let moved = move |event: PointerEvent| {
        let Some((held, from, dragged)) = hold.get_untracked() else { return };
        let (x, scale) = time_at(&event);
        if !dragged && (x - from).abs() < 3.0 {
            return;
        }
        hold.set(Some((held, from, true)));
        let time = scale.time_at(x);
        match held {
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
    view! {
        <div
            class="minimap"
            node_ref=root
            data-test="minimap"
            role="slider"
            tabindex="0"
            aria-label="Time shown"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || share(session.range.get().0).round().to_string()
            aria-valuetext=words
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| hold.set(None)
            on:pointercancel=move |_| hold.set(None)
            on:dblclick=move |_| session.fit()
            on:keydown=key
        >
            <canvas class="minimap-canvas" node_ref=canvas aria-hidden="true"></canvas>
            <div class="minimap-shade minimap-before" style:width=left></div>
            <div class="minimap-shade minimap-after" style:width=right></div>
            <div
                class="minimap-lens"
                class:minimap-fitted=move || session.is_fitted()
                style:left=left
                style:right=right
            ></div>
        </div>
    }
}

fn start(
    session: Session,
    slots: Arc<Vec<u8>>,
    root: Element,
    canvas: web_sys::HtmlCanvasElement,
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
    let sizes = SizeWatch::new(&watched, move || {
        let now = f64::from(root.client_width());
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
