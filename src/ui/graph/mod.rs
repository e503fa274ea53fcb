//! A graph of boxes and curves: a canvas that is moved, zoomed and selected from, with a tip and buttons.

mod canvas;
mod draw;

use super::find_mark::FindMark;
use canvas::MapCanvas;
use leptos::html::Canvas;
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphElement, GraphScene, Point};
use std::sync::Arc;
use web_sys::{KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// Distance that an arrow key moves the map, CSS pixels.
const STEP: f64 = 64.0;
/// Factor by which a key or a button zooms.
const ZOOM: f64 = 1.25;

/// The canvas' state, which is there once the canvas is mounted.
type MapHandle = StoredValue<Option<MapCanvas>, LocalStorage>;

/// A graph of boxes and curves.
#[component]
pub fn GraphMap(
    /// What is drawn.
    #[prop(into)]
    scene: Signal<Arc<GraphScene>>,
    /// The colour slot of each box.
    slots: Callback<Arc<GraphScene>, Vec<u8>>,
    /// Text of the tip at a box or a line.
    describe: Callback<GraphElement, String>,
    /// Accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// `data-test` of the canvas.
    test: &'static str,
    /// The selection.
    #[prop(into)]
    selected: Signal<Option<GraphElement>>,
    /// Selects a box, a line or nothing.
    select: Callback<Option<GraphElement>>,
    /// The box around which a map is shown first that is too large to be legible as a whole; without one all of it is shown.
    #[prop(optional, into)]
    start: Signal<Option<u32>>,
    /// What the find says of each box.
    #[prop(optional, into)]
    marks: Signal<Arc<Vec<FindMark>>>,
) -> impl IntoView {
    let tip = RwSignal::new(None::<(Point, String)>);
    let canvas = NodeRef::<Canvas>::new();
    let map: MapHandle = StoredValue::new_local(None);
    canvas.on_load(move |canvas| {
        map.set_value(MapCanvas::new(&canvas));
        let Some(drawn) = map.get_value() else { return };
        let (selectable, started, marked) = (drawn.clone(), drawn.clone(), drawn.clone());
        Effect::new(move |_| started.set_start(start.get()));
        Effect::new(move |_| marked.set_marks(marks.get()));
        Effect::new(move |_| {
            let scene = scene.get();
            let slots = slots.run(scene.clone());
            drawn.set_scene(scene, slots);
        });
        Effect::new(move |_| selectable.set_selected(selected.get()));
    });
    let with = move |act: &dyn Fn(&MapCanvas)| {
        map.with_value(|map| {
            if let Some(map) = map {
                act(map);
            }
        });
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        if let Some(canvas) = canvas.get_untracked() {
            // Without capture a drag ends at the canvas' edge.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        with(&|map| map.press(position(&event)));
    };
    let point = move |event: PointerEvent| {
        let at = position(&event);
        let hit = map.with_value(|map| map.as_ref().and_then(|map| map.point(at)));
        tip.set(hit.map(|hit| (at, describe.run(hit))));
    };
    let release = move |event: PointerEvent| {
        let clicked = map.with_value(|map| map.as_ref().and_then(|map| map.release(position(&event))));
        if let Some(hit) = clicked {
            select.run(hit);
        }
    };
    let leave = move |_| {
        with(&MapCanvas::leave);
        tip.set(None);
    };
    let wheel = move |event: WheelEvent| {
        event.prevent_default();
        // `deltaMode`: pixels, lines or pages.
        let unit = [1.0, 16.0, 400.0].get(event.delta_mode() as usize).copied().unwrap_or(1.0);
        let factor = (-event.delta_y() * unit * if event.ctrl_key() { 0.01 } else { 0.0015 }).exp();
        with(&|map| map.zoom(Some(position(&event)), factor));
        tip.set(None);
    };
    let key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" => with(&|map| map.pan(STEP, 0.0)),
            "ArrowRight" => with(&|map| map.pan(-STEP, 0.0)),
            "ArrowUp" => with(&|map| map.pan(0.0, STEP)),
            "ArrowDown" => with(&|map| map.pan(0.0, -STEP)),
            "+" | "=" => with(&|map| map.zoom(None, ZOOM)),
            "-" => with(&|map| map.zoom(None, 1.0 / ZOOM)),
            "0" => with(&MapCanvas::fit),
            "Escape" => select.run(None),
            _ => return,
        }
        event.prevent_default();
    };
    let tip_at = move |of: fn(Point) -> f64| {
        format!("{:.0}px", tip.with(|tip| tip.as_ref().map_or(0.0, |(at, _)| of(*at))))
    };

    view! {
        <div class="map">
            <canvas
                class="map__canvas"
                class=("map__canvas--pointing", move || tip.with(Option::is_some))
                tabindex="0"
                role="img"
                aria-label=label
                data-test=test
                node_ref=canvas
                on:pointerdown=press
                on:pointermove=point
                on:pointerup=release
                on:pointerleave=leave
                on:dblclick=move |_| with(&MapCanvas::fit)
                on:wheel=wheel
                on:keydown=key
            ></canvas>
            <div
                class="map__tip"
                aria-hidden="true"
                hidden=move || tip.with(Option::is_none)
                style:left=move || tip_at(|at| at.x)
                style:top=move || tip_at(|at| at.y)
            >
                {move || tip.get().map(|(_, text)| text)}
            </div>
            <div class="map__tools">
                <button
                    type="button"
                    class="button"
                    title="Zoom in (+)"
                    aria-label="Zoom in"
                    on:click=move |_| with(&|map| map.zoom(None, ZOOM))
                >
                    "+"
                </button>
                <button
                    type="button"
                    class="button"
                    title="Zoom out (−)"
                    aria-label="Zoom out"
                    on:click=move |_| with(&|map| map.zoom(None, 1.0 / ZOOM))
                >
                    "−"
                </button>
                <button type="button" class="button" title="Show all (0)" on:click=move |_| with(&MapCanvas::fit)>
                    "Fit"
                </button>
            </div>
        </div>
    }
}

fn position(event: &MouseEvent) -> Point {
    Point { x: f64::from(event.offset_x()), y: f64::from(event.offset_y()) }
}
