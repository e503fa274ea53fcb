//! How long all rules of the advisor take: `cargo bench -p spandrel-trace --bench advisor [-- FILE…]`.
//!
//! Prints, for the traces of the files or else for traces of odd shapes with four attributes a span, the median of several runs in milliseconds, and how many
//! findings there are. The budget is 1 s for 1,000,000 spans.
#![allow(clippy::print_stdout, missing_docs)]

use spandrel_trace::analysis::advisor::{Context, RULES, Thresholds, findings};
use spandrel_trace::build::TraceBuilder;
use spandrel_trace::format::Reader;
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode, Trace};
use spandrel_trace::units::{SpanId, TraceId};
use std::time::Instant;

const RUNS: usize = 5;
const START: u64 = 1_700_000_000_000_000_000;

fn attribute(key: &str, value: AttributeValue) -> Attribute {
    Attribute { key: key.to_owned(), value }
}

/// `spans` spans below the parents that `parent` gives; each starts when the one before has ended, parents end last. Every
/// second span is a query, every 97th failed.
fn trace(spans: u64, parent: impl Fn(u64) -> u64) -> Option<Trace> {
    let mut builder = TraceBuilder::new(None);
    let services: Vec<u32> = (0..8)
        .map(|service| {
            let name = AttributeValue::String(format!("service {service}"));
            let mut resource =
                Resource { attributes: vec![attribute("service.name", name)], ..Resource::default() };
            resource.find_service();
            builder.resource(resource)
        })
        .collect();
    let mut end: Vec<u64> = (0..spans).map(|span| (span + 1) * 1_000_000).collect();
    for span in (1..spans).rev() {
        let above = parent(span) as usize;
        end[above] = end[above].max(end[span as usize] + 1_000);
    }
    for span in 0..spans {
        let is_query = span % 2 == 1;
        let statement = format!("SELECT * FROM table_{} WHERE id = {span}", span % 7);
        let record = SpanRecord {
            trace_id: TraceId(1),
            span_id: SpanId(span + 1),
            parent_span_id: if span == 0 { SpanId::default() } else { SpanId(parent(span) + 1) },
            name: format!("operation {}", span % 20),
            kind: if is_query { SpanKind::Client } else { SpanKind::Internal },
            start_unix: START + span * 1_000_000,
            end_unix: START + end[span as usize],
            status: if span % 97 == 96 { StatusCode::Error } else { StatusCode::Unset },
            attributes: vec![
                attribute("db.system", AttributeValue::String("postgresql".to_owned())),
                attribute("db.statement", AttributeValue::String(statement)),
                attribute("thread.id", AttributeValue::Int(span as i64 % 64)),
                attribute("net.peer.name", AttributeValue::String("db.example".to_owned())),
            ][if is_query { 0..4 } else { 2..4 }]
            .to_vec(),
            ..SpanRecord::default()
        };
        builder.record(services[span as usize % services.len()], u32::MAX, &record);
    }
    let mut trace = builder.finish().traces.pop()?;
    trace.index_some(usize::MAX);
    Some(trace)
}

fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

fn measure(name: &str, trace: Option<Trace>) {
    let Some(trace) = trace else { return };
    let thresholds = Thresholds::default();
    let found = findings(&trace, &thresholds);
    let all = median(|| drop(findings(&trace, &thresholds)));
    let facts = median(|| drop(Context::of(&trace, &thresholds)));
    println!(
        "{name}: {} spans, {} findings in {all:.0} ms, of which {facts:.0} ms are facts for all rules",
        trace.outline().len(),
        found.len()
    );
    for rule in RULES {
        // Each with facts of its own, so that none takes the simulations of another.
        let context = Context::of(&trace, &thresholds);
        let start = Instant::now();
        let found = (rule.find)(&context, &[]);
        println!(
            "  {:<24} {:>8.1} ms  {} findings",
            rule.name,
            start.elapsed().as_secs_f64() * 1e3,
            found.len()
        );
    }
}

/// The traces of a file, with all attributes searchable.
fn read(file: &str) -> Result<Vec<Trace>, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(file)?;
    let mut reader = Reader::new();
    for chunk in bytes.chunks(256 << 10) {
        reader.push(chunk)?;
    }
    let mut traces = reader.finish()?.traces;
    for trace in &mut traces {
        trace.index_some(usize::MAX);
    }
    Ok(traces)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo passes `--bench` on.
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    for file in &files {
        for trace in read(file)? {
            measure(file, Some(trace));
        }
    }
    if !files.is_empty() {
        return Ok(());
    }
    measure("fours", trace(1_000_000, |span| (span - 1) / 4 * 4));
    measure(
        "loops of a thousand",
        trace(1_000_000, |span| if span % 1_000 == 0 { 0 } else { span / 1_000 * 1_000 }),
    );
    measure("one parent", trace(200_000, |_| 0));
    measure("a chain", trace(100_000, |span| span - 1));
    Ok(())
}
