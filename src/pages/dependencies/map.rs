//! The map as something to look at, move and pick from.

use super::draw::{Look, Picked, draw};
use crate::state::colours;
use crate::ui::canvas::{Frame, Listener, SizeWatch, Surface, ThemeWatch};
use leptos::prelude::*;
use spandrel_trace::analysis::layout::Point;
use spandrel_trace::scene::graph::{Camera, GraphScene, Hit};
use spandrel_trace::units::{count, percent};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{KeyboardEvent, PointerEvent, WheelEvent};

/// How near to a line a pointer must be, CSS pixels.
const SLACK: f64 = 6.0;
/// Room around a map that is fitted.
const MARGIN: f64 = 36.0;
/// How far an arrow key moves the map.
const STEP: f64 = 64.0;
/// A press that moves less than this is a click.
const CLICK: f64 = 4.0;

/// What the canvas shows and where; changed by events, read by the next frame.
struct Seen {
    scene: Arc<GraphScene>,
    slots: Vec<u8>,
    camera: Camera,
    /// Fitted until somebody moves it.
    fitted: bool,
    size: (f64, f64),
    picked: Picked,
    look: Look,
    /// Where the pointer went down, and where it was last.
    drag: Option<(Point, Point)>,
}

/// The map of services.
#[component]
pub fn Map(
    /// What is shown.
    #[prop(into)]
    scene: Signal<Arc<GraphScene>>,
    /// What is selected.
    #[prop(into)]
    selected: Signal<Option<Hit>>,
    /// Called when something else is to be selected.
    #[prop(into)]
    select: Callback<Option<Hit>>,
) -> impl IntoView {
    let canvas = NodeRef::<leptos::html::Canvas>::new();
    let tip = RwSignal::new(None::<(Point, String)>);
    let seen = Rc::new(RefCell::new(Seen {
        scene: Arc::default(),
        slots: Vec::new(),
        camera: Camera::default(),
        fitted: true,
        size: (0.0, 0.0),
        picked: Picked::default(),
        look: Look::default(),
        drag: None,
    }));
    let frame = StoredValue::new_local(None::<Frame>);
    let request = move || {
        frame.try_with_value(|frame| frame.iter().for_each(Frame::request));
    };
    let seen = StoredValue::new_local(seen);
    let with = move |change: &mut dyn FnMut(&mut Seen)| {
        if let Some(seen) = seen.try_get_value() {
            change(&mut seen.borrow_mut());
            request();
        }
    };

    Effect::new(move |_| {
        let Some(element) = canvas.get() else { return };
        let Some(surface) = Surface::new(element.clone()) else { return };
        let state = seen.get_value();
        state.borrow_mut().look = Look::read();
        let painted = state.clone();
        frame.set_value(Some(Frame::new(move |_| {
            let seen = painted.borrow();
            // What the last drawing set would move the clearing too; a lost context refuses and shows nothing.
            let _ = surface.context().reset_transform();
            surface.clear(seen.size.0, seen.size.1);
            draw(
                surface.context(),
                seen.size,
                &seen.scene,
                &seen.slots,
                seen.camera,
                seen.picked,
                &seen.look,
            );
            false
        })));
        let sized = element.clone();
        let size_watch = SizeWatch::new(&element, move || {
            with(&mut |seen| {
                seen.size = (f64::from(sized.client_width()), f64::from(sized.client_height()));
                fit_if_untouched(seen);
            });
        });
        let theme_watch = ThemeWatch::new(move || with(&mut |seen| seen.look = Look::read()));
        let wheel = Listener::new(&element, "wheel", move |event: WheelEvent| {
            event.prevent_default();
            let at = Point { x: f64::from(event.offset_x()), y: f64::from(event.offset_y()) };
            // Lines and pages are told in other units than pixels.
            let unit = [1.0, 16.0, 400.0].get(event.delta_mode() as usize).copied().unwrap_or(1.0);
            let factor = (-event.delta_y() * unit * if event.ctrl_key() { 0.01 } else { 0.0015 }).exp();
            with(&mut |seen| {
                seen.camera = seen.camera.zoom(at, factor);
                seen.fitted = false;
            });
            tip.set(None);
        });
        let kept = StoredValue::new_local(Some((size_watch, theme_watch, wheel)));
        on_cleanup(move || {
            kept.try_update_value(|watches| watches.take());
            frame.try_update_value(|frame| frame.take());
        });
    });
    Effect::new(move |_| {
        let shown = scene.get();
        let names: Vec<&str> = shown.nodes.iter().map(|node| node.service.as_str()).collect();
        let slots = colours::slots(&names);
        with(&mut |seen| {
            let same = seen.scene.nodes.len() == shown.nodes.len()
                && seen.scene.nodes.iter().zip(&shown.nodes).all(|(one, other)| one.center == other.center);
            seen.scene = shown.clone();
            seen.slots.clone_from(&slots);
            seen.picked.hovered = None;
            seen.fitted |= !same;
            fit_if_untouched(seen);
        });
    });
    Effect::new(move |_| {
        let now = selected.get();
        with(&mut |seen| {
            seen.picked.selected = now;
            if let Some(Hit::Node(node)) = now
                && let Some(node) = seen.scene.nodes.get(node as usize)
                && seen.size.0 > 0.0
            {
                seen.camera = seen.camera.reveal(node.center, seen.size, 80.0);
            }
        });
    });

    let pressed = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        if let Some(canvas) = canvas.get_untracked() {
            // Without capture a drag ends at the edge; nothing worse.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        let at = place(&event);
        with(&mut |seen| seen.drag = Some((at, at)));
    };
    let moved = move |event: PointerEvent| {
        let at = place(&event);
        let mut said = None;
        with(&mut |seen| match seen.drag {
            Some((from, last)) => {
                if distance(from, at) >= CLICK || last != from {
                    seen.camera = seen.camera.pan(Point { x: at.x - last.x, y: at.y - last.y });
                    seen.fitted = false;
                    seen.drag = Some((from, at));
                }
            }
            None => {
                seen.picked.hovered = hit(seen, at);
                said = seen.picked.hovered.map(|hit| (at, describe(&seen.scene, hit)));
            }
        });
        tip.set(said);
    };
    let released = move |event: PointerEvent| {
        let at = place(&event);
        let mut clicked = None;
        with(&mut |seen| {
            if seen.drag.take().is_some_and(|(from, last)| last == from && distance(from, at) < CLICK) {
                clicked = Some(hit(seen, at));
            }
        });
        if let Some(hit) = clicked {
            select.run(hit);
        }
    };
    let left = move |_: PointerEvent| {
        with(&mut |seen| {
            seen.picked.hovered = None;
            seen.drag = None;
        });
        tip.set(None);
    };
    let zoom = move |factor: f64| {
        with(&mut |seen| {
            let middle = Point { x: seen.size.0 / 2.0, y: seen.size.1 / 2.0 };
            seen.camera = seen.camera.zoom(middle, factor);
            seen.fitted = false;
        });
    };
    let fit = move || {
        with(&mut |seen| {
            seen.fitted = true;
            fit_if_untouched(seen);
        });
    };
    let keyed = move |event: KeyboardEvent| {
        let pan = |x: f64, y: f64| {
            with(&mut |seen| {
                seen.camera = seen.camera.pan(Point { x, y });
                seen.fitted = false;
            });
        };
        match event.key().as_str() {
            "ArrowLeft" => pan(STEP, 0.0),
            "ArrowRight" => pan(-STEP, 0.0),
            "ArrowUp" => pan(0.0, STEP),
            "ArrowDown" => pan(0.0, -STEP),
            "+" | "=" => zoom(1.25),
            "-" => zoom(0.8),
            "0" => fit(),
            "Escape" => select.run(None),
            _ => return,
        }
        event.prevent_default();
    };
    let name = move || {
        let scene = scene.get();
        format!(
            "Map of {} services and {} links. The list of services beside it says the same in words.",
            scene.nodes.len(),
            scene.edges.len()
        )
    };

    view! {
        <div class="map">
            <canvas
                class="map__canvas"
                class:map__canvas--pointing=move || tip.with(Option::is_some)
                node_ref=canvas
                tabindex="0"
                role="img"
                aria-label=name
                data-test="dependencies-graph"
                on:pointerdown=pressed
                on:pointermove=moved
                on:pointerup=released
                on:pointerleave=left
                on:dblclick=move |_| fit()
                on:keydown=keyed
            ></canvas>
            <div
                class="map__tip"
                aria-hidden="true"
                hidden=move || tip.with(Option::is_none)
                style:left=move || format!("{:.0}px", tip.get().map_or(0.0, |tip| tip.0.x))
                style:top=move || format!("{:.0}px", tip.get().map_or(0.0, |tip| tip.0.y))
            >
                {move || tip.get().map(|tip| tip.1)}
            </div>
            <div class="map__tools">
                <button type="button" class="button" title="Zoom in (+)" aria-label="Zoom in" on:click=move |_| zoom(1.25)>"+"</button>
                <button type="button" class="button" title="Zoom out (−)" aria-label="Zoom out" on:click=move |_| zoom(0.8)>"−"</button>
                <button type="button" class="button" title="Show all (0)" on:click=move |_| fit()>"Fit"</button>
            </div>
        </div>
    }
}

