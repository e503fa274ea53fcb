//! Finds documents: what starts one, and how to resume at the next one after damage.

use super::console;
use super::level::Level;
use super::{JsonStream, TORN};
use crate::build::TraceBuilder;
use crate::format::blocks::Blocks;
use crate::format::eval_track;
use crate::format::json::{Cursor, Scan, Stop};
use crate::format::{Format, zipkin};
use crate::model::record::Scope;
use memchr::{memchr, memchr_iter, memrchr};

/// Names of members that start a document after other input.
const OPENERS: [&[u8]; 8] = [
    b"resourceSpans",
    b"resource_spans",
    b"resource",
    b"scopeSpans",
    b"scope_spans",
    b"data",
    b"result",
    b"traces",
];
/// Size in bytes from which an incomplete value is searched for a document that it should not contain.
pub(super) const SUSPICIOUS: usize = 64 << 10;

/// A line that does not start with a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartialLine {
    start: u64,
    length: u64,
    /// Its last byte so far that is not white space.
    last: u8,
    /// Whether it was counted as damaged.
    counted: bool,
}

impl PartialLine {
    fn at(start: u64, counted: bool) -> Self {
        PartialLine { start, length: 0, last: 0, counted }
    }
}

/// Whether bytes start a document; `None` if there are too few.
fn opens(bytes: &[u8]) -> Option<bool> {
    let name = bytes.strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    let Some(name) = name.strip_prefix(b"\"") else {
        return if name.is_empty() { None } else { Some(false) };
    };
    match memchr(b'"', name) {
        Some(end) => Some(OPENERS.contains(&&name[..end])),
        None if OPENERS.iter().any(|opener| opener.starts_with(name)) => None,
        None => Some(false),
    }
}

/// The first line break between `from` and `to` that is followed by a document; an error if more bytes are needed.
fn find_torn_line(bytes: &[u8], from: usize, to: usize) -> Scan<Option<usize>> {
    let region = bytes.get(from..to.min(bytes.len())).unwrap_or_default();
    for newline in memchr_iter(b'\n', region) {
        let behind = bytes.get(from + newline + 1..).unwrap_or_default();
        match behind.first() {
            Some(b'{') => match opens(behind) {
                Some(true) => return Ok(Some(from + newline)),
                Some(false) => {}
                None => return Err(Stop::More),
            },
            Some(_) => {}
            None => return Err(Stop::More),
        }
    }
    Ok(None)
}

/// Whether a value contains a line that starts a document, which means that it is in a line that was cut off.
pub(super) fn holds_document(value: &[u8]) -> bool {
    matches!(find_torn_line(value, 0, value.len()), Ok(Some(_)))
}

