//! The embedded store: durable before it is acknowledged, found by small summaries, deleted by whole segments.
//!
//! A request becomes one part per trace (`part`); one thread (`writer`) commits the parts of many requests together
//! into the segment that is open (`segment_writer`); the index (`index`, in columns: `block`) is rebuilt from the
//! summaries on opening (`load`) and is in memory as far as its budget allows (`index_budget`), else in a file beside
//! its segment (`index_file`). Which segments are read, written, deleted or left out is decided in `segments`.
//! Searches (`criteria`) look for candidates in the index (`candidates`); reading merges the segments by trace id
//! (`located`, `read`), part by part where a trace is large (`large`).
//! Parts of a trace are merged when their segment is closed (`merge`), slowly while spans come in (`pace`).
//! Calls between services are counted when a part comes in (`calls`), put together by trace (`call_merge`) and kept for
//! each block of the index (`call_cache`, `call_counts`, `call_totals`), in the background where there is time
//! (`call_warmup`).

mod block;
mod call_cache;
mod call_counts;
mod call_merge;
mod call_totals;
mod call_warmup;
mod calls;
mod candidates;
mod changes;
pub mod compress;
mod criteria;
mod entry;
mod entry_cache;
mod index;
mod index_budget;
mod index_file;
pub mod inspect;
mod large;
mod limits;
mod load;
mod located;
mod losses;
mod matching_parts;
mod merge;
mod operation_set;
mod pace;
mod part;
mod read;
mod segment;
mod segment_writer;
mod segments;
mod status;
mod tag_terms;
mod writer;

pub use call_totals::{CallTotals, ServiceNumbers};
pub use calls::{CallSpan, Calls, EntryRule, MOST_SPANS as MOST_CALL_SPANS};
pub use changes::{ChangedTraces, Changes};
pub use criteria::{Criteria, KindOrTerms};
pub use entry_cache::{EntryCache, ServiceEntries};
pub use large::Spans;
pub use limits::Limits;
pub use located::LocatedTrace;
pub use part::{Extent, OperationKey, Part, duration};
pub use read::{SpanTest, StoredTrace};
pub use status::StoreStatus;

use call_cache::CallCache;
use index::{Index, View};
use losses::Losses;
use status::Status;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::oneshot;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room: the budget is used up or the disk is full. Nothing of the request was kept.
    #[error("the store is full: {0}")]
    Full(String),
    /// More than all that may be kept.
    #[error("the request takes {bytes} bytes of a store that may hold {budget} (--max-disk)")]
    TooLarge {
        /// Bytes that it takes on disk.
        bytes: u64,
        /// Bytes that the store may take.
        budget: u64,
    },
    /// The queue of the writer is full.
    #[error("the store is busy: too much waits to be written")]
    Busy,
    /// The store is closing.
    #[error("the store is closing")]
    Closed,
    /// The search was cancelled by its caller.
    #[error("the search was stopped")]
    Stopped,
    /// A file of a layout that this version does not know.
    #[error("{path} has layout {version}, which this version cannot read")]
    Layout {
        /// The file.
        path: String,
        /// Its layout.
        version: i64,
    },
    /// A file in which nothing was ever written, or nothing is left.
    #[error("the store is damaged: there is nothing in it")]
    Nothing,
    /// A file holds what was never written.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// Another process uses the directory.
    #[error("{0} is in use by another server")]
    InUse(String),
    /// SQLite failed.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// The file system failed.
    #[error("the store failed: {0}")]
    Io(#[from] std::io::Error),
}

impl StoreError {
    /// Whether it will be the same the next time: the bytes on disk are wrong, not the moment.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown};
        use rusqlite::ffi::SQLITE_IOERR_SHORT_READ;
        match self {
            StoreError::Damaged(_) | StoreError::Nothing | StoreError::Layout { .. } => true,
            StoreError::Sqlite(error) => match error.sqlite_error_code() {
                // Unknown is a table that is not there. A read past the end is of a file that was cut.
                Some(code) => {
                    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
                    matches!(code, DatabaseCorrupt | NotADatabase | Unknown)
                        || extended == SQLITE_IOERR_SHORT_READ
                }
                // A row that is not there, a value of another type.
                None => true,
            },
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full("no space left on the disk".to_owned()),
            _ => StoreError::Sqlite(error),
        }
    }
}

