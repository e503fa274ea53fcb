//! Candidates, compared with a plain look at all parts: traces whose parts are spread over blocks and segments, parts
//! that come late, time ranges, and passes that keep few traces.

use super::*;
use crate::store::block::{Block, Columns};
use crate::store::entry::Summary;
use crate::store::index::{Index, SegmentIndex};
use crate::store::index_file::{IndexFile, Origin};
use crate::store::load::Contents;
use crate::store::part::{Extent, OperationKey};
use crate::store::segment::Segment;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

const SERVICES: u32 = 3;

#[derive(Clone, Debug)]
struct DrawnPart {
    trace: u128,
    start: u64,
    /// Between the first and the last start.
    length: u64,
    service: u32,
}

/// A part with its segment and row.
type Located<'p> = (usize, u32, &'p DrawnPart);

fn drawn_part() -> impl Strategy<Value = DrawnPart> {
    (0..12u128, 0..30u64, 0..8u64, 0..SERVICES).prop_map(|(trace, start, length, service)| DrawnPart {
        trace,
        start,
        length,
        service,
    })
}

/// The number of a service's operation, another one in each segment.
fn operation(segment: usize, service: u32) -> u32 {
    (service + segment as u32) % SERVICES
}

fn block(segment: usize, parts: &[Located]) -> Arc<Block> {
    let mut columns = Columns::default();
    for (_, row, part) in parts {
        let DrawnPart { start, length, .. } = part;
        let extent = Extent {
            first_start: *start,
            last_start: start + length,
            last_end: start + length + 1,
            shortest: 1,
            longest: 1,
            spans: 2,
            errors: 0,
        };
        let operations = [operation(segment, part.service)];
        let summary = Summary { extent: &extent, operations: &operations, calls: &[], filter: &[] };
        columns.push(part.trace, *row, summary);
    }
    Arc::new(Block::new(columns))
}

/// The index of a segment, in a file or in memory.
fn segment_index(
    directory: &Path,
    segment: usize,
    blocks: Vec<Arc<Block>>,
    in_file: bool,
) -> Arc<SegmentIndex> {
    let number = segment as u64 + 1;
    let (file, mut index) = (Arc::new(Segment::new(directory, number)), Index::default());
    let mut operations: Vec<(u32, OperationKey)> = (0..SERVICES)
        .map(|service| {
            let key =
                OperationKey { service: format!("service-{service}").into(), name: "x".into(), kind: 1 };
            (operation(segment, service), key)
        })
        .collect();
    operations.sort_by_key(|(number, _)| *number);
    index.insert(file.clone(), Contents::default());
    let operations = operations.into_iter().map(|(_, key)| key).collect();
    index.add(number, operations, (0, blocks.clone()));
    let index = index.get(number).unwrap().clone();
    if !in_file {
        return index;
    }
    let origin = Origin { segment_bytes: 0, created: 0, last_row: 1000 };
    let written = IndexFile::write(&file.index_path(), origin, &blocks).unwrap();
    Arc::new(index.with_file(written).moved().unwrap())
}

/// A candidate as the test compares it: trace, start, parts that may match, certainty.
type Seen = (u128, u64, Vec<(u64, u32)>, bool);

/// What all parts say that there is to be found.
fn scan(parts: &[Located], service: Option<u32>, (from, to): (u64, u64)) -> Vec<Seen> {
    let mut found: Vec<Seen> = Vec::new();
    for trace in 0..12 {
        let of_trace: Vec<&Located> = parts.iter().filter(|(_, _, part)| part.trace == trace).collect();
        let matches = |part: &DrawnPart| {
            service.is_none_or(|service| service == part.service)
                && part.start <= to
                && part.start + part.length >= from
        };
        let matching: Vec<&&Located> = of_trace.iter().filter(|(_, _, part)| matches(part)).collect();
        let Some(start) = of_trace.iter().map(|(_, _, part)| part.start).min() else { continue };
        if matching.is_empty() {
            continue;
        }
        let is_within = |part: &DrawnPart| part.start >= from && part.start + part.length <= to;
        let certain = matching.iter().any(|(_, _, part)| is_within(part));
        let places = matching.iter().map(|(segment, row, _)| (*segment as u64 + 1, *row)).collect();
        found.push((trace, start, places, certain));
    }
    found.sort_by_key(|(trace, start, ..)| (Reverse(*start), *trace));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn candidates_are_what_a_scan_of_all_parts_finds(
        drawn in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(prop::collection::vec(drawn_part(), 1..8), 0..4)),
            1..4,
        ),
        service in prop::option::of(0..SERVICES),
        (from, to) in (0..40u64, 0..40u64),
        all_times in any::<bool>(),
        most in 1..6usize,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let (mut view, mut all) = (View::new(), Vec::new());
        for (segment, (in_file, blocks)) in drawn.iter().enumerate() {
            let mut row = 0;
            let located: Vec<Vec<Located>> = blocks.iter().map(|parts| {
                parts.iter().map(|part| { row += 1; (segment, row, part) }).collect()
            }).collect();
            let blocks = located.iter().map(|parts| block(segment, parts)).collect();
            view.push(segment_index(directory.path(), segment, blocks, *in_file));
            all.extend(located.into_iter().flatten());
        }
        let (from, to) = if all_times { (0, u64::MAX) } else { (from.min(to), from.max(to)) };
        let service_name = service.map(|service| format!("service-{service}"));
        let criteria =
            Criteria { service: service_name, start_from: from, start_to: to, ..Criteria::default() };
        let candidates = Candidates { most, ..Candidates::new(view, criteria, || false) };
        let found: Vec<Seen> = candidates.map(|candidate| {
            let Candidate { located, parts, certain } = candidate.unwrap();
            let places = parts.iter().map(|part| (part.segment.number, part.row)).collect();
            let whole = all.iter().filter(|(_, _, part)| part.trace == located.trace).count();
            assert_eq!((located.parts.len(), located.spans), (whole, 2 * whole as u64));
            (located.trace, located.first_start, places, certain)
        }).collect();
        prop_assert_eq!(found, scan(&all, service, (from, to)));
    }
}

#[test]
fn blocks_before_the_newest_traces_are_not_searched() {
    let directory = tempfile::tempdir().unwrap();
    let parts: Vec<DrawnPart> =
        (0..4000u64).map(|n| DrawnPart { trace: u128::from(n), start: n, length: 0, service: 0 }).collect();
    let view: View = parts
        .chunks(1000)
        .enumerate()
        .map(|(segment, parts)| {
            let located: Vec<Located> =
                parts.iter().enumerate().map(|(at, part)| (segment, at as u32 + 1, part)).collect();
            segment_index(directory.path(), segment, vec![block(segment, &located)], false)
        })
        .collect();
    let searched = std::cell::Cell::new(0);
    let stop = || {
        searched.set(searched.get() + 1);
        false
    };
    let criteria = Criteria { start_to: u64::MAX, ..Criteria::default() };
    let mut candidates = Candidates::new(view, criteria, stop);
    let newest: Vec<u128> = candidates.by_ref().take(20).map(|found| found.unwrap().located.trace).collect();
    assert_eq!(newest, (3980..4000).rev().collect::<Vec<u128>>());
    // One block, and for each of two lookups four segments.
    assert_eq!(searched.get(), 1 + 2 * 4);
    assert_eq!(candidates.count(), 3980);
}
