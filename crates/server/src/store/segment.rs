//! One segment: an SQLite file that is written for an hour or some hundred megabytes, then only read, then deleted
//! whole.
//!
//! Tables (layout 3): `meta(key, value)` with `created` (Unix seconds) and, once it is closed, `rows` (the last row);
//! `operations(id, service, name, kind)`, each distinct operation once; `parts(row, trace, summary, head_crc, plain,
//! crc, spans)`, one row per trace and batch. `summary` stands before `spans` so that opening reads no span. Layout 2
//! has no calls in its summaries (see `calls`) and layout 1 no checksums either; both are still read. SQLite keeps the file whole through a crash (write-ahead log,
//! `synchronous=FULL`: a commit returns when its log is flushed).
//!
//! A closed segment is read without write access: nothing is locked and nothing is written beside it. A file of merged
//! parts (see `merge`) may take its place; what was there before then has the name `before-N.sqlite` until nobody reads
//! it any more.

use super::entry::blob_checksum;
use super::{StoreError, compress};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// Version of the file layout, in `PRAGMA user_version`.
pub const LAYOUT: i64 = 3;
/// The first layout with calls in its summaries.
pub const LAYOUT_WITH_CALLS: i64 = 3;
/// The oldest supported layout.
pub const OLDEST_LAYOUT: i64 = 1;
/// What names of files start with into which parts are merged.
const MERGING: &str = "merging-";
/// What names of files start with that were replaced and are still read.
const BEFORE: &str = "before-";
/// Timeout for locks.
pub const BUSY: Duration = Duration::from_secs(10);
/// Maximum number of idle read connections of all segments.
const IDLE_READERS: usize = 32;
static IDLE: AtomicUsize = AtomicUsize::new(0);
/// Characters of a path that need no escape in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A segment's file, opened for reading.
pub struct Segment {
    /// Ascending number, also in the file's name.
    pub number: u64,
    path: PathBuf,
    /// Whether it is complete and has no write-ahead log.
    closed: AtomicBool,
    /// Layout of the file, once it was read.
    layout: OnceLock<i64>,
    readers: Mutex<Vec<Connection>>,
    /// Where its file is since another one took its place.
    aside: OnceLock<PathBuf>,
    /// Held while its file is opened, and alone while another one takes its place.
    opening: RwLock<()>,
    /// The only connection to a file whose write-ahead log could not be checkpointed.
    exclusive: Mutex<Option<Connection>>,
}

