//! The one door for bytes: any format that is read, any chunk size, compressed or not.

use super::{Progress, Unreadable};
use crate::model::Opened;

/// Reads traces from bytes as they arrive.
#[derive(Debug, Default)]
pub struct Reader {
    progress: Progress,
}

impl Reader {
    /// A reader at the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes, however few or many.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, Unreadable> {
        self.progress.bytes += chunk.len() as u64;
        Ok(self.progress)
    }

    /// Says that there are no more bytes.
    pub fn finish(self) -> Result<Opened, Unreadable> {
        Err(Unreadable { format: "nothing".into(), at: 0, why: "reading is not there yet".into() })
    }
}
