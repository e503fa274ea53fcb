//! The minimap: the whole trace in a band above the waterfall.

mod painter;

use super::colouring::DeferredColouring;
use super::session::Session;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::units::duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

/// Within this distance of a lens's edge the edge is dragged, CSS pixels; half of a grip in the stylesheet.
const EDGE: f64 = 7.0;
/// Shares of the visible range by which a key moves an edge, without and with Shift.
const STEP: f64 = 0.02;
const LEAP: f64 = 0.2;

/// What a drag on the band does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    /// Draws a new range from this time.
    Draw(u64),
    /// Moves an edge; the other one stays at this time.
    Edge(u64),
    /// Moves the range: the pointer's time and the range when the drag started.
    Move(u64, (u64, u64)),
}

/// The whole trace as a band, with the visible range as a lens that can be drawn, moved and resized.
#[component]
pub fn Minimap(
    /// State of the page.
    session: Session,
    /// What the colours of spans mean.
    colouring: DeferredColouring,
) -> impl IntoView {
    let band = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    // Painted by hand: a slice of the spans in each animation frame.
    Effect::new(move |_| {
        if let (Some(band), Some(canvas)) = (band.get(), canvas.get()) {
            StoredValue::new_local(painter::paint(session, colouring, &band, canvas));
        }
    });

    let percent = move |time: u64| scale(session.viewport.full_live(), 100.0).x_of(time);
    let start = move || format!("{}%", percent(session.viewport.range.get().0));
    let rest = move || format!("{}%", 100.0 - percent(session.viewport.range.get().1));
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" => session.viewport.pan_by(-0.1),
            "ArrowRight" => session.viewport.pan_by(0.1),
            "ArrowUp" => session.viewport.zoom_by(0.8, 0.5),
            "ArrowDown" => session.viewport.zoom_by(1.25, 0.5),
            "Home" | "End" => session.viewport.fit(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let range_text = move || {
        let (start, end) = session.viewport.range.get();
        format!("{} to {} of {}", duration(start), duration(end), duration(session.viewport.full_live().1))
    };
    let drag = Drag::new(session, band);

    view! {
        <div
            node_ref=band
            class="minimap"
            data-test="minimap"
            role="group"
            aria-label="Whole trace"
            on:pointerdown=move |event| drag.press(&event)
            on:pointermove=move |event| drag.drag(&event)
            on:pointerup=move |_| drag.release()
            on:pointercancel=move |_| drag.release()
            on:dblclick=move |_| session.viewport.fit()
        >
            <canvas node_ref=canvas class="minimap-canvas" aria-hidden="true"></canvas>
            <div class="minimap-shade minimap-before" style:width=start></div>
            <div class="minimap-shade minimap-after" style:width=rest></div>
            <div
                class="minimap-lens"
                class:minimap-fitted=move || session.viewport.is_fitted()
                style:left=start
                style:right=rest
                role="slider"
                tabindex="0"
                aria-label="Visible range"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=move || percent(session.viewport.range.get().0).round().to_string()
                aria-valuetext=range_text
                on:keydown=on_key
            ></div>
            <Grip session=session edge=Edge::Start/>
            <Grip session=session edge=Edge::End/>
        </div>
    }
}

fn scale((start, end): (u64, u64), width: f64) -> TimeScale {
    TimeScale::new(start, end, width)
}

/// An edge of the visible range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

impl Edge {
    /// The time of this edge of `range`.
    fn of(self, (start, end): (u64, u64)) -> u64 {
        match self {
            Edge::Start => start,
            Edge::End => end,
        }
    }
}

/// The handle of one edge of the visible range.
#[component]
fn Grip(session: Session, edge: Edge) -> impl IntoView {
    let percent =
        move || scale(session.viewport.full_live(), 100.0).x_of(edge.of(session.viewport.range.get()));
    let on_key = move |event: KeyboardEvent| {
        let (start, end) = session.viewport.range.get_untracked();
        let step = if event.shift_key() { LEAP } else { STEP };
        let by = (((end - start) as f64 * step) as u64).max(1);
        let now = edge.of((start, end));
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now.saturating_sub(by),
            "ArrowRight" | "ArrowUp" => now.saturating_add(by),
            "Home" => session.viewport.full().0,
            "End" => session.viewport.full().1,
            _ => return,
        };
        // An edge stops at the other one.
        match edge {
            Edge::Start => session.viewport.zoom_to(to.min(end), end),
            Edge::End => session.viewport.zoom_to(start, to.max(start)),
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let (test, label) = match edge {
        Edge::Start => ("minimap-start", "Start of visible range"),
        Edge::End => ("minimap-end", "End of visible range"),
    };
    view! {
        <div
            class="minimap-grip"
            class:minimap-grip-end=edge == Edge::End
            data-test=test
            data-grip=""
            style:left=move || format!("{}%", percent())
            role="slider"
            tabindex="0"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent().round().to_string()
            aria-valuetext=move || duration(edge.of(session.viewport.range.get()))
            on:keydown=on_key
        >
            <i aria-hidden="true"></i>
        </div>
    }
}

/// Pointer gestures on the band.
#[derive(Clone, Copy)]
struct Drag {
    session: Session,
    band: NodeRef<html::Div>,
    current: StoredValue<Option<Press>>,
}

/// A pressed pointer.
#[derive(Clone, Copy, Debug)]
struct Press {
    hold: Hold,
    /// Where it was pressed, CSS pixels from the band's left edge.
    from: f64,
    /// Whether it has moved far enough to be a drag.
    moved: bool,
}

impl Drag {
    fn new(session: Session, band: NodeRef<html::Div>) -> Self {
        Drag { session, band, current: StoredValue::new(None) }
    }

    /// The pointer's place on the band, CSS pixels, and the band's time scale.
    fn place(self, event: &PointerEvent) -> Option<(f64, TimeScale)> {
        let band = self.band.get_untracked()?;
        let width = f64::from(band.client_width());
        let x = (f64::from(event.client_x()) - band.get_bounding_client_rect().left()).clamp(0.0, width);
        Some((x, scale(self.session.viewport.full(), width)))
    }

    fn press(self, event: &PointerEvent) {
        let Some((x, scale)) = self.place(event).filter(|_| event.button() == 0) else { return };
        let (full, (start, end)) =
            (self.session.viewport.full(), self.session.viewport.range.get_untracked());
        let time = scale.time_at(x);
        let (to_start, to_end) = ((x - scale.x_of(start)).abs(), (x - scale.x_of(end)).abs());
        // The browser gives a touch that misses a grip by little to the grip.
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let on_grip = target.is_some_and(|target| target.has_attribute("data-grip"));
        let hold = if on_grip || to_start.min(to_end) <= EDGE {
            Hold::Edge(if to_start < to_end { end } else { start })
        } else if (start, end) != full && (start..end).contains(&time) && !event.shift_key() {
            Hold::Move(time, (start, end))
        } else {
            Hold::Draw(time)
        };
        self.current.set_value(Some(Press { hold, from: x, moved: false }));
        if let Some(band) = self.band.get_untracked() {
            // Without capture the drag ends at the band's edge.
            let _ = band.set_pointer_capture(event.pointer_id());
        }
    }

    fn drag(self, event: &PointerEvent) {
        let Some(press) = self.current.get_value() else { return };
        let Some((x, scale)) = self.place(event) else { return };
        if !press.moved && (x - press.from).abs() < 3.0 {
            return;
        }
        self.current.set_value(Some(Press { moved: true, ..press }));
        let time = scale.time_at(x);
        match press.hold {
            Hold::Draw(other) | Hold::Edge(other) => self.session.viewport.zoom_to(other, time),
            Hold::Move(at, (start, end)) => {
                let length = end - start;
                let start = (start + time).saturating_sub(at).min(self.session.viewport.full().1 - length);
                self.session.viewport.zoom_to(start, start + length);
            }
        }
    }

    fn release(self) {
        self.current.set_value(None);
    }
}
