//! What holds for any input: nothing panics or hangs, chunks do not matter, and what other libraries
//! (serde_json, prost with the official message types) write is what our readers read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any_bytes;
mod damage;
mod generate;
mod oracles;
mod tree;

use spandrel_trace::format::{Reader, Unreadable};
use spandrel_trace::model::ParsedTraces;

/// Reads bytes in chunks whose sizes cycle through a list.
fn read_in(bytes: &[u8], chunks: &[usize]) -> Result<ParsedTraces, Unreadable> {
    let mut reader = Reader::new();
    let mut rest = bytes;
    let mut sizes = chunks.iter().cycle();
    while !rest.is_empty() {
        let (now, later) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        reader.push(now)?;
        rest = later;
    }
    reader.finish()
}
