//! Owns whole traces: takes answers and files in, gives lists, outlines and details out. No I/O, no clock:
//! whoever drives it (the viewer's worker, a test, a tool) brings the bytes.
//!
//! ```text
//! begin(expect, status, total) -> Intake -> push(chunk)* -> finish(intake) -> Answer
//! answer(Question) -> Answer              work(budget) -> whether everything can be searched
//! ```

mod answers;
mod download;
pub mod failure;
mod file_set;
mod find;
mod intake;
mod json_lines;
mod links;
pub mod message;
mod question;
mod records;
mod tables;
pub mod transfer;
mod warm;

pub use crate::format::write::Export;
pub use download::Download;
pub use file_set::FileSet;
pub use intake::{Intake, api_is_absent};
pub use json_lines::{JsonLine, JsonMatches, JsonPage, JsonText};
pub use question::{
    Answer, EngineCommand, Expect, Findings, GroupLabel, Matches, Progress, Question, QuestionTopic,
    SearchResults, SpanDetail, TableOrder,
};
pub use warm::WarmUp;

use crate::analysis::concurrency::concurrency;
use crate::analysis::critical_path::{CriticalPath, PathBySpan, PathTable};
use crate::analysis::dependencies;
use crate::analysis::entries::{self, EntrySpans};
use crate::analysis::flame::{flame_frames, packed_frames};
use crate::analysis::missing::missing;
use crate::analysis::operations::operation_graph;
use crate::analysis::sequence::call_sequence;
use crate::analysis::{skew, what_if};
use crate::build::merge;
use crate::format::write::export;
use crate::model::{ExternalStore, Opened, Outline, SpanIx, Trace, TraceSummary};
use crate::source::{Api, SearchQuery, Task};
use crate::units::{Problem, TraceId};
use json_lines::JsonIndex;
use links::Links;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Bytes of opened traces that are held at most, once they are searchable; the trace opened last is always held.
const BUDGET: usize = 600 << 20;

/// Opened traces and what can be asked of them.
#[derive(Debug, Default)]
pub struct Engine {
    traces: FxHashMap<String, Held>,
    clock: u64,
    store: Option<ExternalStore>,
}

#[derive(Debug)]
struct Held {
    trace: Trace,
    /// Who links to whom; found when first asked for.
    links: Option<Links>,
    /// The JSON text that was looked at last.
    json: Option<JsonIndex>,
    searchable: bool,
    used: u64,
    /// Files cannot be asked for again: their traces stay until the next file.
    file: bool,
}

impl Held {
    /// What it counts for: bytes that wait to be interned come to less than half of themselves, and soon.
    fn weight(&self) -> usize {
        let waiting = self.trace.unindexed_bytes();
        self.trace.memory_bytes() - waiting + waiting / 2
    }
}

impl Engine {
    /// An engine that keeps bytes that are not interned yet in an external store.
    pub fn with_store(store: ExternalStore) -> Self {
        Self { store: Some(store), ..Self::default() }
    }

    /// Prepares for an answer with that HTTP status, or for a file (status 200).
    pub fn begin(&self, expect: Expect, status: u16, total: Option<u64>) -> Intake {
        let mut intake = Intake::new(expect, status, total);
        if let (Some(store), Some(reader)) = (self.store, &mut intake.reader) {
            reader.set_external_store(store);
        }
        intake
    }

    /// Reads what has been received to the end.
    pub fn finish(&mut self, intake: Intake) -> Answer {
        self.read(intake).unwrap_or_else(Answer::Failed)
    }

