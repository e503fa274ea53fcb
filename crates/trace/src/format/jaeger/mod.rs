//! Jaeger JSON, span by span: first what is drawn, later on demand everything.
//!
//! Jaeger hides kind, status and error in tags (`span.kind`, `otel.status_code`, `error`); `facts` finds them.
//! The parent is the first `CHILD_OF` reference within the trace, else the first `FOLLOWS_FROM`; further
//! references are links that keep their type in `opentracing.ref_type`.

mod facts;
mod first;
mod member;
mod noted;
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

/// W3C flags; 0 for what are none.
#[inline]
fn flags(text: &[u8]) -> u32 {
    let flags = match small(text) {
        Some(flags) => Some(i128::from(flags)),
        None => number(text).and_then(|number| number.scaled(1)),
    };
    flags.and_then(|flags| u32::try_from(flags).ok()).unwrap_or(0)
}

/// Start and end from start and duration, all nanoseconds: 0 for a start that cannot be one, and then the
/// duration for the end; an end before the start for a negative duration.
fn times(start: i64, duration: i64) -> (u64, u64) {
    match u64::try_from(start) {
        Ok(start) if start > 0 => (start, start.saturating_add_signed(duration).min(i64::MAX as u64)),
        _ => (0, duration.max(0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::TraceBuilder;
    use crate::model::record::SpanRecord;
    use crate::model::{Columns, Flags, Memory, Noted, Notes, StatusCode};

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
        let (mut notes, mut builder) = (Notes::default(), TraceBuilder::default());
        let mut cursor = Cursor::new(span.as_bytes());
        let seen = first(&mut cursor, &mut Memory::default(), &mut notes, &mut builder).unwrap();
        let mut record = SpanRecord::default();
        decode(span.as_bytes(), &[], &mut Memory::default(), &mut record);
        assert_eq!((seen.status, seen.kind), (record.status, record.kind));
        notes.end(0);
        same_as_noted(span, &notes.take());
        (seen.status, seen.flags, record)
    }

    /// A span is interned as the same by what was noted of it and by its bytes alone.
    fn same_as_noted(span: &str, notes: &[u64]) {
        let interned = |notes: &[u64]| {
            let mut columns = Columns::default();
            columns.begin_row();
            decode(span.as_bytes(), notes, &mut Memory::default(), &mut columns);
            let mut record = SpanRecord::default();
            columns.replay(0, StatusCode::Unset, &mut record);
            (record, columns.foreign_ids(0).1.to_owned())
        };
        assert_eq!(interned(Noted::default().of(0, notes, 0)), interned(&[]), "{span}");
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
    fn a_log_without_fields_is_an_event_all_the_same() {
        for fields in ["", r#","fields":null"#, r#","fields":7"#, r#","fields":{}"#, r#","fields":[]"#] {
            let (_, _, record) = read(&format!(
                r#"{{"spanID":"1","logs":[{{"timestamp":6{fields}}}],"startTime":5,"duration":3}}"#
            ));
            assert_eq!((record.start_unix, record.end_unix), (5_000, 8_000), "{fields}");
            assert_eq!((record.events.len(), record.events[0].time_unix), (1, 6_000), "{fields}");
            assert!(record.warnings.is_empty(), "{fields}");
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
        let mut notes = Notes::default();
        for at in 0..spans.len().pow(3) {
            // In an order in which each follows most of the others.
            let span = spans[at / [1, 6, 36][at % 3] % spans.len()];
            let (status, _, fresh) = read(span);
            let mut record = SpanRecord::default();
            decode(span.as_bytes(), &[], &mut again, &mut record);
            assert_eq!(record, fresh, "{span}");
            let mut cursor = Cursor::new(span.as_bytes());
            let seen = first(&mut cursor, &mut again, &mut notes, &mut builder).unwrap();
            notes.end(0);
            same_as_noted(span, &notes.take());
            assert_eq!((seen.status, seen.id), (status, fresh.span_id), "{span}");
            for end in 0..span.len() {
                let mut cursor = Cursor::new(&span.as_bytes()[..end]);
                let cut = first(&mut cursor, &mut again, &mut notes, &mut builder);
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

    #[test]
    fn usual_spans_are_noted_and_others_left_to_their_bytes() {
        let noted = |span: &str| {
            let (mut notes, mut builder) = (Notes::default(), TraceBuilder::default());
            let mut cursor = Cursor::new(span.as_bytes());
            let seen = first(&mut cursor, &mut Memory::default(), &mut notes, &mut builder);
            assert!(seen.is_ok(), "{seen:?}: {span}");
            notes.end(0);
            let notes = notes.take();
            same_as_noted(span, &notes);
            !notes.is_empty()
        };
        let usual = |more: &str| {
            format!(
                r#"{{"traceID":"00000000000000000000000000000abc","spanID":"00000000000000a1","flags":1,"operationName":"x","references":[{{"refType":"CHILD_OF","traceID":"00000000000000000000000000000abc","spanID":"00000000000000a0"}}],"startTime":5,"duration":3,"tags":[{{"key":"a.key","type":"string","value":"ö \"text\""}},{{"key":"n","type":"int64","value":-7}},{{"key":"b","type":"bool","value":true}},{{"key":"x","type":"float64","value":1.5}},{{"key":"y","type":"binary","value":"AAE="}},{{"key":"z","type":"int64","value":"12"}},{{"key":"otel.status_description","type":"string","value":"why\n"}},{{"key":"w3c.tracestate","type":"string","value":"a=b"}},{{"key":"span.kind","type":"string","value":"server"}},{{"key":"","type":"string","value":""}}]{more},"processID":"p1","warnings":null}}"#
            )
        };
        let logs = r#","logs":[{"timestamp":6,"fields":[{"key":"event","type":"string","value":"e"},{"key":"k","type":"string","value":"v"}]},{"timestamp":7,"fields":[{"key":"error","type":"bool","value":true}]}]"#;
        assert!(noted(&usual("")) && noted(&usual(r#","logs":[]"#)) && noted(&usual(logs)));
        assert!(noted(&usual(&format!(
            r#"{logs},"tags":[{{"key":"again","type":"string","value":"1"}}]{logs}"#
        ))));
        for (odd, instead) in [
            (r#""spanID":"00000000000000a1""#, r#""spanID":"first""#),
            (r#""spanID":"00000000000000a0""#, r#""spanID":"parent""#),
            ("CHILD_OF", "FOLLOWS_FROM"),
            (
                r#""references":["#,
                r#""references":[{"refType":"CHILD_OF","traceID":"00000000000000000000000000000abc","spanID":"7"},"#,
            ),
            (
                r#"{"refType":"CHILD_OF","traceID":"00000000000000000000000000000abc""#,
                r#"{"refType":"CHILD_OF","traceID":"1""#,
            ),
            (r#""flags":1"#, r#""parentSpanID":"7""#),
            (r#"{"key":"n","#, r#"{ "key":"n","#),
            (r#""value":-7"#, r#""value":[-7]"#),
            (r#""key":"a.key""#, r#""key":"a\"key""#),
            (r#""warnings":null"#, r#""warnings":["odd"]"#),
            (r#""value":-7"#, &format!(r#""value":"{}""#, "long ".repeat(20_000))),
        ] {
            let span = usual(logs);
            assert!(span.contains(odd), "{odd}");
            assert!(!noted(&span.replacen(odd, instead, 1)), "{}", &instead[..instead.len().min(80)]);
        }
    }
}
