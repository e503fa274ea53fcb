//! Inspects a store's directory without opening the store. Nothing is locked or written, so a server may be running.

use super::StoreError;
use super::index_file::IndexFile;
use super::load::{Contents, load};
use super::part::Extent;
use super::segment::Segment;
use crate::facts::facts_of;
use spandrel_trace::format::otlp_proto;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Number of parts read at a time.
const ROWS: usize = 1024;

/// Contents and damage of a segment.
#[derive(Debug, Default)]
pub struct SegmentReport {
    /// Its file.
    pub path: PathBuf,
    /// Size on disk in bytes, including its other files.
    pub bytes: u64,
    /// Layout version; 0 if it cannot be read.
    pub layout: i64,
    /// Unix seconds at which it was created; 0 if unknown.
    pub created: u64,
    /// Parts (one trace's spans of one batch).
    pub parts: u64,
    /// Number of spans, including duplicates.
    pub spans: u64,
    /// Those with an error status.
    pub errors: u64,
    /// Earliest start and latest end of a span, nanoseconds since the Unix epoch.
    pub times: Option<(u64, u64)>,
    /// Names of services.
    pub services: BTreeSet<String>,
    /// Number of operations.
    pub operations: u64,
    /// Descriptions of damage.
    pub damage: Vec<String>,
}

/// Numbers of the segments in a directory, ascending.
pub fn segments(directory: &Path) -> Result<Vec<u64>, StoreError> {
    Segment::list(directory)
}

/// Reports on a segment; `None` if it was deleted meanwhile. With `thorough` every span is read and compared with the
/// summary. Blocks.
pub fn report(directory: &Path, number: u64, thorough: bool) -> Option<SegmentReport> {
    let segment = Segment::new(directory, number);
    segment.look();
    let (path, bytes) = (segment.path().to_owned(), segment.bytes());
    let mut report = SegmentReport { path, bytes, ..SegmentReport::default() };
    // Before reading, so that later acknowledgements do not count as missing.
    let noted = segment.noted_rows();
    match look(&segment, noted, thorough, &mut report) {
        Err(_) if !segment.exists() => return None,
        Err(error) => report.damage.push(error.to_string()),
        Ok(()) => {}
    }
    segment.exists().then_some(report)
}

fn look(segment: &Segment, noted: u32, thorough: bool, report: &mut SegmentReport) -> Result<(), StoreError> {
    let contents = segment.with_reader(|connection| {
        report.layout = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if thorough {
            let mut check = connection.prepare("PRAGMA quick_check(5)")?;
            let found = check.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            report.damage.extend(found.into_iter().filter(|text| text != "ok"));
        }
        load(segment, connection)
    })?;
    let Contents { created, operations, blocks, read_row, last_row, damaged, lacks_operations } = contents;
    report.created = created;
    report.operations = operations.len() as u64;
    report.services.extend(operations.into_iter().map(|operation| operation.service.into_string()));
    let last_row = if segment.is_settled() { last_row } else { read_row.max(noted) };
    let missing = u64::from(last_row).saturating_sub(blocks.parts() as u64);
    if missing > 0 {
        report.damage.push(format!("{missing} of {last_row} parts are missing or cannot be read"));
    } else if lacks_operations {
        report
            .damage
            .push("names of operations are damaged; parts with them are found by id alone".to_owned());
    } else if damaged {
        report.damage.push("a part of the file is damaged; all its parts can be read".to_owned());
    }
    let (mut first, mut last) = (u64::MAX, 0);
    for block in blocks.finish() {
        let mut rows = Vec::with_capacity(block.len());
        for part in block.parts() {
            report.parts += 1;
            report.spans += u64::from(part.extent.spans);
            report.errors += u64::from(part.extent.errors);
            first = first.min(part.extent.first_start);
            last = last.max(part.extent.last_end);
            rows.push((part.row, part.trace, *part.extent));
        }
        if thorough {
            for rows in rows.chunks(ROWS) {
                check(segment, rows, report)?;
            }
        }
    }
    report.times = (report.parts > 0).then_some((first, last));
    if thorough && segment.index_path().exists() {
        check_index(segment, report);
    }
    Ok(())
}

