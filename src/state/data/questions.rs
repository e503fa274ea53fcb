//! Questions about open traces. Span indices in them are those of the outline that the page shows.
//!
//! The engine may have another version of the trace: it was restarted, or the trace was evicted and is requested again,
//! or it was refreshed. An index is then never asked for as it is: the page is given the newer outline first, and the
//! question names the same span, by its id, in that one.

use super::translated::translated;
use super::{Data, unexpected};
use crate::state::busy;
use spandrel_trace::analysis::advisor::ReportFormat;
use spandrel_trace::analysis::critical_path::PathBySpan;
use spandrel_trace::analysis::lint::Lint;
use spandrel_trace::analysis::missing::MissingSpans;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::analysis::query::{Column, Completions};
use spandrel_trace::analysis::skew::Clocks;
use spandrel_trace::analysis::what_if::{Scenario, ScenarioResult};
use spandrel_trace::engine::{Answer, EngineCommand, Findings, Matches, Question, QuestionTopic, SpanDetail};
use spandrel_trace::format::write::Export;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{Problem, ProblemKind};
use std::sync::Arc;

/// Requests of a trace for one question: when the engine has dropped it, once more if it was dropped again meanwhile.
const MAX_REQUESTS: usize = 2;

impl Data {
    /// Asks about a trace of which the page shows `shown`. Requests the trace again if the engine does not have it. The
    /// page counts as busy until the answer.
    pub async fn question(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        topic: QuestionTopic,
    ) -> Result<Answer, Problem> {
        let _busy = busy::hold();
        self.background_question(id, shown, topic).await
    }

    /// The same for what is not waited for: the page can be idle meanwhile.
    pub async fn background_question(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        topic: QuestionTopic,
    ) -> Result<Answer, Problem> {
        let mut requests = 0;
        loop {
            let version = match self.engine_version(id) {
                Some(version) => version,
                None if requests < MAX_REQUESTS => {
                    requests += 1;
                    self.refresh(id, None).await?
                }
                None => return Err(unexpected(Answer::Missing)),
            };
            self.renew(id, shown, &version);
            let topic = translated(&topic, shown, &version).ok_or_else(gone)?;
            let question = Question { trace: id.to_owned(), version: version.version, topic };
            let answer = self.ask_in_background(&EngineCommand::Question(question)).await;
            match answer {
                Answer::Missing | Answer::Stale if requests == MAX_REQUESTS => {
                    return Err(unexpected(answer));
                }
                // Its version is newer than the last outline that it sent: that one is enough.
                Answer::Stale => drop(self.engine_outline(id).await?),
                Answer::Missing => drop(self.refresh(id, None).await?),
                answer => return Ok(answer),
            }
            requests += 1;
        }
    }

    /// A span with its attributes.
    pub async fn detail(&self, id: &str, shown: &Arc<Outline>, span: SpanIx) -> Result<SpanDetail, Problem> {
        match self.question(id, shown, QuestionTopic::Detail { span }).await? {
            Answer::Detail(detail) => Ok(*detail),
            other => Err(unexpected(other)),
        }
    }

    /// The spans of the trace that link to a span.
    pub async fn linked_from(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        span: SpanIx,
    ) -> Result<Vec<SpanIx>, Problem> {
        match self.question(id, shown, QuestionTopic::LinkedFrom { span }).await? {
            Answer::Spans(spans) => Ok(spans),
            other => Err(unexpected(other)),
        }
    }

    /// How a span's attributes differ from those of its peers.
    pub async fn peers(&self, id: &str, shown: &Arc<Outline>, span: SpanIx) -> Result<Peers, Problem> {
        match self.question(id, shown, QuestionTopic::Peers { span }).await? {
            Answer::Peers(peers) => Ok(*peers),
            other => Err(unexpected(other)),
        }
    }

    /// The spans that match a query.
    pub async fn find(&self, id: &str, shown: &Arc<Outline>, query: &str) -> Result<Matches, Problem> {
        let question = QuestionTopic::Find { query: query.to_owned() };
        match self.question(id, shown, question).await? {
            Answer::Matches(matches) => Ok(*matches),
            other => Err(unexpected(other)),
        }
    }

