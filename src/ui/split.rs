//! The handle between two panes: dragged with a pointer, moved with arrow keys, announced as a separator.

use super::element::{El, el};
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

/// How far an arrow key moves a handle, CSS pixels.
const STEP: f64 = 16.0;

/// What a handle moves.
#[derive(Clone)]
pub struct Pane {
    /// What is resized, for those who cannot see it.
    pub label: &'static str,
    /// Its size, CSS pixels.
    pub size: RwSignal<f64>,
    /// Smallest size.
    pub least: f64,
    /// Largest size.
    pub most: Rc<dyn Fn() -> f64>,
    /// It is behind the handle, not before it.
    pub after: bool,
    /// The handle lies between above and below, not between left and right.
    pub level: bool,
}

/// The handle of a pane.
pub fn divider(pane: Pane) -> El {
    let Pane { label, size, least, most, after, level } = pane;
    // Pointer place and size when the drag began.
    let held = RwSignal::new(None::<(f64, f64)>);
    let limit = most.clone();
    let set: Rc<dyn Fn(f64)> =
        Rc::new(move |wanted| size.set(wanted.clamp(least, untrack(|| limit()).max(least))));
    let along =
        move |event: &PointerEvent| f64::from(if level { event.client_y() } else { event.client_x() });
    let sign = if after { -1.0 } else { 1.0 };
    let down = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        if let Some(handle) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
            // Without capture the drag ends at the handle's edge: worse, but no error.
            let _ = handle.set_pointer_capture(event.pointer_id());
        }
        held.set(Some((along(&event), size.get_untracked())));
    };
    let dragged = set.clone();
    let moved = move |event: PointerEvent| {
        if let Some((from, start)) = held.get_untracked() {
            dragged(start + sign * (along(&event) - from));
        }
    };
    let limit = most.clone();
    let key = move |event: KeyboardEvent| {
        let step = if event.shift_key() { 4.0 * STEP } else { STEP };
        let now = size.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => set(now - sign * step),
            "ArrowRight" | "ArrowDown" => set(now + sign * step),
            "Home" => set(least),
            "End" => set(untrack(|| limit())),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    el("div", "divider")
        .class_if("divider-level", level)
        .live_class("divider-held", move || held.get().is_some())
        .attr("role", "separator")
        .attr("tabindex", "0")
        .attr("aria-label", label)
        .attr("aria-orientation", if level { "horizontal" } else { "vertical" })
        .live_attr("aria-valuenow", move || size.get().round().to_string())
        .attr("aria-valuemin", least.round().to_string())
        .live_attr("aria-valuemax", move || most().round().to_string())
        .on("pointerdown", down)
        .on("pointermove", moved)
        .on("pointerup", move |_: PointerEvent| held.set(None))
        .on("pointercancel", move |_: PointerEvent| held.set(None))
        .on("keydown", key)
}
