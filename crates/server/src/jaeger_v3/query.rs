//! The queries of the API v3, read from their parameters with Jaeger's own messages.

use super::Refusal;
use crate::jaeger::failure::Failure;
use crate::jaeger::filter::SpanFilter;
use crate::jaeger::params::{self, Params};
use crate::jaeger::query::FromParams;
use crate::jaeger::{Adjustment, LogTraceFinder};
use crate::matching::Tag;
use crate::store::{Criteria, SpanTest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Traces that one search answers at most.
const MAX_TRACES: i64 = 10_000;

/// What a filter takes the place of.
const PREDICATES: [&str; 9] = [
    "query.serviceName",
    "query.service_name",
    "query.operationName",
    "query.operation_name",
    "query.durationMin",
    "query.duration_min",
    "query.durationMax",
    "query.duration_max",
    "query.attributes",
];

/// `/operations`.
pub struct Operations {
    /// Of which service; empty is none.
    pub service: String,
    /// Of which kind, in lower case.
    pub kind: Option<String>,
}

impl FromParams for Operations {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        let kind = params.get(&["spanKind", "span_kind"]).map(str::to_ascii_lowercase);
        Ok(Operations { service: params.get(&["service"]).unwrap_or_default().to_owned(), kind })
    }
}

/// `/traces/{id}`: how the trace is answered. Jaeger checks the times and does not use them.
pub struct TraceParams(pub Adjustment);

impl FromParams for TraceParams {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        for names in [["startTime", "start_time"], ["endTime", "end_time"]] {
            read(params, &names, params::time)?;
        }
        Ok(TraceParams(answering(params, &["rawTraces", "raw_traces"])?))
    }
}

/// How the traces of a search are answered.
pub struct RawTraces(pub Adjustment);

impl FromParams for RawTraces {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        Ok(RawTraces(answering(params, &["query.rawTraces", "query.raw_traces"])?))
    }
}

/// `/traces` and `/trace-summaries`.
pub struct Search {
    /// What a matching span is like.
    pub criteria: Criteria,
    /// What else it has to be: its tags, or a filter.
    pub test: Box<dyn SpanTest>,
    /// A text that a log line of the trace has, within the same times.
    pub log_text: Option<String>,
    /// How many traces at most.
    pub limit: usize,
}

impl Search {
    /// Restricts the search to traces that have such a line. Blocks.
    pub fn among_logged(
        &mut self,
        logged: &LogTraceFinder,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Failure> {
        if let Some(text) = &self.log_text {
            let times = (self.criteria.start_from, self.criteria.start_to);
            self.criteria.traces = Some(Arc::new(logged(text, times, stopped)?));
        }
        Ok(())
    }
}

impl FromParams for Search {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        Search::read(params)
    }
}

impl Search {
    /// Reads a search whose times have to be there.
    pub fn read(params: &Params) -> Result<Self, Failure> {
        Search::read_within(params, None)
    }

    /// Reads a search without looking for times: spans of all times match.
    pub fn read_at_any_time(params: &Params) -> Result<Self, Failure> {
        Search::read_within(params, Some((0, u64::MAX)))
    }

    fn read_within(params: &Params, window: Option<(u64, u64)>) -> Result<Self, Failure> {
        let owned = |names: &[&str]| params.get(names).map(str::to_owned);
        let (start_from, start_to) = window.map_or_else(|| times(params), Ok)?;
        let duration_from = read(params, &["query.durationMin", "query.duration_min"], params::duration)?;
        let duration_to = read(params, &["query.durationMax", "query.duration_max"], params::duration)?;
        if let (Some(least), Some(most)) = (duration_from, duration_to)
            && most < least
        {
            let why = "query.durationMax must not be less than query.durationMin";
            return Err(Failure::Parameter(why.to_owned()));
        }
        let depth = ["query.searchDepth", "query.search_depth", "query.numTraces", "query.num_traces"];
        let limit = read(params, &depth, |text| {
            params::integer(text).map_err(|why| why.replace("ParseInt", "Atoi"))
        })?;
        let limit = limit.unwrap_or(100);
        if limit < 1 {
            return Err(malformed(params, &depth, "must be at least 1"));
        }
        let tags = read(params, &["query.attributes"], |text| {
            serde_json::from_str::<BTreeMap<String, String>>(text).map_err(|error| error.to_string())
        })?;
        let tags: Vec<Tag> =
            tags.unwrap_or_default().into_iter().map(|(key, value)| Tag { key, value }).collect();
        let filter = read(params, &["query.filter"], SpanFilter::parse)?;
        if filter.is_some()
            && let Some((name, _)) = params.first(&PREDICATES)
        {
            return Err(malformed(params, &["query.filter"], &format!("it cannot be combined with {name}")));
        }
        let criteria = Criteria {
            service: owned(&["query.serviceName", "query.service_name"]),
            operation: owned(&["query.operationName", "query.operation_name"]),
            start_from,
            start_to,
            duration_from,
            // 0 is how some clients say "no limit".
            duration_to: duration_to.filter(|most| *most > 0),
            ..Criteria::default()
        };
        let test: Box<dyn SpanTest> = match filter {
            Some(filter) => Box::new(filter),
            None => Box::new(tags),
        };
        const LOG_TEXT: [&str; 2] = ["query.logText", "query.log_text"];
        let log_text = owned(&LOG_TEXT);
        if log_text.is_some() && window.is_some() {
            return Err(malformed(params, &LOG_TEXT, "spans that arrive have no lines yet"));
        }
        Ok(Search { criteria, test, log_text, limit: limit.min(MAX_TRACES) as usize })
    }
}

/// The times within which a span has to start.
fn times(params: &Params) -> Result<(u64, u64), Failure> {
    let from = read(params, &["query.startTimeMin", "query.start_time_min"], params::time)?;
    let to = read(params, &["query.startTimeMax", "query.start_time_max"], params::time)?;
    let (Some(from), Some(to)) = (from, to) else {
        let why = "query.startTimeMin and query.startTimeMax are required";
        return Err(Failure::Parameter(why.to_owned()));
    };
    if from >= to {
        let why = "query.startTimeMin must be before query.startTimeMax";
        return Err(Failure::Parameter(why.to_owned()));
    }
    Ok((from, to))
}

fn answering(params: &Params, names: &[&str]) -> Result<Adjustment, Failure> {
    match params.flag(names) {
        Ok(true) => Ok(Adjustment::Raw),
        Ok(false) => Ok(Adjustment::Adjusted),
        Err(why) => Err(malformed(params, names, &why)),
    }
}

fn malformed(params: &Params, names: &[&str], why: &str) -> Failure {
    let name = params.first(names).map_or(names[0], |(name, _)| name);
    Failure::Parameter(format!("malformed parameter {name}: {why}"))
}

fn read<T>(
    params: &Params,
    names: &[&str],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    let value = params.get(names).map(read).transpose();
    value.map_err(|why| malformed(params, names, &why))
}
