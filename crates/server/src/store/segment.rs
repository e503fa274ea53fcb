//! One segment: an SQLite file that is written for an hour or some hundred megabytes, then only read, then deleted
//! whole.
//!
//! Tables: `operations(id, service, name, kind)`, each distinct operation once; `parts(row, trace, summary, plain,
//! spans)`, one row per trace and batch. `summary` stands before `spans` so that opening reads no span. SQLite keeps
//! the file whole through a crash (write-ahead log, `synchronous=FULL`: a commit returns when its log is flushed).

use super::index::Entry;
use super::part::{Extent, OperationKey, Part};
use super::{StoreError, compress};
use crate::terms::Filter;
use crate::wire::{put_varint, read_varint};
use rusqlite::{Connection, OpenFlags, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Version of the file layout, in `PRAGMA user_version`.
const LAYOUT: i64 = 1;
/// Idle read connections kept over all segments; more are closed after use.
const IDLE_READERS: usize = 32;
static IDLE: AtomicUsize = AtomicUsize::new(0);

/// A segment's file, open for reading.
pub struct Segment {
    /// Ascending number, also in the file's name.
    pub number: u64,
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
}

impl Segment {
    /// Names the segment `number` of a directory; opens nothing yet.
    pub fn new(directory: &Path, number: u64) -> Self {
        let path = directory.join(format!("segment-{number:08}.sqlite"));
        Segment { number, path, readers: Mutex::new(Vec::new()) }
    }

    /// Numbers of the segments in a directory, ascending.
    pub fn list(directory: &Path) -> Result<Vec<u64>, StoreError> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            let name = entry?.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix("segment-")?.strip_suffix(".sqlite"));
            numbers.extend(number.and_then(|digits| digits.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Whether its file is still there.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Bytes on disk, write-ahead log included.
    pub fn bytes(&self) -> u64 {
        self.files().iter().filter_map(|path| std::fs::metadata(path).ok()).map(|meta| meta.len()).sum()
    }

    /// Deletes its files. Reads under way still finish.
    pub fn delete(&self) -> std::io::Result<()> {
        self.close_idle();
        for path in self.files() {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn files(&self) -> [PathBuf; 3] {
        let beside = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        [beside("-wal"), beside("-shm"), self.path.clone()]
    }

    /// Reads the spans of the given rows, in that order. A row that is damaged is an error of its own and does not
    /// stop the others; any other failure ends the reading.
    pub fn read(
        &self,
        rows: &[u32],
        mut each: impl FnMut(Result<Vec<u8>, StoreError>),
    ) -> Result<(), StoreError> {
        let connection = self.reader()?;
        let result = (|| {
            let mut select = connection.prepare_cached("SELECT plain, spans FROM parts WHERE row = ?1")?;
            for row in rows {
                let found = select.query_row([row], |found| Ok((found.get(0)?, found.get(1)?)));
                match found
                    .map_err(StoreError::from)
                    .and_then(|(plain, bytes)| compress::unpack(plain, bytes))
                {
                    Err(error) if !error.is_damage() => return Err(error),
                    found => each(found),
                }
            }
            Ok(())
        })();
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if IDLE.load(Ordering::Relaxed) < IDLE_READERS {
            IDLE.fetch_add(1, Ordering::Relaxed);
            readers.push(connection);
        }
        result
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            IDLE.fetch_sub(1, Ordering::Relaxed);
            return Ok(connection);
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn close_idle(&self) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        IDLE.fetch_sub(readers.len(), Ordering::Relaxed);
        readers.clear();
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.close_idle();
    }
}

/// What a segment's file says when it is opened.
pub struct Contents {
    /// Unix seconds at which it was begun.
    pub created: u64,
    /// Its operations; an entry names them by place.
    pub operations: Vec<OperationKey>,
    /// Its parts.
    pub entries: Vec<(u128, Entry)>,
}

/// The one connection that writes a segment.
pub struct Writer {
    connection: Connection,
    /// Unix seconds at which the segment was begun.
    pub created: u64,
    operation_ids: HashMap<OperationKey, u32>,
    next_row: u32,
}

/// What a committed transaction added, for the index.
#[derive(Default)]
pub struct Added {
    /// Operations that are new, in the order of their numbers.
    pub operations: Vec<OperationKey>,
    /// Parts, by trace.
    pub entries: Vec<(u128, Entry)>,
}

impl Writer {
    /// Opens the file of a segment, making it if need be, and reads what it holds.
    pub fn open(segment: &Segment, now: u64) -> Result<(Self, Contents), StoreError> {
        let existed = segment.path.exists();
        let connection = Connection::open(&segment.path)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "page_size", 8192)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 2048)?;
        connection.pragma_update(None, "journal_size_limit", 32 << 20)?;
        connection.execute_batch(
            "BEGIN;
             CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS operations(
                 id INTEGER PRIMARY KEY, service TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS parts(
                 row INTEGER PRIMARY KEY, trace BLOB NOT NULL, summary BLOB NOT NULL,
                 plain INTEGER NOT NULL, spans BLOB NOT NULL);
             COMMIT;",
        )?;
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('created', ?1)", [now.cast_signed()])?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => connection.pragma_update(None, "user_version", LAYOUT)?,
            LAYOUT => {}
            other => {
                return Err(StoreError::Layout { path: segment.path.display().to_string(), version: other });
            }
        }
        if !existed && let Some(directory) = segment.path.parent() {
            // A file is durable only when the directory that names it is.
            std::fs::File::open(directory)?.sync_all()?;
        }
        let contents = load(&connection)?;
        let operation_ids = contents
            .operations
            .iter()
            .enumerate()
            .map(|(id, operation)| (operation.clone(), id as u32))
            .collect();
        let next_row = contents.entries.iter().map(|(_, entry)| entry.row).max().unwrap_or(0) + 1;
        Ok((Writer { connection, created: contents.created, operation_ids, next_row }, contents))
    }

    /// Writes parts in one transaction; when it returns they are on disk, all or (on an error) none.
    pub fn commit<'p>(&mut self, parts: impl Iterator<Item = &'p Part>) -> Result<Added, StoreError> {
        let mut added = Added::default();
        let result = self.try_commit(parts, &mut added);
        match result {
            Ok(next_row) => {
                self.next_row = next_row;
                Ok(added)
            }
            Err(error) => {
                added.operations.iter().for_each(|operation| {
                    self.operation_ids.remove(operation);
                });
                Err(error)
            }
        }
    }

    fn try_commit<'p>(
        &mut self,
        parts: impl Iterator<Item = &'p Part>,
        added: &mut Added,
    ) -> Result<u32, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut row = self.next_row;
        {
            let mut insert_part =
                transaction.prepare_cached("INSERT INTO parts VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut insert_operation =
                transaction.prepare_cached("INSERT INTO operations VALUES (?1, ?2, ?3, ?4)")?;
            let mut summary = Vec::new();
            for part in parts {
                let mut operations = Vec::with_capacity(part.operations.len());
                for operation in &part.operations {
                    let id = match self.operation_ids.get(operation) {
                        Some(id) => *id,
                        None => {
                            let id = self.operation_ids.len() as u32;
                            insert_operation.execute(params![
                                id,
                                operation.service,
                                operation.name,
                                operation.kind
                            ])?;
                            self.operation_ids.insert(operation.clone(), id);
                            added.operations.push(operation.clone());
                            id
                        }
                    };
                    operations.push(id);
                }
                operations.sort_unstable();
                operations.dedup();
                let entry = Entry::new(row, part.extent, operations.into(), part.filter.clone());
                write_summary(&mut summary, &entry);
                insert_part.execute(params![
                    row,
                    part.trace.to_be_bytes(),
                    summary,
                    part.plain,
                    part.spans
                ])?;
                added.entries.push((part.trace, entry));
                row += 1;
            }
        }
        transaction.commit()?;
        Ok(row)
    }

    /// Whether it holds nothing yet.
    pub fn is_empty(&self) -> bool {
        self.next_row == 1
    }

    /// Moves the write-ahead log into the file: the segment will not be written again.
    pub fn seal(self) -> Result<(), StoreError> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

fn load(connection: &Connection) -> Result<Contents, StoreError> {
    let created: i64 =
        connection.query_row("SELECT value FROM meta WHERE key = 'created'", [], |row| row.get(0))?;
    let created = created.cast_unsigned();
    let mut select = connection.prepare("SELECT service, name, kind FROM operations ORDER BY id")?;
    let operations = select
        .query_map([], |row| {
            Ok(OperationKey {
                service: row.get::<_, String>(0)?.into(),
                name: row.get::<_, String>(1)?.into(),
                kind: row.get(2)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut select = connection.prepare("SELECT row, trace, summary FROM parts ORDER BY row")?;
    let mut rows = select.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let number: u32 = row.get(0)?;
        let trace: [u8; 16] = row.get(1)?;
        let entry = read_summary(number, row.get_ref(2)?.as_blob().unwrap_or_default(), operations.len())
            .ok_or(StoreError::Damaged("a summary cannot be read"))?;
        entries.push((u128::from_be_bytes(trace), entry));
    }
    Ok(Contents { created, operations, entries })
}

fn write_summary(out: &mut Vec<u8>, entry: &Entry) {
    let extent = &entry.extent;
    out.clear();
    for number in [
        extent.first_start,
        extent.last_start.wrapping_sub(extent.first_start),
        extent.last_end.wrapping_sub(extent.first_start),
        extent.shortest,
        extent.longest,
        u64::from(extent.spans),
        u64::from(extent.errors),
        entry.operations.len() as u64,
    ] {
        put_varint(out, number);
    }
    entry.operations.iter().for_each(|id| put_varint(out, u64::from(*id)));
    out.extend_from_slice(entry.filter.as_bytes());
}

fn read_summary(row: u32, mut bytes: &[u8], known: usize) -> Option<Entry> {
    let mut next = || {
        let (value, length) = read_varint(bytes).ok()?;
        bytes = &bytes[length..];
        Some(value)
    };
    let first_start = next()?;
    let extent = Extent {
        first_start,
        last_start: first_start.wrapping_add(next()?),
        last_end: first_start.wrapping_add(next()?),
        shortest: next()?,
        longest: next()?,
        spans: u32::try_from(next()?).ok()?,
        errors: u32::try_from(next()?).ok()?,
    };
    let count = next()?;
    let mut operations = Vec::new();
    for _ in 0..count {
        let id = next()?;
        if id >= known as u64 {
            return None;
        }
        operations.push(id as u32);
    }
    Some(Entry::new(row, extent, operations.into(), Filter::from_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_read_as_it_was_written() {
        let extent = Extent {
            first_start: u64::MAX - 5,
            last_start: u64::MAX,
            last_end: u64::MAX,
            shortest: 1,
            longest: 5,
            spans: 3,
            errors: 1,
        };
        let entry = Entry::new(7, extent, vec![0, 300].into(), Filter::of(&mut vec![1, 2, 3]));
        let mut bytes = Vec::new();
        write_summary(&mut bytes, &entry);
        assert_eq!(read_summary(7, &bytes, 301), Some(entry));
        assert_eq!(read_summary(7, &bytes, 300), None, "an operation that is not there");
        assert_eq!(read_summary(7, &bytes[..12], 301), None);
    }

    #[test]
    fn a_full_disk_keeps_nothing_of_the_transaction_and_the_next_one_works() -> Result<(), StoreError> {
        let directory = tempfile::tempdir()?;
        let segment = Segment::new(directory.path(), 1);
        let (mut writer, _) = Writer::open(&segment, 0)?;
        let part = |trace: u128, bytes: usize| {
            let mut part = Part { plain: 0, spans: vec![7; bytes], ..Part::of(trace, Vec::new()) };
            part.add_operation(&format!("service-{trace}"), "x", 0);
            part.add_span(1, 2, false);
            part
        };
        writer.commit([part(1, 1000)].iter())?;
        let pages: i64 = writer.connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        writer.connection.query_row(&format!("PRAGMA max_page_count = {}", pages + 4), [], |_| Ok(()))?;
        let refused = writer.commit([part(2, 1000), part(3, 1_000_000)].iter());
        assert!(matches!(refused, Err(StoreError::Full(_))));
        writer.connection.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?;
        let added = writer.commit([part(4, 1_000_000)].iter())?;
        assert_eq!((added.entries[0].1.row, added.operations.len()), (2, 1));
        drop(writer);
        let (_, contents) = Writer::open(&segment, 0)?;
        let traces: Vec<u128> = contents.entries.iter().map(|(trace, _)| *trace).collect();
        let services: Vec<&str> = contents.operations.iter().map(|operation| &*operation.service).collect();
        assert_eq!((traces, services), (vec![1, 4], vec!["service-1", "service-4"]));
        Ok(())
    }
}
