//! Reads records back.

use crate::client::Client;
use crate::record::Record;
use crate::sender::with_causes;
use reqwest::Method;
use serde_json::{Map, Value};

/// Bytes of one answer at most.
const MOST: usize = 64 << 20;
/// Bytes of an error answer that are shown.
const MOST_DETAIL: usize = 512;

/// Which records are listed.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// How many at most; the collector's default unless set.
    pub limit: Option<u32>,
    /// Only those that follow the record with this id in the list.
    pub before: Option<String>,
}

/// Why records cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// There is no answer.
    #[error("the collector cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is an error.
    #[error("the collector answered {status}: {detail}")]
    Refused {
        /// Its status.
        status: u16,
        /// The first bytes of its body.
        detail: String,
    },
    /// The answer is not a list of records.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

/// A record as a collector holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord {
    /// Id under which it was put.
    pub id: String,
    /// Id of the trace under which it is shown, 32 hexadecimal digits, where the collector says so.
    pub trace_id: Option<String>,
    /// Number of versions that were put under the id; 1 where the collector does not say.
    pub versions: u32,
    /// The newest version, as it was put.
    pub data: Value,
}

impl StoredRecord {
    /// Its members, as far as they are those of a [`Record`]; members of another type are left out.
    pub fn record(&self) -> Record {
        let mut record: Record =
            serde_json::from_value(self.data.clone()).unwrap_or_else(|_| lenient(&self.data));
        record.id.clone_from(&self.id);
        record
    }

    fn read(mut item: Value) -> Option<Self> {
        let members = item.as_object_mut()?;
        let id = members.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !members.get("data").is_some_and(Value::is_object) || !members.contains_key("versions") {
            return Some(StoredRecord { id, trace_id: None, versions: 1, data: item });
        }
        let trace_id = members.get("trace_id").and_then(Value::as_str).map(str::to_owned);
        let versions = members.get("versions").and_then(Value::as_u64).unwrap_or(1);
        let data = members.remove("data")?;
        Some(StoredRecord { id, trace_id, versions: u32::try_from(versions).unwrap_or(u32::MAX), data })
    }
}

/// A record of those members that have the right type.
fn lenient(data: &Value) -> Record {
    let fits = |(key, value): &(&String, &Value)| {
        let alone = Map::from_iter([((*key).clone(), (*value).clone())]);
        serde_json::from_value::<Record>(alone.into()).is_ok()
    };
    let members = data.as_object().into_iter().flatten().filter(fits);
    let fitting: Map<String, Value> = members.map(|(key, value)| (key.clone(), value.clone())).collect();
    serde_json::from_value(fitting.into()).unwrap_or_default()
}

impl Client {
    /// Records of the collector, newest first. The next page starts behind the last one: [`ListQuery::before`].
    pub async fn list(&self, query: &ListQuery) -> Result<Vec<StoredRecord>, ListError> {
        let limit = query.limit.map(|limit| limit.to_string());
        let parameters = [("limit", limit.as_deref()), ("before", query.before.as_deref())];
        let given = parameters.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let request = self.shared().delivery.request(Method::GET, &["traces"], given);
        let unreachable = |error: reqwest::Error| ListError::Unreachable(with_causes(&error));
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MOST {
                return Err(ListError::Unreadable(format!("it is larger than {MOST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            body.truncate(MOST_DETAIL);
            let detail = String::from_utf8_lossy(&body).into_owned();
            return Err(ListError::Refused { status: status.as_u16(), detail });
        }
        read(&body)
    }
}

/// Reads a list of records: an array, or one in the member `data`.
fn read(body: &[u8]) -> Result<Vec<StoredRecord>, ListError> {
    let answer = serde_json::from_slice(body).map_err(|error| ListError::Unreadable(error.to_string()))?;
    let items = match answer {
        Value::Array(items) => items,
        Value::Object(mut members) => match members.remove("data") {
            Some(Value::Array(items)) => items,
            _ => return Err(ListError::Unreadable("it is no list".to_owned())),
        },
        _ => return Err(ListError::Unreadable("it is no list".to_owned())),
    };
    let wrong = || ListError::Unreadable("an item of the list is no object".to_owned());
    items.into_iter().map(|item| StoredRecord::read(item).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_all_collectors_are_read() {
        let ours = br#"[{"id":"a","trace_id":"0f","received_at":"x","versions":2,"data":{"id":7,"function_name":"f"}}]"#;
        let list = read(ours).unwrap();
        assert_eq!(
            (list[0].id.as_str(), list[0].versions, list[0].trace_id.as_deref()),
            ("a", 2, Some("0f"))
        );
        assert_eq!(list[0].data, json!({ "id": 7, "function_name": "f" }));
        assert_eq!(
            (list[0].record().id.as_str(), list[0].record().function_name.as_deref()),
            ("a", Some("f"))
        );
        let flat = read(br#"{"status":200,"data":[{"id":"b","error":"no"}]}"#).unwrap();
        assert_eq!((flat[0].id.as_str(), flat[0].record().error.as_deref()), ("b", Some("no")));
        assert_eq!(read(b"[]").unwrap(), []);
        for wrong in [&b"{}"[..], b"7", b"[1]", b"", b"<html>"] {
            assert!(read(wrong).is_err());
        }
    }
}
