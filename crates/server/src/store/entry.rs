//! Index entries of parts, and their encoding on disk.

use super::part::Extent;
use crate::terms::Filter;
use crate::wire::{put_varint, read_varint};

/// Summary of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Row in the segment.
    pub row: u32,
    /// Times and counts.
    pub extent: Extent,
    /// Indices of its operations in the segment, ascending.
    pub operations: Box<[u32]>,
    /// Filter of attributes.
    pub filter: Filter,
    /// Calls between its services, encoded (see `calls`); empty in files without calls.
    pub calls: Box<[u8]>,
}

impl Entry {
    /// Creates an entry.
    pub fn new(row: u32, extent: Extent, operations: Box<[u32]>, filter: Filter, calls: Box<[u8]>) -> Self {
        Entry { row, extent, operations, filter, calls }
    }

    /// What it says of the part.
    pub fn summary(&self) -> Summary<'_> {
        let (operations, calls) = (&self.operations[..], &self.calls[..]);
        Summary { extent: &self.extent, operations, calls, filter: self.filter.as_bytes() }
    }
}

/// The parts of a summary: extent, operations (indices in the segment), encoded calls and filter.
#[derive(Clone, Copy)]
pub struct Summary<'s> {
    /// Times and counts.
    pub extent: &'s Extent,
    /// Ascending.
    pub operations: &'s [u32],
    /// See `calls`.
    pub calls: &'s [u8],
    /// See `terms`.
    pub filter: &'s [u8],
}

/// Checksum of a part's metadata.
pub fn head_checksum(trace: &[u8], summary: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(trace);
    hasher.update(summary);
    hasher.finalize()
}

/// Checksum of a part's compressed spans, trace id and uncompressed length.
pub fn blob_checksum(trace: &[u8], plain: u32, spans: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(trace);
    hasher.update(&plain.to_le_bytes());
    hasher.update(spans);
    hasher.finalize()
}

/// Encodes a part's metadata, replacing the contents of the buffer.
pub fn write_summary(out: &mut Vec<u8>, summary: Summary) {
    let Summary { extent, operations, calls, filter } = summary;
    out.clear();
    for number in [
        extent.first_start,
        extent.last_start.wrapping_sub(extent.first_start),
        extent.last_end.wrapping_sub(extent.first_start),
        extent.shortest,
        extent.longest,
        u64::from(extent.spans),
        u64::from(extent.errors),
        operations.len() as u64,
    ] {
        put_varint(out, number);
    }
    operations.iter().for_each(|id| put_varint(out, u64::from(*id)));
    put_varint(out, calls.len() as u64);
    out.extend_from_slice(calls);
    out.extend_from_slice(filter);
}

/// Decodes what [`write_summary`] wrote; operations from `known` on are ignored. Layouts before 3 have no calls.
pub fn read_summary(row: u32, mut bytes: &[u8], known: usize, has_calls: bool) -> Option<Entry> {
    let mut next = || {
        let (value, length) = read_varint(bytes).ok()?;
        bytes = &bytes[length..];
        Some(value)
    };
    let first_start = next()?;
    let extent = Extent {
        first_start,
        last_start: first_start.wrapping_add(next()?),
        last_end: first_start.wrapping_add(next()?),
        shortest: next()?,
        longest: next()?,
        spans: u32::try_from(next()?).ok()?,
        errors: u32::try_from(next()?).ok()?,
    };
    let count = next()?;
    let mut operations = Vec::new();
    for _ in 0..count {
        let id = next()?;
        if id < known as u64 {
            operations.push(id as u32);
        }
    }
    let length = if has_calls { usize::try_from(next()?).ok()? } else { 0 };
    let (calls, filter) = bytes.split_at_checked(length)?;
    Some(Entry::new(row, extent, operations.into(), Filter::from_bytes(filter), calls.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_read_as_it_was_written() {
        let extent = Extent {
            first_start: u64::MAX - 5,
            last_start: u64::MAX,
            last_end: u64::MAX,
            shortest: 1,
            longest: 5,
            spans: 3,
            errors: 1,
        };
        let filter = Filter::of(&mut vec![1, 2, 3]);
        let entry = Entry::new(7, extent, vec![0, 300].into(), filter, [9, 8, 7].into());
        let mut bytes = Vec::new();
        write_summary(&mut bytes, entry.summary());
        assert_eq!(read_summary(7, &bytes, 301, true).as_ref(), Some(&entry));
        let known = read_summary(7, &bytes, 300, true);
        assert_eq!(
            known,
            Some(Entry { operations: [0].into(), ..entry.clone() }),
            "an operation that is not there"
        );
        assert_eq!(read_summary(7, &bytes[..12], 301, true), None);

        // As layouts 1 and 2 have it.
        let calls = bytes.len() - entry.filter.as_bytes().len() - entry.calls.len() - 1;
        bytes.drain(calls..calls + 1 + entry.calls.len());
        let before = read_summary(7, &bytes, 301, false);
        assert_eq!(before, Some(Entry { calls: Box::default(), ..entry }));
    }
}
