//! Index files for segments whose index is not in memory. They can be recreated from the segment at any time, so
//! missing, outdated or damaged files are harmless.
//!
//! Layout: blocks (compressed summaries, by row); directory (trace, row, spans and start of every part, by trace and
//! row, in chunks of 256); footer, which is kept in memory (position and time range of each block, first trace of
//! each chunk, with checksums); length and checksum of the footer. Numbers are little-endian.

use super::StoreError;
use super::block::{Block, Columns, FoundPart, PartView, StartRange, next_number};
use super::compress;
use super::entry::{Summary, read_summary, write_summary};
use crate::wire::{put_varint, read_varint};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAGIC: u64 = u64::from_le_bytes(*b"spdxidx2");
/// Number of parts per chunk of the directory.
const CHUNK: usize = 256;
/// Size of a part in the directory in bytes.
const RECORD: usize = 32;
/// Size of the trailer in bytes: the footer's length, its checksum, the magic number.
const TRAILER: u64 = 24;

/// State of a segment when its index was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Size of the segment's file in bytes.
    pub segment_bytes: u64,
    /// Unix seconds at which the segment was created.
    pub created: u64,
    /// The highest acknowledged row.
    pub last_row: u64,
}

/// Position and time range of a block.
struct Frame {
    offset: u64,
    packed: u64,
    plain: u64,
    crc: u64,
    first_row: u64,
    first_start: u64,
    last_start: u64,
}

impl Frame {
    fn range(&self) -> StartRange {
        StartRange { first_start: self.first_start, last_start: self.last_start }
    }
}

/// A chunk of the directory.
struct Chunk {
    first_trace: u128,
    crc: u64,
}

/// An open index file.
pub struct IndexFile {
    /// Tells it from all other files and blocks.
    pub number: u64,
    path: PathBuf,
    /// State of the segment.
    pub origin: Origin,
    /// Number of parts.
    pub parts: u64,
    /// Number of spans.
    pub spans: u64,
    /// Size of its blocks in memory in bytes.
    pub block_bytes: u64,
    directory: u64,
    frames: Vec<Frame>,
    chunks: Vec<Chunk>,
}

impl IndexFile {
    /// Writes the blocks of a segment. An existing file is replaced at the end.
    pub fn write(path: &Path, origin: Origin, blocks: &[Arc<Block>]) -> Result<Self, StoreError> {
        let unfinished = path.with_extension("index.new");
        let written = write_all(&unfinished, path, origin, blocks);
        if written.is_err() {
            // Frees the space for the next attempt.
            let _ = std::fs::remove_file(&unfinished);
        }
        let index = written?;
        std::fs::rename(&unfinished, path)?;
        Ok(index)
    }

