//! The file of a queue: a table of requests in SQLite, oldest first.

use super::packed::CompressedRequest;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Version of the file's layout, in `PRAGMA user_version`.
/// Layout 2 has requests packed by trace; those of layout 1 are read as they are.
const LAYOUT: i64 = 2;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages of the log after which it is written back.
const LOG_PAGES: i64 = 1024;
/// Free pages beyond which an empty queue gives them back to the disk.
const FREE_PAGES: i64 = 1024;

/// Why a queue's file failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// A layout that this version does not know.
    #[error("{path} has layout {version}, which this version cannot read")]
    Layout {
        /// The file.
        path: String,
        /// Its layout.
        version: i64,
    },
    /// SQLite failed.
    #[error("the queue failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system failed.
    #[error("the queue failed: {0}")]
    Io(#[from] std::io::Error),
    /// It could not be written, which has been counted and said.
    #[error("the queue could not be written")]
    NotWritten,
    /// The queue is being closed.
    #[error("the queue is closed")]
    Closed,
}

impl QueueError {
    /// Whether the bytes on disk are wrong, so that it will be the same the next time.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        matches!(self, QueueError::Sqlite(error)
            if matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)))
    }
}

/// What a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests.
    pub requests: u64,
    /// Spans or log lines.
    pub spans: u64,
    /// Bytes that they take on disk.
    pub bytes: u64,
}

impl Totals {
    /// Both together.
    pub fn more(self, other: Totals) -> Totals {
        Totals {
            requests: self.requests + other.requests,
            spans: self.spans + other.spans,
            bytes: self.bytes + other.bytes,
        }
    }

