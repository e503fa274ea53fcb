//! Pointer and wheel: scroll, zoom at the cursor, pan, drag a time range, select, collapse.

use super::super::parts::Part;
use super::super::session::{EventCursor, Session};
use super::board::{Board, Drag};
use crate::ui::sizes::ROW;
use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlElement, MouseEvent, PointerEvent, WheelEvent};

/// A press that moves less than this is a click, CSS pixels.
const CLICK: f64 = 4.0;

/// A press over the bars or the ruler: its position, and whether it has become a drag.
#[derive(Clone, Copy)]
struct Press {
    x: f64,
    dragged: bool,
}

/// A listener that may prevent what the browser does otherwise. `E` must be the event's class.
fn listener<E: JsCast>(
    target: &EventTarget,
    event: &'static str,
    mut heard: impl FnMut(&E) + 'static,
) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(target, event, options, move |event| heard(event.unchecked_ref()))
}

/// Adds the listeners to the rows (`scroller`) and to the ruler's row (`head`).
pub fn listen(
    session: Session,
    board: &Rc<Board>,
    scroller: &HtmlElement,
    head: &HtmlElement,
) -> Vec<EventListener> {
    let mut listeners = Vec::new();
    let scrolled = Rc::downgrade(board);
    listeners.push(listener(scroller, "scroll", move |_: &web_sys::Event| {
        if let Some(board) = scrolled.upgrade() {
            board.scrolled();
        }
    }));
    for (surface, has_rows) in [(scroller, true), (head, false)] {
        listeners.extend(gestures(session, board, surface, has_rows));
    }
    let clicked = Rc::downgrade(board);
    let area = scroller.clone();
    let pressed = Rc::new(Cell::new((0, 0)));
    let at = pressed.clone();
    listeners.push(listener(scroller, "pointerdown", move |event: &PointerEvent| {
        at.set((event.client_x(), event.client_y()));
    }));
    listeners.push(listener(scroller, "click", move |event: &MouseEvent| {
        if let Some(board) = clicked.upgrade().filter(|_| !selects_text(pressed.get(), event)) {
            click(session, &board, &area, event);
        }
    }));
    listeners
}

