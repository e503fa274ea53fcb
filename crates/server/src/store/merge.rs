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
    runs.sort_unstable_by_key(|run| run[0].row);
    let mut writer = Writer::unflushed(file, created)?;
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for run in runs {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        pace.rest(stop);
        merge_run(index, run, rebuild, &mut parts)?;
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
fn runs(rows: &[Row]) -> Vec<&[Row]> {
    let mut runs = Vec::new();
    for of_trace in rows.chunk_by(|left, right| left.trace == right.trace) {
        let (mut start, mut spans) = (0, 0u64);
        for (at, row) in of_trace.iter().enumerate() {
            spans += u64::from(row.spans);
            if spans > MOST_CALL_SPANS as u64 && at > start {
                runs.push(&of_trace[start..at]);
                (start, spans) = (at, u64::from(row.spans));
            }
        }
        runs.push(&of_trace[start..]);
    }
    runs
}

/// Reads the parts of some rows of one trace and makes one part of them, or several where that would be too big.
fn merge_run(
    index: &SegmentIndex,
    run: &[Row],
    rebuild: Rebuild,
    parts: &mut Vec<Part>,
) -> Result<(), StoreError> {
    let numbers: Vec<u32> = run.iter().map(|row| row.row).collect();
    let (mut blobs, mut damaged) = (Vec::with_capacity(run.len()), None);
    index.segment.read(&numbers, |blob| match blob {
        Ok(blob) => blobs.push(blob),
        Err(error) => damaged = Some(error),
    })?;
    if let Some(error) = damaged {
        return Err(error);
    }
    let (mut together, mut spans) = (Vec::new(), 0);
    for (row, blob) in run.iter().zip(blobs) {
        if !together.is_empty() && together.len() + blob.len() > MOST_BYTES {
            parts.push(rebuilt(run[0].trace, &together, spans, rebuild)?);
            together.clear();
            spans = 0;
        }
        // Two messages one after the other are one with the spans of both.
        together.extend_from_slice(&blob);
        spans += row.spans;
    }
    parts.push(rebuilt(run[0].trace, &together, spans, rebuild)?);
    Ok(())
}

fn rebuilt(trace: u128, bytes: &[u8], spans: u32, rebuild: Rebuild) -> Result<Part, StoreError> {
    let part = rebuild(bytes).filter(|part| part.trace == trace && part.extent.spans == spans);
    part.ok_or(StoreError::Damaged("spans cannot be read"))
}
