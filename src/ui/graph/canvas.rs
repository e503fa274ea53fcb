//! The canvas of a graph: what it shows and from where, drawn imperatively in the frame after a change, because
//! dragging and zooming change it once per pointer event.

use super::super::canvas::{Frame, SizeWatch, Surface, ThemeWatch};
use super::super::find_mark::FindMark;
use super::draw::{GraphHighlight, GraphStyle, draw};
use leptos::prelude::*;
use spandrel_trace::scene::graph::{Camera, GraphElement, GraphScene, Point};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use web_sys::HtmlCanvasElement;

/// Largest distance of the pointer from a line that it hits, CSS pixels.
const SLACK: f64 = 6.0;
/// Space around a map that is fitted, CSS pixels.
const MARGIN: f64 = 36.0;
/// Smallest scale at which a map that has a point to start from is shown first: its texts can be read.
const LEGIBLE: f64 = 0.8;
/// A press that moves less than this is a click, CSS pixels.
const CLICK: f64 = 4.0;

struct State {
    scene: Arc<GraphScene>,
    slots: Vec<u8>,
    camera: Camera,
    /// The map is fitted again when its size changes, until it is moved.
    fitted: bool,
    /// The box around which a map is shown that is too large to be legible as a whole.
    start: Option<u32>,
    /// All of the map was asked for, however small.
    overview: bool,
    marks: Arc<Vec<FindMark>>,
    size: (f64, f64),
    picked: GraphHighlight,
    look: GraphStyle,
    /// Where the pointer was pressed, and where it was last.
    drag: Option<(Point, Point)>,
}

/// The canvas' state, with the frame that draws it. Clones share it.
#[derive(Clone)]
pub(super) struct MapCanvas {
    state: Rc<RefCell<State>>,
    frame: Frame,
}

impl MapCanvas {
    /// Draws on `canvas` after each change, until the current owner is cleaned up. `None` without a 2D context.
    pub fn new(canvas: &HtmlCanvasElement) -> Option<Self> {
        let surface = Surface::new(canvas.clone())?;
        let state = Rc::new(RefCell::new(State {
            scene: Arc::default(),
            slots: Vec::new(),
            camera: Camera::default(),
            fitted: true,
            start: None,
            overview: false,
            marks: Arc::default(),
            size: (0.0, 0.0),
            picked: GraphHighlight::default(),
            look: GraphStyle::read(),
            drag: None,
        }));
        let drawn = state.clone();
        let frame = Frame::new(move |_| {
            let State { scene, slots, camera, size, picked, look, marks, .. } = &*drawn.borrow();
            // The transform of the last drawing would move the clearing. Fails if the context is lost.
            let _ = surface.context().reset_transform();
            surface.clear(size.0, size.1);
            draw(surface.context(), *size, scene, (slots, marks), *camera, *picked, look);
            false
        });
        let map = MapCanvas { state, frame };
        let (sized, themed, element) = (map.clone(), map.clone(), canvas.clone());
        let size = SizeWatch::new(canvas, move || {
            sized.change(|state| {
                state.size = (f64::from(element.client_width()), f64::from(element.client_height()));
                state.fit_if_untouched();
            });
        });
        let theme = ThemeWatch::new(move || themed.change(|state| state.look = GraphStyle::read()));
        StoredValue::new_local((size, theme));
        Some(map)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.frame.request();
        change(&mut self.state.borrow_mut())
    }

    /// Shows another scene, with the colour slot of each box. A different layout is fitted again.
    pub fn set_scene(&self, scene: Arc<GraphScene>, slots: Vec<u8>) {
        self.change(|state| {
            let same = state.scene.nodes.len() == scene.nodes.len()
                && state.scene.nodes.iter().zip(&scene.nodes).all(|(one, other)| one.center == other.center);
            (state.scene, state.slots) = (scene, slots);
            state.picked.hovered = None;
            state.fitted |= !same;
            state.fit_if_untouched();
        });
    }

    /// Sets the box around which a map is shown that is too large to be legible as a whole.
    pub fn set_start(&self, start: Option<u32>) {
        self.change(|state| {
            state.start = start;
            state.fit_if_untouched();
        });
    }

    /// Marks boxes, by their indices; boxes beyond are not marked.
    pub fn set_marks(&self, marks: Arc<Vec<FindMark>>) {
        self.change(|state| state.marks = marks);
    }

    /// Highlights the selection, and brings a selected box into sight.
    pub fn set_selected(&self, selected: Option<GraphElement>) {
        self.change(|state| {
            state.picked.selected = selected;
            if let Some(GraphElement::Node(node)) = selected
                && let Some(node) = state.scene.nodes.get(node as usize)
                && state.size.0 > 0.0
            {
                state.camera = state.camera.reveal(node.center, state.size, 80.0);
            }
        });
    }

    /// Zooms by a factor, at a position in the canvas or at its centre.
    pub fn zoom(&self, at: Option<Point>, factor: f64) {
        self.change(|state| {
            let middle = Point { x: state.size.0 / 2.0, y: state.size.1 / 2.0 };
            state.camera = state.camera.zoom(at.unwrap_or(middle), factor);
            state.fitted = false;
        });
    }

    /// Moves the map, CSS pixels.
    pub fn pan(&self, x: f64, y: f64) {
        self.change(|state| {
            state.camera = state.camera.pan(Point { x, y });
            state.fitted = false;
        });
    }

    /// Shows the whole map.
    pub fn fit(&self) {
        self.change(|state| {
            (state.fitted, state.overview) = (true, true);
            state.fit_if_untouched();
        });
    }

    /// Starts a drag.
    pub fn press(&self, at: Point) {
        self.change(|state| state.drag = Some((at, at)));
    }

    /// Moves the map if it is dragged; otherwise returns what is under the pointer.
    pub fn point(&self, at: Point) -> Option<GraphElement> {
        self.change(|state| match state.drag {
            Some((from, last)) => {
                if distance(from, at) >= CLICK || last != from {
                    state.camera = state.camera.pan(Point { x: at.x - last.x, y: at.y - last.y });
                    state.fitted = false;
                    state.drag = Some((from, at));
                }
                None
            }
            None => {
                state.picked.hovered = state.hit(at);
                state.picked.hovered
            }
        })
    }

    /// Ends a drag. For a click, returns what was hit, or `Some(None)` for the background.
    pub fn release(&self, at: Point) -> Option<Option<GraphElement>> {
        self.change(|state| {
            let drag = state.drag.take();
            let still = drag.is_some_and(|(from, last)| last == from && distance(from, at) < CLICK);
            still.then(|| state.hit(at))
        })
    }

    /// The pointer has left the canvas.
    pub fn leave(&self) {
        self.change(|state| {
            state.picked.hovered = None;
            state.drag = None;
        });
    }
}

impl State {
    fn fit_if_untouched(&mut self) {
        if !self.fitted || self.size.0 <= 0.0 {
            return;
        }
        let drawing = (self.scene.width, self.scene.height);
        let start = self.start.filter(|_| !self.overview);
        self.camera = match start.and_then(|start| self.scene.nodes.get(start as usize)) {
            Some(node) => Camera::legible(drawing, self.size, MARGIN, node.center, LEGIBLE),
            None => Camera::fit(drawing, self.size, MARGIN),
        };
    }

    fn hit(&self, at: Point) -> Option<GraphElement> {
        let at = self.camera.to_drawing(at);
        self.scene.hit(at.x, at.y, SLACK / self.camera.scale, self.picked.selected)
    }
}

fn distance(one: Point, other: Point) -> f64 {
    (one.x - other.x).hypot(one.y - other.y)
}
