//! Limits of the store.

use std::time::Duration;

/// Limits of the store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Size in bytes at which a segment is closed.
    pub segment_bytes: u64,
    /// Age at which a segment is closed.
    pub segment_age: Duration,
    /// Age at which segments are deleted; `None` for never.
    pub retention: Option<Duration>,
    /// Maximum size of all segments in bytes. If it is reached, the oldest segments are deleted if there is a
    /// retention; otherwise requests are rejected.
    pub max_disk: Option<u64>,
    /// Whether `max_disk` is derived from the size of the disk (see [`Limits::fits_disk`]) and updated.
    pub follows_disk: bool,
    /// Number of stores that share what is free on the disk.
    pub disk_share: u64,
    /// Maximum size of the index in memory in bytes (see `index_budget`).
    pub index_bytes: u64,
    /// Maximum size of queued parts in bytes.
    pub waiting_bytes: usize,
    /// Interval for retrying failed reads and deleting expired segments.
    pub tick: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            segment_bytes: 128 << 20,
            segment_age: Duration::from_secs(3600),
            retention: Some(Duration::from_secs(72 * 3600)),
            max_disk: None,
            follows_disk: false,
            disk_share: 1,
            index_bytes: 512 << 20,
            waiting_bytes: 128 << 20,
            tick: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// The part of a disk with this much available space that segments may use: four fifths.
    pub fn fits_disk(disk: u64) -> u64 {
        // At least some, even if the disk is full now.
        (disk / 5 * 4).max(1 << 20)
    }

    /// The limits on disk and memory as a sentence, with the flags that change them.
    pub fn in_words(&self) -> String {
        let mebibytes = |bytes: u64| format!("{} MiB", bytes >> 20);
        let disk = self.max_disk.map_or("any number of bytes".to_owned(), mebibytes);
        let index = mebibytes(self.index_bytes);
        format!(
            "Spans may take {disk} on disk (--max-disk), their index {index} of memory (--max-index-memory)"
        )
    }
}
