//! Pointer, wheel and keys on the flame graph: hover, choose, zoom, pan, move between frames.

use super::board::FlameBoard;
use spandrel_trace::analysis::flame::FrameDirection;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{HtmlElement, KeyboardEvent, MouseEvent, WheelEvent};

/// Factor by which a key zooms, and share of the visible part by which one pans.
const ZOOM: f64 = 1.25;
const PAN: f64 = 0.1;
/// A press that moves less than this is a click, CSS pixels.
const CLICK: f64 = 4.0;

/// A pressed pointer on the graph: its position when it was pressed and last, CSS pixels.
#[derive(Clone, Copy)]
struct Press {
    from: f64,
    last: f64,
    dragged: bool,
}

/// Gestures on the graph.
pub struct Gestures {
    board: Rc<FlameBoard>,
    area: HtmlElement,
    press: Cell<Option<Press>>,
}

impl Gestures {
    /// Gestures on `area`, which has the canvas in view.
    pub fn new(board: Rc<FlameBoard>, area: HtmlElement) -> Self {
        Gestures { board, area, press: Cell::new(None) }
    }

    /// Position of a pointer, CSS pixels from the canvas' corner.
    pub fn place(&self, event: &MouseEvent) -> (f64, f64) {
        let bounds = self.area.get_bounding_client_rect();
        (f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top())
    }

    fn width(&self) -> f64 {
        f64::from(self.area.client_width()).max(1.0)
    }

    /// A button is pressed.
    pub fn press(&self, event: &MouseEvent) {
        if event.button() == 0 {
            let (x, _) = self.place(event);
            self.press.set(Some(Press { from: x, last: x, dragged: false }));
        }
    }

    /// The pointer moves; a drag pans. Returns the frame under it.
    pub fn point(&self, event: &MouseEvent) -> Option<usize> {
        let at = self.place(event);
        let Some(mut press) = self.press.get().filter(|_| event.buttons() & 1 == 1) else {
            self.press.set(None);
            return self.board.point(Some(at));
        };
        press.dragged |= (at.0 - press.from).abs() >= CLICK;
        if press.dragged {
            self.board.axis().pan_by((press.last - at.0) / self.width());
            press.last = at.0;
        }
        self.press.set(Some(press));
        self.board.point(if press.dragged { None } else { Some(at) })
    }

    /// The button is released. Returns the frame that was clicked.
    pub fn release(&self, event: &MouseEvent) -> Option<usize> {
        let press = self.press.take()?;
        if press.dragged { None } else { self.board.point(Some(self.place(event))) }
    }

    /// Makes a frame the current one, and its span the selected one.
    pub fn choose(&self, frame: usize) {
        self.board.choose(frame);
    }

    /// The current frame.
    pub fn current(&self) -> Option<usize> {
        self.board.current()
    }

    /// The pointer has left.
    pub fn leave(&self) {
        self.press.set(None);
        self.board.point(None);
    }

    /// The graph was scrolled: draws in the next frame.
    pub fn scrolled(&self) {
        self.board.request_changes();
    }

    /// Zooms to a frame.
    pub fn zoom_to(&self, frame: usize) {
        let Some(loaded) = self.board.loaded() else { return };
        let (start, end) =
            (loaded.frames.start(&loaded.outline, frame), loaded.frames.end(&loaded.outline, frame));
        self.board.axis().zoom_to(start, end);
    }

    /// A plain wheel scrolls; with Ctrl or ⌘ it zooms at the pointer; with Shift, or sideways, it pans.
    pub fn wheel(&self, event: &WheelEvent) {
        // `deltaMode`: pixels, lines or pages.
        let unit = [1.0, 20.0, 400.0].get(event.delta_mode() as usize).copied().unwrap_or(1.0);
        let (across, down) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            let share = (self.place(event).0 / self.width()).clamp(0.0, 1.0);
            return self.board.axis().zoom_by((down * 0.0025).clamp(-1.5, 1.5).exp(), share);
        }
        let sideways = if event.shift_key() && across == 0.0 { down } else { across };
        if event.shift_key() || across.abs() > down.abs() {
            event.prevent_default();
            self.board.axis().pan_by(sideways / self.width());
        }
    }

    /// Handles a key while the graph has the focus.
    pub fn key(&self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let axis = self.board.axis();
        let current = self.board.current();
        match event.key().as_str() {
            "ArrowUp" => self.step(current, FrameDirection::Up),
            "ArrowDown" => self.step(current, FrameDirection::Down),
            "ArrowLeft" if event.shift_key() => axis.pan_by(-PAN),
            "ArrowRight" if event.shift_key() => axis.pan_by(PAN),
            "ArrowLeft" => self.step(current, FrameDirection::Left),
            "ArrowRight" => self.step(current, FrameDirection::Right),
            "+" | "=" => axis.zoom_by(1.0 / ZOOM, 0.5),
            "-" | "_" => axis.zoom_by(ZOOM, 0.5),
            "a" => axis.pan_by(-PAN),
            "d" => axis.pan_by(PAN),
            "0" => axis.fit(),
            "z" => {
                if let Some(frame) = current {
                    self.zoom_to(frame);
                }
            }
            _ => return,
        }
        event.prevent_default();
    }

    fn step(&self, current: Option<usize>, towards: FrameDirection) {
        let Some(loaded) = self.board.loaded() else { return };
        let next = match current {
            Some(frame) => loaded.frames.neighbour(&loaded.outline, frame, towards),
            None => self.board.first_drawn(),
        };
        if let Some(frame) = next {
            self.board.choose(frame);
        }
    }
}
