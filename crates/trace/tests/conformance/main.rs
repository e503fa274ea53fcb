//! Files of many systems, each read to what it means.
//!
//! The corpus lies beside the repository in `../shared/fixtures`; where it is absent these tests say so and
//! count for nothing. Every file that is read is compared with a text dump in `tests/golden`, and its numbers
//! of spans and traces with the corpus' own `INDEX.md`; every other file has to be refused by name.
//!
//! `UPDATE_GOLDEN=1 cargo test -p spandrel-trace --test conformance` writes the dumps anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod corpus;
mod dump;
mod findings;
mod hunt;
mod odd;
mod own;
mod recorded;
mod round_trip;

use spandrel_trace::format::{Reader, Unreadable};
use spandrel_trace::model::ParsedTraces;

/// Reads bytes in chunks of that size.
fn read_chunks(bytes: &[u8], chunk: usize) -> Result<ParsedTraces, Unreadable> {
    let mut reader = Reader::new();
    for chunk in bytes.chunks(chunk) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn read(bytes: &[u8]) -> Result<ParsedTraces, Unreadable> {
    read_chunks(bytes, 256 << 10)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