    /// Without the other.
    pub fn less(self, other: Totals) -> Totals {
        Totals {
            requests: self.requests.saturating_sub(other.requests),
            spans: self.spans.saturating_sub(other.spans),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// A request in the queue, without its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its number, in the order in which requests came.
    pub number: i64,
    /// When it came, milliseconds since the Unix epoch.
    pub arrived: u64,
    /// Spans.
    pub spans: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes before packing.
    pub plain: u64,
}

/// The connection that writes.
pub struct QueueFile {
    connection: Connection,
}

/// Bytes that a request takes on disk, with its share of the pages around it.
pub fn disk_bytes(payload: usize) -> u64 {
    let bytes = payload as u64 + 64;
    if bytes > PAGE / 4 { (bytes / PAGE + 1) * PAGE } else { bytes + bytes / 4 }
}

impl QueueFile {
    /// Opens a queue, making it if need be. One that is damaged is put aside under another name, which is answered too.
    pub fn open(path: &Path) -> Result<(Self, Option<PathBuf>), QueueError> {
        match Self::try_open(path) {
            Err(error) if error.is_damage() => {
                let aside = put_aside(path)?;
                Ok((Self::try_open(path)?, Some(aside)))
            }
            opened => Ok((opened?, None)),
        }
    }

    fn try_open(path: &Path) -> Result<Self, QueueError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > LAYOUT {
            return Err(QueueError::Layout { path: path.display().to_string(), version });
        }
        // Before the first table, else it has no effect.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // As with the store: what is acknowledged is on disk.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", LOG_PAGES * PAGE as i64)?;
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS requests (
                number INTEGER PRIMARY KEY AUTOINCREMENT, arrived INTEGER NOT NULL, signal INTEGER NOT NULL,
                spans INTEGER NOT NULL, bytes INTEGER NOT NULL, plain INTEGER NOT NULL, payload BLOB NOT NULL
             ) STRICT;
             PRAGMA user_version = {LAYOUT};"
        ))?;
        let file = QueueFile { connection };
        // Looks at every request but not at its bytes, which would take minutes for a queue of many gigabytes.
        file.totals(i64::MAX)?;
        Ok(file)
    }

    /// What it holds up to a number.
    pub fn totals(&self, through: i64) -> Result<Totals, QueueError> {
        let mut select = self.connection.prepare_cached(
            "SELECT count(*), coalesce(sum(spans), 0), coalesce(sum(bytes), 0) FROM requests WHERE number <= ?1",
        )?;
        Ok(select.query_row([through], |row| {
            Ok(Totals { requests: unsigned(row, 0)?, spans: unsigned(row, 1)?, bytes: unsigned(row, 2)? })
        })?)
    }

    /// The youngest request's time.
    pub fn youngest(&self) -> Result<u64, QueueError> {
        let sql = "SELECT arrived FROM requests ORDER BY number DESC LIMIT 1";
        Ok(self.connection.query_row(sql, [], |row| unsigned(row, 0)).optional()?.unwrap_or(0))
    }

    /// The oldest requests after `number`, at most `most`.
    pub fn oldest(&self, after: i64, most: usize) -> Result<Vec<Entry>, QueueError> {
        oldest(&self.connection, after, most)
    }

    /// Writes and deletes in one transaction: all of it is on disk afterwards, or nothing.
    pub fn change(
        &mut self,
        add: &[(u64, &CompressedRequest)],
        remove: &[std::ops::RangeInclusive<i64>],
    ) -> Result<(), QueueError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut delete =
                transaction.prepare_cached("DELETE FROM requests WHERE number BETWEEN ?1 AND ?2")?;
            for range in remove {
                delete.execute([range.start(), range.end()])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO requests (arrived, signal, spans, bytes, plain, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for (arrived, packed) in add {
                insert.execute(rusqlite::params![
                    signed(*arrived),
                    packed.kind(),
                    packed.count,
                    signed(disk_bytes(packed.bytes.len())),
                    packed.plain,
                    packed.bytes,
                ])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Gives the room of what was deleted back to the disk, if that is much.
    pub fn shrink(&self) -> Result<(), QueueError> {
        let free: i64 = self.connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free > FREE_PAGES {
            // One page is given back with each step.
            let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum")?;
            let mut steps = vacuum.raw_query();
            while steps.next()?.is_some() {}
            self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(())
    }
}

/// A connection that reads, beside the one that writes.
pub struct QueueReader {
    connection: Connection,
}

impl QueueReader {
    /// Opens a queue that exists.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(QueueReader { connection })
    }

    /// The oldest requests after `number`, at most `most`.
    pub fn oldest(&self, after: i64, most: usize) -> Result<Vec<Entry>, QueueError> {
        oldest(&self.connection, after, most)
    }

    /// A request's bytes; `None` where it is gone, or of a kind that this version does not know.
    pub fn read(&self, number: i64) -> Result<Option<CompressedRequest>, QueueError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT signal, spans, plain, payload FROM requests WHERE number = ?1")?;
        let found = select.query_row([number], |row| {
            let kind = CompressedRequest::kind_of(row.get(0)?);
            let (count, plain, bytes) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(kind.map(|(signal, packing)| CompressedRequest { signal, packing, count, plain, bytes }))
        });
        Ok(found.optional()?.flatten())
    }
}

fn oldest(connection: &Connection, after: i64, most: usize) -> Result<Vec<Entry>, QueueError> {
    let mut select = connection.prepare_cached(
        "SELECT number, arrived, spans, bytes, plain, length(payload) FROM requests WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let rows = select.query_map(rusqlite::params![after, most as i64], |row| {
        let (plain, packed) = (unsigned(row, 4)?, unsigned(row, 5)?);
        Ok(Entry {
            number: row.get(0)?,
            arrived: unsigned(row, 1)?,
            spans: unsigned(row, 2)?,
            bytes: unsigned(row, 3)?,
            plain: if plain == 0 { packed } else { plain },
        })
    })?;
    rows.map(|row| row.map_err(QueueError::from)).collect()
}

