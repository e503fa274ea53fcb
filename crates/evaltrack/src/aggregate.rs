//! Numbers over records: calls, errors and durations of each function.

use crate::client::Client;
use crate::list::{ListError, ListQuery, StoredRecord};
use crate::record::{CallState, Record};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Records of one page.
const PAGE: u32 = 500;

/// The calls of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionStats {
    /// Its name; empty for records without one.
    pub function_name: String,
    /// Calls.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls that were cancelled.
    pub cancelled: u64,
    /// How long the calls took whose records say so, shortest first.
    durations: Vec<Duration>,
}

impl FunctionStats {
    /// Failed calls by calls, 0 to 1.
    pub fn error_rate(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.errors as f64 / self.calls as f64 }
    }

    /// The duration that so many of the calls did not exceed (0 to 1, nearest rank); `None` where no record says one.
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let last = self.durations.len().checked_sub(1)?;
        let rank = (share.clamp(0.0, 1.0) * self.durations.len() as f64).ceil() as usize;
        self.durations.get(rank.saturating_sub(1).min(last)).copied()
    }

    /// Calls whose record says how long they took.
    pub fn timed(&self) -> usize {
        self.durations.len()
    }
}

/// Counts the calls of each function; those with the most calls come first.
pub fn aggregate<'r>(records: impl IntoIterator<Item = &'r StoredRecord>) -> Vec<FunctionStats> {
    let mut by_name: BTreeMap<String, FunctionStats> = BTreeMap::new();
    for stored in records {
        let record = stored.record();
        let function_name = record.function_name.clone().unwrap_or_default();
        let stats = by_name.entry(function_name).or_insert_with_key(|name| FunctionStats {
            function_name: name.clone(),
            calls: 0,
            errors: 0,
            cancelled: 0,
            durations: Vec::new(),
        });
        stats.calls += 1;
        match state(&record) {
            CallState::Ok => {}
            CallState::Error => stats.errors += 1,
            CallState::Cancelled => stats.cancelled += 1,
        }
        stats.durations.extend(duration(&record));
    }
    let mut all: Vec<FunctionStats> = by_name.into_values().collect();
    for stats in &mut all {
        stats.durations.sort_unstable();
    }
    // Stable: functions of equal counts stay in the order of their names.
    all.sort_by_key(|stats| std::cmp::Reverse(stats.calls));
    all
}

/// How a call ended. Other clients say it by an `error` that is not empty, in the record or in its response.
fn state(record: &Record) -> CallState {
    let is_error = |error: &serde_json::Value| !error.is_null() && error != "";
    let in_response = record.response.as_ref().and_then(|response| response.as_object()?.get("error"));
    match record.state {
        Some(CallState::Cancelled) => CallState::Cancelled,
        Some(CallState::Error) => CallState::Error,
        Some(CallState::Ok) => CallState::Ok,
        None if record.error.as_ref().is_some_and(|error| !error.is_empty()) => CallState::Error,
        None if in_response.is_some_and(is_error) => CallState::Error,
        None => CallState::Ok,
    }
}

fn duration(record: &Record) -> Option<Duration> {
    let time = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
    Duration::try_from(time(&record.updated_at)?.duration_since(time(&record.created_at)?)).ok()
}

impl Client {
    /// Counts the newest records of the collector, `records` at most, by function.
    pub async fn aggregate(&self, records: usize) -> Result<Vec<FunctionStats>, ListError> {
        let mut all: Vec<StoredRecord> = Vec::new();
        let mut before = None;
        while all.len() < records {
            let limit = u32::try_from(records - all.len()).unwrap_or(PAGE).min(PAGE);
            let page = self.list(&ListQuery { limit: Some(limit), before: before.clone() }).await?;
            // A collector without pages answers the same again.
            let last = page.last().map(|record| record.id.clone());
            if last.is_none() || last == before {
                break;
            }
            before = last;
            all.extend(page);
        }
        all.truncate(records);
        Ok(aggregate(&all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn stored(data: Value) -> StoredRecord {
        StoredRecord { id: String::new(), trace_id: None, versions: 1, data }
    }

    #[test]
    fn records_of_all_clients_are_counted_by_function() {
        let timed = |milliseconds: u32| {
            let end = format!("2025-01-01T00:00:00.{milliseconds:03}Z");
            stored(json!({ "function_name": "f", "created_at": "2025-01-01T00:00:00Z", "updated_at": end }))
        };
        let mut records: Vec<StoredRecord> = (1..=100).map(timed).collect();
        records.push(stored(json!({ "function_name": "f", "error": "broken" })));
        records.push(stored(json!({ "function_name": "f", "error": "" })));
        records.push(stored(json!({ "function_name": "f", "state": "cancelled" })));
        records.push(stored(json!({ "function_name": "f", "timestamp": "not a number", "state": "error" })));
        records.push(stored(json!({ "request": { "args": "1" }, "response": { "error": "no" } })));
        let all = aggregate(&records);
        let names: Vec<_> = all.iter().map(|stats| (stats.function_name.as_str(), stats.calls)).collect();
        assert_eq!(names, [("f", 104), ("", 1)]);
        assert_eq!((all[0].errors, all[0].cancelled, all[0].timed(), all[1].errors), (2, 1, 100, 1));
        let percentile = |share| all[0].percentile(share).map(|duration| duration.as_millis());
        assert_eq!(
            [0.0, 0.5, 0.9, 0.99, 1.0].map(percentile),
            [Some(1), Some(50), Some(90), Some(99), Some(100)]
        );
        assert_eq!(all[1].percentile(0.5), None);
        assert!((all[0].error_rate() - 2.0 / 104.0).abs() < 1e-12);
        assert_eq!(aggregate([]), []);
    }
}
