//! How long arranging and drawing rows takes: `cargo bench -p spandrel-trace --bench rows`.
//!
//! Prints, for traces of odd shapes, the median of several runs of each view, in milliseconds and as a multiple of
//! the plain one; then a frame of the waterfall on it.
#![allow(clippy::print_stdout, missing_docs)]

use spandrel_trace::analysis::rows::{RowFilter, RowOptions, SiblingOrder, rows};
use spandrel_trace::model::{Flags, NO_SPAN, Outline, SpanKind, StatusCode, Strings};
use spandrel_trace::scene::TimeScale;
use spandrel_trace::scene::places::RowPositions;
use spandrel_trace::scene::waterfall::{Waterfall, WaterfallCache, WaterfallViewport};
use spandrel_trace::units::SpanId;
use std::sync::Arc;
use std::time::Instant;

const RUNS: usize = 9;

/// Spans below the parents that `parent` gives, in pre-order; 20 names, durations that differ.
fn outline(spans: u32, parent: impl Fn(u32) -> u32) -> Outline {
    let n = spans as usize;
    let mut strings = Strings::default();
    let names: Vec<u32> = (0..20).map(|name| strings.intern(&format!("operation {name}"))).collect();
    let parents: Vec<u32> = (0..spans).map(|span| if span == 0 { NO_SPAN } else { parent(span) }).collect();
    let mut outline = Outline {
        parent: parents.clone(),
        subtree_end: (1..=spans).collect(),
        depth: vec![0; n],
        id: (1..=u64::from(spans)).map(SpanId).collect(),
        start: (0..u64::from(spans)).map(|span| span * 10).collect(),
        end: vec![0; n],
        name: (0..n).map(|span| names[span % 20]).collect(),
        service: (0..n).map(|span| names[span % 5]).collect(),
        kind: vec![SpanKind::Internal; n],
        status: vec![StatusCode::Unset; n],
        flags: vec![Flags::default(); n],
        event_start: vec![0; n + 1],
        strings,
        ..Outline::default()
    };
    for span in (1..n).rev() {
        let above = parents[span] as usize;
        outline.subtree_end[above] = outline.subtree_end[above].max(outline.subtree_end[span]);
        if span % 97 == 0 {
            outline.flags[span].set(Flags::OWN_ERROR);
            outline.flags[0].set(Flags::ERROR_BELOW);
        }
    }
    for (span, above) in parents.iter().enumerate() {
        if *above != NO_SPAN {
            outline.depth[span] = outline.depth[*above as usize] + 1;
        }
        outline.end[span] = u64::from(outline.subtree_end[span]) * 10 + (span as u64 * 7919) % 50;
    }
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
    println!("{name}: {} spans", outline.len());
    let third = (0..outline.len() as u32).filter(|span| span % 3 == 0);
    let shown = Some(Arc::new(RowFilter::of(outline, third, true)));
    let mut collapsed = RowOptions::default();
    collapsed.fold.collapse_all();
    let views = [
        ("plain", RowOptions::default()),
        ("collapsed to the root", collapsed),
        ("a third with ancestors", RowOptions { shown, ..RowOptions::default() }),
        ("by duration", RowOptions { order: SiblingOrder::Duration, ..RowOptions::default() }),
        ("by self time", RowOptions { order: SiblingOrder::SelfTime, ..RowOptions::default() }),
        ("grouped", RowOptions { group: true, ..RowOptions::default() }),
    ];
    let plain = median(|| drop(rows(outline, &RowOptions::default())));
    let viewport = WaterfallViewport {
        scale: TimeScale::new(0, outline.duration, 1000.0),
        top: 0.0,
        height: 900.0,
        places: RowPositions { row_height: 24.0, insertions: &[] },
        least_bar: 2.0,
        char_width: 6.5,
    };
    for (words, view) in &views {
        let time = median(|| drop(rows(outline, view)));
        let rows = rows(outline, view);
        let mut scene = Waterfall::default();
        // Nothing is remembered: the first frame after a change of rows or of the time shown.
        let first =
            median(|| scene.compute(outline, &rows, &viewport, &mut WaterfallCache::default(), &|_| 0));
        let mut cache = WaterfallCache::default();
        let next = median(|| scene.compute(outline, &rows, &viewport, &mut cache, &|_| 0));
        println!(
            "  {words:<24} rows {time:>8.2} ms ({:>6.1} ×)   first frame {first:>7.3} ms   next {next:>7.3} ms",
            time / plain
        );
    }
}

fn main() {
    measure("fours, each below the last", &outline(200_000, |span| (span - 1) / 4 * 4));
    measure("one parent", &outline(200_000, |_| 0));
    measure("a chain", &outline(100_000, |span| span - 1));
    measure("a hundred levels of 10,000", &outline(1_000_000, |span| (span - 1) / 10_000 * 10_000));
}
