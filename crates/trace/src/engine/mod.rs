//! Owns open traces: reads responses and files, returns summaries, outlines and details. No I/O, no clock: the caller
//! (the viewer's worker, a test, a tool) provides the bytes.
//!
//! ```text
//! begin(expect, status, total) -> InputReader -> push(chunk)* -> finish(input) -> Answer
//! answer(Question) -> Answer              work(budget) -> whether everything can be searched
//! ```

mod answer;
mod columns;
mod command;
mod download;
pub mod failure;
mod file_set;
mod find;
mod input_reader;
mod json_lines;
mod links;
mod measured;
pub mod message;
mod question;
mod records;
mod responses;
mod tables;
mod trace_answers;
pub mod transfer;
mod warm_up;

pub use crate::analysis::narrowed::SpanFilter;
pub use crate::format::write::Export;
pub use answer::{Answer, Findings, Matches, SearchResults, SpanDetail, TableOrder};
pub use command::{EngineCommand, ExpectedInput, Progress};
pub use download::Download;
pub use file_set::FileSet;
pub use input_reader::{InputReader, api_is_absent};
pub use json_lines::{JsonLine, JsonMatches, JsonPage, JsonPlace, JsonText};
pub use measured::{ServiceCounts, read_metrics};
pub use question::{GroupLabel, Question, QuestionTopic};
pub use responses::{LiveSummaries, live_summaries};
pub use warm_up::WarmUp;

use crate::analysis::critical_path::{CriticalPath, PathSegment};
use crate::analysis::dependencies;
use crate::analysis::entries::{self, EntrySpans};
use crate::build::merge;
use crate::model::{ExternalStore, Outline, ParsedTraces, Trace, TraceSummary};
use crate::source::{Api, SearchQuery, Task};
use crate::units::{Problem, TraceId};
use json_lines::JsonIndex;
use links::Links;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Maximum memory of open traces in bytes, once they are searchable; the trace opened last is always kept.
const BUDGET: usize = 600 << 20;

/// Open traces.
#[derive(Debug, Default)]
pub struct Engine {
    traces: FxHashMap<String, OpenTrace>,
    clock: u64,
    store: Option<ExternalStore>,
}

#[derive(Debug)]
struct OpenTrace {
    trace: Trace,
    /// Links by target; computed on first use.
    links: Option<Links>,
    /// The critical path; computed on first use.
    path: Option<Arc<CriticalPath>>,
    /// The line index of the JSON text requested last.
    json: Option<JsonIndex>,
    searchable: bool,
    used: u64,
    /// Whether it is from a file. Files cannot be loaded again, so their traces are kept until the next file.
    file: bool,
}

impl OpenTrace {
    /// Memory that counts for the budget. Interning reduces the bytes of blocks to less than half.
    fn weight(&self) -> usize {
        let waiting = self.trace.unindexed_bytes();
        let path = self.path.as_ref().map_or(0, |path| path.segments.len() * size_of::<PathSegment>());
        self.trace.memory_bytes() - waiting + waiting / 2 + path
    }

    /// The critical path, which several views need.
    fn path(&mut self) -> Arc<CriticalPath> {
        let outline = self.trace.outline();
        let compute = || {
            let mut path = CriticalPath::of(outline);
            path.segments.shrink_to_fit();
            Arc::new(path)
        };
        self.path.get_or_insert_with(compute).clone()
    }
}

impl Engine {
    /// An engine that stores blocks externally.
    pub fn with_store(store: ExternalStore) -> Self {
        Self { store: Some(store), ..Self::default() }
    }

    /// Starts receiving a response with an HTTP status, or a file (status 200).
    pub fn begin(&self, expect: ExpectedInput, status: u16, total: Option<u64>) -> InputReader {
        let mut input = InputReader::new(expect, status, total);
        if let (Some(store), Some(reader)) = (self.store, &mut input.reader) {
            reader.set_external_store(store);
        }
        input
    }

