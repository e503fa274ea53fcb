//! Whether anything is still going on: `data-idle` of the page's root element, for whoever waits for the page.
//!
//! Idle means: no request, job or repaint is pending. It goes off at once and comes on two frames after the
//! last thing ended, when what it led to has been painted.

use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

thread_local! {
    static HELD: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// The page is busy as long as this lives.
#[derive(Debug)]
pub struct Busy(());

/// Says that something has begun.
#[must_use]
pub fn hold() -> Busy {
    HELD.set(HELD.get() + 1);
    mark(false);
    Busy(())
}

/// Calls when the page is idle next, instead of what was to be called then.
pub fn when_idle(call: impl FnOnce() + 'static) {
    WAITING.set(Some(Box::new(call)));
}

impl Drop for Busy {
    fn drop(&mut self) {
        HELD.set(HELD.get() - 1);
        after_frames(2);
    }
}

fn after_frames(frames: u32) {
    if HELD.get() > 0 {
        return;
    }
    if frames == 0 {
        mark(true);
        if let Some(waiting) = WAITING.take() {
            waiting();
        }
        return;
    }
    let call = Closure::once_into_js(move || after_frames(frames - 1));
    if let Some(window) = web_sys::window() {
        // A frame cannot be refused.
        let _ = window.request_animation_frame(call.unchecked_ref());
    }
}

fn mark(idle: bool) {
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
    if let Some(root) = root {
        // The attribute's name is valid.
        let _ = root.set_attribute("data-idle", if idle { "true" } else { "false" });
    }
}