    /// Opens a file; an error if it is missing or damaged.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let damaged = || StoreError::Damaged("the file of an index cannot be read");
        let trailer = read_at(&mut file, length.checked_sub(TRAILER).ok_or_else(damaged)?, TRAILER)?;
        let mut trailer = Numbers(&trailer);
        let (footer, crc) = (trailer.next()?, trailer.next()?);
        let start = length.checked_sub(TRAILER + footer).ok_or_else(damaged)?;
        if trailer.next()? != MAGIC || footer > length {
            return Err(damaged());
        }
        let footer = read_at(&mut file, start, footer)?;
        if u64::from(crc32fast::hash(&footer)) != crc {
            return Err(damaged());
        }
        let mut footer = Numbers(&footer);
        let [segment_bytes, created, last_row] = footer.array()?;
        let [parts, spans, block_bytes, directory, frames, chunks] = footer.array()?;
        let origin = Origin { segment_bytes, created, last_row };
        let mut index = IndexFile {
            number: next_number(),
            path: path.to_owned(),
            origin,
            parts,
            spans,
            block_bytes,
            directory,
            frames: Vec::new(),
            chunks: Vec::new(),
        };
        for _ in 0..frames {
            let [offset, packed, plain, crc, first_row, first_start, last_start] = footer.array()?;
            let frame = Frame { offset, packed, plain, crc, first_row, first_start, last_start };
            index.frames.push(frame);
        }
        for _ in 0..chunks {
            let [high, low, crc] = footer.array()?;
            index.chunks.push(Chunk { first_trace: u128::from(high) << 64 | u128::from(low), crc });
        }
        Ok(index)
    }

    /// Size in memory in bytes, without blocks.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.frames.len() * size_of::<Frame>() + self.chunks.len() * size_of::<Chunk>()
    }

    /// When the spans of each block start.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = StartRange> + '_ {
        self.frames.iter().map(Frame::range)
    }

    /// Rows of the block at an index.
    pub fn rows(&self, at: usize) -> Range<u32> {
        let first_row = |at: usize| self.frames.get(at).map_or(u32::MAX, |frame| frame.first_row as u32);
        first_row(at)..first_row(at + 1)
    }

    /// Reads the block at an index; an error if it is damaged.
    pub fn block(&self, at: usize) -> Result<Block, StoreError> {
        let damaged = || StoreError::Damaged("a block of an index cannot be read");
        let frame = self.frames.get(at).ok_or_else(damaged)?;
        let packed = read_at(&mut File::open(&self.path)?, frame.offset, frame.packed)?;
        if u64::from(crc32fast::hash(&packed)) != frame.crc {
            return Err(damaged());
        }
        let plain = compress::unpack(u32::try_from(frame.plain).map_err(|_| damaged())?, packed)?;
        read_block(&plain).ok_or_else(damaged)
    }

    /// Rows of the blocks with a span that may start between two times.
    pub fn rows_between(&self, from: u64, to: u64) -> Vec<Range<u32>> {
        let between = self.ranges().enumerate().filter(|(_, range)| range.overlaps(from, to));
        between.map(|(at, _)| self.rows(at)).collect()
    }

    /// Upper bound of the number of parts in those blocks.
    pub fn parts_between(&self, from: u64, to: u64) -> u64 {
        let rows = self.rows_between(from, to);
        if rows.len() == self.frames.len() {
            return self.parts;
        }
        // Unreadable rows leave gaps, so the difference of rows may be too large.
        let last_row = u32::try_from(self.origin.last_row).unwrap_or(u32::MAX);
        let parts = rows.iter().map(|rows| u64::from(rows.end.min(last_row.saturating_add(1)) - rows.start));
        parts.sum::<u64>().min(self.parts.saturating_sub(1))
    }

    /// Looks up traces (ascending, without duplicates). Returns for every part found the index of its trace, by trace
    /// and row.
    pub fn find(&self, traces: &[u128]) -> Result<Vec<(usize, FoundPart)>, StoreError> {
        let (mut found, mut file, mut read) = (Vec::new(), None, None);
        for (number, trace) in traces.iter().enumerate() {
            // A trace may start at the end of the preceding chunk.
            let first = self.chunks.partition_point(|chunk| chunk.first_trace < *trace).saturating_sub(1);
            let until = self.chunks.partition_point(|chunk| chunk.first_trace <= *trace);
            for at in first..until {
                if read.as_ref().is_none_or(|(last, _)| *last != at) {
                    read = Some((at, self.chunk(&mut file, at)?));
                }
                let Some((_, records)) = &read else { continue };
                let from = records.partition_point(|(at, _)| at < trace);
                let same = records[from..].iter().take_while(|(at, _)| at == trace);
                found.extend(same.map(|(_, part)| (number, *part)));
            }
        }
        Ok(found)
    }

    fn chunk(&self, file: &mut Option<File>, at: usize) -> Result<Vec<(u128, FoundPart)>, StoreError> {
        let file = opened(&self.path, file)?;
        let first = at * CHUNK;
        let count = (self.parts as usize - first).min(CHUNK);
        let bytes = read_at(file, self.directory + (first * RECORD) as u64, (count * RECORD) as u64)?;
        if u64::from(crc32fast::hash(&bytes)) != self.chunks[at].crc {
            return Err(StoreError::Damaged("the directory of an index cannot be read"));
        }
        let mut numbers = Numbers(&bytes);
        let mut records = Vec::with_capacity(count);
        for _ in 0..count {
            let [high, low, packed, first_start] = numbers.array()?;
            let (row, spans) = (packed as u32, (packed >> 32) as u32);
            records.push((u128::from(high) << 64 | u128::from(low), FoundPart { row, spans, first_start }));
        }
        Ok(records)
    }
}