    /// Parses what was received.
    pub fn finish(&mut self, input: InputReader) -> Answer {
        self.read(input).unwrap_or_else(Answer::Failed)
    }

    fn read(&mut self, mut input: InputReader) -> Result<Answer, Problem> {
        if input.found_nothing() {
            return Ok(match &input.expect {
                ExpectedInput::Answer(Task::Search(query), _) => found(Vec::new(), query),
                ExpectedInput::Answer(Task::Services, _) => Answer::Services(Vec::new()),
                ExpectedInput::Answer(Task::Operations { .. }, _) => Answer::Operations(Vec::new()),
                ExpectedInput::Answer(Task::EntrySpans(_), _) => Answer::EntrySpans(Box::default()),
                _ => Answer::Dependencies { links: Vec::new(), requests: Vec::new(), traces: 0 },
            });
        }
        if let Some(problem) = input.refusal() {
            return Err(problem);
        }
        let expect = input.expect;
        let opened = match input.reader.take() {
            Some(reader) => reader.finish().map_err(|error| failure::unreadable(&expect, &error))?,
            None => ParsedTraces::default(),
        };
        let body = &input.body;
        let answer = match &expect {
            ExpectedInput::File { first, .. } => Ok(self.add_all(opened, *first)),
            ExpectedInput::Answer(task, api) => match (task, api) {
                (Task::Services, Api::EvalTrack) => Ok(Answer::Services(records::services(&opened))),
                (Task::Operations { service }, Api::EvalTrack) => {
                    Ok(Answer::Operations(records::operations(&opened, service)))
                }
                (Task::Services, _) => responses::services(body).map(Answer::Services),
                (Task::Operations { .. }, _) => responses::operations(body).map(Answer::Operations),
                (Task::Metrics(_), _) => Ok(Answer::Metrics(String::from_utf8_lossy(body).into_owned())),
                (Task::Search(query), Api::V3) => responses::summaries(body).map(|list| found(list, query)),
                (Task::Search(query), Api::V1 | Api::EvalTrack) => {
                    Ok(found(opened.traces.iter().map(Trace::summary).collect(), query))
                }
                (Task::Trace { id }, _) => return self.add_response(&expect, id, opened),
                (Task::Logs { .. } | Task::UntracedLogs { .. }, _) => {
                    responses::logs(body).map(|logs| Answer::Logs(Box::new(logs)))
                }
                (Task::Dependencies { .. }, Api::V3 | Api::V1) => {
                    let answer = responses::dependencies(body);
                    answer.map(|(links, requests)| Answer::Dependencies { links, requests, traces: 0 })
                }
                (Task::DependenciesOfTraces(_) | Task::Dependencies { .. }, _) => {
                    let outlines = || opened.traces.iter().map(|trace| &**trace.outline());
                    let (links, requests) =
                        (dependencies::of_traces(outlines()), entries::requests(outlines()));
                    Ok(Answer::Dependencies { links, requests, traces: opened.traces.len() })
                }
                (Task::EntrySpans(query), _) => {
                    let outlines = opened.traces.iter().map(|trace| &**trace.outline());
                    Ok(Answer::EntrySpans(Box::new(EntrySpans::of_traces(outlines, &query.service))))
                }
            },
        };
        answer.map_err(|why| failure::garbled(&expect, &why, body))
    }

    fn add_response(
        &mut self,
        expect: &ExpectedInput,
        id: &str,
        opened: ParsedTraces,
    ) -> Result<Answer, Problem> {
        let wanted = TraceId::parse(id);
        let mut traces = opened.traces;
        let matching = traces.iter().position(|trace| Some(trace.outline().trace_id) == wanted);
        if traces.is_empty() {
            return Err(failure::not_found(expect));
        }
        let trace = traces.swap_remove(matching.unwrap_or(0));
        let summaries = vec![trace.summary()];
        self.add(id.to_owned(), trace, false);
        Ok(Answer::Opened { summaries, warnings: opened.warnings })
    }

