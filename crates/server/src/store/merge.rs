//! Merging the parts of a closed segment: one part for each trace instead of one for each of its batches, in a file of
//! its own that takes the segment's place once it is whole (see `segments::merging`).
//!
//! Spans of one trace are much alike, so that they take less room packed together, and what is known of each part takes
//! room, too. The spans stay as they are, in the order in which they came, resent ones included.

use super::StoreError;
use super::index::SegmentIndex;
use super::load::{Contents, load};
use super::pace::Pace;
use super::part::Part;
use super::segment::Segment;
use super::segment_writer::Writer;
use super::{MOST_CALL_SPANS, Rebuild};
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Parts for each trace from which on merging is worth its work.
const WORTH_MERGING: usize = 2;
/// Bytes of the spans of one part at most before they are packed, unless a part has more already.
const MOST_BYTES: usize = 4 << 20;
/// Bytes that are written in one transaction.
const COMMIT_BYTES: usize = 4 << 20;

/// A part as the index names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    trace: u128,
    row: u32,
    spans: u32,
}

/// The rows of one trace that become one part, or few.
struct Run<'r> {
    rows: &'r [Row],
    /// Whether other parts of the trace exist or are likely.
    has_more: bool,
}

/// The file of a segment whose parts are merged, not in its place yet.
pub struct Merged {
    /// Where it is.
    pub segment: Segment,
    /// What it says when it is opened.
    pub contents: Contents,
}

/// Writes the merged parts of a closed segment into a file beside it and flushes that. `None` where merging is not worth
/// its work or was stopped. What is left unfinished is removed.
pub fn merge(
    index: &SegmentIndex,
    created: u64,
    rebuild: Rebuild,
    stop: &AtomicBool,
    pace: &mut Pace,
) -> Result<Option<Merged>, StoreError> {
    let mut rows = Vec::new();
    for block in index.shared_blocks()? {
        rows.extend(block.parts().map(|part| Row {
            trace: part.trace,
            row: part.row,
            spans: part.extent.spans,
        }));
    }
    rows.sort_unstable();
    let traces = rows.chunk_by(|left, right| left.trace == right.trace).count();
    if rows.len() < traces * WORTH_MERGING {
        return Ok(None);
    }
    let file = index.segment.unmerged_beside();
    file.delete()?;
    let written = write(index, &rows, &file, (created, rebuild), stop, pace);
    if !matches!(written, Ok(Some(_))) {
        // What stays of it is removed at the next start.
        let _ = file.delete();
    }
    Ok(written?.map(|contents| Merged { segment: file, contents }))
}

fn write(
    index: &SegmentIndex,
    rows: &[Row],
    file: &Segment,
    (created, rebuild): (u64, Rebuild),
    stop: &AtomicBool,
    pace: &mut Pace,
) -> Result<Option<Contents>, StoreError> {
    let mut runs = runs(rows);
    // Traces stay in the order in which they started, so that blocks of the index are about times.
    runs.sort_unstable_by_key(|run| run.rows[0].row);
    let mut writer = Writer::unflushed(file, created)?;
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for run in runs {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        pace.rest(stop);
        merge_run(index, &run, rebuild, &mut parts)?;
        bytes += parts.last().map_or(0, Part::weight);
        if bytes >= COMMIT_BYTES {
            writer.commit(parts.iter())?;
            parts.clear();
            bytes = 0;
        }
    }
    writer.commit(parts.iter())?;
    writer.close()?;
    // What follows takes its time, too.
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    File::open(file.path())?.sync_all()?;
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    file.look();
    let contents = file.with_reader(|connection| load(file, connection))?;
    let spans = rows.iter().map(|row| u64::from(row.spans)).sum::<u64>();
    if contents.damaged || contents.missing() > 0 || contents.blocks.spans() != spans {
        return Err(StoreError::Damaged("merged parts are not what they were made of"));
    }
    Ok(Some(contents))
}

/// The rows of each trace, in pieces whose calls can still be counted.
fn runs(rows: &[Row]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let inner = inner_rows(rows);
    for of_trace in rows.chunk_by(|left, right| left.trace == right.trace) {
        let (mut start, mut spans) = (0, 0u64);
        for (at, row) in of_trace.iter().enumerate() {
            spans += u64::from(row.spans);
            if spans > MOST_CALL_SPANS as u64 && at > start {
                runs.push(Run { rows: &of_trace[start..at], has_more: true });
                (start, spans) = (at, u64::from(row.spans));
            }
        }
        let is_inner = of_trace.iter().all(|row| inner.contains(&row.row));
        runs.push(Run { rows: &of_trace[start..], has_more: start > 0 || !is_inner });
    }
    runs
}

