//! What the source answered. Pages ask here and nowhere else; dropping what they await aborts it.

use super::busy;
use super::settings::{Settings, absolute, use_settings};
use super::tasks::{next_frame, spawn};
use crate::io::engine::{Engine, Reply, Rest};
use crate::io::{address, file};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use spandrel_trace::analysis::missing::MissingSpans;
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::analysis::query::{Column, Completions};
pub use spandrel_trace::engine::Progress;
use spandrel_trace::engine::{Answer, EngineCommand, Matches, Question, SearchResults, SpanDetail};
use spandrel_trace::format::write::Export;
use spandrel_trace::model::{DependencyLink, Operation, Outline, SpanIx, TraceSummary};
use spandrel_trace::source::{Base, SearchQuery, Task};
use spandrel_trace::units::{Problem, ProblemKind};
use std::sync::Arc;

/// Spans of outlines that are kept at most; the one opened last is always kept.
const KEPT_SPANS: usize = 2_000_000;

/// Files that were opened in this browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenFiles {
    /// What to call them.
    pub name: String,
    /// The traces in them.
    pub traces: Vec<TraceSummary>,
    /// What is to be said about them.
    pub warnings: Vec<String>,
    /// Counts the openings of files, so that the same trace read again is known to be another.
    pub opening: u32,
}

/// The source's answers.
#[derive(Clone, Copy)]
pub struct Data {
    inner: StoredValue<Inner, LocalStorage>,
    settings: Settings,
    files: RwSignal<Option<OpenFiles>>,
}

struct Inner {
    engine: Engine,
    outlines: Vec<(String, Arc<Outline>)>,
    /// What the last search found.
    found: Vec<TraceSummary>,
    /// What the files were read from, for an engine that has to read them again.
    payload: Option<Array>,
    openings: u32,
}

pub(super) fn provide() {
    let engine = Engine::start(&address::assets());
    engine.on_searchable(|| mark("spandrel:searchable"));
    let inner = Inner { engine, outlines: Vec::new(), found: Vec::new(), payload: None, openings: 0 };
    provide_context(Data {
        inner: StoredValue::new_local(inner),
        settings: use_settings(),
        files: RwSignal::new(None),
    });
}

/// The source's answers.
pub fn use_data() -> Data {
    expect_context()
}

fn mark(name: &str) {
    if let Some(clock) = web_sys::window().and_then(|window| window.performance()) {
        // Marks cannot fail but for reserved names.
        let _ = clock.mark(name);
    }
}

fn unexpected(answer: Answer) -> Problem {
    match answer {
        Answer::Failed(problem) => problem,
        Answer::Missing => Problem::new(ProblemKind::NotFound, "Opening a trace", "It is not open any more."),
        _ => Problem::new(ProblemKind::Fault, "Asking the engine", "It answered another question."),
    }
}

/// Whoever asked shows it in the next frame; until then the worker leaves the machine to the page.
fn rest_until_painted(rest: Option<Rest>) {
    let painted = async move {
        next_frame().await;
        drop(rest);
    };
    spawn(painted);
}

impl Data {
    async fn ask(
        self,
        ask: &EngineCommand,
        payload: Option<Array>,
        progress: impl Fn(Progress) + 'static,
    ) -> Reply {
        let _busy = busy::hold();
        let engine = self.inner.with_value(|inner| inner.engine.clone());
        engine.ask(ask, payload, progress).await
    }

    async fn task(self, task: Task, progress: impl Fn(Progress) + 'static) -> Reply {
        let base = untrack(|| self.settings.base());
        self.ask(&EngineCommand::Task { base, task }, None, progress).await
    }

    async fn task_at(self, base: Base, task: Task) -> Answer {
        self.ask(&EngineCommand::Task { base, task }, None, |_| {}).await.answer
    }

    /// The names of all services.
    pub async fn services(&self) -> Result<Vec<String>, Problem> {
        match self.task(Task::Services, |_| {}).await.answer {
            Answer::Services(services) => Ok(services),
            other => Err(unexpected(other)),
        }
    }

    /// The services of a backend that is not chosen yet, by the address that was written.
    pub async fn services_at(&self, written: &str) -> Result<Vec<String>, Problem> {
        match self.task_at(absolute(written), Task::Services).await {
            Answer::Services(services) => Ok(services),
            other => Err(unexpected(other)),
        }
    }

    /// The operations of a service.
    pub async fn operations(&self, service: &str) -> Result<Vec<Operation>, Problem> {
        let task = Task::Operations { service: service.to_owned() };
        match self.task(task, |_| {}).await.answer {
            Answer::Operations(operations) => Ok(operations),
            other => Err(unexpected(other)),
        }
    }