    /// A field or attribute of all spans as a column.
    pub async fn column(&self, id: &str, shown: &Arc<Outline>, key: &str) -> Result<Column, Problem> {
        let question = QuestionTopic::Column { key: key.to_owned() };
        match self.question(id, shown, question).await? {
            Answer::Column(column) => Ok(*column),
            other => Err(unexpected(other)),
        }
    }

    /// Those of the spans `first..end` that a filter lets through in another format: one span, a subtree, or all.
    pub async fn export(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        (start, end): (SpanIx, SpanIx),
        filter: SpanFilter,
        format: Export,
    ) -> Result<String, Problem> {
        let question = QuestionTopic::Export { start, end, filter, format };
        match self.question(id, shown, question).await? {
            Answer::Text(text) => Ok(text),
            other => Err(unexpected(other)),
        }
    }

    /// Completions of a query at a byte offset.
    pub async fn complete(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        query: &str,
        cursor: u32,
    ) -> Result<Completions, Problem> {
        let question = QuestionTopic::Complete { query: query.to_owned(), cursor };
        match self.question(id, shown, question).await? {
            Answer::Completions(completions) => Ok(completions),
            other => Err(unexpected(other)),
        }
    }

    /// The critical path and the slack of all spans.
    pub async fn critical_path(&self, id: &str, shown: &Arc<Outline>) -> Result<PathBySpan, Problem> {
        match self.question(id, shown, QuestionTopic::CriticalPath).await? {
            Answer::CriticalPath(path) => Ok(*path),
            other => Err(unexpected(other)),
        }
    }

    /// Parents that spans of the trace name and that are not in it.
    pub async fn missing_spans(&self, id: &str, shown: &Arc<Outline>) -> Result<MissingSpans, Problem> {
        match self.question(id, shown, QuestionTopic::MissingSpans).await? {
            Answer::MissingSpans(missing) => Ok(missing),
            other => Err(unexpected(other)),
        }
    }

    /// Why the trace was slow or failed.
    pub async fn findings(&self, id: &str, shown: &Arc<Outline>) -> Result<Findings, Problem> {
        match self.question(id, shown, QuestionTopic::Findings).await? {
            Answer::Findings(findings) => Ok(*findings),
            other => Err(unexpected(other)),
        }
    }

    /// The same as a text to copy or save.
    pub async fn findings_report(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        format: ReportFormat,
    ) -> Result<String, Problem> {
        match self.question(id, shown, QuestionTopic::FindingsReport { format }).await? {
            Answer::Text(text) => Ok(text),
            other => Err(unexpected(other)),
        }
    }

    /// What the trace would be with a change.
    pub async fn what_if(
        &self,
        id: &str,
        shown: &Arc<Outline>,
        scenario: Scenario,
    ) -> Result<ScenarioResult, Problem> {
        match self.question(id, shown, QuestionTopic::WhatIf { scenario }).await? {
            Answer::WhatIf(result) => Ok(*result),
            other => Err(unexpected(other)),
        }
    }

    /// How far the clocks of the trace's services differ.
    pub async fn clocks(&self, id: &str, shown: &Arc<Outline>) -> Result<Clocks, Problem> {
        match self.question(id, shown, QuestionTopic::Clocks).await? {
            Answer::Clocks(clocks) => Ok(*clocks),
            other => Err(unexpected(other)),
        }
    }

    /// How well the trace's services are instrumented.
    pub async fn lint(&self, id: &str, shown: &Arc<Outline>) -> Result<Lint, Problem> {
        match self.question(id, shown, QuestionTopic::Lint).await? {
            Answer::Lint(lint) => Ok(*lint),
            other => Err(unexpected(other)),
        }
    }

    /// The URL of a blob with the spans of a trace that a filter lets through in another format; valid until it is
    /// revoked.
    pub async fn download(&self, id: &str, filter: SpanFilter, format: Export) -> Result<String, Problem> {
        let ask = EngineCommand::Download { trace: id.to_owned(), filter, format };
        let mut answer = self.ask(&ask, None, None).await.answer;
        if answer == Answer::Missing {
            self.refresh(id, None).await?;
            answer = self.ask(&ask, None, None).await.answer;
        }
        match answer {
            Answer::Text(url) => Ok(url),
            other => Err(unexpected(other)),
        }
    }
}

fn gone() -> Problem {
    let happened = "The trace was loaded again and does not contain this span any more.";
    Problem::new(ProblemKind::NotFound, "open the span", happened)
}
