//! Errors that a server reports in a response.

use serde_json::Value;

/// Errors in Jaeger's `errors` list, v3's `error` object, or any text.
pub(super) fn server_errors(value: &[u8]) -> Vec<String> {
    match serde_json::from_slice::<Value>(value) {
        Ok(Value::Array(list)) => list.iter().filter_map(server_error).collect(),
        Ok(single) => server_error(&single).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

fn server_error(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => return Some(text.clone()),
        Value::Object(members) => {
            ["msg", "message"].iter().find_map(|name| members.get(*name)?.as_str()).unwrap_or("an error")
        }
        _ => return None,
    };
    let code = ["code", "httpCode"].iter().find_map(|name| value.get(*name)?.as_i64());
    let of = value.get("traceID").and_then(Value::as_str);
    let mut message = text.to_owned();
    if let Some(trace) = of {
        message.push_str(&format!(" (trace {trace})"));
    }
    if let Some(code) = code {
        message.push_str(&format!(" ({code})"));
    }
    Some(message)
}