fn gestures(
    session: Session,
    board: &Rc<Board>,
    surface: &HtmlElement,
    has_rows: bool,
) -> Vec<EventListener> {
    let press = Rc::new(Cell::new(None::<Press>));
    let mut listeners = Vec::new();

    let (weak, area, held) = (Rc::downgrade(board), surface.clone(), press.clone());
    listeners.push(listener(surface, "pointerdown", move |event: &PointerEvent| {
        let Some(board) = weak.upgrade() else { return };
        // Touch scrolls; the left button drags.
        let x = place(&area, event).0 - board.columns().0;
        if x >= 0.0 && !in_drawer(event) && event.button() == 0 && event.pointer_type() != "touch" {
            held.set(Some(Press { x, dragged: false }));
        }
    }));
    let (weak, area, held) = (Rc::downgrade(board), surface.clone(), press.clone());
    listeners.push(listener(surface, "pointermove", move |event: &PointerEvent| {
        let Some(board) = weak.upgrade() else { return };
        let (x, y) = place(&area, event);
        let x = x - board.columns().0;
        board.hover(Some(y).filter(|_| has_rows && !in_drawer(event)));
        if event.buttons() == 0 {
            // The button was released outside of the page.
            held.set(None);
        }
        let mut from = None;
        if let Some(mut press) = held.get() {
            if !press.dragged && (x - press.x).abs() >= CLICK {
                press.dragged = true;
                held.set(Some(press));
                // Without capture the drag ends at the edge.
                let _ = area.set_pointer_capture(event.pointer_id());
            }
            from = press.dragged.then_some(press.x);
        }
        let over_bars = x >= 0.0 && !in_drawer(event);
        let points = over_bars && has_rows && event.buttons() == 0;
        set_event_cursor(session, points.then(|| board.events_at(x, y, false)).flatten());
        board.point((over_bars || from.is_some()).then_some(Drag { x, from }));
    }));
    listeners.extend(fingers(session, board, surface));
    let (weak, area, held) = (Rc::downgrade(board), surface.clone(), press.clone());
    listeners.push(listener(surface, "pointerup", move |event: &PointerEvent| {
        let Some(board) = weak.upgrade() else { return };
        let Some(press) = held.get() else { return };
        let x = place(&area, event).0 - board.columns().0;
        if press.dragged {
            session.viewport.zoom_to(board.time_at(press.x), board.time_at(x));
            board.point(Some(Drag { x, from: None }));
        } else {
            held.set(None);
        }
    }));
    // The click that ends a drag selects nothing. It reaches the same element after "pointerup".
    let held = press.clone();
    listeners.push(listener(surface, "click", move |event: &MouseEvent| {
        if held.take().is_some_and(|press| press.dragged) {
            event.stop_immediate_propagation();
        }
    }));
    for gone in ["pointerleave", "pointercancel"] {
        let (weak, held) = (Rc::downgrade(board), press.clone());
        listeners.push(listener(surface, gone, move |event: &PointerEvent| {
            if let Some(board) = weak.upgrade() {
                held.set(None);
                // The pointer may move onto the note at a tick, to copy from it.
                if !Part::EventNote.has_target(event.related_target()) {
                    set_event_cursor(session, None);
                }
                board.point(None);
                board.hover(None);
            }
        }));
    }
    let (weak, area) = (Rc::downgrade(board), surface.clone());
    listeners.push(listener(surface, "dblclick", move |event: &MouseEvent| {
        let Some(board) = weak.upgrade() else { return };
        if place(&area, event).0 >= board.columns().0 && !in_drawer(event) {
            session.viewport.fit();
        }
    }));
    let (weak, area) = (Rc::downgrade(board), surface.clone());
    listeners.push(listener(surface, "wheel", move |event: &WheelEvent| {
        if let Some(board) = weak.upgrade() {
            wheel(session, &board, &area, event, has_rows);
        }
    }));
    listeners
}

/// Two fingers zoom at the point between them and pan with it; one finger pans sideways. Vertical scrolling is left to
/// the browser.
fn fingers(session: Session, board: &Rc<Board>, surface: &HtmlElement) -> Vec<EventListener> {
    // Pointer id and position of each finger that is down.
    let down = Rc::new(RefCell::new(Vec::<(i32, f64)>::new()));
    let mut listeners = Vec::new();
    let (weak, area, held) = (Rc::downgrade(board), surface.clone(), down.clone());
    listeners.push(listener(surface, "pointerdown", move |event: &PointerEvent| {
        let is_ours = event.pointer_type() == "touch" && !in_drawer(event);
        let Some(board) = weak.upgrade().filter(|_| is_ours) else { return };
        let x = place(&area, event).0 - board.columns().0;
        if x >= 0.0 && held.borrow().len() < 2 {
            held.borrow_mut().push((event.pointer_id(), x));
        }
    }));
    let (weak, area, held) = (Rc::downgrade(board), surface.clone(), down.clone());
    listeners.push(listener(surface, "pointermove", move |event: &PointerEvent| {
        let Some(board) = weak.upgrade() else { return };
        let (names, width) = board.columns();
        let mut held = held.borrow_mut();
        let Some(finger) = held.iter().position(|(pointer, _)| *pointer == event.pointer_id()) else {
            return;
        };
        let before = held.clone();
        held[finger].1 = place(&area, event).0 - names;
        let middle =
            |fingers: &[(i32, f64)]| fingers.iter().map(|(_, x)| x).sum::<f64>() / fingers.len() as f64;
        let apart = |fingers: &[(i32, f64)]| match fingers {
            [(_, one), (_, other)] => (one - other).abs().max(1.0),
            _ => 1.0,
        };
        let (from, to) = (middle(&before), middle(&held));
        session.viewport.pan_by((from - to) / width);
        if held.len() == 2 {
            session.viewport.zoom_by(apart(&before) / apart(&held), (to / width).clamp(0.0, 1.0));
        }
    }));
    for gone in ["pointerup", "pointercancel", "pointerleave"] {
        let held = down.clone();
        listeners.push(listener(surface, gone, move |event: &PointerEvent| {
            held.borrow_mut().retain(|(pointer, _)| *pointer != event.pointer_id());
        }));
    }
    listeners
}

