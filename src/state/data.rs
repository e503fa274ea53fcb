//! What the server and opened files answered. Pages get it here only; dropping a future cancels its request.

mod files;
mod found;
mod outlines;
mod questions;
mod simulated;
mod translated;

pub use files::OpenFiles;
pub use found::SearchPurpose;
pub use spandrel_trace::engine::Progress;

use super::busy;
use super::obstacle::explained;
use super::product::other_product;
use super::settings::{Settings, absolute, use_settings};
use super::tasks::{after_first_paint, spawn};
pub use crate::io::engine::OnProgress;
use crate::io::engine::{EngineClient, EngineReply, IndexingPaused};
use crate::io::file_store;
use files::FileSource;
use found::FoundTraces;
use js_sys::Array;
use leptos::prelude::*;
use outlines::{Outlines, ReplacedTrace};
use simulated::SimulatedTraces;
use spandrel_trace::analysis::entries::EntrySpans;
use spandrel_trace::engine::{Answer, EngineCommand, SearchResults};
use spandrel_trace::model::{DependencyLink, Operation, ServiceRequests, TraceLogs};
use spandrel_trace::source::{Base, SearchQuery, ServiceMetricsQuery, Source, Task};
use spandrel_trace::units::{Problem, ProblemKind};

/// Calls between services, and the requests of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountedCalls {
    /// The calls.
    pub links: Vec<DependencyLink>,
    /// The requests; empty if the server does not count them.
    pub requests: Vec<ServiceRequests>,
    /// The number of traces that they were counted in; 0 if the server counted them.
    pub traces: usize,
}

/// Answers of the server and of opened files. A copyable handle.
#[derive(Clone, Copy)]
pub struct Data {
    inner: StoredValue<Inner, LocalStorage>,
    settings: Settings,
    files: RwSignal<Option<OpenFiles>>,
    renewed: RwSignal<Option<ReplacedTrace>>,
    /// Whether the server answered the last request; `None` before the first.
    answers: RwSignal<Option<bool>>,
}

struct Inner {
    engine: EngineClient,
    outlines: Outlines,
    found: FoundTraces,
    /// What the open files were read from, in case the engine is restarted.
    source: Option<FileSource>,
    /// The traces of the simulated services.
    simulated: SimulatedTraces,
    /// Whether the files that were open before a reload were looked for.
    restored: bool,
}

pub(super) fn provide(engine: EngineClient) {
    engine.on_indexed(|| mark("spandrel:searchable"));
    let inner = Inner {
        engine,
        outlines: Outlines::default(),
        found: FoundTraces::default(),
        source: None,
        simulated: SimulatedTraces::default(),
        restored: false,
    };
    provide_context(Data {
        inner: StoredValue::new_local(inner),
        settings: use_settings(),
        files: RwSignal::new(None),
        renewed: RwSignal::new(None),
        answers: RwSignal::new(None),
    });
}

/// The answers, from the context.
pub fn use_data() -> Data {
    expect_context()
}

/// Puts a mark into the browser's timeline of performance.
pub fn mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        // Refused for reserved names only.
        let _ = performance.mark(name);
    }
}

fn unexpected(answer: Answer) -> Problem {
    match answer {
        Answer::Failed(problem) => problem,
        Answer::Missing => Problem::new(ProblemKind::NotFound, "open the trace", "It is no longer open."),
        Answer::Stale => Problem::new(ProblemKind::NotFound, "open the trace", "It has changed meanwhile."),
        _ => {
            Problem::new(ProblemKind::Fault, "read the trace", "The trace engine gave an unexpected answer.")
        }
    }
}

/// Lets the worker go on indexing once what it answered is painted.
fn resume_after_paint(paused: Option<IndexingPaused>) {
    spawn(async move {
        after_first_paint().await;
        drop(paused);
    });
}

impl Data {
    async fn ask(self, ask: &EngineCommand, payload: Option<Array>, progress: OnProgress) -> EngineReply {
        let _busy = busy::hold();
        let engine = self.inner.with_value(|inner| inner.engine.clone());
        engine.ask(ask, payload, progress).await
    }

    /// The answer to a command, until which the page can be idle.
    async fn ask_in_background(self, ask: &EngineCommand) -> Answer {
        let engine = self.inner.with_value(|inner| inner.engine.clone());
        engine.ask(ask, None, None).await.answer
    }

    /// Loads all parts of the worker's program; `false` where one could not be loaded.
    pub async fn load_worker_parts(self) -> bool {
        matches!(self.ask_in_background(&EngineCommand::LoadParts).await, Answer::PartsLoaded)
    }

    async fn task(self, task: Task, progress: OnProgress) -> EngineReply {
        let base = untrack(|| self.settings.base());
        let reply = self.task_at(base, task, progress).await;
        let is_silent = matches!(
            &reply.answer,
            Answer::Failed(problem)
                if matches!(problem.kind, ProblemKind::Offline | ProblemKind::Blocked | ProblemKind::Interrupted)
        );
        self.note_answer(!is_silent);
        reply
    }

    fn note_answer(self, answers: bool) {
        if untrack(|| self.answers.get()) != Some(answers) {
            self.answers.set(Some(answers));
        }
    }

    /// Notes that a connection to the server was lost.
    pub fn server_is_silent(&self) {
        self.note_answer(false);
    }