/// Makes one part of the spans of one trace, an OTLP `TracesData` message; `None` where they cannot be read. The second
/// argument says that other parts of the trace exist or are likely.
pub type Rebuild = fn(&[u8], bool) -> Option<Part>;

/// The store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store {
    index: Arc<RwLock<Index>>,
    writer: Arc<writer::Handle>,
    losses: Arc<Losses>,
    status: Arc<Status>,
    changes: Arc<Changes>,
    calls: Arc<CallCache>,
    limits: Limits,
}

impl Store {
    /// Opens the store in a directory, making it if need be. Blocks.
    pub fn open(directory: &Path, limits: Limits) -> Result<Self, StoreError> {
        Store::start(directory, limits, None)
    }

    /// Opens it; parts of a trace are merged when their segment is closed. Blocks.
    pub fn open_merging(directory: &Path, limits: Limits, rebuild: Rebuild) -> Result<Self, StoreError> {
        Store::start(directory, limits, Some(rebuild))
    }

    fn start(directory: &Path, limits: Limits, rebuild: Option<Rebuild>) -> Result<Self, StoreError> {
        let index = Arc::new(RwLock::new(Index::default()));
        let status = Arc::new(Status::default());
        let writer = Arc::new(writer::start(directory, limits, index.clone(), status.clone(), rebuild)?);
        let (losses, changes, calls) = Default::default();
        Ok(Store { index, writer, losses, status, changes, calls, limits })
    }

    /// Keeps parts and returns them. `Ok` means that they are on disk; an error means that none of them is kept.
    pub async fn append(&self, parts: Vec<Part>) -> Result<Vec<Part>, StoreError> {
        if parts.is_empty() {
            return Ok(parts);
        }
        let watched = self.changes.is_watched();
        let traces: Vec<u128> =
            if watched { parts.iter().map(|part| part.trace).collect() } else { Vec::new() };
        let (reply, answer) = oneshot::channel();
        self.writer.send(parts, reply)?;
        let (result, parts) = answer.await.unwrap_or((Err(StoreError::Closed), Vec::new()));
        result?;
        self.changes.record(&traces);
        Ok(parts)
    }

    /// Entry spans that were read.
    pub fn entry_cache(&self) -> &EntryCache {
        &self.calls.entries
    }

    /// Traces that received spans, for the live endpoint.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Service names, sorted. Blocks.
    pub fn services(&self) -> Result<Vec<String>, StoreError> {
        let mut names = BTreeSet::new();
        for index in self.view() {
            index.each_operation(|_, operation| {
                if !names.contains(&*operation.service) {
                    names.insert(operation.service.to_string());
                }
            })?;
        }
        Ok(names.into_iter().collect())
    }

    /// Operations of a service as (name, OTLP kind), sorted. Blocks.
    pub fn operations(&self, service: &str) -> Result<Vec<(String, u32)>, StoreError> {
        let mut found = BTreeSet::new();
        for index in self.view() {
            index.each_operation(|_, operation| {
                if *operation.service == *service {
                    found.insert((operation.name.to_string(), operation.kind));
                }
            })?;
        }
        Ok(found.into_iter().collect())
    }

    /// Numbers for the metrics page: spans, parts, segments that are read.
    pub fn numbers(&self) -> [u64; 3] {
        self.index().counts()
    }

    /// Bytes of memory that the index takes.
    pub fn index_memory(&self) -> u64 {
        self.index().memory()
    }

    /// Segments whose index is in a file instead of in memory.
    pub fn index_files(&self) -> u64 {
        self.view().iter().filter(|index| index.blocks().is_none()).count() as u64
    }

    /// How much it keeps.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What is wrong with the store, and how much room it takes.
    pub fn status(&self) -> StoreStatus {
        self.status.read(self.losses.counts())
    }

    /// Writes what waits, seals nothing, stops the writer. Appends after this fail. Blocks.
    pub fn close(&self) {
        self.writer.close();
    }

    fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index as it is now. Reading it holds no lock.
    fn view(&self) -> View {
        self.index().view()
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod waiting_tests;

#[cfg(test)]
mod tests {
    use super::segment::Segment;
    use super::*;

    fn part(trace: u128) -> Part {
        let mut part = Part::of(trace, b"\x0a\x00".to_vec());
        part.add_operation(&format!("service-{trace}"), "x", 1);
        part.add_span(1, 2, false);
        part
    }

    async fn keep(directory: &Path, limits: Limits, traces: &[u128]) -> Store {
        let store = Store::open(directory, limits).unwrap();
        for trace in traces {
            store.append(vec![part(*trace)]).await.unwrap();
        }
        store
    }

    /// Makes a segment as old as possible, and forgets its index, which says when it was created, too.
    fn make_old(directory: &Path, number: u64, created: u64) {
        let file = |extension: &str| directory.join(format!("segment-{number:08}.{extension}"));
        let old = rusqlite::Connection::open(file("sqlite")).unwrap();
        old.execute("UPDATE meta SET value = ?1 WHERE key = 'created'", [created.cast_signed()]).unwrap();
        let _ = std::fs::remove_file(file("index"));
    }

    #[tokio::test]
    async fn a_segment_past_its_time_goes_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let eager = Limits { segment_bytes: 1, ..Limits::default() };
        keep(directory.path(), eager, &[1, 2, 3]).await.close();
        assert_eq!(Segment::list(directory.path()).unwrap(), [1, 2, 3]);
        make_old(directory.path(), 2, 1000);
        // The oldest comes first, so the second goes once the first is gone too.
        make_old(directory.path(), 1, 999);
        let store = keep(directory.path(), eager, &[4]).await;
        store.close();
        assert_eq!(store.services().unwrap(), ["service-3", "service-4"]);
        assert_eq!(Segment::list(directory.path()).unwrap(), [3]);

        let for_ever = Limits { retention: None, ..eager };
        make_old(directory.path(), 3, 999);
        assert_eq!(
            keep(directory.path(), for_ever, &[5]).await.services().unwrap(),
            ["service-3", "service-4", "service-5"]
        );
    }

    #[tokio::test]
    async fn a_damaged_segment_is_left_out_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let eager = Limits { segment_bytes: 1, ..Limits::default() };
        keep(directory.path(), eager, &[1, 2, 3]).await.close();
        let damaged = directory.path().join("segment-00000002.sqlite");
        std::fs::write(&damaged, b"this is no database".repeat(1000)).unwrap();
        let store = keep(directory.path(), eager, &[4]).await;
        assert_eq!(store.services().unwrap(), ["service-1", "service-3", "service-4"]);
        store.close();
        assert!(std::fs::read(&damaged).unwrap().starts_with(b"this is no database"));
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_a_closed_store_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), Limits { waiting_bytes: 1, ..Limits::default() }).unwrap();
        store.append(vec![part(1)]).await.unwrap();
        let many: Vec<Part> = (0..100).map(part).collect();
        assert!(matches!(store.append(many).await, Err(StoreError::Busy)));
        store.append(vec![part(2)]).await.unwrap();
        store.close();
        assert!(matches!(store.append(vec![part(3)]).await, Err(StoreError::Closed)));
    }

    #[tokio::test]
    async fn appends_from_many_tasks_are_all_kept() {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits { segment_bytes: 100_000, ..Limits::default() };
        let store = Store::open(directory.path(), limits).unwrap();
        let tasks: Vec<_> = (0..200u128)
            .map(|trace| {
                let store = store.clone();
                tokio::spawn(
                    async move { store.append(vec![part(trace), part(trace + 1000)]).await.map(|_| ()) },
                )
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let kept = (0..200).filter(|trace| store.trace(*trace).unwrap().is_some()).count();
        assert_eq!((kept, store.numbers()[0]), (200, 400));
        store.close();
        let again = Store::open(directory.path(), limits).unwrap();
        assert_eq!(again.numbers()[0], 400);
        assert_eq!(again.operations("service-7").unwrap(), [("x".to_owned(), 1)]);
    }
}
