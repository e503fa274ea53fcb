//! The page's handle on the engine, which runs in a worker.
//!
//! Messages to the worker: the compiled wasm module, then `[id, "ask", EngineCommand, payload]`, `[id, "cancel"]` and
//! `[id, "received"]`. Messages from it: `[0, "ready"]`, `[0, "failed", reason]`, `[id, "progress", Progress]`,
//! `[id, "answer", Answer, columns, outline]` and `[0, "indexed"]`, where the last two of an answer are lists of buffers;
//! `simulated` has two more. The worker pauses indexing from an answer with an outline until `received`, so that the page
//! paints first ([`IndexingPaused`]).
//!
//! A worker that crashes is replaced: pending requests fail, and traces that were open are [`Answer::Missing`] in the
//! new one. A worker that does not start is not replaced (`start`).

mod columns;
mod outline;
mod simulated;
mod start;

pub use simulated::{ArrivingSpans, SimulatedReply};

use futures_channel::oneshot;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use spandrel_trace::engine::message::{decode, encode};
use spandrel_trace::engine::{Answer, EngineCommand, Progress};
use spandrel_trace::model::Outline;
use spandrel_trace::units::Problem;
use start::{StartFailure, Starting, crashed};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Worker;

/// The response to a request.
#[derive(Debug)]
pub struct EngineReply {
    /// The answer.
    pub answer: Answer,
    /// The outline that was transferred with it.
    pub outline: Option<Outline>,
    /// Pauses indexing; present if an outline was transferred.
    pub paused: Option<IndexingPaused>,
}

/// Keeps the worker from indexing attributes until dropped.
#[derive(Debug)]
pub struct IndexingPaused {
    _buffers: Buffers,
}

/// The engine. Clones refer to the same worker.
#[derive(Clone)]
pub struct EngineClient(Rc<Inner>);

struct Inner {
    /// URL of the worker's script.
    script: String,
    worker: RefCell<WorkerState>,
    pending: RefCell<HashMap<u32, Pending>>,
    /// Requests to the simulated services.
    simulated: RefCell<HashMap<u32, oneshot::Sender<SimulatedReply>>>,
    next_id: Cell<u32>,
    on_indexed: RefCell<Box<dyn Fn()>>,
}

/// What is called with the progress of a request, if anything is.
pub type OnProgress = Option<Rc<dyn Fn(Progress)>>;

enum WorkerState {
    Starting {
        worker: Worker,
        /// Messages to send once the worker is ready.
        queue: Vec<Array>,
        /// Fails the start if it takes too long.
        _limit: Timeout,
    },
    Ready(Worker),
    Failed(StartFailure),
}

struct Pending {
    done: oneshot::Sender<Transferred>,
    progress: OnProgress,
}

struct Transferred {
    answer: Answer,
    /// Buffers with the answer's columns.
    columns: Array,
    /// Buffers with an outline.
    buffers: Option<Buffers>,
}

/// Cancels a request in the worker if it is dropped before the answer has come.
struct CancelOnDrop {
    inner: Rc<Inner>,
    id: u32,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.inner.pending.borrow_mut().remove(&self.id).is_some() {
            self.inner.post(&Array::of2(&self.id.into(), &"cancel".into()));
        }
    }
}

/// Buffers with an outline, transferred with an answer. Dropping them sends `received`.
struct Buffers {
    inner: Rc<Inner>,
    id: u32,
    list: Array,
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        form.debug_struct("Buffers").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        self.inner.post(&Array::of2(&self.id.into(), &"received".into()));
    }
}

impl EngineClient {
    /// Starts the worker; its script is `worker.js` below the URL `assets`.
    pub fn start(assets: &str) -> Self {
        let inner = Rc::new(Inner {
            script: format!("{assets}worker.js"),
            worker: RefCell::new(WorkerState::Failed(StartFailure::default())),
            pending: RefCell::default(),
            simulated: RefCell::default(),
            next_id: Cell::new(1),
            on_indexed: RefCell::new(Box::new(|| {})),
        });
        inner.start();
        EngineClient(inner)
    }

    /// Sets the function that is called each time all open traces are indexed.
    pub fn on_indexed(&self, call: impl Fn() + 'static) {
        *self.0.on_indexed.borrow_mut() = Box::new(call);
    }

    /// Sends a request, with files or bytes in `payload` if it is about them. Dropping the future cancels the request.
    pub async fn ask(
        &self,
        ask: &EngineCommand,
        payload: Option<Array>,
        progress: OnProgress,
    ) -> EngineReply {
        let inner = &self.0;
        let id = inner.take_id();
        let (done, transferred) = oneshot::channel();
        inner.pending.borrow_mut().insert(id, Pending { done, progress });
        let _cancel = CancelOnDrop { inner: inner.clone(), id };
        let encoded = Uint8Array::from(encode(ask).as_slice());
        let message = Array::of3(&id.into(), &"ask".into(), &encoded);
        if let Some(payload) = payload {
            message.push(&payload);
        }
        inner.post(&message);
        match transferred.await {
            Ok(Transferred { answer, columns, buffers }) => {
                let answer = columns::receive(answer, &columns).await.unwrap_or_else(undecodable);
                let outline = match &buffers {
                    Some(buffers) => outline::receive(&buffers.list).await,
                    None => None,
                };
                EngineReply { answer, outline, paused: buffers.map(|_buffers| IndexingPaused { _buffers }) }
            }
            Err(_) => {
                let answer = Answer::Failed(crashed("It stopped without an answer."));
                EngineReply { answer, outline: None, paused: None }
            }
        }
    }
}