    /// Whether the server answered the last request; `None` before the first.
    pub fn server_answers(&self) -> Option<bool> {
        self.answers.get()
    }

    async fn task_at(self, base: Base, task: Task, progress: OnProgress) -> EngineReply {
        let command = EngineCommand::Task { base: base.clone(), task };
        let mut reply = self.ask(&command, None, progress).await;
        if let Answer::Failed(problem) = reply.answer {
            let _busy = busy::hold();
            reply.answer = Answer::Failed(explained(problem, &base).await);
        }
        reply
    }

    /// Deletes the files that the browser keeps. Returns whether that could be done.
    pub async fn delete_kept_files(&self) -> bool {
        file_store::clear().await
    }

    /// The names of all services.
    pub async fn services(&self) -> Result<Vec<String>, Problem> {
        match self.task(Task::Services, None).await.answer {
            Answer::Services(services) => Ok(services),
            other => Err(unexpected(other)),
        }
    }

    /// The services of the server at the URL that was typed.
    pub async fn services_at(&self, typed: &str) -> Result<Vec<String>, Problem> {
        let base = absolute(typed);
        match self.task_at(base.clone(), Task::Services, None).await.answer {
            Answer::Services(services) => Ok(services),
            other => Err(other_product(unexpected(other), &base).await),
        }
    }

    /// The operations of a service.
    pub async fn operations(&self, service: &str) -> Result<Vec<Operation>, Problem> {
        let task = Task::Operations { service: service.to_owned() };
        match self.task(task, None).await.answer {
            Answer::Operations(operations) => Ok(operations),
            other => Err(unexpected(other)),
        }
    }

    /// The traces that match.
    pub async fn search(&self, query: SearchQuery, purpose: SearchPurpose) -> Result<SearchResults, Problem> {
        match self.task(Task::Search(query), None).await.answer {
            Answer::SearchResults(found) => {
                self.inner.update_value(|inner| inner.found.record(purpose, &found.summaries));
                Ok(found)
            }
            other => Err(unexpected(other)),
        }
    }

    /// Durations of the other traces with the same root in the results of the last search, nanoseconds; `except` is the
    /// key of the trace that is compared.
    pub fn found_durations(&self, service: &str, operation: &str, except: &str) -> Vec<u64> {
        self.inner.with_value(|inner| inner.found.durations(service, operation, except))
    }

    /// The entry spans of a service in whole traces that match.
    pub async fn entry_spans(&self, query: SearchQuery) -> Result<EntrySpans, Problem> {
        match self.task(Task::EntrySpans(query), None).await.answer {
            Answer::EntrySpans(entries) => Ok(*entries),
            other => Err(unexpected(other)),
        }
    }

    /// What the server counts of a service's spans over time, as it was sent; of whole traces, if it is our own.
    pub async fn metrics(&self, query: ServiceMetricsQuery) -> Result<String, Problem> {
        match self.task(Task::Metrics(query), None).await.answer {
            Answer::Metrics(text) => Ok(text),
            other => Err(unexpected(other)),
        }
    }

    /// Whether the server may have metrics.
    pub fn has_metrics(&self) -> bool {
        Source::at(untrack(|| self.settings.base())).can(&Task::Metrics(ServiceMetricsQuery::default()))
    }

    /// Calls between services and requests as the server counts them; empty if it does not.
    pub async fn dependencies(&self, end_unix_ms: u64, lookback_ms: u64) -> Result<CountedCalls, Problem> {
        self.counted_calls(Task::Dependencies { end_unix_ms, lookback_ms }).await
    }

    /// Calls between services and requests in whole traces that match.
    pub async fn dependencies_of_traces(&self, query: SearchQuery) -> Result<CountedCalls, Problem> {
        self.counted_calls(Task::DependenciesOfTraces(query)).await
    }

    /// The log lines of a trace.
    pub async fn logs(&self, id: &str) -> Result<TraceLogs, Problem> {
        match self.task(Task::Logs { trace: id.to_owned() }, None).await.answer {
            Answer::Logs(logs) => Ok(*logs),
            other => Err(unexpected(other)),
        }
    }

    /// The log lines of some services between two times (microseconds since the Unix epoch) that belong to no trace.
    pub async fn untraced_logs(
        &self,
        (start_unix_us, end_unix_us): (u64, u64),
        services: Vec<String>,
    ) -> Result<TraceLogs, Problem> {
        match self.task(Task::UntracedLogs { start_unix_us, end_unix_us, services }, None).await.answer {
            Answer::Logs(logs) => Ok(*logs),
            other => Err(unexpected(other)),
        }
    }

    /// Whether the log lines of a trace can be loaded: it is one of our own server. Tracked.
    pub fn has_logs(&self, id: &str) -> bool {
        let source = match self.can_refresh(id) {
            true => self.settings.trace_source(),
            false => Source::Files,
        };
        source.can(&Task::Logs { trace: id.to_owned() })
    }

    async fn counted_calls(&self, task: Task) -> Result<CountedCalls, Problem> {
        match self.task(task, None).await.answer {
            Answer::Dependencies { links, requests, traces } => Ok(CountedCalls { links, requests, traces }),
            other => Err(unexpected(other)),
        }
    }
}
