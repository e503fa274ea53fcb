//! The engine's worker: receives requests from the page, streams responses and files into the engine, sends answers.
//! The messages are described in `io::engine`.

mod analyses;
mod backend;
mod indexing;
mod read;
mod simulate;
mod timer;

use crate::io::block_store::block_store;
use futures_channel::oneshot;
use futures_util::FutureExt as _;
use indexing::WarmUpState;
use js_sys::{Array, ArrayBuffer, BigUint64Array, Uint8Array, Uint32Array};
use spandrel_simulation::Simulation;
use spandrel_trace::engine::message::{decode, encode};
use spandrel_trace::engine::{Answer, Engine, EngineCommand, transfer};
use spandrel_trace::source::{Api, Base, Task};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, DedicatedWorkerGlobalScope, MessageEvent};

/// The numbers as a buffer that can be transferred.
fn array_buffer(buffer: transfer::Buffer) -> ArrayBuffer {
    match buffer {
        transfer::Buffer::Bytes(bytes) => Uint8Array::from(&*bytes).buffer(),
        transfer::Buffer::U32(words) => Uint32Array::from(&*words).buffer(),
        transfer::Buffer::U64(longs) => BigUint64Array::from(&*longs).buffer(),
    }
}

/// State of the worker.
struct Worker {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<Engine>,
    /// The API that a server has for a kind of task, once it is known.
    apis: RefCell<HashMap<(Base, std::mem::Discriminant<Task>), Api>>,
    /// Requests that were neither answered nor cancelled.
    running: RefCell<HashMap<u32, AbortController>>,
    is_indexing: Cell<bool>,
    /// Whether an outline was sent since the last `indexed`.
    is_index_new: Cell<bool>,
    /// Answers with outlines that the page has not received yet.
    unacknowledged: Cell<u32>,
    /// Questions that wait until all open traces are indexed.
    waiting_for_index: RefCell<Vec<oneshot::Sender<()>>>,
    warm_up: Cell<WarmUpState>,
    /// The services of the demo, where there is none behind the page.
    simulation: RefCell<Simulation>,
}

/// Makes every later panic report to the console and end the worker with its message, which the page then shows. What
/// ends without one is a trap: most likely there was no memory left.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        wasm_bindgen::throw_str(&info.to_string());
    }));
}

/// Serves the page as long as the worker lives.
pub fn serve() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let worker = Rc::new(Worker {
        scope: scope.clone(),
        engine: RefCell::new(Engine::with_store(block_store())),
        apis: RefCell::default(),
        running: RefCell::default(),
        is_indexing: Cell::new(false),
        is_index_new: Cell::new(false),
        unacknowledged: Cell::new(0),
        waiting_for_index: RefCell::default(),
        warm_up: Cell::default(),
        simulation: RefCell::default(),
    });
    let receive = {
        let worker = worker.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| worker.receive(&event.data()))
    };
    scope.set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
    worker.post(&Array::of2(&0.into(), &"ready".into()));
}

impl Worker {
    fn post(&self, message: &Array) {
        // Strings and buffers can always be posted.
        let _ = self.scope.post_message(message);
    }

    fn receive(self: &Rc<Self>, message: &JsValue) {
        let message = Array::from(message);
        let id = message.get(0).as_f64().unwrap_or_default() as u32;
        match message.get(1).as_string().as_deref() {
            Some("ask") => {
                self.warm_up();
                let Some(ask) = decode::<EngineCommand>(&Uint8Array::new(&message.get(2)).to_vec()) else {
                    return;
                };
                let Ok(controller) = AbortController::new() else { return };
                let signal = controller.signal();
                self.running.borrow_mut().insert(id, controller);
                let (worker, payload) =
                    (self.clone(), message.get(3).dyn_into::<Array>().unwrap_or_default());
                spawn_local(async move {
                    let answer = worker.handle(id, ask, &payload, &signal).boxed_local().await;
                    if worker.running.borrow_mut().remove(&id).is_some() {
                        worker.answer(id, answer);
                    }
                    worker.index();
                });
            }
            Some("simulate") => self.simulate(id, Uint8Array::new(&message.get(2)).to_vec()),
            Some("received") => {
                self.unacknowledged.set(self.unacknowledged.get().saturating_sub(1));
                self.index();
            }
            Some("cancel") => {
                if let Some(controller) = self.running.borrow_mut().remove(&id) {
                    controller.abort();
                }
            }
            _ => {}
        }
    }

    /// The answer to a request, and the key of the trace whose outline goes with it.
    ///
    /// The futures of its branches are boxed: inlined, they made one function of 110 KB, which browsers compiled whole
    /// before the first request was sent, and optimised for 300 ms while the first trace arrived.
    async fn handle(
        self: &Rc<Self>,
        id: u32,
        ask: EngineCommand,
        payload: &Array,
        signal: &AbortSignal,
    ) -> (Answer, Option<String>) {
        match ask {
            EngineCommand::Outline { trace } => {
                let answer = self.engine.borrow_mut().open(&trace);
                let outline = matches!(answer, Answer::Outline).then_some(trace);
                (answer, outline)
            }
            EngineCommand::Question(question) => {
                if question.topic.needs_index() {
                    self.indexed().await;
                }
                (self.answer_to(&question).boxed_local().await, None)
            }
            EngineCommand::Download { trace, filter, format } => {
                let answer = match analyses::download().await {
                    Ok(download) => download(self.clone(), id, trace, filter, format).await,
                    Err(failed) => analyses::failure(failed, "download the trace"),
                };
                (answer, None)
            }
            EngineCommand::LoadParts => (self.load_parts().await.unwrap_or_else(Answer::Failed), None),
            EngineCommand::Files { name } => {
                let answer = self.read_files(id, &name, payload).boxed_local().await;
                let answer = answer.unwrap_or_else(Answer::Failed);
                let only = match &answer {
                    Answer::Opened { summaries, .. } if summaries.len() == 1 => Some(summaries[0].key()),
                    _ => None,
                };
                (answer, only)
            }
            EngineCommand::Task { base, task } => {
                let answer = self.request(id, &base, &task, signal).boxed_local().await;
                let opened = match (&answer, task) {
                    (Answer::Opened { .. }, Task::Trace { id }) => Some(id),
                    _ => None,
                };
                (answer, opened)
            }
        }
    }

    /// Whether the page has cancelled the request: its answer is not sent.
    fn is_cancelled(&self, id: u32) -> bool {
        !self.running.borrow().contains_key(&id)
    }

    fn answer(&self, id: u32, (mut answer, outline): (Answer, Option<String>)) {
        // Each column is freed as soon as it is copied.
        let columns: Array = answer.take_columns().into_iter().map(array_buffer).collect();
        let encoded = Uint8Array::from(encode(&answer).as_slice());
        let message = Array::of4(&id.into(), &"answer".into(), &encoded, &columns);
        let transferred = columns.concat(&Array::of1(&encoded.buffer()));
        let outline = outline.and_then(|key| self.engine.borrow().outline(&key).cloned());
        if let Some(outline) = outline {
            let buffers: Array = transfer::encode(&outline).map(array_buffer).collect();
            message.push(&buffers);
            buffers.iter().for_each(|buffer| {
                transferred.push(&buffer);
            });
            self.unacknowledged.set(self.unacknowledged.get() + 1);
            self.is_index_new.set(true);
        }
        // Buffers that were just created can always be transferred.
        let _ = self.scope.post_message_with_transfer(&message, &transferred);
    }
}
