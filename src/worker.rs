//! Drives the engine in its worker: messages in, answers out, fetches and files streamed into it.
//! The messages are described where they are sent, in `io::engine`.

use crate::io::{clock, fetch, file};
use js_sys::{Array, Uint8Array};
use spandrel_trace::engine::message::{decode, encode};
use spandrel_trace::engine::{
    Answer, Ask, Engine, Expect, Intake, Progress, Question, api_is_absent, failure, transfer, warm_up,
};
use spandrel_trace::source::{Api, Base, Task, plan};
use spandrel_trace::units::Problem;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, DedicatedWorkerGlobalScope, File, MessageEvent};

/// Bytes made searchable between two messages: some 20 ms of work, for browsers stretch every pause to 4 ms.
const WORK: usize = 4 << 20;
/// Milliseconds between two words about progress.
const PROGRESS_EVERY: f64 = 60.0;
/// Bytes of given memory read at a time.
const CHUNK: usize = 256 << 10;

struct Desk {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<Engine>,
    /// Which API a backend has for a kind of task, once it is known.
    spoken: RefCell<HashMap<(Base, std::mem::Discriminant<Task>), Api>>,
    running: RefCell<HashMap<u32, AbortController>>,
    working: Cell<bool>,
}

/// Serves the page for the life of the worker.
pub fn serve() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let desk = Rc::new(Desk {
        scope: scope.clone(),
        engine: RefCell::default(),
        spoken: RefCell::default(),
        running: RefCell::default(),
        working: Cell::new(false),
    });
    let heard = {
        let desk = desk.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| desk.hear(&event.data()))
    };
    scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    desk.post(&Array::of2(&0.into(), &"ready".into()));
    warm_up(WORK);
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
                let Some(ask) = decode::<Ask>(&Uint8Array::new(&message.get(2)).to_vec()) else { return };
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
            Some("drop") => {
                if let Some(controller) = self.running.borrow_mut().remove(&id) {
                    controller.abort();
                }
            }
            _ => {}
        }
    }

    async fn perform(
        &self,
        id: u32,
        ask: Ask,
        payload: &Array,
        signal: &AbortSignal,
    ) -> (Answer, Option<String>) {
        match ask {
            Ask::Question(question) => {
                let answer = self.engine.borrow_mut().answer(&question);
                let outline = match question {
                    Question::Outline { trace } if answer == Answer::Outline => Some(trace),
                    _ => None,
                };
                (answer, outline)
            }
            Ask::Files { name } => {
                let answer = self.read_files(id, &name, payload).await.unwrap_or_else(Answer::Failed);
                let only = match &answer {
                    Answer::Opened { summaries, .. } if summaries.len() == 1 => Some(summaries[0].key()),
                    _ => None,
                };
                (answer, only)
            }
            Ask::Task { base, task } => {
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
                    let progress = intake.push(chunk).map_err(Box::new)?;
                    self.report(id, progress, pace);
                }
                Ok(None) => break,
                Err(why) => return Err(Box::new(intake.interrupted(&why))),
            }
            if !self.running.borrow().contains_key(&id) {
                // Nobody waits for it any more; what is answered now goes nowhere.
                return Err(Box::new(intake.interrupted("it was given up")));
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
                for chunk in bytes.to_vec().chunks(CHUNK) {
                    self.report(id, intake.push(chunk)?, &mut pace);
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
            .into_iter()
            .map(|column| JsValue::from(Uint8Array::from(column.as_slice()).buffer()))
            .collect();
        message.push(&buffers);
        // Buffers that were just made can always be handed over.
        let _ = self.scope.post_message_with_transfer(&message, &buffers);
    }

    /// Makes what is open searchable, in slices between messages, and says so when it is done.
    fn work(self: &Rc<Self>) {
        if self.working.replace(true) {
            return;
        }
        let desk = self.clone();
        spawn_local(async move {
            loop {
                clock::sleep(0).await;
                if desk.engine.borrow_mut().work(WORK) {
                    break;
                }
            }
            desk.working.set(false);
            desk.post(&Array::of2(&0.into(), &"searchable".into()));
        });
    }
}

/// When progress was last spoken of, milliseconds since the Unix epoch.
#[derive(Default)]
struct Pace {
    said: f64,
}
