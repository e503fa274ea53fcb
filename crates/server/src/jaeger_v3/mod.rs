//! Jaeger's query API v3 over HTTP: `GET /api/v3/{services,operations,traces,traces/{id},trace-summaries}`, in JSON or,
//! where `Accept` asks for it, in protobuf.

mod encoding;
mod query;

pub use query::Search;

use crate::etag::Source;
use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use crate::jaeger::messages::{
    FindTraceSummariesResponse, GetOperationsResponse, GetServicesResponse, Operation, TraceSummary,
};
use crate::jaeger::queries::Cost;
use crate::jaeger::query::{ErrorEnvelope, Query};
use crate::jaeger::{Backend, WrittenId, json, search_cost, summary};
use crate::store::{Store, StoreError};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use encoding::{Encoding, Traces};
use prost::Message;
use query::{Operations, RawTraces, TraceParams};
use spandrel_trace::model::SpanKind;
use std::collections::BTreeSet;
use std::io::Write;

/// What Jaeger answers where it has none.
const NO_TRACES: &str = "No traces found";

/// The envelope of the API v3.
pub enum V3Envelope {}

impl ErrorEnvelope for V3Envelope {
    fn body(status: StatusCode, message: &str) -> String {
        serde_json::json!({ "error": { "httpCode": status.as_u16(), "message": message } }).to_string()
    }
}

/// A failure as this API answers it.
pub type Refusal = crate::jaeger::query::Refusal<V3Envelope>;

type Answered = Result<Response<Body>, Refusal>;

/// The routes, below `/api/v3`.
pub fn routes() -> Router<Backend> {
    Router::new()
        .route("/services", get(services))
        .route("/operations", get(operations))
        .route("/traces", get(traces))
        .route("/traces/{id}", get(trace))
        .route("/trace-summaries", get(summaries))
}

async fn services(State(backend): State<Backend>, encoding: Encoding) -> Answered {
    let store = backend.store.clone();
    run(&backend, encoding, Cost::Lookup, move |out| {
        let services = store.services()?;
        match encoding {
            Encoding::Json => {
                out.write_all(serde_json::json!({ "services": services }).to_string().as_bytes())?
            }
            Encoding::Protobuf => out.write_all(&GetServicesResponse { services }.encode_to_vec())?,
        }
        Ok(())
    })
    .await
}

async fn operations(
    State(backend): State<Backend>,
    encoding: Encoding,
    Query(query): Query<Operations>,
) -> Answered {
    let store = backend.store.clone();
    run(&backend, encoding, Cost::Lookup, move |out| {
        let found = operations_of(&store, &query.service, query.kind.as_deref())?.into_iter();
        match encoding {
            Encoding::Json => {
                let found: Vec<_> =
                    found.map(|(name, kind)| serde_json::json!({ "name": name, "spanKind": kind })).collect();
                out.write_all(serde_json::json!({ "operations": found }).to_string().as_bytes())?;
            }
            Encoding::Protobuf => {
                let operations = found.map(|(name, kind)| Operation { name, span_kind: kind.to_owned() });
                let response = GetOperationsResponse { operations: operations.collect() };
                out.write_all(&response.encode_to_vec())?;
            }
        }
        Ok(())
    })
    .await
}

/// Operations of a service with their kinds in words, sorted; only those of one kind where one is asked for.
pub fn operations_of(
    store: &Store,
    service: &str,
    kind: Option<&str>,
) -> Result<BTreeSet<(String, &'static str)>, StoreError> {
    let found = store.operations(service)?.into_iter();
    // Jaeger reports an unspecified kind as internal.
    let found = found.map(|(name, kind)| (name, SpanKind::from_number(u64::from(kind.max(1))).name()));
    Ok(found.filter(|(_, of)| kind.is_none_or(|wanted| wanted == *of)).collect())
}

