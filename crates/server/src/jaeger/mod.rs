//! What Jaeger's two query APIs have in common: parameters, ids, repairs of what is answered, summaries, the service
//! graph. Sources: Jaeger's handlers as of the version named in `docs/adr/0012`, and recorded answers of two of them.

mod adjust;
pub mod answer;
pub mod dependencies;
#[cfg(test)]
mod dependencies_tests;
pub mod failure;
pub mod filter;
mod indent;
mod memory;
pub mod messages;
pub mod otlp_messages;
pub mod params;
pub mod queries;
pub mod query;
pub mod span_metrics;
#[cfg(test)]
mod span_metrics_tests;
pub mod summary;

pub use adjust::{Adjustment, for_each_span};

use crate::ingest::memory::Memory;
use crate::store::{Criteria, SpanTest, Spans, Store, StoreError};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use failure::Failure;
use queries::{Cost, Queries};
use spandrel_trace::units::TraceId;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Spans up to which reading a trace costs no more than looking it up.
const SMALL_TRACE: u64 = 2000;

/// Finds the traces that have a log line with a text between two times (nanoseconds since the Unix epoch); the function
/// that it is given says whether to stop.
pub type LogTraceFinder =
    Arc<dyn Fn(&str, (u64, u64), &dyn Fn() -> bool) -> Result<HashSet<u128>, StoreError> + Send + Sync>;

/// What the query APIs answer from.
#[derive(Clone)]
pub struct Backend {
    /// The spans.
    pub store: Store,
    /// Runs queries.
    pub queries: Queries,
    /// Finds traces by the text of their log lines.
    pub logged: LogTraceFinder,
    /// The memory of bodies that are transformed.
    pub transforms: Memory,
    /// How long a client may take to send a body.
    pub client_time: Duration,
}

impl Backend {
    /// The class of reading a trace.
    pub fn cost_of(&self, trace: TraceId) -> Cost {
        match self.store.spans_in_memory(trace.0) {
            Some(spans) if spans <= SMALL_TRACE => Cost::Lookup,
            _ => Cost::Trace,
        }
    }
}

/// The fewest digits that are taken for the start of an id.
const FEWEST_DIGITS: usize = 4;

/// A trace id as it was written.
#[derive(Clone, Debug)]
pub struct WrittenId {
    id: TraceId,
    digits: String,
}

impl WrittenId {
    /// Reads hexadecimal digits; the error is Jaeger's message.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(WrittenId { id: params::trace_id(text)?, digits: text.to_owned() })
    }

    /// Whether it may be the start of an id: an id has 16 or 32 digits.
    fn is_start(&self) -> bool {
        let length = self.digits.len();
        (FEWEST_DIGITS..32).contains(&length) && length != 16
    }

    /// The class of reading the trace.
    pub fn cost(&self, backend: &Backend) -> Cost {
        match self.is_start() && !matches!(backend.store.spans_in_memory(self.id.0), Some(1..)) {
            true => Cost::Search,
            false => backend.cost_of(self.id),
        }
    }

    /// The trace with this id, or else, where digits are missing, the only one whose id starts with them. Blocks.
    pub fn read(&self, store: &Store, none: &'static str) -> Result<Box<dyn Spans>, Failure> {
        if let Some(stored) = store.spans_of(self.id.0)? {
            return Ok(stored);
        }
        let found = if self.is_start() { store.starting_with(&self.digits, 3)? } else { Vec::new() };
        match found.as_slice() {
            [] => Err(Failure::NotFound(none)),
            [only] => store.spans_of(*only)?.ok_or(Failure::NotFound(none)),
            several => {
                let mut ids: Vec<String> = several.iter().map(|id| TraceId(*id).to_string()).collect();
                ids.sort();
                Err(Failure::Parameter(format!(
                    "more than one trace ID starts with {}; write more digits of {}",
                    self.digits,
                    ids.join(", ")
                )))
            }
        }
    }
}

/// The class of a search: whether the index alone finds its traces.
pub fn search_cost(criteria: &Criteria, test: &dyn SpanTest) -> Cost {
    let indexed = test.accepts_all() && criteria.duration_from.is_none() && criteria.duration_to.is_none();
    if indexed { Cost::Search } else { Cost::Scan }
}

/// An answer in JSON.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer in plain text that browsers must not take for anything else.
pub fn text(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What unknown paths below `/api` say.
pub fn not_found() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}
