//! Writes a segment: one connection, one transaction for the parts of many requests.

use super::StoreError;
use super::block::Blocks;
use super::calls::Calls;
use super::entry::{Summary, blob_checksum, head_checksum, write_summary};
use super::index::Added;
use super::load::{Contents, load};
use super::part::{OperationKey, Part};
use super::segment::{BUSY, LAYOUT, Segment};
use rusqlite::{Connection, params};
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;

/// Page size in bytes.
const PAGE: i64 = 8192;

/// The one connection that writes a segment.
pub struct Writer {
    connection: Connection,
    /// Unix seconds at which the segment was created.
    pub created: u64,
    operation_ids: HashMap<OperationKey, u32>,
    next_row: u32,
    /// File with the last acknowledged row (see [`Segment::rows_path`]).
    rows: Option<File>,
}

impl Writer {
    /// Opens or creates the file of a segment, and reads its contents. Its write-ahead log is checkpointed at
    /// `log_bytes`.
    pub fn open(segment: &Segment, now: u64, log_bytes: u64) -> Result<(Self, Contents), StoreError> {
        let existed = segment.exists();
        let connection = Connection::open(segment.path())?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let log_bytes = i64::try_from(log_bytes).unwrap_or(i64::MAX / 2);
        connection.pragma_update(None, "wal_autocheckpoint", (log_bytes / PAGE).max(8))?;
        connection.pragma_update(None, "journal_size_limit", log_bytes * 2)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            LAYOUT => {}
            0 => create(&connection, now)?,
            _ => return Err(StoreError::Damaged("it has an older layout and is only read")),
        }
        if !existed && let Some(directory) = segment.path().parent() {
            // A new file is durable only after its directory is synced.
            File::open(directory)?.sync_all()?;
        }
        let contents = load(segment, &connection)?;
        let operation_ids = contents
            .operations
            .iter()
            .enumerate()
            .map(|(id, operation)| (operation.clone(), id as u32))
            .collect();
        let next_row = contents.last_row + 1;
        // Read-only files can be opened, too, so writing is tested.
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
        let rows = File::options().create(true).truncate(false).write(true).open(segment.rows_path())?;
        let (created, rows) = (contents.created, Some(rows));
        Ok((Writer { connection, created, operation_ids, next_row, rows }, contents))
    }

    /// Makes a file that is worth nothing before it is whole: nothing is flushed and nothing can be taken back. The
    /// caller flushes it after [`Writer::close`], and removes it where that does not come.
    pub fn unflushed(segment: &Segment, created: u64) -> Result<Self, StoreError> {
        let connection = Connection::open(segment.path())?;
        connection.pragma_update(None, "page_size", PAGE)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        create(&connection, created)?;
        Ok(Writer { connection, created, operation_ids: HashMap::new(), next_row: 1, rows: None })
    }

    /// Number of parts in it.
    pub fn parts(&self) -> u64 {
        u64::from(self.next_row) - 1
    }

    /// Writes parts in one transaction. On return all are on disk, or on an error none.
    pub fn commit<'p>(&mut self, parts: impl Iterator<Item = &'p Part>) -> Result<Added, StoreError> {
        let mut operations = Vec::new();
        let result = self.try_commit(parts, &mut operations);
        match result {
            Ok((next_row, blocks)) => {
                self.next_row = next_row;
                self.note_rows();
                Ok(Added { operations, blocks: blocks.finish() })
            }
            Err(error) => {
                operations.iter().for_each(|operation| {
                    self.operation_ids.remove(operation);
                });
                Err(error)
            }
        }
    }

    fn try_commit<'p>(
        &mut self,
        parts: impl Iterator<Item = &'p Part>,
        added: &mut Vec<OperationKey>,
    ) -> Result<(u32, Blocks), StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let (mut row, mut blocks) = (self.next_row, Blocks::default());
        {
            let mut insert_part =
                transaction.prepare_cached("INSERT INTO parts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            let mut insert_operation =
                transaction.prepare_cached("INSERT INTO operations VALUES (?1, ?2, ?3, ?4)")?;
            let (mut summary, mut calls, mut operations) = (Vec::new(), Vec::new(), Vec::new());
            // Parts of one request share their operations. All parts live until the end of the transaction, so none
            // takes the place of another in memory.
            let mut ids: FxHashMap<*const OperationKey, u32> = FxHashMap::default();
            for part in parts {
                operations.clear();
                for operation in &part.operations {
                    let shared = Arc::as_ptr(operation);
                    if let Some(id) = ids.get(&shared) {
                        operations.push(*id);
                        continue;
                    }
                    let id = match self.operation_ids.get(&**operation) {
                        Some(id) => *id,
                        None => {
                            let id = self.operation_ids.len() as u32;
                            insert_operation.execute(params![
                                id,
                                operation.service,
                                operation.name,
                                operation.kind
                            ])?;
                            self.operation_ids.insert((**operation).clone(), id);
                            added.push((**operation).clone());
                            id
                        }
                    };
                    ids.insert(shared, id);
                    operations.push(id);
                }
                calls.clear();
                match &part.calls {
                    Some(counted) => counted.write(&mut calls, |at| operations[at as usize]),
                    None => Calls::write_unknown(&mut calls),
                }
                operations.sort_unstable();
                operations.dedup();
                let filter = part.filter.as_bytes();
                let in_summary =
                    Summary { extent: &part.extent, operations: &operations, calls: &calls, filter };
                write_summary(&mut summary, in_summary);
                let trace = part.trace.to_be_bytes();
                insert_part.execute(params![
                    row,
                    trace,
                    summary,
                    head_checksum(&trace, &summary),
                    part.plain,
                    blob_checksum(&trace, part.plain, &part.spans),
                    part.spans
                ])?;
                blocks.push(part.trace, row, in_summary);
                row += 1;
            }
        }
        transaction.commit()?;
        Ok((row, blocks))
    }

    /// Whether there are no parts.
    pub fn is_empty(&self) -> bool {
        self.next_row == 1
    }

    /// Records the last row beside the file, without syncing: the record may be outdated, but is never ahead.
    fn note_rows(&mut self) {
        // Without the record a lost log may go unnoticed.
        let Some(rows) = &mut self.rows else { return };
        let _ = rows.rewind().and_then(|()| writeln!(rows, "{:>10}", self.next_row - 1));
    }

    /// Records the number of rows in the file and closes it; the segment will not be written again.
    pub fn close(self) -> Result<(), StoreError> {
        let rows = self.next_row - 1;
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('rows', ?1)", [rows])?;
        Ok(())
    }
}

