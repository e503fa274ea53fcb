//! Messages between page and worker, encoded with postcard: a third of the code size of JSON for the same types, and
//! all numbers are preserved.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Serializes a message.
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    // Serialization of plain data cannot fail; an empty message is rejected by the receiver.
    postcard::to_allocvec(message).unwrap_or_default()
}

/// Deserializes a message; `None` if it is invalid.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::critical_path::PathBySpan;
    use crate::analysis::query::{Field, column};
    use crate::engine::{Answer, EngineCommand, Progress, SpanDetail};
    use crate::model::record::{Attribute, AttributeValue, SpanRecord};
    use crate::model::{SpanKind, StatusCode, TraceSummary};
    use crate::source::{Base, SearchQuery, Task};
    use crate::units::{Problem, ProblemKind, SpanId, TraceId};

    fn crosses<T: Serialize + DeserializeOwned + std::fmt::Debug>(message: &T) {
        let there: T = decode(&encode(message)).unwrap();
        assert_eq!(format!("{there:?}"), format!("{message:?}"));
    }

    #[test]
    fn what_is_asked_arrives_as_it_was_sent() {
        let query = SearchQuery {
            service: "cart".into(),
            tags: vec![("error".into(), "true".into())],
            min_duration: Some(u64::MAX),
            ..SearchQuery::default()
        };
        crosses(&EngineCommand::Task { base: Base::new("http://h/j"), task: Task::Search(query) });
        crosses(&EngineCommand::Files { name: "é.json".into() });
        crosses(&Progress { bytes: 1 << 40, total: None, spans: 3 });
    }

    #[test]
    fn a_whole_span_arrives_with_the_numbers_that_json_lacks() {
        let value = AttributeValue::Array(vec![
            AttributeValue::Double(f64::NAN),
            AttributeValue::Double(f64::NEG_INFINITY),
            AttributeValue::Double(0.1 + 0.2),
            AttributeValue::Int(i64::MIN),
            AttributeValue::Bytes(vec![0, 255]),
            AttributeValue::Map(vec![Attribute { key: String::new(), value: AttributeValue::Empty }]),
        ]);
        let record = SpanRecord {
            trace_id: TraceId(u128::MAX),
            span_id: SpanId(7),
            foreign_trace_id: "t-1".into(),
            kind: SpanKind::Consumer,
            status: StatusCode::Error,
            attributes: vec![Attribute { key: "k".into(), value }],
            ..SpanRecord::default()
        };
        crosses(&Answer::Detail(Box::new(SpanDetail { record, ..SpanDetail::default() })));
    }

    #[test]
    fn answers_of_every_kind_arrive() {
        let summaries = vec![TraceSummary { errors: 1, root_service: "a".into(), ..TraceSummary::default() }];
        crosses(&Answer::Opened { summaries, warnings: vec!["one".into()] });
        crosses(&Answer::Failed(
            Problem::new(ProblemKind::Fault, "a", "b").advise("c").answered(Some(404), b"d"),
        ));
        crosses(&Answer::Missing);
        let trace = crate::testing::trace("a: one [==] code=500\n  b: two [=]\n  b: three [=] code=200");
        crosses(&Answer::CriticalPath(Box::new(PathBySpan::of(trace.outline()))));
        for key in ["code", "none"] {
            crosses(&Answer::Column(Box::new(column(&trace, &Field::parse(key)))));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        assert_eq!(decode::<Answer>(b""), None);
        assert_eq!(decode::<Answer>(&[200]), None);
        assert_eq!(
            decode::<EngineCommand>(&encode(&EngineCommand::Files { name: "long".into() })[..3]),
            None
        );
    }
}
