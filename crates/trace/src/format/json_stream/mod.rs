//! JSON documents as they arrive: finds traces and requests in whatever stands around them, reads spans in
//! place, and remembers what else it has seen.
//!
//! One step takes one token or one whole value; a step that lacks bytes has taken nothing and is made again.

mod complaints;
mod console;
mod dialect;
mod documents;
mod level;
mod lost;
mod members;

use super::Format;
use super::blocks::Blocks;
use super::json::{Cursor, Scan, Stop};
use super::refused::Refused;
use super::span_context::SpanContext;
use super::trace_element::TraceElement;
use crate::build::TraceBuilder;
use crate::model::{DecodeCache, DecodeHints};
use dialect::DIALECTS;
use documents::Line;
use level::Level;
use lost::Lost;

/// Said of a line that does not go on.
const TORN: &str = "a line is cut off in the middle";

/// Reads JSON.
#[derive(Debug)]
pub(super) struct JsonStream {
    levels: Vec<(Level, bool)>,
    /// The line that is open and does not begin with a document.
    line: Option<Line>,
    /// No more bytes will come.
    ended: bool,
    format: Option<Format>,
    element: TraceElement,
    memory: DecodeCache,
    resource: u32,
    resource_schema: String,
    scope: u32,
    scope_schema: String,
    /// An answer or request of a known shape was there, empty or not.
    known_shape: bool,
    /// What else was there, and where.
    pub(super) refused: Option<(Refused, u64)>,
    /// What a backend says went wrong, and where.
    pub(super) complaints: Vec<(String, u64)>,
    /// What could not be read.
    pub(super) lost: Lost,
}

impl Default for JsonStream {
    fn default() -> Self {
        Self {
            levels: vec![(Level::Documents, false)],
            line: None,
            ended: false,
            format: None,
            element: TraceElement::default(),
            memory: DecodeCache::default(),
            resource: 0,
            resource_schema: String::new(),
            scope: 0,
            scope_schema: String::new(),
            known_shape: false,
            refused: None,
            complaints: Vec::new(),
            lost: Lost::default(),
        }
    }
}

impl JsonStream {
    /// Documents in an input that begins as text.
    pub(super) fn within_text() -> Self {
        Self { lost: Lost::within_text(), ..Self::default() }
    }

    /// What is being read, as far as that is known.
    pub(super) fn format(&self) -> Option<Format> {
        self.format
    }

    /// Whether a trace's, an answer's or a request's shape was there.
    pub(super) fn known_shape(&self) -> bool {
        self.known_shape
    }

