//! Whether anything is pending: `data-idle` of the document's root element, which tests and tools wait for.
//!
//! Idle means that no request, job or repaint is pending. The attribute becomes `false` at once, and `true` two frames
//! after the last pending thing has ended, when its result is painted.

use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

thread_local! {
    static PENDING: Cell<u32> = const { Cell::new(0) };
    static CALLBACK: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// The page counts as busy as long as this lives.
#[derive(Debug)]
pub struct Busy(());

/// Marks the page as busy until the guard is dropped.
#[must_use]
pub fn hold() -> Busy {
    PENDING.set(PENDING.get() + 1);
    mark(false);
    Busy(())
}

/// Whether nothing is pending.
pub fn is_idle() -> bool {
    PENDING.get() == 0
}

/// Calls `call` when the page becomes idle, instead of the function set before.
pub fn when_idle(call: impl FnOnce() + 'static) {
    CALLBACK.set(Some(Box::new(call)));
}

impl Drop for Busy {
    fn drop(&mut self) {
        PENDING.set(PENDING.get() - 1);
        after_frames(2);
    }
}

fn after_frames(frames: u32) {
    if PENDING.get() > 0 {
        return;
    }
    if frames == 0 {
        mark(true);
        if let Some(call) = CALLBACK.take() {
            call();
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