fn unsigned(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Renames a damaged queue and its log; answers the new name.
fn put_aside(path: &Path) -> Result<PathBuf, QueueError> {
    let named = |number: u32, more: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}{more}"));
        PathBuf::from(name)
    };
    let number = (1..).find(|number| !named(*number, "").exists()).unwrap_or(u32::MAX);
    std::fs::rename(path, named(number, ""))?;
    for more in ["-wal", "-shm"] {
        let mut log = path.as_os_str().to_owned();
        log.push(more);
        match std::fs::rename(&log, named(number, more)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(named(number, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::forward::Signal;
    use crate::forwarding::packed::Packing;

    fn packed(byte: u8, length: usize) -> CompressedRequest {
        let bytes = vec![byte; length];
        CompressedRequest { signal: Signal::Traces, packing: Packing::Whole, count: 1, plain: 0, bytes }
    }

    #[test]
    fn requests_are_read_in_order_and_numbers_are_never_used_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.sqlite");
        let (mut file, aside) = QueueFile::open(&path).unwrap();
        assert_eq!((aside, file.totals(i64::MAX).unwrap()), (None, Totals::default()));
        file.change(&[(5, &packed(1, 10)), (6, &packed(2, 9000))], &[]).unwrap();
        file.change(&[], &[1..=2]).unwrap();
        file.change(&[(7, &packed(3, 10))], &[]).unwrap();
        drop(file);
        let (file, _) = QueueFile::open(&path).unwrap();
        let entries = file.oldest(0, 10).unwrap();
        assert_eq!((entries.len(), entries[0].number, entries[0].arrived), (1, 3, 7));
        assert_eq!(file.youngest().unwrap(), 7);
        let reader = QueueReader::open(&path).unwrap();
        assert_eq!(reader.read(3).unwrap().unwrap().bytes, [3; 10]);
        assert!(reader.read(1).unwrap().is_none());
    }

    #[test]
    fn a_damaged_queue_is_put_aside_and_a_newer_layout_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.sqlite");
        std::fs::write(&path, b"this is no database".repeat(1000)).unwrap();
        let (mut file, aside) = QueueFile::open(&path).unwrap();
        assert!(std::fs::read(aside.unwrap()).unwrap().starts_with(b"this is no database"));
        file.change(&[(1, &packed(1, 1))], &[]).unwrap();
        file.connection.pragma_update(None, "user_version", 99).unwrap();
        drop(file);
        let said = QueueFile::open(&path).err().unwrap().to_string();
        assert!(said.contains("has layout 99"), "{said}");
    }

    #[test]
    fn a_page_overwritten_is_found_when_it_is_read_or_the_queue_is_opened() {
        let directory = tempfile::tempdir().unwrap();
        for page in 1..12u64 {
            let path = directory.path().join(format!("{page}.sqlite"));
            let (mut file, _) = QueueFile::open(&path).unwrap();
            for byte in 0..20 {
                file.change(&[(1, &packed(byte, 3000))], &[]).unwrap();
            }
            drop(file);
            let mut bytes = std::fs::read(&path).unwrap();
            let start = (page * PAGE) as usize;
            bytes[start..start + PAGE as usize].fill(0xa5);
            std::fs::write(&path, bytes).unwrap();
            let (file, aside) = QueueFile::open(&path).unwrap();
            let reader = QueueReader::open(&path).unwrap();
            let entries = file.oldest(0, 100).unwrap();
            assert!(aside.is_some() == entries.is_empty(), "page {page}");
            // What is left is read, or says that it is damaged, or has other bytes, which unpacking and rules look at.
            for entry in entries {
                assert!(reader.read(entry.number).err().is_none_or(|error| error.is_damage()), "page {page}");
            }
        }
    }

    #[test]
    fn an_emptied_queue_gives_its_room_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("q.sqlite");
        let (mut file, _) = QueueFile::open(&path).unwrap();
        for _ in 0..10 {
            file.change(&[(1, &packed(7, 1 << 20))], &[]).unwrap();
        }
        file.change(&[], &[0..=i64::MAX]).unwrap();
        file.shrink().unwrap();
        let left = std::fs::metadata(&path).unwrap().len();
        assert!(left < 100_000, "{left}");
    }
}
