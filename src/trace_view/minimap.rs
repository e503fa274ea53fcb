//! The whole trace in a band: what is shown below is a lens on it that can be drawn, moved and resized.

mod painter;

use super::colours::Overview;
use super::session::Session;
use crate::ui::element::{El, el};
use crate::ui::view::keep;
use leptos::prelude::*;
use spandrel_trace::scene::TimeScale;
use spandrel_trace::units::duration;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent};

/// Within this distance of a lens's edge the edge is dragged, CSS pixels; half of a grip in the stylesheet.
const EDGE: f64 = 7.0;
/// Shares of what is shown that a key moves an edge, and a leap.
const STEP: f64 = 0.02;
const LEAP: f64 = 0.2;

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

/// The band of `session`.
pub fn minimap(session: Session, coloured: Overview) -> El {
    let band =
        el("div", "minimap").test("minimap").attr("role", "group").attr("aria-label", "The whole trace");
    let canvas = el("canvas", "minimap-canvas").attr("aria-hidden", "true");
    keep(painter::paint(session, coloured, &band.node(), canvas.node()));

    let share = move |time: u64| scale(session.full_live(), 100.0).x_of(time);
    let left = move || format!("{}%", share(session.range.get().0));
    let right = move || format!("{}%", 100.0 - share(session.range.get().1));
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
        format!("{} to {} of {}", duration(begin), duration(end), duration(session.full_live().1))
    };
    let lens = slider("minimap-lens", "Time shown", move || share(session.range.get().0), words)
        .live_class("minimap-fitted", move || session.is_fitted())
        .live_style("left", left)
        .live_style("right", right)
        .on("keydown", key);
    gestures(session, band).children([
        canvas,
        el("div", "minimap-shade minimap-before").live_style("width", left),
        el("div", "minimap-shade minimap-after").live_style("width", right),
        lens,
        grip(session, false),
        grip(session, true),
    ])
}

fn scale((begin, end): (u64, u64), width: f64) -> TimeScale {
    TimeScale::new(begin, end, width)
}

/// An element that stands for a place in the trace's time, in percent.
fn slider(
    class: &str,
    label: &str,
    now: impl Fn() -> f64 + 'static,
    words: impl Fn() -> String + 'static,
) -> El {
    el("div", class)
        .attr("role", "slider")
        .attr("tabindex", "0")
        .attr("aria-label", label)
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100")
        .live_attr("aria-valuenow", move || now().round().to_string())
        .live_attr("aria-valuetext", words)
}

/// The grip of one edge of what is shown: its begin, or its end.
fn grip(session: Session, is_end: bool) -> El {
    let of = move |(begin, end): (u64, u64)| if is_end { end } else { begin };
    let share = move || scale(session.full_live(), 100.0).x_of(of(session.range.get()));
    let key = move |event: KeyboardEvent| {
        let (begin, end) = session.range.get_untracked();
        let step = if event.shift_key() { LEAP } else { STEP };
        let by = (((end - begin) as f64 * step) as u64).max(1);
        let now = of((begin, end));
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now.saturating_sub(by),
            "ArrowRight" | "ArrowUp" => now.saturating_add(by),
            "Home" => session.full().0,
            "End" => session.full().1,
            _ => return,
        };
        // An edge does not pass the other one.
        let (begin, end) = if is_end { (begin, to.max(begin)) } else { (to.min(end), end) };
        session.zoom_to(begin, end);
        event.prevent_default();
        event.stop_propagation();
    };
    let (test, label) = match is_end {
        true => ("minimap-end", "End of the time shown"),
        false => ("minimap-begin", "Begin of the time shown"),
    };
    slider("minimap-grip", label, share, move || duration(of(session.range.get())))
        .test(test)
        .live_style("left", move || format!("{}%", share()))
        .class_if("minimap-grip-end", is_end)
        .on("keydown", key)
        .child(el("i", "").attr("aria-hidden", "true"))
}

/// What the pointer does on the band.
fn gestures(session: Session, band: El) -> El {
    let hold = Rc::new(Cell::new(None::<(Hold, f64, bool)>));
    let area: Element = band.node();
    let time_at = move |event: &PointerEvent| {
        let (width, edge) = (f64::from(area.client_width()), area.get_bounding_client_rect().left());
        let x = (f64::from(event.client_x()) - edge).clamp(0.0, width);
        (x, scale(session.full(), width))
    };
    let (place, area, held) = (time_at.clone(), band.node::<Element>(), hold.clone());
    let down = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let (x, scale) = place(&event);
        let (full, (begin, end)) = (session.full(), session.range.get_untracked());
        let time = scale.time_at(x);
        let (to_begin, to_end) = ((x - scale.x_of(begin)).abs(), (x - scale.x_of(end)).abs());
        // A finger that missed a grip by little has been given it by the browser.
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let on_grip = target.is_some_and(|target| target.class_list().contains("minimap-grip"));
        let grip = if on_grip || to_begin.min(to_end) <= EDGE {
            Hold::Edge(if to_begin < to_end { end } else { begin })
        } else if (begin, end) != full && (begin..end).contains(&time) && !event.shift_key() {
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
                let begin = (begin + time).saturating_sub(at).min(session.full().1 - span);
                session.zoom_to(begin, begin + span);
            }
        }
    };
    let cancelled = hold.clone();
    band.on("pointerdown", down)
        .on("pointermove", moved)
        .on("pointerup", move |_: PointerEvent| hold.set(None))
        .on("pointercancel", move |_: PointerEvent| cancelled.set(None))
        .on("dblclick", move |_: MouseEvent| session.fit())
}
