//! How fast files are read: `cargo bench -p spandrel-trace --bench read -- FILE…`.
//!
//! Prints, per file, the best and the median of several runs: until the outline is there, and until every
//! attribute can be searched. Without a file it reads a trace that it makes up.
#![allow(clippy::print_stdout, missing_docs)]

use spandrel_trace::format::Reader;
use spandrel_trace::model::ParsedTraces;
use std::fmt::Write;
use std::time::{Duration, Instant};

const RUNS: usize = 9;
const CHUNK: usize = 256 << 10;

fn read(bytes: &[u8]) -> Result<ParsedTraces, Box<dyn std::error::Error>> {
    let mut reader = Reader::new();
    for chunk in bytes.chunks(CHUNK) {
        reader.push(chunk)?;
    }
    Ok(reader.finish()?)
}

fn measure(name: &str, bytes: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let (mut outline, mut indexed, mut spans, mut kept) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut opened = read(bytes)?;
        outline.push(start.elapsed());
        for trace in &mut opened.traces {
            while !trace.index_some(1 << 20) {}
        }
        indexed.push(start.elapsed());
        spans = opened.traces.iter().map(|trace| trace.outline().len()).sum();
        kept = opened.traces.iter().map(|trace| trace.memory_bytes()).sum::<usize>();
    }
    outline.sort();
    indexed.sort();
    let rate = |time: Duration| bytes.len() as f64 / 1e6 / time.as_secs_f64();
    println!("{name}: {:.1} MB, {spans} spans", bytes.len() as f64 / 1e6);
    println!(
        "  outline  best {:>9.2?}  median {:>9.2?}  {:>6.0} MB/s",
        outline[0],
        outline[RUNS / 2],
        rate(outline[0])
    );
    println!(
        "  indexed  best {:>9.2?}  median {:>9.2?}  {:>6.0} MB/s",
        indexed[0],
        indexed[RUNS / 2],
        rate(indexed[0])
    );
    println!("  columns  {:.0} bytes a span", kept as f64 / f64::from(spans.max(1) as u32));
    Ok(())
}

/// A trace of 20,000 spans, each below the one before it divided by four.
fn made_up() -> String {
    let mut text = String::from("{\"data\":[{\"traceID\":\"ab\",\"spans\":[");
    for span in 1..=20_000u64 {
        let comma = if span == 1 { "" } else { "," };
        let parent = span / 4;
        let references = if parent == 0 {
            String::new()
        } else {
            format!("{{\"refType\":\"CHILD_OF\",\"traceID\":\"ab\",\"spanID\":\"{parent:016x}\"}}")
        };
        let _ = write!(
            text,
            "{comma}{{\"traceID\":\"ab\",\"spanID\":\"{span:016x}\",\"operationName\":\"op-{}\",\"references\":[{references}],\
             \"startTime\":{},\"duration\":{},\"tags\":[{{\"key\":\"span.kind\",\"type\":\"string\",\"value\":\"server\"}},\
             {{\"key\":\"http.status_code\",\"type\":\"int64\",\"value\":200}},\
             {{\"key\":\"http.url\",\"type\":\"string\",\"value\":\"http://shop/items/{span}\"}}],\"logs\":[],\
             \"processID\":\"p{}\",\"warnings\":null}}",
            span % 50,
            1_700_000_000_000_000 + span,
            1_000_000 / span,
            span % 7
        );
    }
    text.push_str("],\"processes\":{");
    for process in 0..7 {
        let comma = if process == 0 { "" } else { "," };
        let _ = write!(text, "{comma}\"p{process}\":{{\"serviceName\":\"service-{process}\",\"tags\":[]}}");
    }
    text.push_str("}}]}");
    text
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if files.is_empty() {
        return measure("made up", made_up().as_bytes());
    }
    for file in files {
        measure(&file, &std::fs::read(&file)?)?;
    }
    Ok(())
}