    fn read(&mut self, mut intake: Intake) -> Result<Answer, Problem> {
        if intake.found_nothing() {
            return Ok(match &intake.expect {
                Expect::Answer(Task::Search(query), _) => found(Vec::new(), query),
                Expect::Answer(Task::Services, _) => Answer::Services(Vec::new()),
                Expect::Answer(Task::Operations { .. }, _) => Answer::Operations(Vec::new()),
                Expect::Answer(Task::EntrySpans(_), _) => Answer::EntrySpans(Box::default()),
                _ => Answer::Dependencies { links: Vec::new(), requests: Vec::new(), traces: 0 },
            });
        }
        if let Some(problem) = intake.refusal() {
            return Err(problem);
        }
        let expect = intake.expect;
        let opened = match intake.reader.take() {
            Some(reader) => reader.finish().map_err(|error| failure::unreadable(&expect, &error))?,
            None => Opened::default(),
        };
        let body = &intake.body;
        let answer = match &expect {
            Expect::File { first, .. } => Ok(self.hold_all(opened, *first)),
            Expect::Answer(task, api) => match (task, api) {
                (Task::Services, Api::EvalTrack) => Ok(Answer::Services(records::services(&opened))),
                (Task::Operations { service }, Api::EvalTrack) => {
                    Ok(Answer::Operations(records::operations(&opened, service)))
                }
                (Task::Services, _) => answers::services(body).map(Answer::Services),
                (Task::Operations { .. }, _) => answers::operations(body).map(Answer::Operations),
                (Task::Search(query), Api::V3) => answers::summaries(body).map(|list| found(list, query)),
                (Task::Search(query), Api::V1 | Api::EvalTrack) => {
                    Ok(found(opened.traces.iter().map(Trace::summary).collect(), query))
                }
                (Task::Trace { id }, _) => return self.hold_one(&expect, id, opened),
                (Task::Logs { .. }, _) => answers::logs(body).map(|logs| Answer::Logs(Box::new(logs))),
                (Task::Dependencies { .. }, Api::V3 | Api::V1) => {
                    let answer = answers::dependencies(body);
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

    fn hold_one(&mut self, expect: &Expect, id: &str, opened: Opened) -> Result<Answer, Problem> {
        let wanted = TraceId::parse(id);
        let mut traces = opened.traces;
        let matching = traces.iter().position(|trace| Some(trace.outline().trace_id) == wanted);
        if traces.is_empty() {
            return Err(failure::not_found(expect));
        }
        let trace = traces.swap_remove(matching.unwrap_or(0));
        let summaries = vec![trace.summary()];
        self.hold(id.to_owned(), trace, false);
        Ok(Answer::Opened { summaries, warnings: opened.warnings })
    }

    fn hold_all(&mut self, opened: Opened, first: bool) -> Answer {
        if first {
            self.traces.retain(|_, held| !held.file);
        }
        let mut summaries = Vec::with_capacity(opened.traces.len());
        for mut trace in opened.traces {
            let key = trace.summary().key();
            // Files that are opened together may hold parts of one trace.
            if let Some(part) = self.traces.get(&key).filter(|held| held.file) {
                trace = merge(&part.trace, &trace);
            }
            summaries.push(trace.summary());
            self.hold(key, trace, true);
        }
        Answer::Opened { summaries, warnings: opened.warnings }
    }

    fn hold(&mut self, key: String, trace: Trace, file: bool) {
        self.clock += 1;
        self.traces
            .insert(key, Held { trace, links: None, json: None, searchable: false, used: self.clock, file });
        let mut total: usize = self.traces.values().map(Held::weight).sum();
        while total > BUDGET {
            let oldest = self
                .traces
                .iter()
                .filter(|(_, held)| !held.file && held.used != self.clock)
                .min_by_key(|(_, held)| held.used)
                .map(|(key, _)| key.clone());
            let Some(dropped) = oldest.and_then(|key| self.traces.remove(&key)) else { break };
            total -= dropped.weight();
        }
    }

    /// The outline of a trace that is held, by the id under which it was opened.
    pub fn outline(&self, trace: &str) -> Option<&Arc<Outline>> {
        self.traces.get(trace).map(|held| held.trace.outline())
    }

    /// Answers [`EngineCommand::Outline`]: [`Answer::Outline`], or [`Answer::Missing`].
    pub fn open(&mut self, trace: &str) -> Answer {
        self.clock += 1;
        let Some(held) = self.traces.get_mut(trace) else { return Answer::Missing };
        held.used = self.clock;
        Answer::Outline
    }

    /// Answers a question about a trace that is held: [`Answer::Missing`] where it is not, [`Answer::Stale`] where another
    /// version of it is.
    pub fn answer(&mut self, question: &Question) -> Answer {
        self.clock += 1;
        let Some(held) = self.traces.get_mut(&question.trace) else { return Answer::Missing };
        held.used = self.clock;
        if held.trace.outline().version != question.version {
            return Answer::Stale;
        }
        match &question.topic {
            QuestionTopic::Detail { span } => Answer::Detail(Box::new(detail(&held.trace, *span))),
            QuestionTopic::LinkedFrom { span } => {
                let links = held.links.get_or_insert_with(|| Links::within(&held.trace));
                Answer::Spans(links.to(held.trace.outline(), *span))
            }
            QuestionTopic::CriticalPath => {
                Answer::CriticalPath(Box::new(PathBySpan::of(held.trace.outline())))
            }
            QuestionTopic::PathTable { by } => {
                let outline = held.trace.outline();
                Answer::PathTable(Box::new(PathTable::of(outline, &CriticalPath::of(outline), *by)))
            }
            QuestionTopic::MissingSpans => Answer::MissingSpans(missing(&held.trace)),
            QuestionTopic::WhatIf { scenario } => {
                Answer::WhatIf(Box::new(what_if::compare(held.trace.outline(), scenario)))
            }
            QuestionTopic::Clocks => {
                Answer::Clocks(Box::new(skew::clocks(held.trace.outline(), skew::TOLERANCE)))
            }
            QuestionTopic::Export { start, end, format } => {
                let text = export(&held.trace, *start..*end, *format);
                Answer::Text(String::from_utf8(text).unwrap_or_default())
            }
            QuestionTopic::Flame { order, filter } => {
                Answer::Flame(Box::new(flame_frames(held.trace.outline(), *order, filter)))
            }
            QuestionTopic::Packed { by, filter } => {
                Answer::Flame(Box::new(packed_frames(&held.trace, *by, filter)))
            }
            QuestionTopic::Concurrency { filter, range, intervals } => {
                let outline = held.trace.outline();
                Answer::Concurrency(concurrency(outline, filter, *range, *intervals as usize))
            }
            QuestionTopic::OperationGraph { filter } => {
                Answer::OperationGraph(Box::new(operation_graph(held.trace.outline(), filter)))
            }
            QuestionTopic::Sequence { filter } => {
                Answer::Sequence(Box::new(call_sequence(held.trace.outline(), filter)))
            }
            topic @ (QuestionTopic::Find { .. }
            | QuestionTopic::Complete { .. }
            | QuestionTopic::Column { .. }
            | QuestionTopic::Findings
            | QuestionTopic::FindingsReport { .. }
            | QuestionTopic::Lint
            | QuestionTopic::Peers { .. }) => {
                let (answer, searchable) = find::answer(&mut held.trace, topic);
                held.searchable = searchable;
                answer
            }
            topic => tables::answer(&held.trace, &mut held.json, topic),
        }
    }

    /// Whether nothing is left to do for [`Engine::work`].
    pub fn is_searchable(&self) -> bool {
        self.traces.values().all(|held| held.searchable)
    }

    /// Makes some more of what is held searchable, about `budget` bytes of it; true when nothing is left to do.
    pub fn work(&mut self, budget: usize) -> bool {
        if let Some(held) = self.traces.values_mut().find(|held| !held.searchable) {
            held.searchable = held.trace.index_some(budget);
        }
        self.is_searchable()
    }
}

fn found(summaries: Vec<TraceSummary>, query: &SearchQuery) -> Answer {
    let truncated = summaries.len() >= query.limit as usize;
    Answer::SearchResults(SearchResults { summaries, truncated, limit: query.limit })
}

fn detail(trace: &Trace, span: SpanIx) -> SpanDetail {
    SpanDetail { record: trace.record(span), resource: trace.resource(span), scope: trace.scope(span) }
}