fn write_all(
    path: &Path,
    name: &Path,
    origin: Origin,
    blocks: &[Arc<Block>],
) -> Result<IndexFile, StoreError> {
    let mut out = BufWriter::new(File::create(path)?);
    let (mut offset, mut frames, mut plain) = (0, Vec::new(), Vec::new());
    for block in blocks {
        write_block(&mut plain, block);
        let (length, packed) = compress::pack(std::mem::take(&mut plain));
        out.write_all(&packed)?;
        frames.push(Frame {
            offset,
            packed: packed.len() as u64,
            plain: u64::from(length),
            crc: u64::from(crc32fast::hash(&packed)),
            first_row: u64::from(block.part(0).row),
            first_start: block.first_start,
            last_start: block.last_start,
        });
        offset += packed.len() as u64;
    }
    let chunks = write_directory(&mut out, blocks)?;
    let index = IndexFile {
        number: next_number(),
        path: name.to_owned(),
        origin,
        parts: blocks.iter().map(|block| block.len() as u64).sum(),
        spans: blocks.iter().map(|block| block.spans).sum(),
        block_bytes: blocks.iter().map(|block| block.bytes() as u64).sum(),
        directory: offset,
        frames,
        chunks,
    };
    let mut footer = Vec::new();
    put(&mut footer, &[origin.segment_bytes, origin.created, origin.last_row]);
    put(&mut footer, &[index.parts, index.spans, index.block_bytes, index.directory]);
    put(&mut footer, &[index.frames.len() as u64, index.chunks.len() as u64]);
    for Frame { offset, packed, plain, crc, first_row, first_start, last_start } in &index.frames {
        put(&mut footer, &[*offset, *packed, *plain, *crc, *first_row, *first_start, *last_start]);
    }
    for chunk in &index.chunks {
        put(&mut footer, &[(chunk.first_trace >> 64) as u64, chunk.first_trace as u64, chunk.crc]);
    }
    let (length, crc) = (footer.len() as u64, u64::from(crc32fast::hash(&footer)));
    put(&mut footer, &[length, crc, MAGIC]);
    out.write_all(&footer)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.flush()?;
    Ok(index)
}

/// Writes every part by trace and row, merging the sorted blocks.
fn write_directory(out: &mut impl Write, blocks: &[Arc<Block>]) -> io::Result<Vec<Chunk>> {
    let mut next: BinaryHeap<_> = blocks
        .iter()
        .enumerate()
        .filter_map(|(number, block)| Some(Reverse((block.by_trace(0)?.0, number, 0))))
        .collect();
    let (mut chunks, mut records, mut first_trace) = (Vec::new(), Vec::new(), 0);
    while let Some(Reverse((trace, number, rank))) = next.pop() {
        let Some((_, found)) = blocks[number].by_trace(rank) else { continue };
        if records.is_empty() {
            first_trace = trace;
        }
        let packed = u64::from(found.spans) << 32 | u64::from(found.row);
        put(&mut records, &[(trace >> 64) as u64, trace as u64, packed, found.first_start]);
        if let Some((trace, _)) = blocks[number].by_trace(rank + 1) {
            next.push(Reverse((trace, number, rank + 1)));
        }
        if records.len() == CHUNK * RECORD || next.is_empty() {
            out.write_all(&records)?;
            chunks.push(Chunk { first_trace, crc: u64::from(crc32fast::hash(&records)) });
            records.clear();
        }
    }
    Ok(chunks)
}

fn write_block(out: &mut Vec<u8>, block: &Block) {
    let mut summary = Vec::new();
    for part in block.parts() {
        let PartView { extent, operations, calls, .. } = part;
        write_summary(&mut summary, Summary { extent, operations, calls, filter: part.filter() });
        put_varint(out, u64::from(part.row));
        out.extend_from_slice(&part.trace.to_le_bytes());
        put_varint(out, summary.len() as u64);
        out.extend_from_slice(&summary);
    }
}

fn read_block(mut bytes: &[u8]) -> Option<Block> {
    let mut columns = Columns::default();
    while !bytes.is_empty() {
        let (row, length) = read_varint(bytes).ok()?;
        let (trace, rest) = bytes.get(length..)?.split_first_chunk::<16>()?;
        let (summary, length) = read_varint(rest).ok()?;
        let rest = rest.get(length..)?;
        let summary_bytes = rest.get(..usize::try_from(summary).ok()?)?;
        let entry = read_summary(u32::try_from(row).ok()?, summary_bytes, usize::MAX, true)?;
        columns.push(u128::from_le_bytes(*trace), entry.row, entry.summary());
        bytes = &rest[summary_bytes.len()..];
    }
    Some(Block::new(columns))
}

fn put(out: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
}

struct Numbers<'b>(&'b [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64, StoreError> {
        let split = self.0.split_first_chunk::<8>();
        let (number, rest) = split.ok_or(StoreError::Damaged("the file of an index is cut"))?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*number))
    }

    fn array<const N: usize>(&mut self) -> Result<[u64; N], StoreError> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.next()?;
        }
        Ok(numbers)
    }
}

fn opened<'f>(path: &Path, file: &'f mut Option<File>) -> io::Result<&'f mut File> {
    match file {
        Some(file) => Ok(file),
        None => Ok(file.insert(File::open(path)?)),
    }
}

fn read_at(file: &mut File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    let read = file.take(length).read_to_end(&mut bytes)?;
    if read as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
