//! Jaeger's legacy query API: `/api/{services,operations,services/{s}/operations,traces,traces/{id},dependencies}`,
//! `/api/metrics/{latencies,calls,errors,minstep}`,
//! `POST /api/archive/{id}` and `POST /api/transform`.

mod metrics;
mod query;
mod refusal;

use crate::etag::Source;
use crate::ingest::{Refusal as Ingest, body, json, regroup};
use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use crate::jaeger::params;
use crate::jaeger::queries::Cost;
use crate::jaeger::query::Query;
use crate::jaeger::{
    Adjustment, Backend, WrittenId, dependencies, for_each_span, json as json_answer, not_found, search_cost,
    span_metrics, text,
};
use crate::store::{Spans, StoredTrace, compress};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use metrics::MetricsParams;
use query::{Dependencies, Operations, Pretty, TraceParams, TraceSelection, Traces};
use refusal::{Refusal, envelope, envelope_with_services};
use serde_json::{Value, json};
use spandrel_trace::format::write::JaegerJson;
use spandrel_trace::model::SpanKind;
use spandrel_trace::units::TraceId;
use std::collections::BTreeSet;
use std::io::Write;

/// What Jaeger answers where it has no such trace.
const NOT_FOUND: &str = "trace not found";
/// Bytes of a body of `transform`.
const MOST_BODY: usize = 64 << 20;

type Answered = Result<Response<Body>, Refusal>;

/// The routes, below `/api`.
pub fn routes() -> Router<Backend> {
    Router::new()
        .route("/services", get(services))
        .route("/services/{service}/operations", get(operation_names))
        .route("/operations", get(operations))
        .route("/traces", get(traces))
        .route("/traces/{id}", get(trace))
        .route("/dependencies", get(service_graph))
        .route("/metrics/minstep", get(least_step))
        .route("/metrics/{kind}", get(metrics))
        .route("/archive/{id}", post(archive))
        .route("/transform", post(transform))
}

async fn services(State(backend): State<Backend>, Query(pretty): Query<Pretty>) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, pretty, move |out| {
        list(out, store.services()?.into_iter().map(Value::from).collect())
    })
    .await
}

async fn operation_names(
    State(backend): State<Backend>,
    Path(service): Path<String>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, pretty, move |out| {
        // Jaeger unescapes the segment twice, so `+` is a space here.
        let service = params::form_decode(&service);
        let names: BTreeSet<String> = store.operations(&service)?.into_iter().map(|(name, _)| name).collect();
        list(out, names.into_iter().map(Value::from).collect())
    })
    .await
}

async fn operations(
    State(backend): State<Backend>,
    Query(query): Query<Operations>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, pretty, move |out| {
        let found = store
            .operations(&query.service)?
            .into_iter()
            .map(|(name, kind)| (name, SpanKind::from_number(u64::from(kind)).name()));
        let found = found.filter(|(_, kind)| query.kind.as_ref().is_none_or(|wanted| wanted == kind));
        list(out, found.map(|(name, kind)| json!({ "name": name, "spanKind": kind })).collect())
    })
    .await
}

async fn trace(
    State(backend): State<Backend>,
    Query(TraceParams(answering)): Query<TraceParams>,
    Path(id): Path<String>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let id = WrittenId::parse(&id).map_err(Failure::Parameter)?;
    let (store, source) = (backend.store.clone(), Source::default());
    let seen = source.clone();
    let mut response = run(&backend, id.cost(&backend), pretty, move |out| {
        let stored = id.read(&store, NOT_FOUND)?;
        if let Some(state) = stored.state() {
            seen.is(state);
        }
        let mut out = JaegerJson::new(out)?;
        write_trace(&mut out, &*stored, answering)?;
        out.finish()?;
        Ok(())
    })
    .await?;
    response.extensions_mut().insert(source);
    Ok(response)
}

async fn traces(
    State(backend): State<Backend>,
    Query(query): Query<Traces>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let (store, answering) = (backend.store.clone(), query.answering);
    match query.selection {
        TraceSelection::Ids(ids) => {
            run(&backend, Cost::Search, pretty, move |out| {
                let mut out = JaegerJson::new(out)?;
                let mut missing = Vec::new();
                for id in ids {
                    match store.spans_of(id.0)? {
                        Some(stored) => write_trace(&mut out, &*stored, answering)?,
                        None => missing.push(json!({ "msg": NOT_FOUND, "traceID": printed(id) })),
                    }
                }
                let errors = if missing.is_empty() { Value::Null } else { Value::Array(missing) };
                out.finish_with(&errors.to_string())?;
                Ok(())
            })
            .await
        }
        TraceSelection::Search { criteria, tags, limit } => {
            run(&backend, search_cost(&criteria, &tags), pretty, move |out| {
                let watch = out.watch().clone();
                let mut out = JaegerJson::new(out)?;
                let mut found = 0;
                for located in store.search(*criteria, &tags, || watch.check().is_err()) {
                    watch.check()?;
                    let Some(located) = located? else { continue };
                    let Some(spans) = store.spans(located)? else { continue };
                    write_trace(&mut out, &*spans, answering)?;
                    found += 1;
                    if found == limit {
                        break;
                    }
                }
                out.finish()?;
                Ok(())
            })
            .await
        }
    }
}