/// Rows so far from both ends of the segment that a trace within them probably has no parts in other segments: as far as the
/// parts of 95 % of the traces are apart, an eighth of the segment at most.
fn inner_rows(rows: &[Row]) -> Range<u32> {
    let numbers = || rows.iter().map(|row| row.row);
    let (first, last) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
    let of_traces = rows.chunk_by(|left, right| left.trace == right.trace);
    let mut distances: Vec<u32> =
        of_traces.map(|of_trace| of_trace[of_trace.len() - 1].row - of_trace[0].row).collect();
    let at = distances.len() * 95 / 100;
    let distance = match distances.get(at) {
        Some(_) => *distances.select_nth_unstable(at).1,
        None => 0,
    };
    let edge = distance.min((last - first) / 8);
    first + edge..(last + 1).saturating_sub(edge)
}

/// Reads the parts of some rows of one trace and makes one part of them, or several where that would be too big.
fn merge_run(
    index: &SegmentIndex,
    run: &Run<'_>,
    rebuild: Rebuild,
    parts: &mut Vec<Part>,
) -> Result<(), StoreError> {
    let trace = run.rows[0].trace;
    let numbers: Vec<u32> = run.rows.iter().map(|row| row.row).collect();
    let (mut blobs, mut damaged) = (Vec::with_capacity(numbers.len()), None);
    index.segment.read(&numbers, |blob| match blob {
        Ok(blob) => blobs.push(blob),
        Err(error) => damaged = Some(error),
    })?;
    if let Some(error) = damaged {
        return Err(error);
    }
    let (mut together, mut spans, mut has_more) = (Vec::new(), 0, run.has_more);
    for (row, blob) in run.rows.iter().zip(blobs) {
        if !together.is_empty() && together.len() + blob.len() > MOST_BYTES {
            has_more = true;
            parts.push(rebuilt(trace, &together, (spans, has_more), rebuild)?);
            together.clear();
            spans = 0;
        }
        // Two messages one after the other are one with the spans of both.
        together.extend_from_slice(&blob);
        spans += row.spans;
    }
    parts.push(rebuilt(trace, &together, (spans, has_more), rebuild)?);
    Ok(())
}

fn rebuilt(
    trace: u128,
    bytes: &[u8],
    (spans, has_more): (u32, bool),
    rebuild: Rebuild,
) -> Result<Part, StoreError> {
    let part = rebuild(bytes, has_more).filter(|part| part.trace == trace && part.extent.spans == spans);
    part.ok_or(StoreError::Damaged("spans cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of two parts of each trace, so many rows apart.
    fn rows(traces: u32, apart: u32) -> Vec<Row> {
        let of_trace = |trace: u32| [trace, trace + apart].map(|row| (trace, row));
        let row = |(trace, row): (u32, u32)| Row { trace: trace.into(), row: row + 1, spans: 10 };
        (0..traces).flat_map(of_trace).map(row).collect()
    }

    fn with_more(rows: &[Row]) -> Vec<u32> {
        let runs = runs(rows).into_iter().filter(|run| run.has_more);
        runs.map(|run| run.rows[0].trace as u32).collect()
    }

    #[test]
    fn traces_near_the_ends_of_a_segment_probably_have_parts_in_others() {
        assert_eq!(with_more(&rows(100, 3)), [0, 1, 2, 97, 98, 99]);
        // Long traces: an eighth of the segment on both sides.
        assert_eq!(with_more(&rows(100, 50)).len(), 36);
        assert_eq!(with_more(&[]), [0; 0]);
    }

    #[test]
    fn a_trace_that_is_cut_into_pieces_has_more_in_each() {
        let mut rows = rows(100, 3);
        rows.iter_mut().filter(|row| row.trace == 50).for_each(|row| row.spans = 4000);
        assert_eq!(with_more(&rows), [0, 1, 2, 50, 50, 97, 98, 99]);
        assert_eq!(runs(&rows).len(), 101);
    }
}
