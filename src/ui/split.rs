//! The divider between two panes: dragged with a pointer, moved with arrow keys, announced as a separator.

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

/// Distance that an arrow key moves a divider, CSS pixels; four times that with Shift.
const STEP: f64 = 16.0;

/// Resizes the pane beside it by writing `size`.
#[component]
pub fn Divider(
    /// Accessible name: what is resized.
    label: &'static str,
    /// Size of the pane, CSS pixels.
    size: RwSignal<f64>,
    /// Smallest size, CSS pixels.
    min: f64,
    /// Largest size, CSS pixels; never below `min`.
    #[prop(into)]
    max: Signal<f64>,
    /// The resized pane comes after the divider (to its right, or below it).
    #[prop(optional)]
    after: bool,
    /// The divider is a horizontal line between a pane above and one below.
    #[prop(optional)]
    horizontal: bool,
) -> impl IntoView {
    let divider = NodeRef::<Div>::new();
    // Pointer position and size at the start of the drag.
    let drag = RwSignal::new(None::<(f64, f64)>);
    let resize = move |wanted: f64| size.set(wanted.clamp(min, max.get_untracked().max(min)));
    let position =
        move |event: &PointerEvent| f64::from(if horizontal { event.client_y() } else { event.client_x() });
    let sign = if after { -1.0 } else { 1.0 };
    let start = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        if let Some(divider) = divider.get_untracked() {
            // Without capture the drag ends where the pointer leaves the divider.
            let _ = divider.set_pointer_capture(event.pointer_id());
        }
        drag.set(Some((position(&event), size.get_untracked())));
    };
    let follow = move |event: PointerEvent| {
        if let Some((from, size_then)) = drag.get_untracked() {
            resize(size_then + sign * (position(&event) - from));
        }
    };
    let press = move |event: KeyboardEvent| {
        let step = if event.shift_key() { 4.0 * STEP } else { STEP };
        let now = size.get_untracked();
        match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => resize(now - sign * step),
            "ArrowRight" | "ArrowDown" => resize(now + sign * step),
            "Home" => resize(min),
            "End" => resize(max.get_untracked()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };

    view! {
        <div
            class="divider"
            class=("divider-level", horizontal)
            class=("divider-held", move || drag.get().is_some())
            role="separator"
            tabindex="0"
            aria-label=label
            aria-orientation=if horizontal { "horizontal" } else { "vertical" }
            aria-valuenow=move || size.get().round().to_string()
            aria-valuemin=min.round().to_string()
            aria-valuemax=move || max.get().round().to_string()
            node_ref=divider
            on:pointerdown=start
            on:pointermove=follow
            on:pointerup=move |_| drag.set(None)
            on:pointercancel=move |_| drag.set(None)
            on:keydown=press
        ></div>
    }
}
