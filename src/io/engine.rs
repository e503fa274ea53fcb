//! The page's handle on the engine in its worker.
//!
//! The worker runs this same program: it is handed the compiled module, says that it is ready, and from then on
//! takes `[id, "ask", Ask, payload]`, `[id, "drop"]` and `[0, "later", module]` (for `worker.js`), and gives `[id, "progress", Progress]`,
//! `[id, "answer", Answer, buffers]` and `[0, "searchable"]`. Buffers are answered with `[id, "taken"]`: only then does
//! the worker go on making things searchable, so that the first picture comes first ([`Rest`]). A worker that breaks is
//! replaced: what was pending has failed, what was open is [`Answer::Missing`] to the new one and is opened again
//! by whoever asks.

use super::clock;
use futures_channel::oneshot;
use js_sys::{Array, BigUint64Array, Reflect, Uint8Array, Uint32Array};
use spandrel_trace::engine::message::{decode, encode};
use spandrel_trace::engine::transfer::{Arrival, Buffer, BufferType};
use spandrel_trace::engine::{Answer, EngineCommand, Progress};
use spandrel_trace::model::Outline;
use spandrel_trace::units::{Problem, ProblemKind};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Bytes of an outline taken over at a time, so that the page stays responsive.
const AT_ONCE: u32 = 4 << 20;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// The outline that came along.
    pub outline: Option<Outline>,
    /// What keeps the worker from going on.
    pub rest: Option<Rest>,
}

/// The worker rests while this lives: it would go on making things searchable, at the cost of what is painted.
#[derive(Debug)]
pub struct Rest {
    _buffers: Buffers,
}

/// The engine. Clones are the same engine.
#[derive(Clone)]
pub struct Engine(Rc<Inner>);

struct Inner {
    script: String,
    worker: RefCell<Option<Worker>>,
    ready: Cell<bool>,
    waiting: RefCell<Vec<Array>>,
    pending: RefCell<HashMap<u32, Pending>>,
    next: Cell<u32>,
    searchable: RefCell<Box<dyn Fn()>>,
}

struct Pending {
    done: oneshot::Sender<Answered>,
    progress: Box<dyn Fn(Progress)>,
}

/// Tells the worker to forget a task whose answer nobody waits for any more.
struct Interest {
    inner: Rc<Inner>,
    id: u32,
}

impl Drop for Interest {
    fn drop(&mut self) {
        if self.inner.pending.borrow_mut().remove(&self.id).is_some() {
            self.inner.post(&Array::of2(&self.id.into(), &"drop".into()));
        }
    }
}

struct Answered {
    answer: Answer,
    buffers: Option<Buffers>,
}

/// Buffers that came along. Dropping them says that they were taken, or that nobody wants them any more.
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
        self.inner.post(&Array::of2(&self.id.into(), &"taken".into()));
    }
}

impl Engine {
    /// Starts the worker, whose script lies beside the app's other files at `assets`.
    pub fn start(assets: &str) -> Self {
        let inner = Rc::new(Inner {
            script: format!("{assets}worker.js"),
            worker: RefCell::new(None),
            ready: Cell::new(false),
            waiting: RefCell::default(),
            pending: RefCell::default(),
            next: Cell::new(1),
            searchable: RefCell::new(Box::new(|| {})),
        });
        inner.start();
        Engine(inner)
    }

    /// What to do when everything that is open can be searched.
    pub fn on_searchable(&self, call: impl Fn() + 'static) {
        *self.0.searchable.borrow_mut() = Box::new(call);
    }

    /// Asks, with files or bytes to read where the question is about them. Dropping the future aborts the task.
    pub async fn ask(
        &self,
        ask: &EngineCommand,
        payload: Option<Array>,
        progress: impl Fn(Progress) + 'static,
    ) -> Reply {
        let inner = &self.0;
        let id = inner.next.replace(inner.next.get().wrapping_add(1).max(1));
        let (done, answered) = oneshot::channel();
        inner.pending.borrow_mut().insert(id, Pending { done, progress: Box::new(progress) });
        let _interest = Interest { inner: inner.clone(), id };
        let said = Uint8Array::from(encode(ask).as_slice());
        let message = Array::of3(&id.into(), &"ask".into(), &said);
        if let Some(payload) = payload {
            message.push(&payload);
        }
        inner.post(&message);
        match answered.await {
            Ok(Answered { answer, buffers }) => {
                let outline = match &buffers {
                    Some(buffers) => take_over(&buffers.list).await,
                    None => None,
                };
                Reply { answer, outline, rest: buffers.map(|_buffers| Rest { _buffers }) }
            }
            Err(_) => {
                let answer = Answer::Failed(broken("It stopped without an answer."));
                Reply { answer, outline: None, rest: None }
            }
        }
    }
}