async fn service_graph(
    State(backend): State<Backend>,
    Query(query): Query<Dependencies>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Scan, pretty, move |out| {
        let watch = out.watch().clone();
        let service = query.service.as_deref();
        let graph = dependencies::count(&store, query.from, query.to, service, || watch.check())?;
        let data = graph.links.iter().map(|link| {
            json!({
                "parent": link.parent, "child": link.child, "callCount": link.calls,
                "errorCount": link.errors.unwrap_or(0),
            })
        });
        // Jaeger's answer has no requests of services: a member of our own.
        let requests = graph.requests.iter().map(|counted| {
            json!({
                "service": counted.service, "requestCount": counted.requests, "errorCount": counted.errors,
            })
        });
        out.write_all(envelope_with_services(&data.collect(), &requests.collect()).as_bytes())?;
        Ok(())
    })
    .await
}

/// Calls, errors and latencies, counted from spans.
async fn metrics(
    State(backend): State<Backend>,
    Path(kind): Path<String>,
    params: Result<Query<MetricsParams>, Refusal>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    if !matches!(kind.as_str(), "calls" | "errors" | "latencies") {
        return Ok(not_found());
    }
    let query = params?.0.query(&kind)?;
    let store = backend.store.clone();
    run(&backend, Cost::Scan, pretty, move |out| {
        let watch = out.watch().clone();
        let series = span_metrics::measure(&store, &query, || watch.check())?;
        out.write_all(metrics::family(&query, &series).to_string().as_bytes())?;
        Ok(())
    })
    .await
}

/// The shortest step, in milliseconds.
async fn least_step(State(backend): State<Backend>, Query(pretty): Query<Pretty>) -> Answered {
    run(&backend, Cost::Lookup, pretty, |out| {
        out.write_all(envelope(&json!(1), 0, &Value::Null).as_bytes())?;
        Ok(())
    })
    .await
}

/// There is no second storage: a trace is archived as long as it is kept.
async fn archive(
    State(backend): State<Backend>,
    Path(id): Path<String>,
    Query(pretty): Query<Pretty>,
) -> Answered {
    let id = params::trace_id(&id).map_err(Failure::Parameter)?;
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, pretty, move |out| {
        if !store.contains(id.0)? {
            return Err(Failure::NotFound(NOT_FOUND));
        }
        out.write_all(envelope(&json!([]), 0, &json!([])).as_bytes())?;
        Ok(())
    })
    .await
}

/// Answers what sending this and asking for it would. The body is counted as it arrives.
async fn transform(
    State(backend): State<Backend>,
    Query(pretty): Query<Pretty>,
    request: Request,
) -> Answered {
    let mut reserved = backend.transforms.reservation();
    let limits = body::Limits { bytes: MOST_BODY, time: backend.client_time };
    let body = match body::read(limits, &mut request.into_body(), None, &mut reserved).await {
        Ok(body) => body,
        Err(Ingest::Busy) => return Err(Failure::Busy.into()),
        Err(Ingest::TooSlow) => return Ok(text(StatusCode::REQUEST_TIMEOUT, "408 request timeout\n")),
        Err(Ingest::Malformed(why)) => return Err(Failure::Parameter(why).into()),
        Err(_) => return Ok(text(StatusCode::PAYLOAD_TOO_LARGE, "413 request body too large\n")),
    };
    run(&backend, Cost::Trace, pretty, move |out| {
        let bad = |refusal: Ingest| match refusal {
            Ingest::Busy => Failure::Busy,
            other => Failure::Parameter(format!("cannot unmarshal OTLP : {other}")),
        };
        let (request, partial_success) = json::to_protobuf(&body, &mut reserved).map_err(bad)?;
        if partial_success.rejected > 0 {
            return Err(bad(Ingest::Malformed(partial_success.text())));
        }
        let parts = regroup::regroup(&request, &mut reserved).map_err(bad)?;
        let mut out = JaegerJson::new(out)?;
        for part in parts {
            let stored = StoredTrace::new(part.trace, compress::unpack(part.plain, part.spans)?);
            write_trace(&mut out, &stored, Adjustment::Repaired)?;
        }
        out.finish()?;
        Ok(())
    })
    .await
}

/// Runs a query whose answer is JSON.
async fn run(
    backend: &Backend,
    cost: Cost,
    Pretty(pretty): Pretty,
    work: impl FnOnce(&mut Output) -> Result<(), Failure> + Send + 'static,
) -> Answered {
    let body = backend.queries.run(cost, move |out| {
        if pretty {
            out.indent();
        }
        work(out)
    });
    Ok(json_answer(StatusCode::OK, body.await?))
}

/// A list in the envelope; only services and operations give their number.
fn list(out: &mut Output, data: Vec<Value>) -> Result<(), Failure> {
    let total = data.len();
    out.write_all(envelope(&Value::Array(data), total, &Value::Null).as_bytes())?;
    Ok(())
}

fn write_trace(
    out: &mut JaegerJson<&mut Output>,
    stored: &dyn Spans,
    answering: Adjustment,
) -> Result<(), Failure> {
    out.get_mut().weigh(stored.weight())?;
    out.begin_trace(TraceId(stored.trace()), "", &[])?;
    let mut result = Ok(());
    for_each_span(stored, answering, |resource, scope, span| {
        if result.is_ok() {
            result = out.span(resource, scope, span);
        }
    });
    result?;
    Ok(())
}

/// Jaeger prints 16 digits when the upper half is zero.
fn printed(id: TraceId) -> String {
    if id.0 >> 64 == 0 { format!("{:016x}", id.0) } else { id.to_string() }
}
