//! The embedded store: durable before it is acknowledged, found by small summaries, deleted by whole segments.
//!
//! A request becomes one part per trace (`part`); one thread (`writer`) commits the parts of many requests together
//! into the segment that is open (`segment`); the index (`index`) lives in memory and is rebuilt from the summaries
//! on opening. Reading merges the segments by trace id (`read`).

pub mod compress;
mod index;
mod part;
mod read;
mod segment;
pub mod terms;
mod writer;

pub use index::{Candidate, Criteria};
pub use part::{Extent, OperationKey, Part, duration};
pub use read::Stored;
pub use writer::Limits;

use index::Index;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::oneshot;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room: the budget is used up or the disk is full. Nothing of the request was kept.
    #[error("the store is full: {0}")]
    Full(String),
    /// More waits to be written than may wait.
    #[error("the store is busy: too much waits to be written")]
    Busy,
    /// It is being closed.
    #[error("the store is closing")]
    Closed,
    /// A file of a layout that this version does not know.
    #[error("{path} has layout {version}, which this version cannot read")]
    Layout {
        /// The file.
        path: String,
        /// Its layout.
        version: i64,
    },
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

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full("no space left on the disk".to_owned()),
            _ => StoreError::Sqlite(error),
        }
    }
}

/// The store. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Store {
    index: Arc<RwLock<Index>>,
    writer: Arc<writer::Handle>,
}

impl Store {
    /// Opens the store in a directory, making it if need be. Blocks.
    pub fn open(directory: &Path, limits: Limits) -> Result<Self, StoreError> {
        let index = Arc::new(RwLock::new(Index::default()));
        let writer = Arc::new(writer::start(directory, limits, index.clone())?);
        Ok(Store { index, writer })
    }

    /// Keeps parts. `Ok` means that they are on disk; an error means that none of them is kept.
    pub async fn append(&self, parts: Vec<Part>) -> Result<(), StoreError> {
        if parts.is_empty() {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        self.writer.send(parts, reply)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Service names, sorted.
    pub fn services(&self) -> Vec<String> {
        self.index().services()
    }

    /// Operations of a service as (name, OTLP kind), sorted.
    pub fn operations(&self, service: &str) -> Vec<(String, u32)> {
        self.index().operations(service)
    }

    /// Numbers for the metrics page: spans, parts, segments, bytes on disk.
    pub fn numbers(&self) -> [u64; 4] {
        let index = self.index();
        let (spans, parts) = index.counts();
        let (segments, bytes) =
            index.segments().fold((0, 0), |(count, bytes), segment| (count + 1, bytes + segment.bytes()));
        [spans, parts, segments, bytes]
    }

    /// Writes what waits, seals nothing, stops the writer. Appends after this fail. Blocks.
    pub fn close(&self) {
        self.writer.close();
    }

    fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}
