//! The map as something to look at, move and pick from.

use super::draw::{Look, Picked, draw};
use crate::state::colours;
use crate::ui::canvas::{Frame, SizeWatch, Surface, ThemeWatch};
use crate::ui::element::{El, button, el};
use crate::ui::view::{effect, keep};
use leptos::prelude::*;
use spandrel_trace::analysis::layout::Point;
use spandrel_trace::scene::graph::{Camera, GraphScene, Hit};
use spandrel_trace::units::{count, percent};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use web_sys::{HtmlCanvasElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// How near to a line a pointer must be, CSS pixels.
const SLACK: f64 = 6.0;
/// Room around a map that is fitted.
const MARGIN: f64 = 36.0;
/// How far an arrow key moves the map.
const STEP: f64 = 64.0;
/// How much closer a key or a button looks.
const CLOSER: f64 = 1.25;
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

/// The map with the frame that draws it.
#[derive(Clone)]
struct Shown {
    seen: Rc<RefCell<Seen>>,
    frame: Frame,
}

impl Shown {
    /// A map on `canvas` that is drawn whenever it has changed. `None` where the browser gives no canvas.
    fn new(canvas: &HtmlCanvasElement) -> Option<Self> {
        let surface = Surface::new(canvas.clone())?;
        let seen = Rc::new(RefCell::new(Seen {
            scene: Arc::default(),
            slots: Vec::new(),
            camera: Camera::default(),
            fitted: true,
            size: (0.0, 0.0),
            picked: Picked::default(),
            look: Look::read(),
            drag: None,
        }));
        let painted = seen.clone();
        let frame = Frame::new(move |_| {
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
        });
        let shown = Shown { seen, frame };
        let (sized, themed, element) = (shown.clone(), shown.clone(), canvas.clone());
        let size_watch = SizeWatch::new(canvas, move || {
            sized.change(|seen| {
                seen.size = (f64::from(element.client_width()), f64::from(element.client_height()));
                fit_if_untouched(seen);
            });
        });
        keep((size_watch, ThemeWatch::new(move || themed.change(|seen| seen.look = Look::read()))));
        Some(shown)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        self.frame.request();
        change(&mut self.seen.borrow_mut())
    }

    fn zoom(&self, at: Option<Point>, factor: f64) {
        self.change(|seen| {
            let middle = Point { x: seen.size.0 / 2.0, y: seen.size.1 / 2.0 };
            seen.camera = seen.camera.zoom(at.unwrap_or(middle), factor);
            seen.fitted = false;
        });
    }

    fn pan(&self, x: f64, y: f64) {
        self.change(|seen| {
            seen.camera = seen.camera.pan(Point { x, y });
            seen.fitted = false;
        });
    }

    fn fit(&self) {
        self.change(|seen| {
            seen.fitted = true;
            fit_if_untouched(seen);
        });
    }
}

/// The map of services. `select` is called when something else is to be selected.
pub fn map(
    scene: Signal<Arc<GraphScene>>,
    selected: Signal<Option<Hit>>,
    select: Callback<Option<Hit>>,
) -> El {
    let tip = RwSignal::new(None::<(Point, String)>);
    let name = move || {
        let scene = scene.get();
        format!(
            "Map of {} services and {} links. The list of services beside it says the same in words.",
            scene.nodes.len(),
            scene.edges.len()
        )
    };
    let canvas = el("canvas", "map__canvas")
        .live_class("map__canvas--pointing", move || tip.with(Option::is_some))
        .attr("tabindex", "0")
        .attr("role", "img")
        .live_attr("aria-label", name)
        .test("dependencies-graph");
    let place = move || tip.with(|tip| tip.as_ref().map_or((0.0, 0.0), |(at, _)| (at.x, at.y)));
    let told = el("div", "map__tip")
        .attr("aria-hidden", "true")
        .live_attr("hidden", move || tip.with(Option::is_none))
        .live_style("left", move || format!("{:.0}px", place().0))
        .live_style("top", move || format!("{:.0}px", place().1))
        .live_text(move || tip.get().map(|tip| tip.1));
    let whole = el("div", "map");
    let Some(shown) = Shown::new(&canvas.node()) else { return whole.child(canvas) };

    let map = shown.clone();
    effect(move || {
        let now = scene.get();
        let names: Vec<&str> = now.nodes.iter().map(|node| node.service.as_str()).collect();
        let slots = colours::slots(&names);
        map.change(|seen| {
            let same = seen.scene.nodes.len() == now.nodes.len()
                && seen.scene.nodes.iter().zip(&now.nodes).all(|(one, other)| one.center == other.center);
            seen.scene = now.clone();
            seen.slots = slots;
            seen.picked.hovered = None;
            seen.fitted |= !same;
            fit_if_untouched(seen);
        });
    });
    let map = shown.clone();
    effect(move || {
        let now = selected.get();
        map.change(|seen| {
            seen.picked.selected = now;
            if let Some(Hit::Node(node)) = now
                && let Some(node) = seen.scene.nodes.get(node as usize)
                && seen.size.0 > 0.0
            {
                seen.camera = seen.camera.reveal(node.center, seen.size, 80.0);
            }
        });
    });

    let canvas = listen(canvas, &shown, tip, select);
    let tool = |title: &str, sign: &str, act: fn(&Shown)| {
        let map = shown.clone();
        button("button").attr("title", title).on("click", move |_: MouseEvent| act(&map)).text(sign)
    };
    let tools = el("div", "map__tools").children([
        tool("Zoom in (+)", "+", |map| map.zoom(None, CLOSER)).attr("aria-label", "Zoom in"),
        tool("Zoom out (−)", "−", |map| map.zoom(None, 1.0 / CLOSER)).attr("aria-label", "Zoom out"),
        tool("Show all (0)", "Fit", Shown::fit),
    ]);
    whole.children([canvas, told, tools])
}

/// Pointer, wheel and keys.
fn listen(
    canvas: El,
    shown: &Shown,
    tip: RwSignal<Option<(Point, String)>>,
    select: Callback<Option<Hit>>,
) -> El {
    let (map, area): (_, HtmlCanvasElement) = (shown.clone(), canvas.node());
    let pressed = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        // Without capture a drag ends at the edge; nothing worse.
        let _ = area.set_pointer_capture(event.pointer_id());
        let at = place(&event);
        map.change(|seen| seen.drag = Some((at, at)));
    };
    let map = shown.clone();
    let moved = move |event: PointerEvent| {
        let at = place(&event);
        let said = map.change(|seen| match seen.drag {
            Some((from, last)) => {
                if distance(from, at) >= CLICK || last != from {
                    seen.camera = seen.camera.pan(Point { x: at.x - last.x, y: at.y - last.y });
                    seen.fitted = false;
                    seen.drag = Some((from, at));
                }
                None
            }
            None => {
                seen.picked.hovered = hit(seen, at);
                seen.picked.hovered.map(|hit| (at, describe(&seen.scene, hit)))
            }
        });
        tip.set(said);
    };
    let map = shown.clone();
    let released = move |event: PointerEvent| {
        let at = place(&event);
        let clicked = map.change(|seen| {
            let drag = seen.drag.take();
            let still = drag.is_some_and(|(from, last)| last == from && distance(from, at) < CLICK);
            still.then(|| hit(seen, at))
        });
        if let Some(hit) = clicked {
            select.run(hit);
        }
    };
    let map = shown.clone();
    let left = move |_: PointerEvent| {
        map.change(|seen| {
            seen.picked.hovered = None;
            seen.drag = None;
        });
        tip.set(None);
    };
    let map = shown.clone();
    let wheel = move |event: WheelEvent| {
        event.prevent_default();
        // Lines and pages are told in other units than pixels.
        let unit = [1.0, 16.0, 400.0].get(event.delta_mode() as usize).copied().unwrap_or(1.0);
        let factor = (-event.delta_y() * unit * if event.ctrl_key() { 0.01 } else { 0.0015 }).exp();
        map.zoom(Some(place(&event)), factor);
        tip.set(None);
    };
    let map = shown.clone();
    let keyed = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowLeft" => map.pan(STEP, 0.0),
            "ArrowRight" => map.pan(-STEP, 0.0),
            "ArrowUp" => map.pan(0.0, STEP),
            "ArrowDown" => map.pan(0.0, -STEP),
            "+" | "=" => map.zoom(None, CLOSER),
            "-" => map.zoom(None, 1.0 / CLOSER),
            "0" => map.fit(),
            "Escape" => select.run(None),
            _ => return,
        }
        event.prevent_default();
    };
    let map = shown.clone();
    canvas
        .on("pointerdown", pressed)
        .on("pointermove", moved)
        .on("pointerup", released)
        .on("pointerleave", left)
        .on("dblclick", move |_: MouseEvent| map.fit())
        .on("wheel", wheel)
        .on("keydown", keyed)
}

fn fit_if_untouched(seen: &mut Seen) {
    if seen.fitted && seen.size.0 > 0.0 {
        seen.camera = Camera::fit((seen.scene.width, seen.scene.height), seen.size, MARGIN);
    }
}

fn place(event: &MouseEvent) -> Point {
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
