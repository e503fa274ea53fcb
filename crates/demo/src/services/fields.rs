//! A request's body as a JSON object, whose members are then read one by one.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value};
pub(crate) use spandrel_simulation::fields::Fields;

use crate::runtime::Problem;

/// The bytes of a body as a JSON object. Nothing counts as an empty object.
///
/// # Errors
/// 413 where it is too long, 400 where it is not JSON, 422 where it is another value than an object.
pub(crate) fn object(
    bytes: Result<Bytes, BytesRejection>,
    service: &'static str,
) -> Result<Map<String, Value>, Problem> {
    let bytes = bytes.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_request", service, rejection.body_text()).at("body")
    })?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::invalid(service, "body", "must be a JSON object")),
        Err(error) => {
            let why = format!("the body is not JSON: {error}");
            Err(Problem::new(StatusCode::BAD_REQUEST, "unreadable_request", service, why).at("body"))
        }
    }
}
