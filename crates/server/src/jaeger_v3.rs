//! Jaeger's query API v3 over HTTP: `GET /api/v3/{services,operations,traces,traces/{id},trace-summaries}`.

use crate::jaeger::failure::Failure;
use crate::jaeger::params::{self, Params};
use crate::jaeger::stream;
use crate::jaeger::{Answering, for_each_span, json, not_found, summary, text};
use crate::matching::{Tag, kind_name};
use crate::store::{Criteria, Store, Stored};
use axum::body::Body;
use axum::http::{Response, StatusCode};
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::TraceSummary;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Traces that one search answers at most.
const MOST: i64 = 10_000;
/// What Jaeger says where it has none.
const NO_TRACES: &str = "No traces found";

/// A failure as this API says it.
fn refusal(failure: &Failure) -> Response<Body> {
    let (status, message) = failure.said();
    let body = serde_json::json!({ "error": { "httpCode": status.as_u16(), "message": message } });
    text(status, format!("{body}\n"))
}

/// Answers a GET below `/api/v3/`; `path` is what follows. Blocks.
pub fn answer(store: &Store, path: &[&str], params: &Params) -> Response<Body> {
    let answered = match path {
        ["services"] => Ok(serde_json::json!({ "services": store.services() }).to_string().into()),
        ["operations"] => Ok(operations(store, params).into()),
        ["traces"] => traces(store, params),
        ["traces", id] => trace(store, id, params),
        ["trace-summaries"] => summaries(store, params).map(Body::from),
        _ => return not_found(),
    };
    match answered {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => refusal(&failure),
    }
}

fn operations(store: &Store, params: &Params) -> Vec<u8> {
    let service = params.get(&["service"]).unwrap_or_default();
    let wanted = params.get(&["spanKind", "span_kind"]).map(str::to_ascii_lowercase);
    let found: Vec<_> = store
        .operations(service)
        .into_iter()
        // Over HTTP Jaeger reports an unspecified kind as internal.
        .map(|(name, kind)| (name, kind_name(kind.max(1))))
        .filter(|(_, kind)| wanted.as_deref().is_none_or(|wanted| wanted == *kind))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|(name, kind)| serde_json::json!({ "name": name, "spanKind": kind }))
        .collect();
    serde_json::json!({ "operations": found }).to_string().into_bytes()
}

fn trace(store: &Store, id: &str, params: &Params) -> Result<Body, Failure> {
    let bad = |why| Failure::Parameter(format!("malformed parameter trace_id: {why}"));
    let id = params::trace_id(&params::path_decode(id)).map_err(bad)?;
    for names in [["startTime", "start_time"], ["endTime", "end_time"]] {
        read(params, &names, params::time)?;
    }
    let answering = answering(params, &["rawTraces", "raw_traces"])?;
    let found = store.trace(id.0)?.ok_or(Failure::NotFound(NO_TRACES))?;
    written(vec![found], answering)
}

fn traces(store: &Store, params: &Params) -> Result<Body, Failure> {
    let answering = answering(params, &["query.rawTraces", "query.raw_traces"])?;
    let found = search(store, params)?;
    if found.is_empty() {
        return Err(Failure::NotFound(NO_TRACES));
    }
    written(found, answering)
}

fn summaries(store: &Store, params: &Params) -> Result<Vec<u8>, Failure> {
    let mut list = Vec::new();
    for stored in search(store, params)? {
        let summary = summary::summarise(&stored);
        // None where no span of it can be read.
        if summary.spans > 0 {
            list.push(summary_json(&summary));
        }
    }
    Ok(serde_json::json!({ "summaries": list }).to_string().into_bytes())
}

fn written(found: Vec<Stored>, answering: Answering) -> Result<Body, Failure> {
    if found.iter().map(Stored::weight).sum::<usize>() > stream::WORTH_STREAMING {
        return Ok(stream::body(move |out| write(&found, answering, out)));
    }
    write(&found, answering, Vec::new()).map(Body::from).map_err(|error| Failure::Store(error.into()))
}

