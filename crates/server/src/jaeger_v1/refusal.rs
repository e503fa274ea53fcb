//! The legacy API's envelope, and failures in it.

use crate::jaeger::failure::Failure;
use crate::jaeger::text;
use axum::body::Body;
use axum::http::Response;
use axum::response::IntoResponse;
use serde_json::{Value, json};

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
        let errors = json!([{ "code": status.as_u16(), "msg": message }]);
        let mut response = text(status, format!("{}\n", envelope(&Value::Null, 0, &errors)));
        self.0.put_retry_after(&mut response);
        response
    }
}

/// An answer without problems, with the requests of services beside its data.
pub fn envelope_with_services(data: &Value, services: &Value) -> String {
    format!(r#"{{"data":{data},"services":{services},"total":0,"limit":0,"offset":0,"errors":null}}"#)
}

/// What every answer of this API is.
pub fn envelope(data: &Value, total: usize, errors: &Value) -> String {
    format!(r#"{{"data":{data},"total":{total},"limit":0,"offset":0,"errors":{errors}}}"#)
}