impl Segment {
    /// Removes indexes whose segments are gone, what was not written to its end, and what was replaced.
    pub fn remove_strays(directory: &Path) -> Result<(), StoreError> {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            let is_side = |prefix: &&str| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
            };
            let is_stray = match path.extension().and_then(|extension| extension.to_str()) {
                Some("index") => !path.with_extension("sqlite").exists(),
                Some("new") => {
                    path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(".index"))
                }
                Some("sqlite" | "sqlite-journal") => [MERGING, BEFORE].iter().any(is_side),
                _ => false,
            };
            if is_stray {
                // A remaining file is harmless.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Creates a handle without opening the file.
    pub fn new(directory: &Path, number: u64) -> Self {
        Segment::at(directory.join(format!("segment-{number:08}.sqlite")), number)
    }

    fn at(path: PathBuf, number: u64) -> Self {
        Segment {
            number,
            path,
            closed: AtomicBool::new(false),
            layout: OnceLock::new(),
            readers: Mutex::default(),
            aside: OnceLock::new(),
            opening: RwLock::new(()),
            exclusive: Mutex::default(),
        }
    }

    /// The file beside it into which its parts are merged.
    pub fn unmerged_beside(&self) -> Self {
        Segment::at(self.path.with_file_name(format!("{MERGING}{:08}.sqlite", self.number)), self.number)
    }

    /// Puts another file in the place of its own, at once. Who reads this segment goes on reading what it was; the file
    /// goes with this. Nothing has changed on an error.
    pub fn replace(&self, new: &Path) -> std::io::Result<()> {
        let _alone = self.opening.write().unwrap_or_else(PoisonError::into_inner);
        let aside = self.path.with_file_name(format!("{BEFORE}{:08}.sqlite", self.number));
        remove(&self.index_path())?;
        std::fs::hard_link(&self.path, &aside)?;
        if let Err(error) = std::fs::rename(new, &self.path) {
            let _ = remove(&aside);
            return Err(error);
        }
        let _ = self.aside.set(aside);
        Ok(())
    }

    /// Whether another file has taken the place of its own.
    pub fn is_replaced(&self) -> bool {
        self.aside.get().is_some()
    }

    /// Notes beside the file how many rows it has (see [`Segment::rows_path`]).
    pub fn note_rows(&self, rows: u32) -> std::io::Result<()> {
        std::fs::write(self.rows_path(), format!("{rows:>10}\n"))
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

    /// Its file.
    pub fn path(&self) -> &Path {
        self.aside.get().unwrap_or(&self.path)
    }

    /// Whether its file exists.
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Size of the file in bytes.
    pub fn file_bytes(&self) -> u64 {
        length(self.path())
    }

    /// Size on disk in bytes, including the write-ahead log.
    pub fn bytes(&self) -> u64 {
        self.files().iter().map(|path| length(path)).sum()
    }

    /// Modification time in Unix seconds, the best estimate of the age of an unreadable segment.
    pub fn written(&self) -> u64 {
        let written = std::fs::metadata(&self.path).and_then(|meta| meta.modified()).ok();
        let since = written.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.unwrap_or_default().as_secs()
    }

    /// Deletes its files. Reads in progress finish.
    pub fn delete(&self) -> std::io::Result<()> {
        self.close_idle();
        self.files().iter().try_for_each(|path| remove(path))
    }

    fn files(&self) -> [PathBuf; 5] {
        [self.beside("-wal"), self.beside("-shm"), self.rows_path(), self.index_path(), self.path.clone()]
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// File with the last acknowledged row while the segment is written, by which a lost or truncated write-ahead log
    /// is detected.
    pub fn rows_path(&self) -> PathBuf {
        self.path.with_extension("rows")
    }

    /// File with its index if that is not in memory.
    pub fn index_path(&self) -> PathBuf {
        self.path.with_extension("index")
    }

    /// The last acknowledged row as recorded beside the file; 0 if it is not recorded.
    pub fn noted_rows(&self) -> u32 {
        let text = std::fs::read_to_string(self.rows_path()).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    /// Called before reading a file that another process may be writing: without a write-ahead log it is read without
    /// locks.
    pub fn look(&self) {
        self.closed.store(length(&self.beside("-wal")) == 0, Ordering::Relaxed);
    }

    /// Whether it is read without a write-ahead log.
    pub fn is_settled(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Checkpoints the write-ahead log, if there is one, and removes it. Afterwards the file is read without write
    /// access.
    pub fn settle(&self) -> Result<(), StoreError> {
        // The exclusive connection must be closed for the checkpoint, so its reads wait.
        let mut exclusive = self.exclusive.lock().unwrap_or_else(PoisonError::into_inner);
        let held = exclusive.take().is_some();
        self.close_idle();
        if let Err(error) = self.move_log() {
            if held {
                *exclusive = Some(self.exclusive_reader()?);
            }
            return Err(error);
        }
        self.closed.store(true, Ordering::Relaxed);
        self.remove_empty_log();
        Ok(())
    }

    /// Removes the files of a log in which nothing is. Files that cannot be removed are harmless.
    fn remove_empty_log(&self) {
        if length(&self.beside("-wal")) == 0 {
            let _ = remove(&self.beside("-wal"));
            let _ = remove(&self.beside("-shm"));
        }
    }

    fn move_log(&self) -> Result<(), StoreError> {
        if length(&self.beside("-wal")) == 0 {
            return Ok(());
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Does not wait for readers, because it is retried.
        connection.busy_timeout(Duration::from_millis(100))?;
        let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy { Err(StoreError::Busy) } else { Ok(()) }
    }

    /// From now on reads the file and its write-ahead log over one connection that writes nothing: used if the disk
    /// is too full for a checkpoint.
    pub fn hold(&self) -> Result<(), StoreError> {
        let connection = self.exclusive_reader()?;
        *self.exclusive.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(())
    }

    fn exclusive_reader(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Keeps the index of the log in memory instead of a file.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    }

    /// Runs `work` with a read connection.
    pub fn with_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let exclusive = self.exclusive.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = &*exclusive {
            return work(connection);
        }
        drop(exclusive);
        let closed = self.closed.load(Ordering::Relaxed);
        let connection = self.reader(closed)?;
        let result = work(&connection);
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_settled_meanwhile = closed != self.closed.load(Ordering::Relaxed);
        if !is_settled_meanwhile && IDLE.load(Ordering::Relaxed) < IDLE_READERS {
            IDLE.fetch_add(1, Ordering::Relaxed);
            readers.push(connection);
            return result;
        }
        drop((readers, connection));
        if is_settled_meanwhile {
            // Opening it may have made an empty one.
            self.remove_empty_log();
        }
        result
    }

    /// Reads the spans of the given rows, in that order. A damaged row is an error of its own and does not affect the
    /// others; any other error ends the reading.
    pub fn read(
        &self,
        rows: &[u32],
        mut each: impl FnMut(Result<Vec<u8>, StoreError>),
    ) -> Result<(), StoreError> {
        self.with_reader(|connection| {
            let layout = match self.layout.get() {
                Some(layout) => *layout,
                None => {
                    let layout = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
                    *self.layout.get_or_init(|| layout)
                }
            };
            let mut select = connection.prepare_cached(match layout {
                OLDEST_LAYOUT => "SELECT trace, plain, spans, NULL FROM parts WHERE row = ?1",
                _ => "SELECT trace, plain, spans, crc FROM parts WHERE row = ?1",
            })?;
            for row in rows {
                let found = select.query_row([row], |found| {
                    Ok((found.get(0)?, found.get(1)?, found.get(2)?, found.get(3)?))
                });
                match found.map_err(StoreError::from).and_then(unpack) {
                    Err(error) if !error.is_damage() => return Err(error),
                    found => each(found),
                }
            }
            Ok(())
        })
    }

    fn reader(&self, closed: bool) -> Result<Connection, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            IDLE.fetch_sub(1, Ordering::Relaxed);
            return Ok(connection);
        }
        if closed {
            let _opening = self.opening.read().unwrap_or_else(PoisonError::into_inner);
            let path = percent_encode(self.path().as_os_str().as_encoded_bytes(), PATH);
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let connection = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?;
            // Allows reading truncated files as far as possible.
            connection.pragma_update(None, "writable_schema", true)?;
            return Ok(connection);
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY)?;
        // Readers never checkpoint, even on closing the last connection.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
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
        if let Some(aside) = self.aside.get() {
            // One that stays is removed at the next start.
            let _ = remove(aside);
        }
    }
}

fn unpack((trace, plain, spans, crc): (Vec<u8>, u32, Vec<u8>, Option<u32>)) -> Result<Vec<u8>, StoreError> {
    if crc.is_some_and(|crc| crc != blob_checksum(&trace, plain, &spans)) {
        return Err(StoreError::Damaged("the checksum of a blob is wrong"));
    }
    compress::unpack(plain, spans)
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 })
}

/// Removes a file that may not exist.
fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
