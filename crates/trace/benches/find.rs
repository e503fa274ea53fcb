//! How fast spans are found: `cargo bench -p spandrel-trace --bench find -- FILE`.
//!
//! Prints the best and the median of several runs for words and queries, and as a floor what Jaeger's way takes in
//! the same run: every tag of every span put together as an object, lower-cased and searched. Without a file it
//! finds in a trace that it makes up.
#![allow(clippy::print_stdout, missing_docs)]

use spandrel_trace::analysis::query::{SearchText, find, read};
use spandrel_trace::build::TraceBuilder;
use spandrel_trace::format::Reader;
use spandrel_trace::model::Trace;
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, SpanRecord};
use spandrel_trace::units::{SpanId, TraceId};
use std::time::{Duration, Instant};

const RUNS: usize = 9;

/// What is asked: words first, for which there is a floor.
const TEXTS: [&str; 12] = [
    "needle-7f3a",
    "e",
    "500",
    "http.method=GET",
    "timeout POST needle",
    "service = cart-service",
    "duration > 20ms and not status = ok",
    "http.status_code >= 500",
    "request.marker contains needle",
    "operation ~ \"v[12]/.*list$\"",
    "self > 1ms and under(kind = consumer)",
    "has(db.statement) or error",
];

fn time(mut run: impl FnMut() -> usize) -> (Duration, Duration, usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        found = run();
        times.push(start.elapsed());
    }
    times.sort();
    (times[0], times[RUNS / 2], found)
}

/// Texts of a span as pairs, as a page has them that keeps objects.
type Tags = Vec<(String, String)>;

fn tags(trace: &Trace, span: u32) -> Tags {
    let record = trace.record(span);
    let text = |value: &AttributeValue| match value {
        AttributeValue::String(text) => text.clone(),
        other => spandrel_trace::model::ValueRef::Nested(other.clone()).text().into_owned(),
    };
    let pair = |attribute: &Attribute| (attribute.key.clone(), text(&attribute.value));
    let mut tags: Tags = vec![(String::new(), record.name.clone())];
    tags.push((String::new(), trace.outline().service_of(span).to_owned()));
    tags.extend(record.attributes.iter().map(pair));
    tags.extend(record.events.iter().flat_map(|event| &event.attributes).map(pair));
    tags.extend(trace.resource(span).attributes.iter().map(pair));
    tags
}

/// Jaeger's way.
fn floor(spans: &[Tags], words: &[String]) -> usize {
    let has = |text: &str| {
        let text = text.to_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    let hit = |(key, value): &(String, String)| has(key) || has(value) || has(&format!("{key}={value}"));
    spans.iter().filter(|tags| tags.iter().any(hit)).count()
}

fn measure(name: &str, trace: &mut Trace) {
    while !trace.index_some(1 << 20) {}
    let outline = trace.outline().clone();
    println!("{name}: {} spans, {:.0} MB", outline.len(), trace.memory_bytes() as f64 / 1e6);
    let spans: Vec<Tags> = (0..outline.len() as u32).map(|span| tags(trace, span)).collect();
    for text in TEXTS {
        let Ok(reading) = read(text) else { continue };
        let (best, median, found) = time(|| find(trace, &reading).count() as usize);
        print!("  {text:<40} {found:>7} found  best {best:>9.2?}  median {median:>9.2?}");
        match &reading {
            SearchText::Words(words) => {
                let (_, floor, found) = time(|| floor(&spans, &words.wanted));
                println!(
                    "  floor {floor:>9.2?} ({found} found), ratio {:.3}",
                    median.as_secs_f64() / floor.as_secs_f64()
                );
            }
            SearchText::Query(_) => println!(),
        }
    }
}

/// A trace of 20,000 spans, each below the one before it divided by four.
fn made_up() -> Trace {
    let mut builder = TraceBuilder::new(None);
    let resources: Vec<u32> = (0..7)
        .map(|service| {
            let name = Attribute {
                key: "service.name".into(),
                value: AttributeValue::String(format!("service-{service}")),
            };
            let mut resource = Resource { attributes: vec![name], ..Resource::default() };
            resource.find_service();
            builder.resource(resource)
        })
        .collect();
    for span in 1..=20_000u64 {
        let url = Attribute {
            key: "http.url".into(),
            value: AttributeValue::String(format!("http://shop/items/{span}")),
        };
        let status = Attribute {
            key: "http.status_code".into(),
            value: AttributeValue::Int(200 + (span % 9) as i64 * 50),
        };
        let record = SpanRecord {
            trace_id: TraceId(1),
            span_id: SpanId(span),
            parent_span_id: SpanId(span / 4),
            name: format!("GET /op-{}", span % 50),
            start_unix: 1_700_000_000_000_000_000 + span * 1000,
            end_unix: 1_700_000_000_000_000_000 + span * 1000 + 1_000_000_000 / span,
            attributes: vec![url, status],
            ..SpanRecord::default()
        };
        builder.record(resources[(span % 7) as usize], u32::MAX, &record);
    }
    builder.finish().traces.remove(0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if files.is_empty() {
        measure("made up", &mut made_up());
    }
    for file in files {
        let mut reader = Reader::new();
        reader.push(&std::fs::read(&file)?)?;
        for trace in &mut reader.finish()?.traces {
            measure(&file, trace);
        }
    }
    Ok(())
}
