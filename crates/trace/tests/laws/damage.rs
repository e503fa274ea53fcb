//! JSON with one damaged member in a span: everything beside it is read, decoded and interned alike.

use crate::generate::text;
use crate::read_in;
use proptest::prelude::*;
use serde_json::json;
use spandrel_trace::model::record::AttributeValue;

/// Damage in place of an attribute, or in one.
fn damaged() -> impl Strategy<Value = String> {
    let about = prop::sample::select(vec![
        r#"{"key" "x","value":{"stringValue":"y"}}"#,
        r#"{"key":"x" "value":{"stringValue":"y"}}"#,
        r#"{"key":"x",value:{"stringValue":"]}"}}"#,
        r#"{"key":"x","value":{"stringValue" "}"}}"#,
        r#"{"key":"x","value":{"stringValue":}}"#,
        r#"{"key":"x","type":"string","value":}"#,
        r#"{"key":"x","value":{"arrayValue":{"values":[{"stringValue":"a"]}}}}"#,
        r#"{"key":"x","value":{"kvlistValue":{"values":[1 2,[3,}]}}}"#,
        r#"{"key":"x",,"value":1}"#,
        r#"{:}"#,
        r#"{"key":"x","value":{"intValue":1}/*,*/}"#,
        ",",
        ":",
        "=",
        "'x'",
    ]);
    about.prop_map(str::to_owned)
}

/// A list with `damage` at the place `at`.
fn with(damage: &str, at: usize, list: Vec<serde_json::Value>) -> String {
    let mut parts: Vec<String> = list.iter().map(ToString::to_string).collect();
    parts.insert(at.min(parts.len()), damage.to_owned());
    format!("[{}]", parts.join(","))
}

/// Keys and texts of attributes.
type Texts = Vec<(String, String)>;

/// Reads a file of two spans and gives keys and texts of the first one's attributes and of its event's.
fn read(file: &str, chunks: &[usize]) -> (Texts, Texts) {
    let mut opened = read_in(file.as_bytes(), chunks).unwrap();
    let trace = &mut opened.traces[0];
    assert_eq!(trace.outline().len(), 2, "the span after the damaged one: {file}");
    let first = trace.record(0);
    assert!(trace.index_some(usize::MAX));
    assert_eq!(trace.record(0), first, "{file}");
    assert_eq!((trace.record(1).name.as_str(), trace.outline().service_of(0)), ("after", "s"));
    assert_eq!(
        (first.name.as_str(), first.links.len()),
        ("n", 1),
        "what stands behind the attributes: {file}"
    );
    // What Jaeger may write there is a text where it is no JSON; all else is left out, and said.
    let mut attributes = first.attributes.iter().chain(&first.events[0].attributes);
    let as_text = attributes.any(|attribute| matches!(&attribute.value, AttributeValue::String(text) if attribute.key == "x" && file.contains(text)));
    assert!(
        as_text || first.warnings == ["a part of this span cannot be read"],
        "{file} {:?}",
        first.warnings
    );
    let texts = |list: &[spandrel_trace::model::record::Attribute]| {
        let sound = list.iter().filter(|attribute| !matches!(attribute.key.as_str(), "x" | ""));
        let text = |value: &AttributeValue| match value {
            AttributeValue::String(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        sound.map(|attribute| (attribute.key.clone(), text(&attribute.value))).collect::<Vec<_>>()
    };
    (texts(&first.attributes), texts(&first.events[0].attributes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_stands_beside_a_damaged_attribute_is_read(
        texts in prop::collection::vec(text(), 0..5), at in 0usize..5, within_event: bool, of_jaeger: bool,
        damage in damaged(), chunks in prop::collection::vec(1usize..300, 1..5),
    ) {
        let sound: Texts =
            texts.into_iter().enumerate().map(|(at, text)| (format!("k{at}"), text)).collect();
        let list = || sound.iter().map(|(key, text)| match of_jaeger {
            true => json!({"key": key, "type": "string", "value": text}),
            false => json!({"key": key, "value": {"stringValue": text}}),
        });
        let whole = serde_json::Value::from_iter(list()).to_string();
        let hurt = with(&damage, at, list().collect());
        let (attributes, inner) = if within_event { (whole, hurt) } else { (hurt, whole) };
        let file = match of_jaeger {
            true => format!(
                r#"{{"data":[{{"spans":[{{"traceID":"a","spanID":"1","tags":{attributes},
                "logs":[{{"fields":{inner},"timestamp":7}}],"processID":"p","startTime":5,
                "references":[{{"refType":"FOLLOWS_FROM","traceID":"b","spanID":"9"}}],"operationName":"n"}},
                {{"traceID":"a","spanID":"2","startTime":9,"operationName":"after"}}],
                "processes":{{"p":{{"tags":[{damage}],"serviceName":"s"}}}}}}]}}"#
            ),
            false => format!(
                r#"{{"resourceSpans":[{{"resource":{{"attributes":[{damage},{{"key":"service.name","value":{{"stringValue":"s"}}}}]}},
                "scopeSpans":[{{"spans":[{{"traceId":"a","spanId":"1","attributes":{attributes},
                "events":[{{"attributes":{inner},"timeUnixNano":7}}],"startTimeUnixNano":5,"endTimeUnixNano":8,
                "links":[{{"traceId":"b","spanId":"9"}}],"name":"n"}},
                {{"traceId":"a","spanId":"2","startTimeUnixNano":9,"endTimeUnixNano":9,"name":"after"}}]}}]}}]}}"#
            ),
        };
        prop_assert_eq!(read(&file, &chunks), (sound.clone(), sound));
    }
}
