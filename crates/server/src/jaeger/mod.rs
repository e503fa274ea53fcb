//! What Jaeger's two query APIs have in common: parameters, ids, repairs of what is answered, summaries, the service
//! graph. Sources: Jaeger's handlers as of the version named in `docs/adr/0012`, and recorded answers of two of them.

mod adjust;
pub mod dependencies;
pub mod failure;
pub mod params;
pub mod stream;
pub mod summary;

pub use adjust::{Answering, for_each_span};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

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
