//! How long the critical path and slack take: `cargo bench -p spandrel-trace --bench critical_path`.
//!
//! Prints the median of several runs for traces of a million spans of different shapes, in milliseconds.
#![allow(clippy::print_stdout, missing_docs)]

use spandrel_trace::analysis::critical_path::{CriticalPath, slack};
use spandrel_trace::model::{Flags, NO_SPAN, Outline, SpanKind};
use spandrel_trace::units::SpanId;
use std::time::Instant;

const RUNS: usize = 9;
const SPANS: u32 = 1_000_000;

/// Spans below the parents that `parent` gives, in pre-order, with siblings that overlap in part.
fn outline(parent: impl Fn(u32) -> u32) -> Outline {
    let n = SPANS as usize;
    let parents: Vec<u32> = (0..SPANS).map(|span| if span == 0 { NO_SPAN } else { parent(span) }).collect();
    let mut outline = Outline {
        parent: parents.clone(),
        subtree_end: (1..=SPANS).collect(),
        id: (1..=u64::from(SPANS)).map(SpanId).collect(),
        start: (0..u64::from(SPANS)).map(|span| span * 100).collect(),
        kind: vec![SpanKind::Internal; n],
        flags: vec![Flags::default(); n],
        ..Outline::default()
    };
    for span in (1..n).rev() {
        if parents[span] != NO_SPAN {
            let above = parents[span] as usize;
            outline.subtree_end[above] = outline.subtree_end[above].max(outline.subtree_end[span]);
        }
    }
    outline.end =
        (0..n).map(|span| u64::from(outline.subtree_end[span]) * 100 + (span as u64 * 7_919) % 300).collect();
    outline.duration = outline.end.iter().copied().max().unwrap_or(0);
    outline
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

fn measure(name: &str, outline: &Outline) {
    let path = CriticalPath::of(outline);
    let of_path = median(|| drop(CriticalPath::of(outline)));
    let of_slack = median(|| drop(slack(outline, &path)));
    println!(
        "{name:<32} path {of_path:>7.1} ms   slack {of_slack:>7.1} ms   {} segments, {} left out",
        path.segments.len(),
        path.left_out.len()
    );
}

fn main() {
    println!("{SPANS} spans each");
    measure("fours, each below the last", &outline(|span| (span - 1) / 4 * 4));
    measure("one parent", &outline(|_| 0));
    measure("a chain", &outline(|span| span - 1));
    measure("a hundred levels of 10,000", &outline(|span| (span - 1) / 10_000 * 10_000));
    measure("roots alone", &outline(|_| NO_SPAN));
}
