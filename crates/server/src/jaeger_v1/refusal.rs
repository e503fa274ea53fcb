//! The legacy API's envelope, and failures in it.

use crate::jaeger::query::{self, ErrorEnvelope};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The envelope of the legacy API.
pub enum LegacyEnvelope {}

impl ErrorEnvelope for LegacyEnvelope {
    fn body(status: StatusCode, message: &str) -> String {
        envelope(&Value::Null, 0, &json!([{ "code": status.as_u16(), "msg": message }]))
    }
}

/// A failure as this API answers it.
pub type Refusal = query::Refusal<LegacyEnvelope>;

/// An answer without problems, with the requests of services beside its data.
pub fn envelope_with_services(data: &Value, services: &Value) -> String {
    format!(r#"{{"data":{data},"services":{services},"total":0,"limit":0,"offset":0,"errors":null}}"#)
}

/// What every answer of this API is.
pub fn envelope(data: &Value, total: usize, errors: &Value) -> String {
    format!(r#"{{"data":{data},"total":{total},"limit":0,"offset":0,"errors":{errors}}}"#)
}
