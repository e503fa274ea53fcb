//! `GET /api/live`: summaries of traces as their spans arrive, as server-sent events, for a search page that stays open.
//!
//! The parameters are those of `/api/v3/trace-summaries`, without times. Events: `summaries` with
//! `{"summaries":[…],"skipped":n}`, at most one in half a second, a trace again whenever more of it has arrived;
//! `end` with `{"reason":"…"}`, the last one, where the server ends it.

mod watchers;

pub use watchers::Live;

use crate::jaeger::params::Params;
use crate::jaeger::text;
use crate::jaeger_v3::{Refusal, Search};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::response::sse::{KeepAlive, Sse};
use std::time::Duration;

/// Time between two messages that only show that the connection works.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams until the client disconnects.
pub async fn watch(State(live): State<Live>, params: Params) -> Result<Response<Body>, Refusal> {
    let search = Search::read_at_any_time(&params)?;
    let Some(events) = live.watch(search) else {
        let why = "503 too many pages are live already\n";
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, why);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        return Ok(response);
    };
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // A proxy that collects answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
