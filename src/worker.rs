//! Drives the engine in its worker: messages in, answers out, fetches and files streamed into it.
//! The messages are described where they are sent, in `io::engine`.

use crate::io::{clock, fetch, file, outside};
use futures_channel::oneshot;
use js_sys::{Array, BigUint64Array, Uint8Array, Uint32Array};
use spandrel_trace::engine::message::{decode, encode};
use spandrel_trace::engine::{
    Answer, Download, Engine, EngineCommand, Expect, Intake, Progress, Question, WarmUp, api_is_absent,
    failure, transfer,
};
use spandrel_trace::source::{Api, Base, Task, plan};
use spandrel_trace::units::Problem;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, Blob, DedicatedWorkerGlobalScope, File, MessageEvent, Url};

/// Bytes made searchable between two looks at the clock.
const WORK: usize = 256 << 10;
/// Milliseconds of work between two turns: so long does a question wait at most.
const AT_A_STRETCH: f64 = 12.0;
/// Milliseconds between two words about progress.
const PROGRESS_EVERY: f64 = 60.0;
/// Bytes of given memory read at a time.
const CHUNK: usize = 256 << 10;
/// Said of what nobody waits for any more; nobody hears it.
const GIVEN_UP: &str = "it was given up";

struct Desk {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<Engine>,
    /// Which API a backend has for a kind of task, once it is known.
    spoken: RefCell<HashMap<(Base, std::mem::Discriminant<Task>), Api>>,
    running: RefCell<HashMap<u32, AbortController>>,
    working: Cell<bool>,
    /// Answers whose outlines the page has not taken yet.
    on_their_way: Cell<u32>,
    /// Questions that wait until all is searchable.
    patient: RefCell<Vec<oneshot::Sender<()>>>,
    /// It is warm, or getting there.
    warm: Cell<bool>,
    /// Bytes of a trace have come: that warms better than any sample.
    reading: Cell<bool>,
}

/// Serves the page for the life of the worker.
pub fn serve() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let desk = Rc::new(Desk {
        scope: scope.clone(),
        engine: RefCell::new(Engine::with(outside::memory())),
        spoken: RefCell::default(),
        running: RefCell::default(),
        working: Cell::new(false),
        on_their_way: Cell::new(0),
        patient: RefCell::default(),
        warm: Cell::new(false),
        reading: Cell::new(false),
    });
    let heard = {
        let desk = desk.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| desk.hear(&event.data()))
    };
    scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    desk.post(&Array::of2(&0.into(), &"ready".into()));
}

impl Desk {
    fn post(&self, message: &Array) {
        // Texts and buffers can always be posted.
        let _ = self.scope.post_message(message);
    }