impl Inner {
    fn take_id(&self) -> u32 {
        self.next_id.replace(self.next_id.get().wrapping_add(1).max(1))
    }

    fn start(self: &Rc<Self>) {
        let state = match start::start(self) {
            Ok(Starting { worker, limit }) => {
                WorkerState::Starting { worker, queue: Vec::new(), _limit: limit }
            }
            Err(failure) => WorkerState::Failed(failure),
        };
        *self.worker.borrow_mut() = state;
    }

    /// Handles an error event of the worker. A worker that was ready is replaced; one that was starting would fail again.
    fn worker_failed(self: &Rc<Self>, reason: &str) {
        let failure = StartFailure::new(reason);
        let state = self.worker.replace(WorkerState::Failed(failure.clone()));
        match state {
            WorkerState::Ready(worker) => {
                worker.terminate();
                self.start();
                self.fail_pending(&crashed(reason));
            }
            WorkerState::Starting { worker, .. } => {
                worker.terminate();
                self.fail_pending(&failure.problem());
            }
            WorkerState::Failed(first) => *self.worker.borrow_mut() = WorkerState::Failed(first),
        }
    }

    fn fail_pending(&self, problem: &Problem) {
        // Their receivers see that nothing will come.
        self.simulated.borrow_mut().clear();
        let pending: Vec<Pending> = self.pending.borrow_mut().drain().map(|(_, pending)| pending).collect();
        for pending in pending {
            let answer = Answer::Failed(problem.clone());
            // The receiver may have been dropped.
            let _ = pending.done.send(Transferred { answer, columns: Array::new(), buffers: None });
        }
    }

    fn post(&self, message: &Array) {
        let failure = match &mut *self.worker.borrow_mut() {
            WorkerState::Ready(worker) => return send(worker, message),
            WorkerState::Starting { queue, .. } => return queue.push(message.clone()),
            WorkerState::Failed(failure) => failure.clone(),
        };
        self.fail_pending(&failure.problem());
    }

    fn worker_ready(&self) {
        let state = self.worker.replace(WorkerState::Failed(StartFailure::default()));
        let state = match state {
            WorkerState::Starting { worker, queue, _limit } => {
                queue.iter().for_each(|message| send(&worker, message));
                WorkerState::Ready(worker)
            }
            other => other,
        };
        *self.worker.borrow_mut() = state;
    }

    fn receive(self: &Rc<Self>, message: &JsValue) {
        let message = Array::from(message);
        let id = message.get(0).as_f64().unwrap_or_default() as u32;
        let bytes = || message.get(2).dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).unwrap_or_default();
        match message.get(1).as_string().as_deref() {
            Some("ready") => self.worker_ready(),
            Some("failed") => self.worker_failed(&message.get(2).as_string().unwrap_or_default()),
            Some("indexed") => (self.on_indexed.borrow())(),
            Some("simulated") => self.receive_simulated(id, &message),
            Some("progress") => {
                let on_progress = self.pending.borrow().get(&id).and_then(|pending| pending.progress.clone());
                if let (Some(on_progress), Some(progress)) = (on_progress, decode(&bytes())) {
                    on_progress(progress);
                }
            }
            Some("answer") => {
                let columns = message.get(3).dyn_into::<Array>().unwrap_or_default();
                let buffers = message.get(4).dyn_into::<Array>().ok();
                let buffers = buffers.map(|list| Buffers { inner: self.clone(), id, list });
                let Some(pending) = self.pending.borrow_mut().remove(&id) else { return };
                let answer = decode(&bytes()).unwrap_or_else(undecodable);
                // The receiver may have been dropped.
                let _ = pending.done.send(Transferred { answer, columns, buffers });
            }
            _ => {}
        }
    }
}

fn undecodable() -> Answer {
    Answer::Failed(crashed("Its answer could not be decoded."))
}

/// Posts a message. Bytes in its payload are transferred, files are cloned as handles.
fn send(worker: &Worker, message: &Array) {
    let transfer = Array::new();
    let payload = message.get(3);
    let payload = if payload.is_undefined() { Array::new() } else { Array::from(&payload) };
    for part in payload.iter() {
        if let Some(bytes) = part.dyn_ref::<Uint8Array>() {
            transfer.push(&bytes.buffer());
        }
    }
    // Messages consist of strings, numbers, files and bytes, which can all be cloned.
    let _ = worker.post_message_with_transfer(message, &transfer);
}
