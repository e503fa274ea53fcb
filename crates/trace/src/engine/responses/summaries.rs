//! Parses the summaries of traces: results of a search, and live updates of them.

use super::fields::{number, object, some_number, text};
use crate::model::{ServiceCount, TraceSummary};
use crate::units::TraceId;
use serde::Deserialize;

/// Summaries in the order of the response. v3 of Jaeger 2.19 and later: `{"summaries":[…]}`.
pub fn summaries(body: &[u8]) -> Result<Vec<TraceSummary>, String> {
    #[derive(Deserialize)]
    struct Summaries {
        summaries: Option<Vec<Summary>>,
    }
    object::<Summaries>(body)?.summaries.unwrap_or_default().into_iter().map(Summary::read).collect()
}

/// What one message of Spandrel's live updates says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveSummaries {
    /// Traces that are new or have grown.
    pub summaries: Vec<TraceSummary>,
    /// Number of traces that arrived and were left out, whether they match or not.
    pub skipped: u64,
}

/// Parses a message of Spandrel's live updates: `{"summaries":[…],"skipped":n}`.
pub fn live_summaries(message: &[u8]) -> Result<LiveSummaries, String> {
    #[derive(Deserialize)]
    struct Message {
        summaries: Option<Vec<Summary>>,
        #[serde(default, deserialize_with = "number")]
        skipped: u64,
    }
    let Message { summaries, skipped } = object(message)?;
    let summaries: Result<_, String> = summaries.unwrap_or_default().into_iter().map(Summary::read).collect();
    Ok(LiveSummaries { summaries: summaries?, skipped })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Summary {
    #[serde(alias = "traceID", deserialize_with = "text")]
    trace_id: String,
    #[serde(deserialize_with = "text")]
    root_service_name: String,
    #[serde(deserialize_with = "text")]
    root_operation_name: String,
    // From Spandrel's server only.
    #[serde(deserialize_with = "some_number")]
    root_duration_nano: Option<u64>,
    #[serde(deserialize_with = "number")]
    min_start_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    max_end_time_unix_nano: u64,
    #[serde(deserialize_with = "number")]
    span_count: u32,
    #[serde(deserialize_with = "number")]
    error_span_count: u32,
    #[serde(deserialize_with = "number")]
    orphan_span_count: u32,
    services: Option<Vec<SummaryService>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SummaryService {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "number")]
    span_count: u32,
    #[serde(deserialize_with = "number")]
    error_span_count: u32,
}

impl Summary {
    fn read(self) -> Result<TraceSummary, String> {
        if self.trace_id.is_empty() {
            return Err("a summary has no trace id".to_owned());
        }
        let id = TraceId::parse(&self.trace_id);
        let service = |service: SummaryService| ServiceCount {
            name: service.name,
            spans: service.span_count,
            errors: service.error_span_count,
        };
        Ok(TraceSummary {
            trace_id: id.unwrap_or_default(),
            foreign_trace_id: if id.is_some() { String::new() } else { self.trace_id },
            root_service: self.root_service_name,
            root_operation: self.root_operation_name,
            root_duration: self.root_duration_nano,
            start_unix: self.min_start_time_unix_nano,
            duration: self.max_end_time_unix_nano.saturating_sub(self.min_start_time_unix_nano),
            spans: self.span_count,
            errors: self.error_span_count,
            orphans: self.orphan_span_count,
            services: self.services.unwrap_or_default().into_iter().map(service).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_may_lack_everything_but_its_id() {
        let found =
            summaries(br#"{"summaries":[{"traceID":"A1"},{"traceId":"trace-1","spanCount":2}]}"#).unwrap();
        assert_eq!(found[0].trace_id, TraceId(0xa1));
        assert_eq!(found[1].foreign_trace_id, "trace-1");
        assert_eq!(found[1].spans, 2);
        let times = br#"{"summaries":[{"traceId":"1","minStartTimeUnixNano":"5","maxEndTimeUnixNano":7}]}"#;
        assert_eq!((summaries(times).unwrap()[0].start_unix, summaries(times).unwrap()[0].duration), (5, 2));
        let root = br#"{"summaries":[{"traceId":"1","rootDurationNano":"3"},{"traceId":"2","rootDurationNano":null}]}"#;
        assert_eq!(
            summaries(root).unwrap().iter().map(|found| found.root_duration).collect::<Vec<_>>(),
            [Some(3), None]
        );
        assert!(summaries(br#"{"summaries":[{"spanCount":2}]}"#).is_err());
        assert!(summaries(br#"{"summaries":[{"traceId":"1","spanCount":"many"}]}"#).is_err());
    }

    #[test]
    fn a_live_message_has_summaries_and_what_was_left_out() {
        let read = live_summaries(br#"{"summaries":[{"traceID":"A1","spanCount":3}],"skipped":2}"#).unwrap();
        assert_eq!(
            (read.summaries[0].trace_id, read.summaries[0].spans, read.skipped),
            (TraceId(0xa1), 3, 2)
        );
        assert_eq!(live_summaries(b"{}").unwrap(), LiveSummaries::default());
        for wrong in [&b"[]"[..], b"", br#"{"summaries":[{}]}"#, br#"{"skipped":-1}"#] {
            assert!(live_summaries(wrong).is_err());
        }
    }
}