    fn hear(self: &Rc<Self>, message: &JsValue) {
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
                let (desk, payload) = (self.clone(), message.get(3).dyn_into::<Array>().unwrap_or_default());
                spawn_local(async move {
                    let answer = desk.perform(id, ask, &payload, &signal).await;
                    if desk.running.borrow_mut().remove(&id).is_some() {
                        desk.answer(id, answer);
                    }
                    desk.work();
                });
            }
            Some("taken") => {
                self.on_their_way.set(self.on_their_way.get().saturating_sub(1));
                self.work();
            }
            Some("drop") => {
                if let Some(controller) = self.running.borrow_mut().remove(&id) {
                    controller.abort();
                }
            }
            _ => {}
        }
    }

    /// Warms up while the first answer is on its way. Not before: the page is being built then, by code that is compiled
    /// for both of us in one place.
    fn warm_up(self: &Rc<Self>) {
        if self.warm.replace(true) {
            return;
        }
        let desk = self.clone();
        spawn_local(async move {
            let mut warm_up = WarmUp::default();
            clock::yield_to_event_loop().await;
            while !desk.reading.get() && !warm_up.step() {
                clock::yield_to_event_loop().await;
            }
        });
    }

    async fn perform(
        &self,
        id: u32,
        ask: EngineCommand,
        payload: &Array,
        signal: &AbortSignal,
    ) -> (Answer, Option<String>) {
        match ask {
            EngineCommand::Question(question) => {
                if matches!(question, Question::Column { .. }) {
                    self.searchable().await;
                }
                let answer = match &question {
                    Question::Outline { trace } => self.engine.borrow_mut().open(trace),
                    question => self.engine.borrow_mut().answer(question),
                };
                let outline = match question {
                    Question::Outline { trace } if matches!(answer, Answer::Outline) => Some(trace),
                    _ => None,
                };
                (answer, outline)
            }
            EngineCommand::Download { trace, format } => {
                let download = Download::begin(&self.engine.borrow(), &trace, format);
                (self.download(id, download).await, None)
            }
            EngineCommand::Files { name } => {
                let answer = self.read_files(id, &name, payload).await.unwrap_or_else(Answer::Failed);
                let only = match &answer {
                    Answer::Opened { summaries, .. } if summaries.len() == 1 => Some(summaries[0].key()),
                    _ => None,
                };
                (answer, only)
            }
            EngineCommand::Task { base, task } => {
                let answer = self.ask_backend(id, &base, &task, signal).await;
                let opened = match (&answer, task) {
                    (Answer::Opened { .. }, Task::Trace { id }) => Some(id),
                    _ => None,
                };
                (answer, opened)
            }
        }
    }

    /// The API that is known to be there, else v3 and then v1.
    async fn ask_backend(&self, id: u32, base: &Base, task: &Task, signal: &AbortSignal) -> Answer {
        let key = (base.clone(), std::mem::discriminant(task));
        let known = self.spoken.borrow().get(&key).copied();
        let api = known.unwrap_or(Api::V3);
        let first = self.ask_in(id, base, task, api, signal).await;
        let Answer::Failed(problem) = &first else {
            self.spoken.borrow_mut().insert(key, api);
            return first;
        };
        let only_v1 = matches!(task, Task::Dependencies { .. });
        if known.is_some() || only_v1 || !api_is_absent(problem) {
            return first;
        }
        let second = self.ask_in(id, base, task, Api::V1, signal).await;
        match &second {
            Answer::Failed(problem) if api_is_absent(problem) => first,
            Answer::Failed(_) => second,
            _ => {
                self.spoken.borrow_mut().insert(key, Api::V1);
                second
            }
        }
    }

    async fn ask_in(&self, id: u32, base: &Base, task: &Task, api: Api, signal: &AbortSignal) -> Answer {
        let request = plan(base, api, task);
        let expect = Expect::Answer(task.clone(), api);
        let answer = async {
            let response = fetch::send(&request, Some(signal))
                .await
                .map_err(|why| Box::new(failure::offline(&expect, &why)))?;
            let intake = self.engine.borrow().begin(expect.clone(), response.status, response.total);
            let mut pace = Pace::default();
            self.stream(id, intake, response.body, &mut pace).await
        };
        let mut answer = answer.await.unwrap_or_else(|problem| Answer::Failed(*problem));
        if let Answer::Failed(problem) = &mut answer {
            problem.address = request.url;
        }
        answer
    }

    async fn stream(
        &self,
        id: u32,
        mut intake: Intake,
        mut body: fetch::Body,
        pace: &mut Pace,
    ) -> Result<Answer, Box<Problem>> {
        loop {
            match body.next().await {
                Ok(Some(chunk)) => {
                    self.reading.set(true);
                    let progress = intake.push(chunk).map_err(Box::new)?;
                    self.report(id, progress, pace);
                }
                Ok(None) => break,
                Err(why) => return Err(Box::new(intake.interrupted(&why))),
            }
            // What has come already is had without waiting: messages would never be heard.
            pace.breathe().await;
            if self.is_given_up(id) {
                return Err(Box::new(intake.interrupted(GIVEN_UP)));
            }
        }
        Ok(self.engine.borrow_mut().finish(intake))
    }

    /// Files and bytes, one after the other, as one list of traces.
    async fn read_files(&self, id: u32, name: &str, payload: &Array) -> Result<Answer, Problem> {
        let mut all = Vec::new();
        let mut notes = Vec::new();
        let mut pace = Pace::default();
        for (at, part) in payload.iter().enumerate() {
            let answer = if let Some(one) = part.dyn_ref::<File>() {
                let expect = Expect::File { name: one.name(), first: at == 0 };
                let intake = self.engine.borrow().begin(expect, 200, Some(one.size() as u64));
                self.stream(id, intake, file::open(one), &mut pace).await.map_err(|problem| *problem)?
            } else {
                let bytes: Uint8Array = part.unchecked_into();
                let expect = Expect::File { name: name.to_owned(), first: at == 0 };
                let mut intake = self.engine.borrow().begin(expect, 200, Some(u64::from(bytes.length())));
                let mut chunk = Vec::new();
                for begin in (0..bytes.length()).step_by(CHUNK) {
                    let part = bytes.subarray(begin, (begin + CHUNK as u32).min(bytes.length()));
                    chunk.resize(part.length() as usize, 0);
                    part.copy_to(&mut chunk);
                    self.report(id, intake.push(&chunk)?, &mut pace);
                    pace.breathe().await;
                    if self.is_given_up(id) {
                        return Err(intake.interrupted(GIVEN_UP));
                    }
                }
                self.engine.borrow_mut().finish(intake)
            };
            match answer {
                Answer::Opened { summaries, warnings } => {
                    all.extend(summaries);
                    notes.extend(warnings);
                }
                Answer::Failed(problem) => return Err(problem),
                other => return Ok(other),
            }
        }
        Ok(Answer::Opened { summaries: all, warnings: notes })
    }

    /// Writes a trace into a blob, which the browser keeps where there is room, and gives its address. Others have
    /// their turn between slices.
    async fn download(&self, id: u32, download: Option<Download>) -> Answer {
        let Some(mut download) = download else { return Answer::Missing };
        let (pieces, mut pace) = (Array::new(), Pace::default());
        loop {
            let piece = download.next(&self.engine.borrow());
            let Some(piece) = piece.filter(|_| !self.is_given_up(id)) else { break };
            pieces.push(&Uint8Array::from(piece.as_slice()));
            pace.breathe().await;
        }
        let address = Blob::new_with_u8_array_sequence(&pieces)
            .and_then(|blob| Url::create_object_url_with_blob(&blob));
        match address {
            Ok(address) if download.is_done() => Answer::Text(address),
            _ => Answer::Missing,
        }
    }

    /// Whether nobody waits for it any more; what is answered then goes nowhere.
    fn is_given_up(&self, id: u32) -> bool {
        !self.running.borrow().contains_key(&id)
    }

    fn report(&self, id: u32, progress: Progress, pace: &mut Pace) {
        let now = js_sys::Date::now();
        if now - pace.said > PROGRESS_EVERY {
            pace.said = now;
            let said = Uint8Array::from(encode(&progress).as_slice());
            self.post(&Array::of3(&id.into(), &"progress".into(), &said));
        }
    }

    fn answer(&self, id: u32, (answer, outline): (Answer, Option<String>)) {
        let said = Uint8Array::from(encode(&answer).as_slice());
        let message = Array::of3(&id.into(), &"answer".into(), &said);
        let engine = self.engine.borrow();
        let Some(outline) = outline.and_then(|key| engine.outline(&key).cloned()) else {
            self.post(&message);
            return;
        };
        let buffers: Array = transfer::encode(&outline)
            .map(|buffer| match buffer {
                transfer::Buffer::Bytes(bytes) => Uint8Array::from(&*bytes).buffer(),
                transfer::Buffer::Words(words) => Uint32Array::from(&*words).buffer(),
                transfer::Buffer::Longs(longs) => BigUint64Array::from(&*longs).buffer(),
            })
            .collect();
        message.push(&buffers);
        self.on_their_way.set(self.on_their_way.get() + 1);
        // Buffers that were just made can always be handed over.
        let _ = self.scope.post_message_with_transfer(&message, &buffers);
    }

    /// Makes what is open searchable, in slices between messages, and says so when it is done. Begins when the page
    /// has taken what was answered: a second core is often all there is, and the first picture needs it.
    fn work(self: &Rc<Self>) {
        if self.engine.borrow().is_searchable() {
            // A question may have made it so.
            return self.wake();
        }
        if self.on_their_way.get() > 0 || self.working.replace(true) {
            return;
        }
        let desk = self.clone();
        spawn_local(async move {
            let mut pace = Pace::default();
            while !desk.engine.borrow_mut().work(WORK) {
                pace.breathe().await;
            }
            desk.working.set(false);
            desk.post(&Array::of2(&0.into(), &"searchable".into()));
            desk.wake();
        });
    }

    /// Lets the questions go on that waited until all is searchable.
    fn wake(&self) {
        for waiting in self.patient.take() {
            // Whoever asked may be gone.
            let _ = waiting.send(());
        }
    }

    /// Comes when all is searchable. What would be told before would have to be told again, and makes all later.
    async fn searchable(&self) {
        if !self.engine.borrow().is_searchable() {
            let (done, waiting) = oneshot::channel();
            self.patient.borrow_mut().push(done);
            // The desk is there as long as the worker is.
            let _ = waiting.await;
        }
    }
}

/// When progress was last spoken of and when others last had their turn, milliseconds since the Unix epoch.
#[derive(Default)]
struct Pace {
    said: f64,
    turned: f64,
}

impl Pace {
    /// Lets others have their turn when it is time for it.
    async fn breathe(&mut self) {
        if js_sys::Date::now() - self.turned > AT_A_STRETCH {
            clock::yield_to_event_loop().await;
            self.turned = js_sys::Date::now();
        }
    }
}
