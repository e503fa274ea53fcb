//! The limit of a request's body, kept so that the client gets to read why its request was refused.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use super::problem::Problem;

/// The most bytes of a body.
const LIMIT: usize = 256 << 10;
/// The most bytes that are read of a body that is refused. A connection that is closed before all of a body was read is
/// reset, and the answer is lost with it.
const DISCARDED: usize = 32 << 20;

/// Reads the body before the request goes on. A body above the limit is read to its end and forgotten, and the request is
/// answered with 413 in the name of the service.
pub(super) async fn limit(State(service): State<&'static str>, request: Request, next: Next) -> Response {
    let (parts, mut body) = request.into_parts();
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let data: Bytes = match frame.map(|frame| frame.into_data()) {
            Ok(Ok(data)) => data,
            // Trailers.
            Ok(Err(_)) => continue,
            Err(error) => {
                let why = format!("the body could not be read: {error}");
                return refused(StatusCode::BAD_REQUEST, service, why);
            }
        };
        length = length.saturating_add(data.len());
        if length <= LIMIT {
            bytes.extend_from_slice(&data);
        } else if length > DISCARDED {
            break;
        }
    }
    if length > LIMIT {
        let why = format!("the body has more than {} KiB", LIMIT >> 10);
        return refused(StatusCode::PAYLOAD_TOO_LARGE, service, why);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn refused(status: StatusCode, service: &'static str, why: String) -> Response {
    Problem::new(status, "unreadable_request", service, why).at("body").into_response()
}
