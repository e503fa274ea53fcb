//! Jaeger's own cases of its find, told in its own JSON: two spans whose texts end in 0 or 1, and in 1 or 2.

use super::found;
use spandrel_trace::format::Reader;
use spandrel_trace::model::Trace;

fn tags(list: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| {
        format!("{{\"key\":\"{key}\",\"type\":\"string\",\"value\":\"{value}\"}}")
    };
    list.iter().map(tag).collect::<Vec<_>>().join(",")
}

fn two_spans() -> Trace {
    let mut spans = Vec::new();
    let mut processes = Vec::new();
    for (at, ends) in [(0, [("0", "0"), ("1", "1")]), (2, [("2", "1"), ("1", "2")])] {
        let [one, two] = ends;
        let pairs = |name: &str| {
            let key = |(end, _): (&str, &str)| format!("{name}Key{end}");
            let value = |(_, end): (&str, &str)| format!("{name}Value{end}");
            tags(&[(&key(one), &value(one)), (&key(two), &value(two))])
        };
        spans.push(format!(
            r#"{{"traceID":"1","spanID":"span-id-{at}","operationName":"operationName{at}","references":[],
            "startTime":{},"duration":9,"tags":[{}],"logs":[{{"timestamp":5,"fields":[{}]}}],"processID":"p{at}"}}"#,
            1_700_000_000_000_000u64 + at,
            pairs("tag"),
            pairs("logField"),
        ));
        processes
            .push(format!(r#""p{at}":{{"serviceName":"serviceName{at}","tags":[{}]}}"#, pairs("processTag")));
    }
    let text = format!(
        r#"{{"data":[{{"traceID":"1","spans":[{}],"processes":{{{}}}}}]}}"#,
        spans.join(","),
        processes.join(",")
    );
    let mut reader = Reader::new();
    reader.push(text.as_bytes()).unwrap();
    let mut opened = reader.finish().unwrap();
    let mut trace = opened.traces.remove(0);
    while !trace.index_some(1) {}
    trace
}

#[test]
fn jaegers_cases_hold() {
    let trace = two_spans();
    for (text, expected) in [
        ("spanID", &[][..]),
        ("span-id-0", &[0]),
        ("SPAN-ID-2", &[1]),
        ("operationName", &[0, 1]),
        ("operationName0", &[0]),
        ("operationname2", &[1]),
        ("serviceName", &[0, 1]),
        ("serviceName0", &[0]),
        ("serviceName2", &[1]),
        ("tagKey1", &[0, 1]),
        ("logFieldKey0", &[0]),
        ("processTagKey2", &[1]),
        ("tagValue1", &[0, 1]),
        ("tagValue0", &[0]),
        ("tagValue2", &[1]),
        ("tagValue1 -tagKey2", &[0]),
        ("tagValue1 -tagKey1", &[1]),
        ("logFieldKey1", &[0, 1]),
        ("logFieldValue1", &[0, 1]),
        ("logFieldValue2", &[1]),
        ("logFieldValue1 -logFieldKey2", &[0]),
        ("logFieldValue1 -logFieldKey1", &[1]),
        ("processTagKey1", &[0, 1]),
        ("processTagKey0", &[0]),
        ("processTagValue1", &[0, 1]),
        ("processTagValue2", &[1]),
        ("processTagValue1 -processTagKey2", &[0]),
        ("processTagValue1 -processTagKey1", &[1]),
        ("-processTagKey1", &[]),
        ("tagKey1=tagValue1", &[0]),
        ("tagKey1=tagValue2", &[1]),
        ("gKey1=tagV", &[0, 1]),
        ("logFieldKey2=logFieldValue1", &[1]),
        ("tagKey0=tagValue1", &[]),
        ("tagValue0 logFieldValue2", &[0, 1]),
        ("\"tagValue0 logFieldValue2\"", &[]),
    ] {
        assert_eq!(found(&trace, text), expected, "{text}");
    }
}

#[test]
fn leading_zeros_of_an_id_do_not_count() {
    let text = r#"{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"00000000000000ab","operationName":"x",
        "startTime":5,"duration":1,"processID":"p"}],"processes":{"p":{"serviceName":"s"}}}]}"#;
    let mut reader = Reader::new();
    reader.push(text.as_bytes()).unwrap();
    let trace = reader.finish().unwrap().traces.remove(0);
    for (word, expected) in [("ab", &[0][..]), ("00AB", &[0]), ("00000000000000ab", &[0]), ("a", &[])] {
        assert_eq!(found(&trace, word), expected, "{word}: known before anything is interned");
    }
}
