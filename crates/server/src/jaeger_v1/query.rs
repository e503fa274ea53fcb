//! The queries of the legacy API, read from their parameters with Jaeger's own messages.

use super::refusal::Refusal;
use crate::jaeger::Adjustment;
use crate::jaeger::failure::Failure;
use crate::jaeger::params::{self, Params};
use crate::jaeger::query::FromParams;
use crate::matching::Tag;
use crate::store::Criteria;
use spandrel_trace::units::TraceId;
use std::collections::BTreeMap;

const DAY: u64 = 86_400_000_000_000;
/// Traces that one search answers at most.
const MAX_TRACES: i64 = 10_000;

/// `prettyPrint`.
pub struct Pretty(pub bool);

impl FromParams for Pretty {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        Ok(Pretty(params.get(&["prettyPrint"]).is_some_and(|value| value != "false")))
    }
}

/// `/operations`.
pub struct Operations {
    /// Of which service.
    pub service: String,
    /// Of which kind.
    pub kind: Option<String>,
}

impl FromParams for Operations {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        let service = required(params, "service")?.to_owned();
        Ok(Operations { service, kind: params.get(&["spanKind"]).map(str::to_owned) })
    }
}

/// `/traces/{id}`: how the trace is answered. Jaeger checks the times and does not use them.
pub struct TraceParams(pub Adjustment);

impl FromParams for TraceParams {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        let answering = answering(params)?;
        micros(params, "start")?;
        micros(params, "end")?;
        Ok(TraceParams(answering))
    }
}

/// `/traces`.
pub struct Traces {
    /// How they are answered.
    pub answering: Adjustment,
    /// Which.
    pub selection: TraceSelection,
}

/// Traces by id, or a search.
pub enum TraceSelection {
    /// Distinct, in the order asked for.
    Ids(Vec<TraceId>),
    /// Those that match.
    Search {
        /// What a matching span is like.
        criteria: Box<Criteria>,
        /// Which tags it carries.
        tags: Vec<Tag>,
        /// How many at most.
        limit: usize,
    },
}

impl FromParams for Traces {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        let answering = answering(params)?;
        let from = micros(params, "start")?;
        let to = micros(params, "end")?;
        let mut ids = Vec::new();
        for id in params.all("traceID").filter(|id| !id.is_empty()) {
            let id = params::trace_id(id).map_err(Failure::Parameter)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let selection = if ids.is_empty() { search(params, from, to)? } else { TraceSelection::Ids(ids) };
        Ok(Traces { answering, selection })
    }
}

fn search(params: &Params, from: Option<u64>, to: Option<u64>) -> Result<TraceSelection, Failure> {
    let limit = match params.get(&["limit"]) {
        Some(text) => params::integer(text).map_err(Failure::Parameter)?,
        None => 100,
    };
    if limit < 1 {
        return Err(Failure::Parameter("limit must be at least 1".to_owned()));
    }
    let duration = |name: &'static str| match params.get(&[name]) {
        Some(text) => {
            let read = params::duration(text);
            read.map(Some).map_err(|why| Failure::Parameter(format!("unable to parse param '{name}': {why}")))
        }
        None => Ok(None),
    };
    let tags = tags(params)?;
    let service = match params.get(&["service"]) {
        None if tags.is_empty() => return Err(required(params, "service").err().unwrap_or(Failure::Busy)),
        service => service.map(str::to_owned),
    };
    let (duration_from, duration_to) = (duration("minDuration")?, duration("maxDuration")?);
    if let (Some(least), Some(most)) = (duration_from, duration_to)
        && most < least
    {
        return Err(Failure::Parameter("'maxDuration' should be greater than 'minDuration'".to_owned()));
    }
    let criteria = Criteria {
        service,
        operation: params.get(&["operation"]).map(str::to_owned),
        start_from: from.unwrap_or_else(|| params::now().saturating_sub(2 * DAY)),
        start_to: to.unwrap_or_else(params::now),
        duration_from,
        duration_to: duration_to.filter(|most| *most > 0),
        ..Criteria::default()
    };
    Ok(TraceSelection::Search { criteria: Box::new(criteria), tags, limit: limit.min(MAX_TRACES) as usize })
}

fn tags(params: &Params) -> Result<Vec<Tag>, Failure> {
    let mut tags = Vec::new();
    for text in params.all("tag") {
        let (key, value) = text.split_once(':').ok_or_else(|| {
            Failure::Parameter(format!("malformed 'tag' parameter, expecting key:value, received: {text}"))
        })?;
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }
    for text in params.all("tags").filter(|text| !text.is_empty()) {
        let members: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| {
            Failure::Parameter(format!("malformed 'tags' parameter, cannot unmarshal JSON: {error}"))
        })?;
        tags.extend(members.into_iter().map(|(key, value)| Tag { key, value }));
    }
    Ok(tags)
}

/// `/dependencies`: a time range in nanoseconds since the Unix epoch.
pub struct Dependencies {
    /// Start.
    pub from: u64,
    /// End.
    pub to: u64,
    /// Only calls from or to this service.
    pub service: Option<String>,
}

impl FromParams for Dependencies {
    type Refusal = Refusal;

    fn from_params(params: &Params) -> Result<Self, Failure> {
        let millis = |name: &'static str| match params.get(&[name]) {
            Some(text) => match params::integer(text) {
                Ok(number) => Ok(Some(u64::try_from(number).unwrap_or(0).saturating_mul(1_000_000))),
                Err(why) => Err(Failure::Parameter(format!("unable to parse param '{name}': {why}"))),
            },
            None => Ok(None),
        };
        let to = millis("endTs")?.unwrap_or_else(params::now);
        let from = to.saturating_sub(millis("lookback")?.unwrap_or(DAY));
        Ok(Dependencies { from, to, service: params.get(&["service"]).map(str::to_owned) })
    }
}

/// A parameter that has to be there.
pub fn required<'p>(params: &'p Params, name: &'static str) -> Result<&'p str, Failure> {
    params.get(&[name]).ok_or_else(|| Failure::Parameter(format!("parameter '{name}' is required")))
}

fn micros(params: &Params, name: &'static str) -> Result<Option<u64>, Failure> {
    let Some(text) = params.get(&[name]) else { return Ok(None) };
    let number = params::integer(text)
        .map_err(|why| Failure::Parameter(format!("unable to parse param '{name}': {why}")))?;
    Ok(Some(u64::try_from(number).unwrap_or(0).saturating_mul(1000)))
}

fn answering(params: &Params) -> Result<Adjustment, Failure> {
    match params.flag(&["raw"]) {
        Ok(raw) => Ok(if raw { Adjustment::Repaired } else { Adjustment::Adjusted }),
        Err(why) => Err(Failure::Parameter(format!("unable to parse param 'raw': {why}"))),
    }
}
