//! The handle between two panes: dragged with a pointer, moved with arrow keys, announced as a separator.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, PointerEvent};

/// How far an arrow key moves a handle, CSS pixels.
const STEP: f64 = 16.0;

/// A vertical handle (between left and right), or with `level` a horizontal one (between top and bottom).
/// `size` is the size in CSS pixels of the pane before the handle, or with `after` of the pane behind it.
#[component]
pub fn Divider(
    /// What is resized, for those who cannot see it.
    #[prop(into)]
    label: String,
    /// The pane's size.
    size: Signal<f64>,
    /// Called with the wanted size, within `least..=most`.
    #[prop(into)]
    resize: Callback<f64>,
    /// Smallest size.
    #[prop(into)]
    least: Signal<f64>,
    /// Largest size.
    #[prop(into)]
    most: Signal<f64>,
    /// The pane is behind the handle.
    #[prop(optional)]
    after: bool,
    /// The handle lies level.
    #[prop(optional)]
    level: bool,
) -> impl IntoView {
    // Pointer place and size when the drag began.
    let held = RwSignal::new(None::<(f64, f64)>);
    let set = move |wanted: f64| resize.run(wanted.clamp(least.get_untracked(), most.get_untracked()));
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
    let moved = move |event: PointerEvent| {
        if let Some((from, start)) = held.get_untracked() {
            set(start + sign * (along(&event) - from));
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = if event.shift_key() { 4.0 * STEP } else { STEP };
        let now = size.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => set(now - sign * step),
            "ArrowRight" | "ArrowDown" => set(now + sign * step),
            "Home" => set(least.get_untracked()),
            "End" => set(most.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <div
            class="divider"
            class:divider-level=level
            class:divider-held=move || held.get().is_some()
            role="separator"
            tabindex="0"
            aria-label=label
            aria-orientation=if level { "horizontal" } else { "vertical" }
            aria-valuenow=move || size.get().round().to_string()
            aria-valuemin=move || least.get().round().to_string()
            aria-valuemax=move || most.get().round().to_string()
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=move |_| held.set(None)
            on:pointercancel=move |_| held.set(None)
            on:keydown=key
        ></div>
    }
}
