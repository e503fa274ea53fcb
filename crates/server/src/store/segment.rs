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
/// The first layout whose summaries say which services call which.
pub const LAYOUT_WITH_CALLS: i64 = 3;
/// The oldest layout that is read.
pub const OLDEST_LAYOUT: i64 = 1;
/// What names of files start with into which parts are merged.
const MERGING: &str = "merging-";
/// What names of files start with that were replaced and are still read.
const BEFORE: &str = "before-";
/// How long a lock within a file is waited for.
pub const BUSY: Duration = Duration::from_secs(10);
/// Idle read connections kept over all segments; more are closed after use.
const IDLE_READERS: usize = 32;
static IDLE: AtomicUsize = AtomicUsize::new(0);
/// What a path in a URI needs no escape for.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A segment's file, open for reading.
pub struct Segment {
    /// Ascending number, also in the file's name.
    pub number: u64,
    path: PathBuf,
    /// Whether it is written no more and has no write-ahead log.
    closed: AtomicBool,
    readers: Mutex<Vec<Connection>>,
    /// Where its file is since another one took its place.
    aside: OnceLock<PathBuf>,
    /// Held while its file is opened, and alone while another one takes its place.
    opening: RwLock<()>,
    /// The one connection to a file whose write-ahead log could not be moved into it.
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
                // One that stays takes room and does no harm.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Names the segment `number` of a directory; opens nothing yet.
    pub fn new(directory: &Path, number: u64) -> Self {
        Segment::at(directory.join(format!("segment-{number:08}.sqlite")), number)
    }

    fn at(path: PathBuf, number: u64) -> Self {
        Segment {
            number,
            path,
            closed: AtomicBool::new(false),
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

    /// Whether its file is still there.
    pub fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Bytes of its file alone.
    pub fn file_bytes(&self) -> u64 {
        length(self.path())
    }

    /// Bytes on disk, write-ahead log included.
    pub fn bytes(&self) -> u64 {
        self.files().iter().map(|path| length(path)).sum()
    }

    /// Unix seconds at which its file was last written; what is known of the age of one that cannot be read.
    pub fn written(&self) -> u64 {
        let written = std::fs::metadata(&self.path).and_then(|meta| meta.modified()).ok();
        let since = written.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.unwrap_or_default().as_secs()
    }

    /// Deletes its files. Reads under way still finish.
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

    /// Where the last row that was acknowledged is noted while the segment is written, so that a write-ahead log that
    /// is lost or cut is noticed.
    pub fn rows_path(&self) -> PathBuf {
        self.path.with_extension("rows")
    }

    /// Where its index is when that is not in memory.
    pub fn index_path(&self) -> PathBuf {
        self.path.with_extension("index")
    }

    /// The last row that was acknowledged, as noted beside the file; 0 where nothing is noted.
    pub fn noted_rows(&self) -> u32 {
        let text = std::fs::read_to_string(self.rows_path()).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    /// Before a file is read that another process may be writing: where it has no write-ahead log it is read without a
    /// lock, else together with that.
    pub fn look(&self) {
        self.closed.store(length(&self.beside("-wal")) == 0, Ordering::Relaxed);
    }

    /// Whether it is read without a write-ahead log.
    pub fn is_settled(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Moves the write-ahead log into the file, if there is one, and lets go of what lies beside the file. From then
    /// on the file is read without write access.
    pub fn settle(&self) -> Result<(), StoreError> {
        // Reads over this connection wait, for only without it can the log be moved.
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
        // What cannot be removed is in nobody's way: it is empty.
        let _ = remove(&self.beside("-wal"));
        let _ = remove(&self.beside("-shm"));
        Ok(())
    }

    fn move_log(&self) -> Result<(), StoreError> {
        if length(&self.beside("-wal")) == 0 {
            return Ok(());
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Whoever still reads is not waited for: there is a next time.
        connection.busy_timeout(Duration::from_millis(100))?;
        let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy { Err(StoreError::Busy) } else { Ok(()) }
    }

    /// Reads the file and its write-ahead log over one connection from now on that writes nothing: where the log
    /// cannot be moved into the file because the disk is full.
    pub fn hold(&self) -> Result<(), StoreError> {
        let connection = self.exclusive_reader()?;
        *self.exclusive.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(())
    }

    fn exclusive_reader(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // The index of the log is then kept in memory instead of in a file.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    }

    /// Runs `work` with a connection that reads.
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
        if closed == self.closed.load(Ordering::Relaxed) && IDLE.load(Ordering::Relaxed) < IDLE_READERS {
            IDLE.fetch_add(1, Ordering::Relaxed);
            readers.push(connection);
        }
        result
    }

    /// Reads the spans of the given rows, in that order. A row that is damaged is an error of its own and does not
    /// stop the others; any other failure ends the reading.
    pub fn read(
        &self,
        rows: &[u32],
        mut each: impl FnMut(Result<Vec<u8>, StoreError>),
    ) -> Result<(), StoreError> {
        self.with_reader(|connection| {
            let layout: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
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
            // A file that is cut short is read as far as it goes instead of being refused.
            connection.pragma_update(None, "writable_schema", true)?;
            return Ok(connection);
        }
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY)?;
        // Who reads moves no log, not even as the last one that has the file open.
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

/// Removes a file that may not be there.
fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