impl JsonStream {
    /// Consumes input up to the next document, or the rest of a line without one.
    pub(super) fn document(
        &mut self,
        cursor: &mut Cursor<'_>,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        if let Some(line) = self.line {
            return self.within_line(cursor, line, base);
        }
        // Skips line breaks, zeros (from log rotation), byte order marks and record separators between documents.
        loop {
            match cursor.peek()? {
                0 | 0x1e => cursor.at += 1,
                0xef if cursor.bytes.get(cursor.at..cursor.at + 3).ok_or(Stop::More)? == b"\xef\xbb\xbf" => {
                    cursor.at += 3;
                }
                b'{' => return self.open_document(cursor, builder, base),
                b'[' => {
                    let mut ahead = cursor.clone();
                    ahead.at += 1;
                    // Loggers use brackets at the start of lines, too.
                    if !matches!(ahead.peek()?, b'{' | b'[' | b']' | b'"') {
                        break;
                    }
                    self.push(Level::List);
                    cursor.at += 1;
                    return Ok(());
                }
                _ => break,
            }
        }
        self.line = Some(PartialLine::at(base + cursor.at as u64, false));
        Ok(())
    }

    /// Opens the object at the cursor.
    pub(super) fn open_document(
        &mut self,
        cursor: &mut Cursor<'_>,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        let at = base + cursor.at as u64;
        if zipkin::begins(cursor)? {
            let start = cursor.at;
            let value = cursor.value()?;
            if zipkin::is_span(value)
                && let Ok((resource, record)) = zipkin::read_span(value)
            {
                let resource = builder.resource(resource);
                let scope = builder.scope(Scope::default());
                builder.record(resource, scope, &record);
                self.known_shape = true;
                self.format = self.format.or(Some(Format::ZipkinJson));
                return Ok(());
            }
            cursor.at = start;
        }
        if console::begins(cursor)? {
            let value = cursor.value()?;
            if console::read(value, builder) {
                self.known_shape = true;
            } else {
                self.hints_of(value, at);
            }
            return Ok(());
        }
        if eval_track::begins(cursor)? {
            let mut ahead = cursor.clone();
            if eval_track::read(ahead.value()?, builder) {
                self.known_shape = true;
                cursor.at = ahead.at;
                return Ok(());
            }
        }
        cursor.at += 1;
        self.push(Level::Document);
        self.element = Default::default();
        self.resource = u32::MAX;
        self.scope = u32::MAX;
        self.resource_schema.clear();
        self.scope_schema.clear();
        Ok(())
    }

    /// Continues in a line that does not start with a document: up to a document in it, or to its end.
    fn within_line(&mut self, cursor: &mut Cursor<'_>, mut line: PartialLine, base: u64) -> Scan<()> {
        let rest = &cursor.bytes[cursor.at..];
        let newline = memchr(b'\n', rest);
        let region = &rest[..newline.unwrap_or(rest.len())];
        let mut taken = region.len();
        for brace in memchr_iter(b'{', region) {
            match opens(&region[brace..]) {
                Some(true) => {
                    cursor.at += brace;
                    self.line = None;
                    if !line.counted {
                        self.damage.prefixed();
                    }
                    return Ok(());
                }
                None if newline.is_none() => {
                    taken = brace;
                    break;
                }
                _ => {}
            }
        }
        if taken == 0 && newline.is_none() {
            return Err(Stop::More);
        }
        let _ = base;
        line.length += taken as u64;
        line.last = region[..taken]
            .iter()
            .rev()
            .copied()
            .find(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(line.last);
        cursor.at += taken;
        self.line = Some(line);
        if newline.is_some() {
            cursor.at += 1;
            self.end_line();
        }
        Ok(())
    }

    /// Ends the current line.
    pub(super) fn end_line(&mut self) {
        if let Some(line) = self.line.take()
            && !line.counted
        {
            self.damage.line(line.start, line.length, line.last);
        }
    }

    /// Closes what is open because of damage at `at`, and continues at the next line that starts a document. An error
    /// if more bytes are needed to find it.
    pub(super) fn recover(
        &mut self,
        blocks: &mut Blocks,
        builder: &mut TraceBuilder,
        why: &'static str,
        at: usize,
    ) -> Scan<()> {
        let from = blocks.at;
        let torn_at = match find_torn_line(&blocks.bytes, from, at + 1) {
            Err(stop) if !self.ended => return Err(stop),
            found => found.unwrap_or_default(),
        };
        match torn_at {
            Some(newline) => self.give_up_line(blocks, newline),
            None => {
                self.damage.fault(why, blocks.offset_of(at));
                blocks.at = at.clamp(from, blocks.bytes.len());
                let offset = blocks.offset();
                self.line = Some(PartialLine::at(offset, true));
            }
        }
        self.close_all(builder);
        Ok(())
    }

    /// Closes what is open because its line was cut off at `newline`.
    fn give_up_line(&mut self, blocks: &mut Blocks, newline: usize) {
        let start = memrchr(b'\n', &blocks.bytes[..newline]).map_or(0, |before| before + 1);
        let start = blocks.offset_of(start.max(blocks.at.min(newline)));
        self.damage.fault(TORN, start);
        blocks.at = newline;
        self.line = None;
    }

    /// At the end of the input: continues after a line that was cut off and consumed the following ones. Returns whether
    /// there was one.
    pub(in crate::format) fn resume_after_torn_line(
        &mut self,
        blocks: &mut Blocks,
        builder: &mut TraceBuilder,
    ) -> bool {
        self.ended = true;
        if self.levels.len() == 1 {
            self.end_line();
            return false;
        }
        let Ok(Some(newline)) = find_torn_line(&blocks.bytes, blocks.at, blocks.bytes.len()) else {
            return false;
        };
        self.give_up_line(blocks, newline);
        self.close_all(builder);
        true
    }

    /// If the incomplete value is suspiciously long and contains a line that starts a document, continues there.
    pub(super) fn is_torn(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> bool {
        if self.levels.len() == 1 || blocks.bytes.len() - blocks.at < SUSPICIOUS {
            return false;
        }
        let Ok(Some(newline)) = find_torn_line(&blocks.bytes, blocks.at, blocks.bytes.len()) else {
            return false;
        };
        self.give_up_line(blocks, newline);
        self.close_all(builder);
        true
    }

    /// Closes all levels.
    fn close_all(&mut self, builder: &mut TraceBuilder) {
        builder.forget_events();
        // A trace without any contents is discarded.
        if self.element.is_empty() {
            self.element = Default::default();
        }
        while self.levels.len() > 1 {
            if let Some((level, _)) = self.levels.pop() {
                self.close(level, builder);
            }
        }
    }
}
