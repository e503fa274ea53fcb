//! One call as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// It answered.
    #[default]
    Ok,
    /// It failed: an error, a panic, or a status of 500 and above.
    Error,
    /// It was dropped before it had answered.
    Cancelled,
}

/// One call. Members that are absent are not written; members that are not named here are in `other`.
///
/// The names are those of the API's clients: TypeScript and Go send `id`, `timestamp`, `function_name`, `args`, `kwargs`,
/// `response` and `error`; Rust sends `id`, `request`, `response`, `created_at` and `updated_at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Id, a ULID or any text.
    pub id: String,
    /// Function, or method and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// Service that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Start, milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    /// Arguments of a function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
    /// Request of an HTTP call: `method`, `path`, `query`, `content_type`, `body`, `body_size`, `truncated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// What a function returned; of an HTTP call `status`, `content_type`, `body`, `body_size`, `truncated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<CallState>,
    /// Start, RFC 3339 with nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// End, RFC 3339 with nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// W3C trace context of the call: the collector links the record with that trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_written_as_it_is_read() {
        let text = r#"{"id":"1","function_name":"f","args":[1],"response":{"a":null},"state":"cancelled","kwargs":{}}"#;
        let record: Record = serde_json::from_str(text).unwrap();
        assert_eq!((record.state, record.other.len()), (Some(CallState::Cancelled), 1));
        let written: Value = serde_json::to_value(&record).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(text).unwrap());
    }
}
