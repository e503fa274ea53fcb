//! How much the store keeps.

use std::time::Duration;

/// How much is kept and in what pieces.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A segment is sealed when its file is this big.
    pub segment_bytes: u64,
    /// A segment is sealed when it is this old.
    pub segment_age: Duration,
    /// Segments begun longer ago than this are deleted; `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// Bytes that all segments may take. With a retention the oldest segments go when it is reached; without one
    /// nothing more is taken in.
    pub max_disk: Option<u64>,
    /// Whether `max_disk` is what fits the disk (see [`Limits::fits_disk`]), and changes with it.
    pub follows_disk: bool,
    /// Bytes of memory that the index may take (see `index_budget`).
    pub index_bytes: u64,
    /// Bytes that may wait to be written.
    pub waiting_bytes: usize,
    /// How often what could not be read is tried again and what is past its time deleted.
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
            index_bytes: 512 << 20,
            waiting_bytes: 128 << 20,
            tick: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// What the segments may take of a disk that has so many bytes for them: four fifths.
    pub fn fits_disk(disk: u64) -> u64 {
        // Of a full disk, too, something may be used once there is room: none would be no limit.
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