fn create(connection: &Connection, now: u64) -> Result<(), StoreError> {
    connection.execute_batch(
        "BEGIN;
         CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
         CREATE TABLE operations(
             id INTEGER PRIMARY KEY, service TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL);
         CREATE TABLE parts(
             row INTEGER PRIMARY KEY, trace BLOB NOT NULL, summary BLOB NOT NULL, head_crc INTEGER NOT NULL,
             plain INTEGER NOT NULL, crc INTEGER NOT NULL, spans BLOB NOT NULL);",
    )?;
    connection.execute("INSERT INTO meta VALUES ('created', ?1)", [now.cast_signed()])?;
    connection.pragma_update(None, "user_version", LAYOUT)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_keeps_nothing_of_the_transaction_and_the_next_one_works() -> Result<(), StoreError> {
        let directory = tempfile::tempdir()?;
        let segment = Segment::new(directory.path(), 1);
        let (mut writer, _) = Writer::open(&segment, 0, 1 << 20)?;
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
        assert_eq!((added.blocks[0].part(0).row, added.operations.len()), (2, 1));
        drop(writer);
        let (_, contents) = Writer::open(&segment, 0, 1 << 20)?;
        let blocks = contents.blocks.finish();
        let traces: Vec<u128> =
            blocks.iter().flat_map(|block| block.parts().map(|part| part.trace)).collect();
        let services: Vec<&str> = contents.operations.iter().map(|operation| &*operation.service).collect();
        assert_eq!((traces, services), (vec![1, 4], vec!["service-1", "service-4"]));
        Ok(())
    }
}