async fn trace(
    State(backend): State<Backend>,
    Path(id): Path<String>,
    encoding: Encoding,
    Query(TraceParams(answering)): Query<TraceParams>,
) -> Answered {
    let bad = |why| Failure::Parameter(format!("malformed parameter trace_id: {why}"));
    let id = WrittenId::parse(&id).map_err(bad)?;
    let (store, source) = (backend.store.clone(), Source::default());
    let seen = source.clone();
    let mut response = run(&backend, encoding, id.cost(&backend), move |out| {
        let stored = id.read(&store, NO_TRACES)?;
        if let Some(state) = stored.state() {
            seen.is(state);
        }
        let mut traces = Traces::new(encoding, out)?;
        traces.write(&*stored, answering)?;
        traces.finish()
    })
    .await?;
    response.extensions_mut().insert(source);
    Ok(response)
}

async fn traces(
    State(backend): State<Backend>,
    encoding: Encoding,
    Query(RawTraces(answering)): Query<RawTraces>,
    Query(mut search): Query<Search>,
) -> Answered {
    let (store, logged) = (backend.store.clone(), backend.logged.clone());
    run(&backend, encoding, search_cost(&search.criteria, &*search.test), move |out| {
        let watch = out.watch().clone();
        search.among_logged(&logged, &|| watch.check().is_err())?;
        let mut traces = Traces::new(encoding, out)?;
        let mut found = 0;
        for located in store.search(search.criteria, &*search.test, || watch.check().is_err()) {
            watch.check()?;
            let Some(located) = located? else { continue };
            let Some(spans) = store.spans(located)? else { continue };
            traces.write(&*spans, answering)?;
            found += 1;
            if found == search.limit {
                break;
            }
        }
        if found == 0 {
            return Err(Failure::NotFound(NO_TRACES));
        }
        traces.finish()
    })
    .await
}

async fn summaries(
    State(backend): State<Backend>,
    encoding: Encoding,
    Query(mut search): Query<Search>,
) -> Answered {
    let (store, logged) = (backend.store.clone(), backend.logged.clone());
    // Every trace is read, even if the index alone finds it.
    run(&backend, encoding, search_cost(&search.criteria, &*search.test), move |out| {
        let watch = out.watch().clone();
        search.among_logged(&logged, &|| watch.check().is_err())?;
        if encoding == Encoding::Json {
            out.write_all(b"{\"summaries\":[")?;
        }
        let mut found = 0;
        for located in store.search(search.criteria, &*search.test, || watch.check().is_err()) {
            watch.check()?;
            let Some(located) = located? else { continue };
            let Some(spans) = store.spans(located)? else { continue };
            let summary = summary::summarise(&*spans);
            // None where no span of it can be read.
            if summary.spans == 0 {
                continue;
            }
            match encoding {
                Encoding::Json => {
                    let comma = if found > 0 { "," } else { "" };
                    out.write_all(format!("{comma}{}", summary_json(&summary)).as_bytes())?;
                }
                Encoding::Protobuf => {
                    // Messages one after the other are one with the summaries of all.
                    let response = FindTraceSummariesResponse { summaries: vec![TraceSummary::of(&summary)] };
                    out.write_all(&response.encode_to_vec())?;
                }
            }
            found += 1;
            if found == search.limit {
                break;
            }
        }
        if encoding == Encoding::Json {
            out.write_all(b"]}")?;
        }
        Ok(())
    })
    .await
}

/// Runs a query that writes its answer in this encoding.
async fn run(
    backend: &Backend,
    encoding: Encoding,
    cost: Cost,
    work: impl FnOnce(&mut Output) -> Result<(), Failure> + Send + 'static,
) -> Answered {
    let mut response = json(StatusCode::OK, backend.queries.run(cost, work).await?);
    encoding.describe(&mut response);
    Ok(response)
}

/// Jaeger's `TraceSummary`: 64-bit numbers as text, zero counts left out. Spandrel adds `rootDurationNano`.
pub fn summary_json(summary: &spandrel_trace::model::TraceSummary) -> serde_json::Value {
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
    if let Some(duration) = summary.root_duration {
        json["rootDurationNano"] = duration.to_string().into();
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