fn write<W: Write>(found: &[Stored], answering: Answering, out: W) -> io::Result<W> {
    let mut out = OtlpJson::new(out, Envelope::Result, true)?;
    for stored in found {
        let mut result = Ok(());
        for_each_span(stored, answering, |resource, scope, span| {
            if result.is_ok() {
                result = out.span(resource, scope, span);
            }
        });
        result?;
    }
    out.finish()
}

/// Jaeger's `TraceSummary`: 64-bit numbers as text, zero counts left out.
fn summary_json(summary: &TraceSummary) -> serde_json::Value {
    let services: Vec<_> = summary
        .services
        .iter()
        .map(|service| {
            let mut json = serde_json::json!({ "name": service.name, "spanCount": service.spans });
            put_count(&mut json, "errorSpanCount", service.errors);
            json
        })
        .collect();
    let mut json = serde_json::json!({
        "traceId": summary.trace_id.to_string(),
        "minStartTimeUnixNano": summary.start_unix.to_string(),
        "maxEndTimeUnixNano": (summary.start_unix.saturating_add(summary.duration)).to_string(),
        "spanCount": summary.spans,
        "services": services,
    });
    if !summary.root_service.is_empty() {
        json["rootServiceName"] = summary.root_service.as_str().into();
        json["rootOperationName"] = summary.root_operation.as_str().into();
    }
    put_count(&mut json, "errorSpanCount", summary.errors);
    put_count(&mut json, "orphanSpanCount", summary.orphans);
    json
}

fn put_count(json: &mut serde_json::Value, key: &str, count: u32) {
    if count > 0 {
        json[key] = count.into();
    }
}

fn answering(params: &Params, names: &[&str]) -> Result<Answering, Failure> {
    match params.flag(names) {
        Ok(true) => Ok(Answering::Raw),
        Ok(false) => Ok(Answering::Adjusted),
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

fn search(store: &Store, params: &Params) -> Result<Vec<Stored>, Failure> {
    let owned = |names: &[&str]| params.get(names).map(str::to_owned);
    let from = read(params, &["query.startTimeMin", "query.start_time_min"], params::time)?;
    let to = read(params, &["query.startTimeMax", "query.start_time_max"], params::time)?;
    let (Some(start_from), Some(start_to)) = (from, to) else {
        let why = "query.startTimeMin and query.startTimeMax are required";
        return Err(Failure::Parameter(why.to_owned()));
    };
    if start_from >= start_to {
        let why = "query.startTimeMin must be before query.startTimeMax";
        return Err(Failure::Parameter(why.to_owned()));
    }
    let duration_from = read(params, &["query.durationMin", "query.duration_min"], params::duration)?;
    let duration_to = read(params, &["query.durationMax", "query.duration_max"], params::duration)?;
    if let (Some(least), Some(most)) = (duration_from, duration_to)
        && most < least
    {
        let why = "query.durationMax must not be less than query.durationMin";
        return Err(Failure::Parameter(why.to_owned()));
    }
    let depth = ["query.searchDepth", "query.search_depth", "query.numTraces", "query.num_traces"];
    let limit =
        read(params, &depth, |text| params::integer(text).map_err(|why| why.replace("ParseInt", "Atoi")))?;
    let limit = limit.unwrap_or(100);
    if limit < 1 {
        return Err(malformed(params, &depth, "must be at least 1"));
    }
    let tags = read(params, &["query.attributes"], |text| {
        serde_json::from_str::<BTreeMap<String, String>>(text).map_err(|error| error.to_string())
    })?;
    let tags: Vec<Tag> =
        tags.unwrap_or_default().into_iter().map(|(key, value)| Tag { key, value }).collect();
    if params.get(&["query.filter"]).is_some() {
        return Err(malformed(params, &["query.filter"], "structured filters are not served"));
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
    Ok(store.search(criteria, &tags, limit.min(MOST) as usize)?)
}