    /// The traces that match.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchResults, Problem> {
        match self.task(Task::Search(query), |_| {}).await.answer {
            Answer::SearchResults(found) => {
                self.inner.update_value(|inner| inner.found = found.summaries.clone());
                Ok(found)
            }
            other => Err(unexpected(other)),
        }
    }

    /// How long the traces took that the last search found below such a root; without the trace `but`.
    pub fn found_durations(&self, service: &str, operation: &str, but: &str) -> Vec<u64> {
        let like = |found: &&TraceSummary| {
            found.root_service == service && found.root_operation == operation && found.key() != but
        };
        self.inner.with_value(|inner| inner.found.iter().filter(like).map(|found| found.duration).collect())
    }

    /// A trace's outline, from what is open, else from the backend.
    pub async fn trace(
        &self,
        id: &str,
        progress: impl Fn(Progress) + Clone + 'static,
    ) -> Result<Arc<Outline>, Problem> {
        if let Some(outline) = self.kept(id) {
            return Ok(outline);
        }
        self.refresh(id, progress).await
    }

    /// A trace's outline as the source has it now.
    pub async fn refresh(
        &self,
        id: &str,
        progress: impl Fn(Progress) + Clone + 'static,
    ) -> Result<Arc<Outline>, Problem> {
        let reply = if self.in_files(id) {
            let ask = EngineCommand::Question(Question::Outline { trace: id.to_owned() });
            let reply = self.ask(&ask, None, |_| {}).await;
            if matches!(reply.answer, Answer::Missing) && self.reopen_files().await {
                self.ask(&ask, None, |_| {}).await
            } else {
                reply
            }
        } else {
            self.task(Task::Trace { id: id.to_owned() }, progress).await
        };
        match (reply.answer, reply.outline) {
            (Answer::Opened { .. } | Answer::Outline, Some(outline)) => {
                let outline = self.keep(id, outline);
                rest_until_painted(reply.rest);
                Ok(outline)
            }
            (answer, _) => Err(unexpected(answer)),
        }
    }

    /// An answer about an open trace; opens the trace again where it has been let go.
    async fn about(&self, id: &str, question: Question) -> Result<Answer, Problem> {
        let ask = EngineCommand::Question(question);
        let answer = self.ask(&ask, None, |_| {}).await.answer;
        if answer != Answer::Missing {
            return Ok(answer);
        }
        self.refresh(id, |_| {}).await?;
        Ok(self.ask(&ask, None, |_| {}).await.answer)
    }

    /// One whole span of an open trace.
    pub async fn detail(&self, id: &str, span: SpanIx) -> Result<SpanDetail, Problem> {
        match self.about(id, Question::Detail { trace: id.to_owned(), span }).await? {
            Answer::Detail(detail) => Ok(*detail),
            other => Err(unexpected(other)),
        }
    }

    /// The spans of an open trace that link to one of them.
    pub async fn linked_from(&self, id: &str, span: SpanIx) -> Result<Vec<SpanIx>, Problem> {
        match self.about(id, Question::LinkedFrom { trace: id.to_owned(), span }).await? {
            Answer::Spans(spans) => Ok(spans),
            other => Err(unexpected(other)),
        }
    }

    /// What is different about a span of an open trace against its peers.
    pub async fn peers(&self, id: &str, span: SpanIx) -> Result<Peers, Problem> {
        match self.about(id, Question::Peers { trace: id.to_owned(), span }).await? {
            Answer::Peers(peers) => Ok(*peers),
            other => Err(unexpected(other)),
        }
    }

    /// The spans of an open trace that a text finds.
    pub async fn find(&self, id: &str, query: &str) -> Result<Matches, Problem> {
        match self.about(id, Question::Find { trace: id.to_owned(), query: query.to_owned() }).await? {
            Answer::Matches(matches) => Ok(*matches),
            other => Err(unexpected(other)),
        }
    }

    /// A field or attribute of an open trace's spans as a column.
    pub async fn column(&self, id: &str, key: &str) -> Result<Column, Problem> {
        match self.about(id, Question::Column { trace: id.to_owned(), key: key.to_owned() }).await? {
            Answer::Column(column) => Ok(*column),
            other => Err(unexpected(other)),
        }
    }

    /// Spans of an open trace, from `begin` to before `end`, as text for other tools.
    pub async fn export(
        &self,
        id: &str,
        start: SpanIx,
        end: SpanIx,
        format: Export,
    ) -> Result<String, Problem> {
        match self.about(id, Question::Export { trace: id.to_owned(), start, end, format }).await? {
            Answer::Text(text) => Ok(text),
            other => Err(unexpected(other)),
        }
    }

    /// What may stand at a byte of such a text.
    pub async fn complete(&self, id: &str, query: &str, cursor: u32) -> Result<Completions, Problem> {
        let question = Question::Complete { trace: id.to_owned(), query: query.to_owned(), cursor };
        match self.about(id, question).await? {
            Answer::Completions(completions) => Ok(completions),
            other => Err(unexpected(other)),
        }
    }

    /// The address of a text with all of an open trace, good until it is revoked.
    pub async fn download(&self, id: &str, format: Export) -> Result<String, Problem> {
        let ask = EngineCommand::Download { trace: id.to_owned(), format };
        let mut answer = self.ask(&ask, None, |_| {}).await.answer;
        if answer == Answer::Missing {
            self.refresh(id, |_| {}).await?;
            answer = self.ask(&ask, None, |_| {}).await.answer;
        }
        match answer {
            Answer::Text(address) => Ok(address),
            other => Err(unexpected(other)),
        }
    }

    /// What an open trace lacks.
    pub async fn missing_spans(&self, id: &str) -> Result<MissingSpans, Problem> {
        match self.about(id, Question::MissingSpans { trace: id.to_owned() }).await? {
            Answer::MissingSpans(missing) => Ok(missing),
            other => Err(unexpected(other)),
        }
    }

    /// Whether a trace can be read again: one from a file is what it is.
    pub fn can_refresh(&self, id: &str) -> bool {
        !self.in_files(id)
    }

    /// Who called whom, as the backend counts it; empty where it does not count.
    pub async fn dependencies(
        &self,
        end_unix_ms: u64,
        lookback_ms: u64,
    ) -> Result<Vec<DependencyLink>, Problem> {
        match self.task(Task::Dependencies { end_unix_ms, lookback_ms }, |_| {}).await.answer {
            Answer::Dependencies { links, .. } => Ok(links),
            other => Err(unexpected(other)),
        }
    }

    /// Who called whom in the traces that match, and how many traces were read for it.
    pub async fn dependencies_of_traces(
        &self,
        query: SearchQuery,
    ) -> Result<(Vec<DependencyLink>, usize), Problem> {
        match self.task(Task::DependenciesOfTraces(query), |_| {}).await.answer {
            Answer::Dependencies { links, traces } => Ok((links, traces)),
            other => Err(unexpected(other)),
        }
    }

    /// The files that are open.
    pub fn files(&self) -> Option<OpenFiles> {
        self.files.get()
    }

    /// Which opening of files a trace came with last; 0 for a trace that came from elsewhere. Tracked.
    pub fn opening_of(&self, id: &str) -> u32 {
        self.files.with(|files| {
            let files = files.as_ref().filter(|files| files.traces.iter().any(|trace| trace.key() == id));
            files.map_or(0, |files| files.opening)
        })
    }

    fn in_files(&self, id: &str) -> bool {
        untrack(|| self.opening_of(id)) > 0
    }

    /// Opens files: all traces in them. They stay open until the next ones.
    pub async fn open_files(
        &self,
        files: Vec<web_sys::File>,
        progress: impl Fn(Progress) + 'static,
    ) -> Result<OpenFiles, Problem> {
        let payload: Array = files.iter().collect();
        self.open(file::names(&files), payload, progress).await
    }

    /// Opens pasted text as a file.
    pub async fn open_text(&self, text: &str) -> Result<OpenFiles, Problem> {
        let payload: Array = file::from_text("pasted text", text).iter().collect();
        self.open("pasted text".to_owned(), payload, |_| {}).await
    }

    /// Opens bytes as a file; they are handed over, not copied.
    pub async fn open_bytes(&self, bytes: Uint8Array) -> Result<OpenFiles, Problem> {
        self.open("bytes".to_owned(), Array::of1(&bytes), |_| {}).await
    }

    async fn open(
        &self,
        name: String,
        payload: Array,
        progress: impl Fn(Progress) + 'static,
    ) -> Result<OpenFiles, Problem> {
        let reply =
            self.ask(&EngineCommand::Files { name: name.clone() }, Some(payload.clone()), progress).await;
        match reply.answer {
            Answer::Opened { summaries, warnings } => {
                let mut files = OpenFiles { name, traces: summaries, warnings, opening: 0 };
                self.inner.update_value(|inner| {
                    inner.payload = Some(payload);
                    inner.outlines.clear();
                    inner.openings += 1;
                    files.opening = inner.openings;
                });
                if let (Some(outline), [only]) = (reply.outline, files.traces.as_slice()) {
                    self.keep(&only.key(), outline);
                }
                self.files.set(Some(files.clone()));
                // What shows the first one is compiled while it runs: only then a file's bytes, which are all there, wait.
                if files.opening == 1 {
                    rest_until_painted(reply.rest);
                }
                Ok(files)
            }
            other => Err(unexpected(other)),
        }
    }

    async fn reopen_files(&self) -> bool {
        let Some(payload) = self.inner.with_value(|inner| inner.payload.clone()) else { return false };
        let ask = EngineCommand::Files { name: String::new() };
        matches!(self.ask(&ask, Some(payload), |_| {}).await.answer, Answer::Opened { .. })
    }

    fn kept(&self, id: &str) -> Option<Arc<Outline>> {
        self.inner.with_value(|inner| {
            inner.outlines.iter().find(|(key, _)| key == id).map(|(_, outline)| outline.clone())
        })
    }

    fn keep(&self, id: &str, outline: Outline) -> Arc<Outline> {
        let outline = Arc::new(outline);
        self.inner.update_value(|inner| {
            inner.outlines.retain(|(key, _)| key != id);
            inner.outlines.push((id.to_owned(), outline.clone()));
            let mut spans: usize = inner.outlines.iter().map(|(_, outline)| outline.len()).sum();
            while spans > KEPT_SPANS && inner.outlines.len() > 1 {
                spans -= inner.outlines.remove(0).1.len();
            }
        });
        mark("spandrel:outline");
        outline
    }
}
