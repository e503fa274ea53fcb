//! A request's body as a JSON object, whose members are then read one by one.

use serde_json::{Map, Value};

use crate::problem::Problem;

/// A body as a JSON object. Nothing counts as an empty object.
///
/// # Errors
/// 400 where it is not JSON, 422 where it is another value than an object.
pub(super) fn object(body: &str, service: &'static str) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::invalid(service, "body", "must be a JSON object")),
        Err(error) => {
            let why = format!("the body is not JSON: {error}");
            Err(Problem::new(400, "unreadable_request", service, why).at("body"))
        }
    }
}
