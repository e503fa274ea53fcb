//! Jaeger JSON, span by span: first what is drawn, later on demand everything.
//!
//! Jaeger hides kind, status and error in tags (`span.kind`, `otel.status_code`, `error`); `facts` finds them.
//! The parent is the first `CHILD_OF` reference within the trace, else the first `FOLLOWS_FROM`; further
//! references are links that keep their type in `opentracing.ref_type`.

mod facts;
mod first;
mod member;
mod references;
mod whole;

pub(super) use first::{First, first};
pub(super) use whole::{decode, process};

use super::json::{Cursor, Number, Scan, number, small};
use super::otlp_json::numeric;

/// Microseconds (integers, floats, text) as nanoseconds; wrapped negative ones are negative again.
fn microseconds(cursor: &mut Cursor<'_>) -> Scan<i64> {
    let text = numeric(cursor)?;
    if let Some(nano) = small(text).and_then(|micro| micro.checked_mul(1000)) {
        return Ok(nano);
    }
    let micro = match number(text) {
        Some(Number::Whole(whole)) if whole > i128::from(i64::MAX) => Number::Whole(whole - (1 << 64)),
        Some(number) => number,
        None => return Ok(0),
    };
    let nano = micro.scaled(1000).unwrap_or(0);
    Ok(nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

/// Begin and end from start and duration, all nanoseconds: 0 for a begin that cannot be one, and then the
/// duration for the end; an end before the begin for a negative duration.
fn times(start: i64, duration: i64) -> (u64, u64) {
    match u64::try_from(start) {
        Ok(begin) if begin > 0 => (begin, begin.saturating_add_signed(duration).min(i64::MAX as u64)),
        _ => (0, duration.max(0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::TraceBuilder;
    use crate::model::Memory;
    use crate::model::record::SpanRecord;
    use crate::model::{Flags, StatusCode};

    #[test]
    fn wrapped_unsigned_numbers_are_negative_again() {
        let micro = |text: &str| microseconds(&mut Cursor::new(format!("{text},").as_bytes())).unwrap();
        assert_eq!(micro("18446744073709550616"), -1_000_000);
        assert_eq!(micro("1.7e15"), 1_700_000_000_000_000_000);
        assert_eq!(micro("12.5"), 12_500);
        assert_eq!(micro("\"12\""), 12_000);
        assert_eq!(micro("null"), 0);
        assert_eq!(times(5_000, -1_000), (5_000, 4_000));
        assert_eq!(times(-616_000, 7), (0, 7));
        assert_eq!(times(5, i64::MAX), (5, i64::MAX as u64));
    }

    /// What a first look and a whole reading say of a span.
    fn read(span: &str) -> (StatusCode, Flags, SpanRecord) {
        let seen =
            first(&mut Cursor::new(span.as_bytes()), &mut Memory::default(), &mut TraceBuilder::default())
                .unwrap();
        let mut record = SpanRecord::default();
        decode(span.as_bytes(), &mut Memory::default(), &mut record);
        assert_eq!((seen.status, seen.kind), (record.status, record.kind));
        (seen.status, seen.flags, record)
    }

    #[test]
    fn an_error_in_a_logs_fields_counts_as_one_in_the_tags() {
        for (value, failed) in [("true", true), ("\"true\"", true), ("false", false), ("\"refused\"", false)]
        {
            let (status, flags, record) = read(&format!(
                r#"{{"spanID":"1","logs":[{{"fields":[{{"key":"error","value":{value}}}]}}]}}"#
            ));
            assert_eq!(
                (status == StatusCode::Error, flags.has(Flags::OWN_ERROR)),
                (failed, failed),
                "{value}"
            );
            assert_eq!(record.events[0].attributes.len(), 1, "the field stays where it was");
        }
    }

    #[test]
    fn what_was_read_before_changes_nothing() {
        let spans = [
            r#"{"traceID":"a","spanID":"1","operationName":"x","tags":[{"key":"k","type":"string","value":"v"},{"key":"n","type":"int64","value":7}],"startTime":1,"duration":2}"#,
            r#"{"traceID":"a","spanID":"2","operationName":"y","tags":[{"key":"k","type":"string","value":"öv"},{"key":"n","type":"int64","value":"8"},{"key":"k","type":"string","value":[1]}],"startTime":3,"duration":2}"#,
            r#"{"spanID":"3","traceID":"a","tags":[{"key":"n","type":"string","value":"a
b"},{"key":"k","type":"binary","value":"AAE="},{"key":"kk","value":1.5,"type":"float64"}],"logs":[{"timestamp":5,"fields":[{"key":"event","type":"string","value":"e"},{"key":"k","type":"string","value":"v"}]}]}"#,
            "{ \"spanID\" : \"4\" , \"operationName\":\"z\" , \"tags\" : [ { \"key\":\"k\", \"type\":\"bool\", \"value\":true } ] }",
            r#"{"spanID":"5","tags":[{"key":"error","type":"bool","value":true},{"key":"error","type":"string","value":"yes"},{"key":"span.kind","type":"string","value":"client"}],"unheard":{"of":[1]},"warnings":["w"]}"#,
            "{}",
        ];
        let (mut again, mut builder) = (Memory::default(), TraceBuilder::default());
        for at in 0..spans.len().pow(3) {
            // In an order in which each follows most of the others.
            let span = spans[at / [1, 6, 36][at % 3] % spans.len()];
            let (status, _, fresh) = read(span);
            let mut record = SpanRecord::default();
            decode(span.as_bytes(), &mut again, &mut record);
            assert_eq!(record, fresh, "{span}");
            let seen = first(&mut Cursor::new(span.as_bytes()), &mut again, &mut builder).unwrap();
            assert_eq!((seen.status, seen.id), (status, fresh.span_id), "{span}");
            for end in 0..span.len() {
                let cut = first(&mut Cursor::new(&span.as_bytes()[..end]), &mut again, &mut builder);
                assert!(cut.is_err(), "{}", &span[..end]);
            }
        }
    }

    #[test]
    fn a_tag_is_the_same_in_its_usual_dress_and_in_any_other() {
        let usual = r#"{"spanID":"1","tags":[{"key":"a\"b","type":"string","value":"x\\"},{"key":"n","type":"int64","value":-7},{"key":"span.kind","type":"string","value":"server"},{"key":"l","type":"string","value":[1]}]}"#;
        let (_, _, record) = read(usual);
        assert_eq!(record.attributes.len(), 3);
        let spaced = usual.replace(':', " : ").replace(',', " ,\n");
        let turned = usual.replace(r#""type":"string","value":"x\\""#, r#""value":"x\\","type":"string""#);
        for other in [spaced, turned] {
            assert_eq!(read(&other).2, record, "{other}");
        }
    }
}