    /// Whether all that was begun has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.levels.len() == 1
    }

    /// Reads on until bytes are missing. What is wrong is given up, up to the next document.
    pub(super) fn run(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> Stop {
        loop {
            let (level, begun) = self.levels.last().copied().unwrap_or((Level::Documents, false));
            let mut cursor = Cursor::patient(&blocks.bytes, blocks.at);
            let number = blocks.number;
            let base = blocks.offset_of(0);
            let result = match level {
                Level::Documents => self.document(&mut cursor, builder, base),
                Level::Document | Level::ResourceSpans | Level::ScopeSpans => {
                    self.member(&mut cursor, level, begun, builder, base)
                }
                Level::Spans(dialect) => {
                    let mut taken = cursor.at;
                    let spans = builder.len();
                    let context = (&mut *builder, &mut blocks.hints);
                    let result = self.spans(&mut cursor, dialect, context, (number, base), &mut taken);
                    blocks.used |= builder.len() > spans;
                    if result.is_err() {
                        builder.forget_events();
                        blocks.at = taken;
                    }
                    result
                }
                list => self.element(&mut cursor, list, begun, builder, base),
            };
            match result {
                Ok(()) => blocks.at = cursor.at,
                Err(Stop::More) if self.is_torn(blocks, builder) => {}
                Err(Stop::More) => return Stop::More,
                Err(Stop::Bad(why, at)) => {
                    if let Err(stop) = self.recover(blocks, builder, why, at) {
                        return stop;
                    }
                }
            }
        }
    }

    fn push(&mut self, level: Level) {
        self.levels.push((level, false));
    }

    fn begun(&mut self) {
        if let Some(last) = self.levels.last_mut() {
            last.1 = true;
        }
    }

    /// The next element of a list that is no list of spans, or the list's end.
    fn element(
        &mut self,
        cursor: &mut Cursor<'_>,
        list: Level,
        begun: bool,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        match cursor.peek()? {
            b']' => {
                cursor.at += 1;
                self.levels.pop();
                return Ok(());
            }
            b',' if begun => cursor.at += 1,
            _ if begun => return Err(Stop::Bad("a comma or the end of the list should be here", cursor.at)),
            _ => {}
        }
        let within = match list {
            Level::ResourceSpansList => Level::ResourceSpans,
            Level::ScopeSpansList => Level::ScopeSpans,
            _ => Level::Document,
        };
        match cursor.peek()? {
            b'{' if within == Level::Document => {
                let before = self.levels.len();
                self.open_document(cursor, builder, base)?;
                if let Some(around) = self.levels.get_mut(before - 1) {
                    around.1 = true;
                }
            }
            b'{' => {
                cursor.at += 1;
                self.begun();
                self.push(within);
                match within {
                    Level::ResourceSpans => {
                        self.resource = u32::MAX;
                        self.resource_schema.clear();
                    }
                    _ => {
                        self.scope = u32::MAX;
                        self.scope_schema.clear();
                    }
                }
            }
            b']' | b'}' | b',' => return Err(Stop::Bad("a value should begin here", cursor.at)),
            // Zipkin answers a search with a list of traces, which are lists of spans.
            b'[' if list == Level::List => {
                cursor.at += 1;
                self.begun();
                self.push(Level::List);
            }
            byte => {
                let at = cursor.at;
                cursor.skip()?;
                self.begun();
                if (within, byte) == (Level::Document, b'"') {
                    self.hint(Refused::Names, base + at as u64);
                }
            }
        }
        Ok(())
    }

    /// Spans until the list ends; `taken` follows what was read whole.
    fn spans(
        &mut self,
        cursor: &mut Cursor<'_>,
        dialect: usize,
        (builder, hints): (&mut TraceBuilder, &mut DecodeHints),
        (block, base): (u32, u64),
        taken: &mut usize,
    ) -> Scan<()> {
        let Some(dialect) = DIALECTS.get(dialect) else { return Ok(()) };
        let mut begun = self.levels.last().is_some_and(|(_, begun)| *begun);
        let mut context = SpanContext {
            element: &mut self.element,
            memory: &mut self.memory,
            hints,
            builder,
            resource: self.resource,
            scope: self.scope,
            block,
        };
        loop {
            match cursor.peek()? {
                b']' => {
                    cursor.at += 1;
                    self.levels.pop();
                    return Ok(());
                }
                b',' if begun => cursor.at += 1,
                _ if begun => {
                    return Err(Stop::Bad("a comma or the end of the spans should be here", cursor.at));
                }
                _ => {}
            }
            let byte = cursor.peek()?;
            let at = cursor.at;
            match byte {
                b'{' => {
                    let result = (dialect.read_span)(cursor, &mut context);
                    if result == Err(Stop::Bad(Refused::JaegerModel.advice(), at)) {
                        self.refused = Some((Refused::JaegerModel, base + at as u64));
                    }
                    result?;
                }
                b'n' => cursor.skip()?,
                _ => return Err(Stop::Bad("a span should begin here", at)),
            }
            *taken = cursor.at;
            if !begun {
                begun = true;
                if let Some(last) = self.levels.last_mut() {
                    last.1 = true;
                }
            }
        }
    }
}