/// Reads parts and compares them with their summaries.
fn check(
    segment: &Segment,
    rows: &[(u32, u128, Extent)],
    report: &mut SegmentReport,
) -> Result<(), StoreError> {
    let numbers: Vec<u32> = rows.iter().map(|(row, _, _)| *row).collect();
    let mut expected = rows.iter();
    segment.read(&numbers, |blob| {
        let Some((row, trace, extent)) = expected.next() else { return };
        let wrong = match blob {
            Err(error) => Some(error.to_string()),
            Ok(blob) => wrong_with(&blob, *trace, extent),
        };
        report.damage.extend(wrong.map(|why| format!("part {row} (trace {trace:032x}): {why}")));
    })
}

fn wrong_with(blob: &[u8], trace: u128, extent: &Extent) -> Option<String> {
    let (mut spans, mut strangers) = (0u32, 0u32);
    let split = otlp_proto::split(blob, |parts| {
        spans += 1;
        strangers += u32::from(!facts_of(parts.span).is_ok_and(|facts| facts.trace == trace));
    });
    match split {
        Err(error) => Some(format!("it cannot be taken apart: {error}")),
        Ok(()) if strangers > 0 => {
            Some(format!("{strangers} of its spans cannot be read or are of another trace"))
        }
        Ok(()) if spans != extent.spans => Some(format!("it has {spans} spans instead of {}", extent.spans)),
        Ok(()) => None,
    }
}

/// Damage is harmless, because the file is recreated.
fn check_index(segment: &Segment, report: &mut SegmentReport) {
    let path = segment.index_path();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut parts = 0;
    let wrong = match IndexFile::open(&path) {
        Err(error) => Some(error.to_string()),
        Ok(file) => {
            let mut blocks = (0..file.ranges().len()).map(|at| (at, file.block(at)));
            let damaged = blocks.find_map(|(at, block)| match block {
                Ok(block) => {
                    parts += block.len() as u64;
                    None
                }
                Err(_) => Some(at),
            });
            match damaged {
                Some(at) => Some(format!("it cannot be read from row {} on", file.rows(at).start)),
                None if parts != file.parts => Some("it lacks parts".to_owned()),
                None => None,
            }
        }
    };
    report.damage.extend(wrong.map(|why| format!("{name} (made again when the server starts): {why}")));
}

/// Calls `each` with the spans of every readable part, as an OTLP `TracesData` message of one trace; returns the
/// number of unreadable parts. One part is in memory at a time, besides the segment's index. Blocks.
pub fn each_part<E: From<StoreError>>(
    directory: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<u64, E> {
    let mut unread = 0;
    for number in Segment::list(directory)? {
        let segment = Segment::new(directory, number);
        segment.look();
        let contents = match segment.with_reader(|connection| load(&segment, connection)) {
            Ok(contents) => contents,
            Err(_) if !segment.exists() => continue,
            Err(StoreError::Nothing) => continue,
            Err(error) if error.is_damage() => {
                tracing::warn!("{} is left out: {error}", segment.path().display());
                unread += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for block in contents.blocks.finish() {
            let rows: Vec<u32> = block.parts().map(|part| part.row).collect();
            for rows in rows.chunks(ROWS) {
                let mut failed = None;
                let read = segment.read(rows, |blob| match blob {
                    Ok(blob) if failed.is_none() => failed = each(&blob).err(),
                    Ok(_) => {}
                    Err(_) => unread += 1,
                });
                match read {
                    Err(_) if !segment.exists() => break,
                    read => read?,
                }
                if let Some(failure) = failed {
                    return Err(failure);
                }
            }
        }
    }
    Ok(unread)
}
