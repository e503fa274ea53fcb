//! Memory of segments that wait to be merged: their index is left to files, and comes back once they are merged.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const TRACES: u128 = 3_000;
const PARTS_OF_EACH: u64 = 6;
/// Most bytes of index of segments that wait: a quarter of the budget.
const WAITING: u64 = BUDGET / 4;
/// Bytes of the whole index.
const BUDGET: u64 = 4 << 20;

/// Whether merging may go on.
static MAY_MERGE: AtomicBool = AtomicBool::new(false);

/// One span: its trace and its start, in seconds.
fn span(trace: u128, start: u64) -> Vec<u8> {
    [&trace.to_le_bytes()[..], &start.to_le_bytes()].concat()
}

/// A part of spans as [`span`] makes them.
fn part_of(spans: &[u8]) -> Part {
    let number =
        |bytes: &[u8]| bytes.iter().rev().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    let mut part = Part::of(number(&spans[..16]), spans.to_vec());
    for span in spans.chunks(24) {
        let start = number(&span[16..]) as u64 * 1_000_000_000;
        part.add_operation(
            &format!("service-{}", part.trace % 7),
            &format!("operation-{}", part.trace % 70),
            1,
        );
        part.add_span(start, start + 5, false);
    }
    part
}

fn merge_when_allowed(spans: &[u8], _has_more: bool) -> Option<Part> {
    // Bounded, so that a failed assertion ends the test: a store waits for its merging.
    let start = Instant::now();
    while !MAY_MERGE.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    Some(part_of(spans))
}

fn found(store: &Store) -> Vec<u128> {
    let criteria = Criteria { start_to: u64::MAX, ..Criteria::default() };
    let found = candidates::Candidates::new(store.view(), criteria, || false);
    found.map(|candidate| candidate.unwrap().located.trace).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_wait_to_be_merged_take_little_memory() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        segment_bytes: 400_000,
        index_bytes: BUDGET,
        tick: Duration::from_millis(10),
        retention: None,
        ..Limits::default()
    };
    let store = Store::open_merging(directory.path(), limits, merge_when_allowed).unwrap();
    for first in (1..=TRACES).step_by(100) {
        for round in 0..PARTS_OF_EACH {
            let traces = first..first + 100;
            let parts: Vec<Part> = traces.map(|trace| part_of(&span(trace, trace as u64 + round))).collect();
            store.append(parts).await.unwrap();
        }
    }
    // The whole budget is not used up, so that no other index would be in a file.
    damage_tests::eventually(|| store.index_files() > 0 && store.index_memory() <= WAITING + WAITING / 4);
    let newest_first: Vec<u128> = (1..=TRACES).rev().collect();
    assert!(found(&store) == newest_first);
    let weight = |trace| store.trace(trace).unwrap().unwrap().weight();
    let weights: Vec<usize> = (1..=TRACES).step_by(97).map(weight).collect();
    assert_eq!(store.numbers()[..2], [TRACES as u64 * PARTS_OF_EACH; 2], "nothing is merged yet");

    MAY_MERGE.store(true, Ordering::Relaxed);
    damage_tests::eventually(|| store.status().unmerged_segments == 0 && store.index_files() == 0);
    assert!(store.numbers()[1] < TRACES as u64 * PARTS_OF_EACH / 2, "{:?}", store.numbers());
    assert!(found(&store) == newest_first);
    assert_eq!((1..=TRACES).step_by(97).map(weight).collect::<Vec<_>>(), weights);
    store.close();
}
