//! Jaeger's query API v3 over HTTP: `GET /api/v3/{services,operations,traces,traces/{id},trace-summaries}`.

mod query;

use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use crate::jaeger::params;
use crate::jaeger::queries::Cost;
use crate::jaeger::{Answering, Backend, for_each_span, json, search_cost, summary, text};
use crate::matching::kind_name;
use crate::store::Stored;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use query::{Operations, Query, RawTraces, Reading, Search};
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::TraceSummary;
use std::collections::BTreeSet;
use std::io::Write;

/// What Jaeger answers where it has none.
const NO_TRACES: &str = "No traces found";

/// A failure as this API answers it.
pub struct Refusal(Failure);

impl<F: Into<Failure>> From<F> for Refusal {
    fn from(failure: F) -> Self {
        Refusal(failure.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let (status, message) = self.0.message();
        let body = serde_json::json!({ "error": { "httpCode": status.as_u16(), "message": message } });
        let mut response = text(status, format!("{body}\n"));
        self.0.put_retry_after(&mut response);
        response
    }
}

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

async fn services(State(backend): State<Backend>) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, move |out| {
        out.write_all(serde_json::json!({ "services": store.services()? }).to_string().as_bytes())?;
        Ok(())
    })
    .await
}

async fn operations(State(backend): State<Backend>, Query(query): Query<Operations>) -> Answered {
    let store = backend.store.clone();
    run(&backend, Cost::Lookup, move |out| {
        let found: Vec<_> = store
            .operations(&query.service)?
            .into_iter()
            // Over HTTP Jaeger reports an unspecified kind as internal.
            .map(|(name, kind)| (name, kind_name(kind.max(1))))
            .filter(|(_, kind)| query.kind.as_deref().is_none_or(|wanted| wanted == *kind))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|(name, kind)| serde_json::json!({ "name": name, "spanKind": kind }))
            .collect();
        out.write_all(serde_json::json!({ "operations": found }).to_string().as_bytes())?;
        Ok(())
    })
    .await
}

async fn trace(
    State(backend): State<Backend>,
    Path(id): Path<String>,
    Query(Reading(answering)): Query<Reading>,
) -> Answered {
    let bad = |why| Failure::Parameter(format!("malformed parameter trace_id: {why}"));
    let id = params::trace_id(&id).map_err(bad)?;
    let store = backend.store.clone();
    run(&backend, backend.cost_of(id), move |out| {
        let stored = store.trace(id.0)?.ok_or(Failure::NotFound(NO_TRACES))?;
        let mut out = OtlpJson::new(out, Envelope::Result, true)?;
        write_trace(&mut out, &stored, answering)?;
        out.finish()?;
        Ok(())
    })
    .await
}

async fn traces(
    State(backend): State<Backend>,
    Query(RawTraces(answering)): Query<RawTraces>,
    Query(search): Query<Search>,
) -> Answered {
    let store = backend.store.clone();
    run(&backend, search_cost(&search.criteria, &*search.test), move |out| {
        let watch = out.watch().clone();
        let mut out = OtlpJson::new(out, Envelope::Result, true)?;
        let mut found = 0;
        for stored in store.search(search.criteria, &*search.test, || watch.check().is_err()) {
            watch.check()?;
            let Some(stored) = stored? else { continue };
            write_trace(&mut out, &stored, answering)?;
            found += 1;
            if found == search.limit {
                break;
            }
        }
        if found == 0 {
            return Err(Failure::NotFound(NO_TRACES));
        }
        out.finish()?;
        Ok(())
    })
    .await
}

async fn summaries(State(backend): State<Backend>, Query(search): Query<Search>) -> Answered {
    let store = backend.store.clone();
    // Every trace is read, even if the index alone finds it.
    run(&backend, search_cost(&search.criteria, &*search.test), move |out| {
        let watch = out.watch().clone();
        out.write_all(b"{\"summaries\":[")?;
        let mut found = 0;
        for stored in store.search(search.criteria, &*search.test, || watch.check().is_err()) {
            watch.check()?;
            let Some(stored) = stored? else { continue };
            let summary = summary::summarise(&stored);
            // None where no span of it can be read.
            if summary.spans == 0 {
                continue;
            }
            if found > 0 {
                out.write_all(b",")?;
            }
            out.write_all(summary_json(&summary).to_string().as_bytes())?;
            found += 1;
            if found == search.limit {
                break;
            }
        }
        out.write_all(b"]}")?;
        Ok(())
    })
    .await
}

/// Runs a query whose answer is JSON.
async fn run(
    backend: &Backend,
    cost: Cost,
    work: impl FnOnce(&mut Output) -> Result<(), Failure> + Send + 'static,
) -> Answered {
    Ok(json(StatusCode::OK, backend.queries.run(cost, work).await?))
}

fn write_trace(
    out: &mut OtlpJson<&mut Output>,
    stored: &Stored,
    answering: Answering,
) -> Result<(), Failure> {
    out.get_mut().weigh(stored.weight())?;
    let mut result = Ok(());
    for_each_span(stored, answering, |resource, scope, span| {
        if result.is_ok() {
            result = out.span(resource, scope, span);
        }
    });
    result?;
    Ok(())
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
