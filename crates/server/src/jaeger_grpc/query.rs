//! The queries of the service as the API over HTTP has them: what is read, checked and refused there, and in which words.

use crate::jaeger::Adjustment;
use crate::jaeger::messages::{Seconds, TraceQueryParameters};
use crate::jaeger::params::Params;
use crate::jaeger_v3::Search;
use tonic::{Code, Status};

/// Reads a search.
pub fn search(query: Option<TraceQueryParameters>) -> Result<(Search, Adjustment), Status> {
    let query = query.ok_or_else(|| invalid("missing query"))?;
    let mut pairs = Vec::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            pairs.push((format!("query.{name}"), value));
        }
    };
    put("service_name", query.service_name);
    put("operation_name", query.operation_name);
    if !query.attributes.is_empty() {
        put("attributes", serde_json::to_string(&query.attributes).unwrap_or_default());
    }
    for (name, time) in [("start_time_min", query.start_time_min), ("start_time_max", query.start_time_max)] {
        put(name, time.map(|time| time_text(name, time)).transpose()?.unwrap_or_default());
    }
    for (name, time) in [("duration_min", query.duration_min), ("duration_max", query.duration_max)] {
        put(name, time.map(|time| duration_text(name, time)).transpose()?.unwrap_or_default());
    }
    // 0 is how a client says nothing.
    put("search_depth", if query.search_depth == 0 { String::new() } else { query.search_depth.to_string() });
    // One reader for both APIs, and one wording of what is wrong.
    put(
        "filter",
        query.filter.map(|filter| serde_json::to_string(&filter).unwrap_or_default()).unwrap_or_default(),
    );
    let search = Search::read(&Params::from_pairs(pairs)).map_err(|failure| super::status(&failure))?;
    Ok((search, answering(query.raw_traces)))
}

/// How traces are answered.
pub fn answering(raw: bool) -> Adjustment {
    if raw { Adjustment::Raw } else { Adjustment::Adjusted }
}

/// Nanoseconds since the Unix epoch of a time that has to be there; times before it count as 0.
pub fn time(name: &str, time: Option<Seconds>) -> Result<u64, Status> {
    let Some(time) = time else { return Err(invalid(&format!("{name} is required"))) };
    Ok(u64::try_from(timestamp(name, time)?.as_nanosecond().max(0)).unwrap_or(u64::MAX))
}

fn time_text(name: &str, time: Seconds) -> Result<String, Status> {
    Ok(timestamp(name, time)?.to_string())
}

fn timestamp(name: &str, time: Seconds) -> Result<jiff::Timestamp, Status> {
    let read = jiff::Timestamp::new(time.seconds, time.nanos);
    read.map_err(|_| invalid(&format!("{name} is no time between the years -9999 and 9999")))
}

fn duration_text(name: &str, Seconds { seconds, nanos }: Seconds) -> Result<String, Status> {
    if seconds < 0 || !(0..1_000_000_000).contains(&nanos) {
        return Err(invalid(&format!("{name} cannot be read as a duration")));
    }
    Ok(format!("{seconds}s{nanos}ns"))
}

fn invalid(why: &str) -> Status {
    Status::new(Code::InvalidArgument, why)
}
