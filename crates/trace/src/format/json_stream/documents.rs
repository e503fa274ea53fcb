//! Between documents: what opens one, and how to get to the next one when something is wrong.

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

/// Names by which a document is known where it follows something else.
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
/// Bytes of an incomplete value from which on it is searched for a line that should not be in it.
pub(super) const SUSPICIOUS: usize = 64 << 10;

/// A line that does not begin with a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    start: u64,
    length: u64,
    /// Its last byte so far but white space.
    last: u8,
    /// Whether it was counted as a fault already.
    counted: bool,
}

impl Line {
    fn at(start: u64, counted: bool) -> Self {
        Line { start, length: 0, last: 0, counted }
    }
}

/// Whether bytes open a document; `None` where there are too few of them.
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

/// The first new line from `from` to `to` behind which a document opens; an error where it is too early to say.
fn tear(bytes: &[u8], from: usize, to: usize) -> Scan<Option<usize>> {
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

/// Whether a value holds a line that opens a document: then it began in a line that was cut off.
pub(super) fn holds_document(value: &[u8]) -> bool {
    matches!(tear(value, 0, value.len()), Ok(Some(_)))
}

impl JsonStream {
    /// The next document, or the rest of a line that is none.
    pub(super) fn document(
        &mut self,
        cursor: &mut Cursor<'_>,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        if let Some(line) = self.line {
            return self.within_line(cursor, line, base);
        }
        // Between documents: nothing, new lines, zeros that log rotation leaves, byte order marks, record separators.
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
                    // Loggers begin their lines with brackets, too.
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
        self.line = Some(Line::at(base + cursor.at as u64, false));
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

    /// Goes on in a line that does not begin with a document: to one within it, or to its end.
    fn within_line(&mut self, cursor: &mut Cursor<'_>, mut line: Line, base: u64) -> Scan<()> {
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
                        self.lost.prefixed();
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

    /// The line ends here.
    pub(super) fn end_line(&mut self) {
        if let Some(line) = self.line.take()
            && !line.counted
        {
            self.lost.line(line.start, line.length, line.last);
        }
    }

    /// Gives up what is open, because of what is wrong at `at`, and goes on at the next line that opens a document.
    /// An error when it takes more bytes to know where that is.
    pub(super) fn recover(
        &mut self,
        blocks: &mut Blocks,
        builder: &mut TraceBuilder,
        why: &'static str,
        at: usize,
    ) -> Scan<()> {
        let from = blocks.at;
        let tear = match tear(&blocks.bytes, from, at + 1) {
            Err(stop) if !self.ended => return Err(stop),
            found => found.unwrap_or_default(),
        };
        match tear {
            Some(newline) => self.give_up_line(blocks, newline),
            None => {
                self.lost.fault(why, blocks.offset_of(at));
                blocks.at = at.clamp(from, blocks.bytes.len());
                let offset = blocks.offset();
                self.line = Some(Line::at(offset, true));
            }
        }
        self.close_all(builder);
        Ok(())
    }

    /// A line was cut off in front of that new line.
    fn give_up_line(&mut self, blocks: &mut Blocks, newline: usize) {
        let start = memrchr(b'\n', &blocks.bytes[..newline]).map_or(0, |before| before + 1);
        let start = blocks.offset_of(start.max(blocks.at.min(newline)));
        self.lost.fault(TORN, start);
        blocks.at = newline;
        self.line = None;
    }

    /// When no more bytes come: goes on behind a line that was cut off and has swallowed others. Whether there was one.
    pub(in crate::format) fn resume_behind_tear(
        &mut self,
        blocks: &mut Blocks,
        builder: &mut TraceBuilder,
    ) -> bool {
        self.ended = true;
        if self.levels.len() == 1 {
            self.end_line();
            return false;
        }
        let Ok(Some(newline)) = tear(&blocks.bytes, blocks.at, blocks.bytes.len()) else { return false };
        self.give_up_line(blocks, newline);
        self.close_all(builder);
        true
    }

    /// Goes on behind a line that was cut off, if what is incomplete is suspiciously long and holds one.
    pub(super) fn is_torn(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> bool {
        if self.levels.len() == 1 || blocks.bytes.len() - blocks.at < SUSPICIOUS {
            return false;
        }
        let Ok(Some(newline)) = tear(&blocks.bytes, blocks.at, blocks.bytes.len()) else { return false };
        self.give_up_line(blocks, newline);
        self.close_all(builder);
        true
    }

    /// Closes everything that is open.
    fn close_all(&mut self, builder: &mut TraceBuilder) {
        builder.forget_events();
        // A trace of which nothing was read is none.
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