    fn add_all(&mut self, opened: ParsedTraces, first: bool) -> Answer {
        if first {
            self.traces.retain(|_, open| !open.file);
        }
        let mut summaries = Vec::with_capacity(opened.traces.len());
        for mut trace in opened.traces {
            let key = trace.summary().key();
            // Files that are opened together may have parts of one trace.
            if let Some(part) = self.traces.get(&key).filter(|open| open.file) {
                trace = merge(&part.trace, &trace);
            }
            summaries.push(trace.summary());
            self.add(key, trace, true);
        }
        Answer::Opened { summaries, warnings: opened.warnings }
    }

    fn add(&mut self, key: String, trace: Trace, file: bool) {
        self.clock += 1;
        self.traces.insert(
            key,
            OpenTrace {
                trace,
                links: None,
                path: None,
                json: None,
                searchable: false,
                used: self.clock,
                file,
            },
        );
        let mut total: usize = self.traces.values().map(OpenTrace::weight).sum();
        while total > BUDGET {
            let oldest = self
                .traces
                .iter()
                .filter(|(_, open)| !open.file && open.used != self.clock)
                .min_by_key(|(_, open)| open.used)
                .map(|(key, _)| key.clone());
            let Some(dropped) = oldest.and_then(|key| self.traces.remove(&key)) else { break };
            total -= dropped.weight();
        }
    }

    /// The outline of an open trace, by the id under which it was opened.
    pub fn outline(&self, trace: &str) -> Option<&Arc<Outline>> {
        self.traces.get(trace).map(|open| open.trace.outline())
    }

    /// Answers [`EngineCommand::Outline`]: [`Answer::Outline`], or [`Answer::Missing`].
    pub fn open(&mut self, trace: &str) -> Answer {
        self.clock += 1;
        let Some(open) = self.traces.get_mut(trace) else { return Answer::Missing };
        open.used = self.clock;
        Answer::Outline
    }

    /// Answers a question about an open trace: [`Answer::Missing`] if it is not open, [`Answer::Stale`] if another
    /// version is.
    ///
    /// What computes the answers is not inlined here: a browser optimises a function as a whole once one of its loops runs
    /// often, and this was one of 80 KB, optimised for 170 ms.
    pub fn answer(&mut self, question: &Question) -> Answer {
        match question.topic.is_basic() {
            true => self.answer_basic(question),
            false => self.answer_analysis(question),
        }
    }

    /// [`Engine::answer`] for topics that are [basic](QuestionTopic::is_basic); the viewer's worker has it from the start.
    pub fn answer_basic(&mut self, question: &Question) -> Answer {
        self.answer_with(question, trace_answers::basic)
    }

    /// [`Engine::answer`] for all other topics. Nothing else needs their analyses, so the viewer's worker can load them when
    /// they are first asked for.
    pub fn answer_analysis(&mut self, question: &Question) -> Answer {
        self.answer_with(question, trace_answers::analysis)
    }

    fn answer_with(
        &mut self,
        question: &Question,
        compute: fn(&mut OpenTrace, &QuestionTopic) -> Answer,
    ) -> Answer {
        self.clock += 1;
        let Some(open) = self.traces.get_mut(&question.trace) else { return Answer::Missing };
        open.used = self.clock;
        if open.trace.outline().version != question.version {
            return Answer::Stale;
        }
        compute(open, &question.topic)
    }

    /// Whether all open traces are searchable.
    pub fn is_searchable(&self) -> bool {
        self.traces.values().all(|open| open.searchable)
    }

    /// Indexes about `budget` bytes of open traces. Returns whether all are searchable.
    pub fn work(&mut self, budget: usize) -> bool {
        if let Some(open) = self.traces.values_mut().find(|open| !open.searchable) {
            open.searchable = open.trace.index_some(budget);
        }
        self.is_searchable()
    }
}

fn found(summaries: Vec<TraceSummary>, query: &SearchQuery) -> Answer {
    let truncated = summaries.len() >= query.limit as usize;
    Answer::SearchResults(SearchResults { summaries, truncated, limit: query.limit })
}
