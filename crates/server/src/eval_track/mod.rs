//! The eval-track API: records of calls, any JSON object each, put under an id and read back. A record is stored as a span
//! (`trace::format::eval_track` says which), so that it is as durable as spans are, is deleted with them, and is found and
//! shown by everything that finds and shows spans. All versions of a record are in one trace.
//!
//! `GET health`, `GET traces`, `GET|PUT|POST traces/{id}`, `POST traces`, below `/eval-track`. The API's clients also put
//! and post without that prefix, some treat any status but 200 as a failure, and send their secret in
//! `x-eval-tracker-secret-key` (see `guard`).

mod answer;
mod error;
mod ids;
mod read;
mod record;
mod versions;

use crate::ingest::Intake;
use crate::jaeger::{Backend, json};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::{MethodRouter, get, post};
use error::Error;
use read::ListQuery;

/// What the API takes records in by, and reads them from.
#[derive(Clone)]
pub struct EvalTrack {
    /// Takes records.
    pub intake: Intake,
    /// Answers.
    pub backend: Backend,
}

/// All routes, below `/eval-track`.
pub fn routes<S: Clone + Send + Sync + 'static>(state: EvalTrack) -> Router<S> {
    Router::new()
        .route("/health", get(health))
        .route("/traces", get(list).post(post_record))
        .route("/traces/", get(list).post(post_record))
        .route("/traces/{id}", get(one).put(put_record).post(put_record))
        .method_not_allowed_fallback(|| async {
            Error::text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .fallback(|| async { Error::text(StatusCode::NOT_FOUND, "Not Found") })
        .with_state(state)
}

/// `POST traces`, as clients send it without prefix.
pub fn unnamed<S: Clone>(intake: Intake) -> MethodRouter<S> {
    post(take_unnamed).with_state(intake)
}

/// `PUT` and `POST traces/{id}`, as clients send them without prefix.
pub fn named<S: Clone>(intake: Intake) -> MethodRouter<S> {
    post(take_named).put(take_named).with_state(intake)
}

/// The routes of a port that only takes records in, with and without prefix.
pub fn collecting<S: Clone + Send + Sync + 'static>(intake: Intake) -> Router<S> {
    let mut router = Router::new().route("/eval-track/health", get(health));
    for prefix in ["", "/eval-track"] {
        router = router
            .route(&format!("{prefix}/traces"), unnamed(intake.clone()))
            .route(&format!("{prefix}/traces/"), unnamed(intake.clone()))
            .route(&format!("{prefix}/traces/{{id}}"), named(intake.clone()));
    }
    router
}

async fn health() -> Response<Body> {
    json(StatusCode::OK, r#""OK""#)
}

async fn post_record(State(state): State<EvalTrack>, request: Request) -> Result<Response<Body>, Error> {
    record::take(&state.intake, None, request).await
}

async fn put_record(
    State(state): State<EvalTrack>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response<Body>, Error> {
    record::take(&state.intake, Some(id), request).await
}

async fn take_unnamed(State(intake): State<Intake>, request: Request) -> Result<Response<Body>, Error> {
    record::take(&intake, None, request).await
}

async fn take_named(
    State(intake): State<Intake>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response<Body>, Error> {
    record::take(&intake, Some(id), request).await
}

async fn list(State(state): State<EvalTrack>, request: Request) -> Result<Response<Body>, Error> {
    let query = ListQuery::read(request.uri().query())?;
    read::list(&state.backend, query).await
}

async fn one(State(state): State<EvalTrack>, Path(id): Path<String>) -> Result<Response<Body>, Error> {
    read::one(&state.backend, id).await
}
