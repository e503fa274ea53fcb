//! Starts the engine's worker, and says why it did not start.
//!
//! A start fails if the worker's script or the program's script cannot be loaded (an `error` event without a message), if
//! the program cannot be instantiated (the worker posts `failed`), or if none of this is reported within [`LIMIT`].

use super::Inner;
use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use spandrel_trace::units::{Problem, ProblemKind};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Milliseconds within which a worker must be ready. What it loads is in the browser's cache by then, so this is long.
const LIMIT: u32 = 20_000;

/// A worker that was created.
pub(super) struct Starting {
    pub worker: Worker,
    /// Reports the start as failed after [`LIMIT`].
    pub limit: Timeout,
}

/// Why the worker did not start.
#[derive(Clone, Debug, Default)]
pub(super) struct StartFailure(String);

impl StartFailure {
    /// With the browser's reason, which is empty if a script could not be loaded.
    pub fn new(reason: &str) -> Self {
        StartFailure(match reason {
            "" => "Its script could not be loaded.".to_owned(),
            reason => reason.to_owned(),
        })
    }

    pub fn problem(&self) -> Problem {
        let happened = format!("The trace engine could not be started. {}", self.0);
        Problem::new(ProblemKind::NotStarted, "start the trace engine", happened)
            .advise("Reload the page. If the server was updated meanwhile, this loads its new files.")
            .advise(
                "Check that the server still runs, and that nothing between it and this page blocks scripts.",
            )
    }
}

/// The problem of a worker that crashed after it was ready.
pub(super) fn crashed(reason: &str) -> Problem {
    if is_trap(reason) {
        let happened = format!("The trace engine ran out of memory. {reason}");
        return Problem::new(ProblemKind::Fault, "read traces", happened)
            .advise("It was restarted, and traces that were open are loaded again when they are needed.")
            .advise("Open fewer or smaller traces at a time: a browser allows the engine 4 GB at most.");
    }
    Problem::new(ProblemKind::Fault, "read traces", format!("The trace engine crashed. {reason}"))
        .advise("It was restarted: try again. If it crashes again with the same trace, please report it.")
}

/// Whether an error of the worker is a trap without a panic, which would have said what it is: the allocator ends the
/// program so where it gets no memory. Chrome says `unreachable`, Firefox `unreachable executed`, Safari `Unreachable
/// code should not be executed`.
fn is_trap(reason: &str) -> bool {
    reason.contains("RuntimeError") && reason.to_ascii_lowercase().contains("unreachable")
}

/// Creates the worker, hands it the compiled program, and has its messages and failures reported to `inner`.
pub(super) fn start(inner: &Rc<Inner>) -> Result<Starting, StartFailure> {
    let worker = early_or_new(&inner.script)?;
    // The closures live as long as the worker, which is as long as the page.
    let weak = Rc::downgrade(inner);
    let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(inner) = weak.upgrade() {
            inner.receive(&event.data());
        }
    });
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    message.forget();
    let weak = Rc::downgrade(inner);
    let error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        // A script that could not be loaded is reported by a plain event.
        let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
        if let Some(inner) = weak.upgrade() {
            inner.worker_failed(&reason);
        }
    });
    worker.set_onerror(Some(error.as_ref().unchecked_ref()));
    error.forget();
    if worker.post_message(&wasm_bindgen::module()).is_err() {
        return Err(StartFailure::new("The program could not be passed to its worker."));
    }
    let weak = Rc::downgrade(inner);
    let limit = Timeout::new(LIMIT, move || {
        if let Some(inner) = weak.upgrade() {
            inner.worker_failed(&format!("It was not ready after {} seconds.", LIMIT / 1_000));
        }
    });
    Ok(Starting { worker, limit })
}

/// The worker that `index.html` has created while the program was loading, once; otherwise a new one.
fn early_or_new(script: &str) -> Result<Worker, StartFailure> {
    let early = JsValue::from_str("spandrelWorker");
    let worker = Reflect::get(&js_sys::global(), &early).ok().and_then(|worker| worker.dyn_into().ok());
    if let Some(worker) = worker {
        // Any property of the global object can be set.
        let _ = Reflect::set(&js_sys::global(), &early, &JsValue::UNDEFINED);
        return Ok(worker);
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(script, &options)
        .map_err(|_| StartFailure::new("This browser does not support module workers."))
}