async fn take_over(buffers: &Array) -> Option<Outline> {
    let mut arrival = Arrival::default();
    let mut taken = 0;
    for buffer in buffers.iter() {
        let column = match arrival.wants()? {
            BufferType::Bytes => Buffer::Bytes(Uint8Array::new(&buffer).to_vec().into()),
            BufferType::Words => Buffer::Words(Uint32Array::new(&buffer).to_vec().into()),
            BufferType::Longs => Buffer::Longs(BigUint64Array::new(&buffer).to_vec().into()),
        };
        if !arrival.take(column) {
            return None;
        }
        taken += Uint8Array::new(&buffer).length();
        if taken > AT_ONCE {
            taken = 0;
            clock::yield_to_event_loop().await;
        }
    }
    // What the outline leads to is a piece of work of its own.
    clock::yield_to_event_loop().await;
    arrival.finish()
}

/// The worker that `index.html` has started already, while the program itself was still on its way; else a new one.
fn early_or_new(script: &str) -> Option<Worker> {
    let early = JsValue::from_str("spandrelWorker");
    let worker = Reflect::get(&js_sys::global(), &early).ok().and_then(|worker| worker.dyn_into().ok());
    if worker.is_some() {
        // It can be had once: whoever comes later, after it broke, starts another.
        let _ = Reflect::set(&js_sys::global(), &early, &JsValue::UNDEFINED);
        return worker;
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(script, &options).ok()
}

fn broken(why: &str) -> Problem {
    Problem::new(ProblemKind::Fault, "Working on traces", format!("The engine broke. {why}"))
        .advise("It was started anew: try again. If it happens again with the same trace, please report it.")
}

impl Inner {
    fn start(self: &Rc<Self>) {
        self.ready.set(false);
        let Some(worker) = early_or_new(&self.script) else {
            self.fail("This browser starts no module workers.");
            return;
        };
        // Both closures live as long as the worker, which is as long as the page.
        let inner = Rc::downgrade(self);
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(inner) = inner.upgrade() {
                inner.hear(&event.data());
            }
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        let inner = Rc::downgrade(self);
        let failed = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            if let Some(inner) = inner.upgrade() {
                inner.replace(&event.message());
            }
        });
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        failed.forget();
        if worker.post_message(&wasm_bindgen::module()).is_err() {
            self.fail("The program could not be handed to it.");
            return;
        }
        *self.worker.borrow_mut() = Some(worker);
    }

    /// A worker that never became ready would break again.
    fn replace(self: &Rc<Self>, why: &str) {
        let was_ready = self.ready.replace(false);
        if let Some(worker) = self.worker.borrow_mut().take() {
            worker.terminate();
        }
        self.fail(why);
        if was_ready {
            self.start();
        }
    }

    fn fail(&self, why: &str) {
        self.waiting.borrow_mut().clear();
        let pending: Vec<Pending> = self.pending.borrow_mut().drain().map(|(_, pending)| pending).collect();
        for pending in pending {
            // Nobody may be waiting any more.
            let _ = pending.done.send(Answered { answer: Answer::Failed(broken(why)), buffers: None });
        }
    }

    fn post(&self, message: &Array) {
        match &*self.worker.borrow() {
            Some(worker) if self.ready.get() => {
                let transfer = Array::new();
                // Bytes are handed over, not copied; files are handles.
                let parts = message.get(3);
                let parts = if parts.is_undefined() { Array::new() } else { Array::from(&parts) };
                for part in parts.iter() {
                    if let Some(bytes) = part.dyn_ref::<Uint8Array>() {
                        transfer.push(&bytes.buffer());
                    }
                }
                // What is posted is made of texts, numbers, files and bytes, which can all be cloned.
                let _ = worker.post_message_with_transfer(message, &transfer);
            }
            Some(_) => self.waiting.borrow_mut().push(message.clone()),
            None => self.fail("It could not be started."),
        }
    }

    fn hear(self: &Rc<Self>, message: &JsValue) {
        let message = Array::from(message);
        let id = message.get(0).as_f64().unwrap_or_default() as u32;
        let said = || Uint8Array::new(&message.get(2)).to_vec();
        match message.get(1).as_string().as_deref() {
            Some("ready") => {
                self.ready.set(true);
                let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
                waiting.iter().for_each(|message| self.post(message));
            }
            Some("searchable") => (self.searchable.borrow())(),
            Some("progress") => {
                if let (Some(pending), Some(progress)) = (self.pending.borrow().get(&id), decode(&said())) {
                    (pending.progress)(progress);
                }
            }
            Some("answer") => {
                let buffers = message.get(3).dyn_into::<Array>().ok();
                let buffers = buffers.map(|list| Buffers { inner: self.clone(), id, list });
                let Some(pending) = self.pending.borrow_mut().remove(&id) else { return };
                let answer =
                    decode(&said()).unwrap_or_else(|| Answer::Failed(broken("Its answer makes no sense.")));
                // Nobody may be waiting any more.
                let _ = pending.done.send(Answered { answer, buffers });
            }
            _ => {}
        }
    }
}
