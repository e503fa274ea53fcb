//! Loads details of the spans of one trace from the worker, and builds their addresses.

use super::session::Session;
use crate::route::{Route, TraceView};
use crate::state::data::Data;
use crate::state::navigation::whole_address;
use crate::state::settings::jaeger_config;
use leptos::prelude::*;
use spandrel_trace::analysis::key_order::top_prefixes;
use spandrel_trace::analysis::link_pattern::{LinkPattern, link_patterns};
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::engine::{Answer, QuestionTopic, SpanDetail};
use spandrel_trace::format::write::Export;
use spandrel_trace::model::{Outline, SpanIx, TraceLogs};
use spandrel_trace::units::{Problem, SpanId, TraceId};
use std::ops::Range;
use std::sync::Arc;

/// Loads what is known of the spans of one trace. A `Copy` handle that belongs to the owner that creates it.
#[derive(Clone, Copy)]
pub struct SpanSource(StoredValue<Source>);

#[derive(Clone)]
enum Source {
    /// A trace of the worker, by its id in the address; requests are for the version that is shown.
    Trace { data: Data, outline: Signal<Arc<Outline>>, id: StoredValue<String> },
    /// The same for every span.
    Fixed(Arc<FixedSpan>),
}

/// Test data that is returned for every span.
#[derive(Clone, Debug, Default)]
pub struct FixedSpan {
    /// The span.
    pub detail: SpanDetail,
    /// Spans that link to it.
    pub linked_from: Vec<SpanIx>,
    /// Durations of other traces with the same root, nanoseconds.
    pub found: Vec<u64>,
    /// Jaeger's UI configuration, JSON.
    pub config: String,
}

impl SpanSource {
    /// The spans of the trace that `session` shows, with this id in the address.
    pub fn new(data: Data, session: Session, id: StoredValue<String>) -> Self {
        SpanSource(StoredValue::new(Source::Trace { data, outline: session.sent_live(), id }))
    }

    /// The same for every span.
    pub fn fixed(span: FixedSpan) -> Self {
        SpanSource(StoredValue::new(Source::Fixed(Arc::new(span))))
    }

    /// All of a span.
    pub async fn detail(self, span: SpanIx) -> Result<Arc<SpanDetail>, Problem> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                data.detail(&id.get_value(), &outline.get_untracked(), span).await.map(Arc::new)
            }
            Source::Fixed(fixed) => Ok(Arc::new(fixed.detail.clone())),
        }
    }

    /// How a span's attributes compare with those of similar spans; `None` where that could not be computed.
    pub async fn peers(self, span: SpanIx) -> Option<Peers> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                data.peers(&id.get_value(), &outline.get_untracked(), span).await.ok()
            }
            Source::Fixed(_) => None,
        }
    }

    /// The spans of this trace that link to a span; none where they could not be loaded, as the rest of the details is
    /// worth showing without them.
    pub async fn linked_from(self, span: SpanIx) -> Vec<SpanIx> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                data.linked_from(&id.get_value(), &outline.get_untracked(), span).await.unwrap_or_default()
            }
            Source::Fixed(fixed) => fixed.linked_from.clone(),
        }
    }

    /// What the worker answers about the trace.
    pub async fn ask(self, topic: QuestionTopic) -> Result<Answer, Problem> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                data.question(&id.get_value(), &outline.get_untracked(), topic).await
            }
            Source::Fixed(_) => Ok(Answer::Missing),
        }
    }

    /// The same for what is not waited for: the page can be idle meanwhile.
    pub async fn ask_in_background(self, topic: QuestionTopic) -> Result<Answer, Problem> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                data.background_question(&id.get_value(), &outline.get_untracked(), topic).await
            }
            Source::Fixed(_) => Ok(Answer::Missing),
        }
    }

    /// Those spans that a filter lets through as text for other tools; `None` where they could not be loaded.
    pub async fn export(self, spans: Range<SpanIx>, filter: SpanFilter, format: Export) -> Option<String> {
        match self.0.get_value() {
            Source::Trace { data, outline, id } => {
                let range = (spans.start, spans.end);
                data.export(&id.get_value(), &outline.get_untracked(), range, filter, format).await.ok()
            }
            Source::Fixed(_) => Some(format!("{spans:?} {format:?}")),
        }
    }

    /// Durations of the other traces in the last search whose root has this service and operation, nanoseconds.
    pub fn found_durations(self, service: &str, operation: &str) -> Vec<u64> {
        self.0.with_value(|source| match source {
            Source::Trace { data, id, .. } => data.found_durations(service, operation, &id.get_value()),
            Source::Fixed(fixed) => fixed.found.clone(),
        })
    }

    /// Where the trace comes from, and its id in the address.
    pub fn trace(self) -> Option<(Data, StoredValue<String>)> {
        match self.0.get_value() {
            Source::Trace { data, id, .. } => Some((data, id)),
            Source::Fixed(_) => None,
        }
    }

    /// Whether the trace's server has log lines of it. Tracked.
    pub fn has_logs(self) -> bool {
        match self.0.get_value() {
            Source::Trace { data, id, .. } => id.with_value(|id| data.has_logs(id)),
            Source::Fixed(_) => false,
        }
    }

    /// The log lines of the trace.
    pub async fn logs(self) -> Result<TraceLogs, Problem> {
        match self.0.get_value() {
            Source::Trace { data, id, .. } => data.logs(&id.get_value()).await,
            Source::Fixed(_) => Ok(TraceLogs::default()),
        }
    }

    /// The log lines of some services between two times (microseconds since the Unix epoch) that belong to no trace.
    pub async fn untraced_logs(self, times: (u64, u64), services: Vec<String>) -> Result<TraceLogs, Problem> {
        match self.0.get_value() {
            Source::Trace { data, .. } => data.untraced_logs(times, services).await,
            Source::Fixed(_) => Ok(TraceLogs::default()),
        }
    }

    /// The URL at which the server's API has the trace; `None` for the trace of a file. Tracked: it is known with the trace.
    pub fn api_address(self) -> Option<String> {
        let (data, id) = self.trace()?;
        data.api_address(&id.get_value())
    }

    /// The address of a span of any trace, relative to the app.
    pub fn address_of(self, trace: TraceId, span: SpanId) -> String {
        route_to(trace.to_string(), span).to_string()
    }

    /// The whole URL of a span of this trace.
    pub fn link_to(self, span: SpanId) -> String {
        let id = self.0.with_value(|source| match source {
            Source::Trace { id, .. } => id.get_value(),
            Source::Fixed(_) => String::new(),
        });
        whole_address(&route_to(id, span))
    }

    /// The whole URL of a view of this trace.
    pub fn link_with(self, view: TraceView) -> String {
        let id = self.0.with_value(|source| match source {
            Source::Trace { id, .. } => id.get_value(),
            Source::Fixed(_) => String::new(),
        });
        whole_address(&Route::Trace { id, view })
    }

    /// Links that the server's operator has configured for values.
    pub fn link_patterns(self) -> Vec<LinkPattern> {
        link_patterns(&self.config())
    }

    /// Prefixes of keys that are listed first, as the server's operator has configured them.
    pub fn top_prefixes(self) -> Vec<String> {
        top_prefixes(&self.config())
    }

    fn config(self) -> String {
        self.0.with_value(|source| match source {
            Source::Trace { .. } => jaeger_config(),
            Source::Fixed(fixed) => fixed.config.clone(),
        })
    }
}

fn route_to(id: String, span: SpanId) -> Route {
    let view = TraceView { span: Some(span), open: true, ..TraceView::default() };
    Route::Trace { id, view }
}
