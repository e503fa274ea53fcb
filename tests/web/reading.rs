//! Reading in the browser, where texts are looked through with wide instructions that no test outside of it has.

use spandrel_trace::format::Reader;
use spandrel_trace::model::record::AttributeValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// What a trace says whose spans have these texts as values, and no other attributes.
fn read(texts: &[String]) -> Vec<AttributeValue> {
    let spans: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let value = serde_json::to_string(text).expect("a text");
            let tag = format!(r#"{{"key":"k","type":"string","value":{value}}}"#);
            let begin = 1_700_000_000_000_000 + at as u64;
            format!(r#"{{"traceID":"a","spanID":"{:x}","startTime":{begin},"tags":[{tag}]}}"#, at + 1)
        })
        .collect();
    let answer = format!(r#"{{"data":[{{"traceID":"a","spans":[{}],"processes":{{}}}}]}}"#, spans.join(","));
    let mut reader = Reader::new();
    for chunk in answer.as_bytes().chunks(1000) {
        reader.push(chunk).expect("a Jaeger answer");
    }
    let trace = &mut reader.finish().expect("a trace").traces[0];
    while !trace.index_some(1 << 20) {}
    let spans = 0..trace.outline().len() as u32;
    spans.map(|span| trace.record(span).attributes.swap_remove(0).value).collect()
}

#[wasm_bindgen_test]
fn texts_of_every_length_end_where_they_end() {
    let plain = (0..150).map(|len| "x".repeat(len));
    let marked = (0..60).flat_map(|at| ["\"", "\\", "\\\"", "ö"].map(|mark| "y".repeat(at) + mark + "zz"));
    let texts: Vec<String> = plain.chain(marked).collect();
    let expected: Vec<AttributeValue> = texts.iter().cloned().map(AttributeValue::String).collect();
    assert_eq!(read(&texts), expected);
}
