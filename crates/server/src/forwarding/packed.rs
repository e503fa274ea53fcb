//! What is queued: one request as it came in, packed, with the little that must be known of it without unpacking.

use crate::config::forward::Signal;
use crate::store::{StoreError, compress};

/// The number of a signal on disk.
pub fn number_of(signal: Signal) -> i64 {
    match signal {
        Signal::Traces => 1,
        Signal::Logs => 2,
    }
}

/// The signal of a number, if this version knows it.
pub fn signal_of(number: i64) -> Option<Signal> {
    [Signal::Traces, Signal::Logs].into_iter().find(|signal| number_of(*signal) == number)
}

/// A request, packed.
#[derive(Debug)]
pub struct CompressedRequest {
    /// What it holds.
    pub signal: Signal,
    /// How many spans or log lines.
    pub count: u32,
    /// Its length before packing; 0 where it is not packed.
    pub plain: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl CompressedRequest {
    /// Packs a request.
    pub fn new(signal: Signal, count: u32, request: Vec<u8>) -> Self {
        let (plain, bytes) = compress::pack(request);
        CompressedRequest { signal, count, plain, bytes }
    }

    /// The request as it came in.
    pub fn unpack(self) -> Result<Vec<u8>, StoreError> {
        compress::unpack(self.plain, self.bytes)
    }

    /// Bytes before packing.
    pub fn plain_bytes(&self) -> u64 {
        if self.plain == 0 { self.bytes.len() as u64 } else { u64::from(self.plain) }
    }
}
