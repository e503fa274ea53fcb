//! Reads the metadata of a segment's parts, skipping damaged ones.

use super::StoreError;
use super::block::Blocks;
use super::entry::{Entry, head_checksum, read_summary};
use super::part::OperationKey;
use super::segment::{LAYOUT, LAYOUT_WITH_CALLS, OLDEST_LAYOUT, Segment};
use rusqlite::{Connection, Row};
use std::ops::Range;

/// Metadata of a segment.
#[derive(Default)]
pub struct Contents {
    /// Unix seconds at which it was created.
    pub created: u64,
    /// Its operations; parts refer to them by index.
    pub operations: Vec<OperationKey>,
    /// Summaries of its parts.
    pub blocks: Blocks,
    /// The last readable row.
    pub read_row: u32,
    /// The highest acknowledged row, as far as it is known.
    pub last_row: u32,
    /// Whether there is damage.
    pub damaged: bool,
    /// Whether some of its operations cannot be read, so that parts with them are found by id alone.
    pub lacks_operations: bool,
}

impl Contents {
    /// Number of acknowledged parts that cannot be read; rows have no gaps.
    pub fn missing(&self) -> u64 {
        u64::from(self.last_row).saturating_sub(self.blocks.parts() as u64)
    }
}

/// Reads a segment. Errors other than damage (see [`StoreError::is_damage`]) may be temporary.
pub fn load(segment: &Segment, connection: &Connection) -> Result<Contents, StoreError> {
    let layout = layout(connection)?;
    let mut contents = Contents::default();
    let created = damaged_is(meta(connection, "created"), &mut contents.damaged)?;
    contents.created = created.unwrap_or(0);
    operations(connection, &mut contents)?;
    parts(connection, layout, 1..u32::MAX, &mut contents)?;
    let noted = damaged_is(noted_rows(segment, connection), &mut contents.damaged)?;
    contents.last_row = contents.read_row.max(noted.unwrap_or(0)).max(segment.noted_rows());
    Ok(contents)
}

/// The last acknowledged row, as recorded in the segment or beside it; 0 if it is not recorded.
pub fn noted_rows(segment: &Segment, connection: &Connection) -> Result<u32, StoreError> {
    let noted = match meta(connection, "rows") {
        // The segment is still being written.
        Err(StoreError::Sqlite(rusqlite::Error::QueryReturnedNoRows)) => 0,
        noted => noted?,
    };
    Ok(u32::try_from(noted).unwrap_or(0).max(segment.noted_rows()))
}

/// Reads the parts of some rows.
pub fn load_rows(connection: &Connection, rows: Range<u32>) -> Result<Blocks, StoreError> {
    let mut contents = Contents::default();
    operations(connection, &mut contents)?;
    parts(connection, layout(connection)?, rows, &mut contents)?;
    Ok(contents.blocks)
}

/// Reads the operations of a segment; also returns whether all could be read.
pub fn load_operations(connection: &Connection) -> Result<(Vec<OperationKey>, bool), StoreError> {
    layout(connection)?;
    let mut contents = Contents::default();
    operations(connection, &mut contents)?;
    Ok((contents.operations, !contents.damaged))
}

/// The layout version of a file, if it is supported.
pub fn layout(connection: &Connection) -> Result<i64, StoreError> {
    let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match layout {
        0 => Err(StoreError::Nothing),
        OLDEST_LAYOUT..=LAYOUT => Ok(layout),
        version => {
            let path = connection.path().unwrap_or_default().to_owned();
            Err(StoreError::Layout { path, version })
        }
    }
}

fn meta(connection: &Connection, key: &str) -> Result<u64, StoreError> {
    let value: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?;
    Ok(value.cast_unsigned())
}

/// Turns damage into `None` and sets `damaged`; other errors are returned.
fn damaged_is<T>(read: Result<T, StoreError>, damaged: &mut bool) -> Result<Option<T>, StoreError> {
    match read {
        Ok(value) => Ok(Some(value)),
        // Missing key.
        Err(StoreError::Sqlite(rusqlite::Error::QueryReturnedNoRows)) => Ok(None),
        Err(error) if error.is_damage() => {
            *damaged = true;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn operations(connection: &Connection, contents: &mut Contents) -> Result<(), StoreError> {
    let mut select = connection.prepare("SELECT id, service, name, kind FROM operations ORDER BY id")?;
    let mut rows = select.query([])?;
    loop {
        let read = match rows.next() {
            Ok(None) => return Ok(()),
            Ok(Some(row)) => operation(row, contents.operations.len()),
            Err(error) => Err(error.into()),
        };
        match damaged_is(read, &mut contents.damaged)? {
            Some(operation) => contents.operations.push(operation),
            // Parts refer to operations by index, so those after a gap are unusable.
            None => {
                (contents.damaged, contents.lacks_operations) = (true, true);
                return Ok(());
            }
        }
    }
}

fn operation(row: &Row, expected: usize) -> Result<OperationKey, StoreError> {
    if row.get::<_, u32>(0)? as usize != expected {
        return Err(StoreError::Damaged("an operation is missing"));
    }
    Ok(OperationKey {
        service: row.get::<_, String>(1)?.into(),
        name: row.get::<_, String>(2)?.into(),
        kind: row.get(3)?,
    })
}

/// Reads the parts of some rows by row. Skips unreadable rows in growing steps.
fn parts(
    connection: &Connection,
    layout: i64,
    wanted: Range<u32>,
    contents: &mut Contents,
) -> Result<(), StoreError> {
    let mut select = connection.prepare(match layout {
        OLDEST_LAYOUT => {
            "SELECT row, trace, summary, NULL FROM parts WHERE row >= ?1 AND row < ?2 ORDER BY row"
        }
        _ => "SELECT row, trace, summary, head_crc FROM parts WHERE row >= ?1 AND row < ?2 ORDER BY row",
    })?;
    let (mut first, mut step) = (wanted.start, 0u32);
    loop {
        let mut rows = select.query([first, wanted.end])?;
        let error = loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(error) => break StoreError::from(error),
            };
            match part(row, contents.operations.len(), layout >= LAYOUT_WITH_CALLS) {
                Ok((trace, entry)) => {
                    (first, step) = (entry.row.saturating_add(1), 0);
                    contents.read_row = entry.row;
                    contents.blocks.push(trace, entry.row, entry.summary());
                }
                // Only this row is damaged; the next one may be readable.
                Err(error) if error.is_damage() => {
                    contents.damaged = true;
                }
                Err(error) => return Err(error),
            }
        };
        if !error.is_damage() {
            return Err(error);
        }
        contents.damaged = true;
        step = step.saturating_mul(2).max(1);
        let Some(next) = first.checked_add(step).filter(|next| *next < wanted.end) else { return Ok(()) };
        first = next;
    }
}

fn part(row: &Row, known: usize, has_calls: bool) -> Result<(u128, Entry), StoreError> {
    let number: u32 = row.get(0)?;
    let trace: [u8; 16] = row.get(1)?;
    let damaged = StoreError::Damaged("a summary cannot be read");
    let Ok(summary) = row.get_ref(2)?.as_blob() else { return Err(damaged) };
    if row.get::<_, Option<u32>>(3)?.is_some_and(|crc| crc != head_checksum(&trace, summary)) {
        return Err(StoreError::Damaged("the checksum of a summary is wrong"));
    }
    let entry = read_summary(number, summary, known, has_calls).ok_or(damaged)?;
    Ok((u128::from_be_bytes(trace), entry))
}
