//! Jaeger JSON: spans are scanned for the outline first and decoded on demand later.
//!
//! Kind, status and error are encoded in tags (`span.kind`, `otel.status_code`, `error`). The parent is the first
//! `CHILD_OF` reference within the trace, else the first `FOLLOWS_FROM`; other references are links that keep their
//! type in `opentracing.ref_type`.

mod add_span;
mod decode;
mod elements;
mod hints;
mod member;
mod process;
mod references;
mod scan;
mod tags;
mod times;
mod whole;

pub(super) use add_span::add_span;
pub(super) use decode::decode;

#[cfg(test)]
mod tests {
    use super::decode;
    use super::scan::scan_span;
    use crate::build::TraceBuilder;
    use crate::format::json::Cursor;
    use crate::model::record::SpanRecord;
    use crate::model::{DecodeCache, DecodeHints, Flags, HintCursor, SpanColumns, StatusCode};

    /// Status and flags from the scan, and the decoded span.
    fn read(span: &str) -> (StatusCode, Flags, SpanRecord) {
        let (mut hints, mut builder) = (DecodeHints::default(), TraceBuilder::default());
        let mut cursor = Cursor::new(span.as_bytes());
        let scan = scan_span(&mut cursor, &mut DecodeCache::default(), &mut hints, &mut builder).unwrap();
        let mut record = SpanRecord::default();
        decode(span.as_bytes(), &[], &mut DecodeCache::default(), &mut record);
        assert_eq!((scan.status, scan.kind), (record.status, record.kind));
        hints.end(0);
        assert_hints_equal_bytes(span, &hints.take());
        (scan.status, scan.flags, record)
    }

    /// A span is interned as the same by what was has_hints of it and by its bytes alone.
    fn assert_hints_equal_bytes(span: &str, hints: &[u64]) {
        let interned = |hints: &[u64]| {
            let mut columns = SpanColumns::default();
            columns.begin_row();
            decode(span.as_bytes(), hints, &mut DecodeCache::default(), &mut columns);
            let mut record = SpanRecord::default();
            columns.replay(0, StatusCode::Unset, &mut record);
            (record, columns.foreign_ids(0).1.to_owned())
        };
        assert_eq!(interned(HintCursor::default().of(0, hints, 0)), interned(&[]), "{span}");
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
            // What is known and of a wrong type is not passed over in silence.
            assert_eq!(record.warnings.len(), usize::from(fields.ends_with('7')), "{fields}");
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
        let (mut again, mut builder) = (DecodeCache::default(), TraceBuilder::default());
        let mut hints = DecodeHints::default();
        for at in 0..spans.len().pow(3) {
            // An order in which each follows most of the others.
            let span = spans[at / [1, 6, 36][at % 3] % spans.len()];
            let (status, _, fresh) = read(span);
            let mut record = SpanRecord::default();
            decode(span.as_bytes(), &[], &mut again, &mut record);
            assert_eq!(record, fresh, "{span}");
            let mut cursor = Cursor::new(span.as_bytes());
            let scan = scan_span(&mut cursor, &mut again, &mut hints, &mut builder).unwrap();
            hints.end(0);
            assert_hints_equal_bytes(span, &hints.take());
            assert_eq!((scan.status, scan.id), (status, fresh.span_id), "{span}");
            for end in 0..span.len() {
                let mut cursor = Cursor::new(&span.as_bytes()[..end]);
                let cut = scan_span(&mut cursor, &mut again, &mut hints, &mut builder);
                assert!(cut.is_err(), "{}", &span[..end]);
            }
        }
    }

    #[test]
    fn a_tag_is_read_the_same_in_compact_form_and_in_any_other() {
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
    fn only_spans_of_the_common_form_have_hints() {
        let has_hints = |span: &str| {
            let (mut hints, mut builder) = (DecodeHints::default(), TraceBuilder::default());
            let mut cursor = Cursor::new(span.as_bytes());
            let scan = scan_span(&mut cursor, &mut DecodeCache::default(), &mut hints, &mut builder);
            assert!(scan.is_ok(), "{scan:?}: {span}");
            hints.end(0);
            let hints = hints.take();
            assert_hints_equal_bytes(span, &hints);
            !hints.is_empty()
        };
        let usual = |more: &str| {
            format!(
                r#"{{"traceID":"00000000000000000000000000000abc","spanID":"00000000000000a1","flags":1,"operationName":"x","references":[{{"refType":"CHILD_OF","traceID":"00000000000000000000000000000abc","spanID":"00000000000000a0"}}],"startTime":5,"duration":3,"tags":[{{"key":"a.key","type":"string","value":"ö \"text\""}},{{"key":"n","type":"int64","value":-7}},{{"key":"b","type":"bool","value":true}},{{"key":"x","type":"float64","value":1.5}},{{"key":"y","type":"binary","value":"AAE="}},{{"key":"z","type":"int64","value":"12"}},{{"key":"otel.status_description","type":"string","value":"why\n"}},{{"key":"w3c.tracestate","type":"string","value":"a=b"}},{{"key":"span.kind","type":"string","value":"server"}},{{"key":"","type":"string","value":""}}]{more},"processID":"p1","warnings":null}}"#
            )
        };
        let logs = r#","logs":[{"timestamp":6,"fields":[{"key":"event","type":"string","value":"e"},{"key":"k","type":"string","value":"v"}]},{"timestamp":7,"fields":[{"key":"error","type":"bool","value":true}]}]"#;
        assert!(has_hints(&usual("")) && has_hints(&usual(r#","logs":[]"#)) && has_hints(&usual(logs)));
        assert!(has_hints(&usual(&format!(
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
            assert!(!has_hints(&span.replacen(odd, instead, 1)), "{}", &instead[..instead.len().min(80)]);
        }
    }
}
