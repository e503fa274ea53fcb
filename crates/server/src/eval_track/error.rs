//! Errors as FastAPI writes them: `{"detail": "…"}`, or a list of what is wrong where (422).

use crate::ingest::{Refusal, answer};
use crate::jaeger::failure::Failure;
use crate::jaeger::json;
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// See the module.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    detail: Value,
    /// Seconds after which to retry.
    retry_after: Option<u64>,
}

impl Error {
    /// An error with a text.
    pub fn text(status: StatusCode, detail: impl Into<String>) -> Self {
        Error { status, detail: Value::String(detail.into()), retry_after: None }
    }

    /// 422: what is wrong (`kind` and `message` are pydantic's) at which place of the request.
    pub fn invalid(kind: &str, place: &[&str], message: impl Into<String>, input: Option<&str>) -> Self {
        let problem = json!({ "type": kind, "loc": place, "msg": message.into(), "input": input });
        Error { status: StatusCode::UNPROCESSABLE_ENTITY, detail: json!([problem]), retry_after: None }
    }

    /// 422: the body is not JSON from this byte on.
    pub fn not_json(at: usize, why: impl Into<String>) -> Self {
        let problem = json!({
            "type": "json_invalid",
            "loc": ["body", at],
            "msg": "JSON decode error",
            "input": {},
            "ctx": { "error": why.into() },
        });
        Error { status: StatusCode::UNPROCESSABLE_ENTITY, detail: json!([problem]), retry_after: None }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(answer::http_status(&refusal));
        Error {
            status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            retry_after: refusal.retry_after(),
            detail: refusal.to_string().into(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let (status, message) = failure.message();
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Error { status, detail: message.into(), retry_after }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response<Body> {
        let mut response = json(self.status, json!({ "detail": self.detail }).to_string());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