/// Position of an event in `area`, CSS pixels from its upper left corner.
fn place(area: &HtmlElement, event: &MouseEvent) -> (f64, f64) {
    let edge = area.get_bounding_client_rect();
    (f64::from(event.client_x()) - edge.left(), f64::from(event.client_y()) - edge.top())
}

/// Whether an event happened in details between the rows, which handle it themselves.
fn in_drawer(event: &MouseEvent) -> bool {
    Part::Drawer.has_target(event.target())
}

/// Sets the event cursor, notifying only if it changes.
fn set_event_cursor(session: Session, ticked: Option<EventCursor>) {
    if session.events.get_untracked() != ticked {
        session.events.set(ticked);
    }
}

/// A plain wheel scrolls; with Ctrl or ⌘ (a pinch sends Ctrl too) it zooms at the cursor; with Shift, or sideways, it
/// pans.
fn wheel(session: Session, board: &Board, area: &HtmlElement, event: &WheelEvent, has_rows: bool) {
    let (across, down) = steps(board, event);
    let (names, width) = board.columns();
    if event.ctrl_key() || event.meta_key() {
        event.prevent_default();
        let share = ((place(area, event).0 - names) / width).clamp(0.0, 1.0);
        session.viewport.zoom_by((down * 0.0025).clamp(-1.5, 1.5).exp(), share);
        return;
    }
    let sideways = if event.shift_key() && across == 0.0 { down } else { across };
    if event.shift_key() || across.abs() > down.abs() {
        event.prevent_default();
        session.viewport.pan_by(sideways / width);
    } else if has_rows && board.wheel(down) {
        event.prevent_default();
    }
}

/// Distance of a wheel event in CSS pixels, whatever its unit.
fn steps(board: &Board, event: &WheelEvent) -> (f64, f64) {
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => ROW,
        WheelEvent::DOM_DELTA_PAGE => board.page() as f64 * ROW,
        _ => 1.0,
    };
    (event.delta_x() * unit, event.delta_y() * unit)
}

/// Whether a click ends a drag over a name, which selects its text and not its row. `from` is where the button was pressed;
/// a click by a key or a program has no place.
fn selects_text(from: (i32, i32), event: &MouseEvent) -> bool {
    let moved = |from: i32, to: i32| f64::from(to - from).abs() >= CLICK;
    let is_drag = moved(from.0, event.client_x()) || moved(from.1, event.client_y());
    event.detail() == 1 && is_drag && Part::Name.has_target(event.target())
}

/// A click on the twisty collapses or expands, one on the focus button shows the subtree alone; anywhere else in a row it
/// selects and opens the details.
fn click(session: Session, board: &Board, area: &HtmlElement, event: &MouseEvent) {
    let (x, y) = place(area, event);
    // A tap on a tick does what hovering does with a mouse.
    let is_touch = event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch");
    let x = x - board.columns().0;
    let ticked = board.events_at(x, y, true).filter(|_| is_touch && x >= 0.0 && !in_drawer(event));
    set_event_cursor(session, ticked);
    if ticked.is_some() {
        return;
    }
    let Some(row) = board.row_at(y) else { return };
    if row.has_children() && Part::Twisty.has_target(event.target()) {
        session.set_collapsed(row, !row.collapsed());
    } else if Part::Focus.has_target(event.target()) {
        session.focus(Some(row.span));
    } else {
        session.press(row.span);
    }
}