fn fit_if_untouched(seen: &mut Seen) {
    if seen.fitted && seen.size.0 > 0.0 {
        seen.camera = Camera::fit((seen.scene.width, seen.scene.height), seen.size, MARGIN);
    }
}

fn place(event: &PointerEvent) -> Point {
    Point { x: f64::from(event.offset_x()), y: f64::from(event.offset_y()) }
}

fn distance(one: Point, other: Point) -> f64 {
    (one.x - other.x).hypot(one.y - other.y)
}

fn hit(seen: &Seen, at: Point) -> Option<Hit> {
    let at = seen.camera.to_drawing(at);
    seen.scene.hit(at.x, at.y, SLACK / seen.camera.scale, seen.picked.selected)
}

/// What a pointer is told.
fn describe(scene: &GraphScene, hit: Hit) -> String {
    match hit {
        Hit::Node(node) => scene
            .nodes
            .get(node as usize)
            .map(|node| format!("{}: {}", named(&node.service), node.note))
            .unwrap_or_default(),
        Hit::Edge(edge) => scene
            .edges
            .get(edge as usize)
            .map(|edge| {
                let failed = match edge.link.error_share() {
                    Some(share) => format!(", {} failed", percent(share)),
                    None => String::new(),
                };
                let (caller, callee) = (named(&edge.link.parent), named(&edge.link.child));
                format!("{caller} → {callee}: {} calls{failed}", count(edge.link.calls))
            })
            .unwrap_or_default(),
    }
}

/// A service's name, or words for not having one.
pub fn named(service: &str) -> &str {
    if service.is_empty() { "(no name)" } else { service }
}
