//! Reads a stream of JSON documents: finds traces and requests, scans spans in place, and records what else it found.
//!
//! A step consumes a token or a whole value. A step that lacks bytes consumes nothing and is repeated.

mod console;
mod damage;
mod dialect;
mod documents;
mod level;
mod members;
mod server_errors;

use super::Format;
use super::blocks::Blocks;
use super::json::{Cursor, Scan, Stop};
use super::span_context::SpanContext;
use super::trace_element::TraceElement;
use super::unsupported::UnsupportedInput;
use crate::build::TraceBuilder;
use crate::model::{DecodeCache, DecodeHints};
use damage::StreamDamage;
use dialect::DIALECTS;
use documents::PartialLine;
use level::Level;

/// Reported for a line that was cut off.
const TORN: &str = "a line is cut off in the middle";

/// Reader of JSON.
#[derive(Debug)]
pub(super) struct JsonStream {
    levels: Vec<(Level, bool)>,
    /// The current line, if it does not start with a document.
    line: Option<PartialLine>,
    /// Whether the input ended.
    ended: bool,
    format: Option<Format>,
    element: TraceElement,
    memory: DecodeCache,
    resource: u32,
    resource_schema: String,
    scope: u32,
    scope_schema: String,
    /// Whether there was a response or request of a known form, empty or not.
    known_shape: bool,
    /// The first unsupported format found, and its offset.
    pub(super) unsupported: Option<(UnsupportedInput, u64)>,
    /// Errors reported by the server, and their offsets.
    pub(super) server_errors: Vec<(String, u64)>,
    /// Damage.
    pub(super) damage: StreamDamage,
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
            unsupported: None,
            server_errors: Vec::new(),
            damage: StreamDamage::default(),
        }
    }
}

impl JsonStream {
    /// A reader for input that starts with text.
    pub(super) fn within_text() -> Self {
        Self { damage: StreamDamage::within_text(), ..Self::default() }
    }

    /// The format, once it is known.
    pub(super) fn format(&self) -> Option<Format> {
        self.format
    }

    /// Whether there was a trace, response or request of a known form.
    pub(super) fn known_shape(&self) -> bool {
        self.known_shape
    }

    /// Whether everything that was opened is closed.
    pub(super) fn is_complete(&self) -> bool {
        self.levels.len() == 1
    }

    /// Reads until bytes are missing. After damage it continues at the next document.
    pub(super) fn run(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> Stop {
        loop {
            let (level, begun) = self.levels.last().copied().unwrap_or((Level::Documents, false));
            let mut cursor = Cursor::lenient(&blocks.bytes, blocks.at);
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

    /// Consumes the next element of a list other than of spans, or the end of the list.
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
            b']' | b'}' | b',' => return Err(Stop::Bad("a value should start here", cursor.at)),
            // Zipkin responds to a search with a list of traces, which are lists of spans.
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
                    self.hint(UnsupportedInput::Names, base + at as u64);
                }
            }
        }
        Ok(())
    }

    /// Reads spans until the list ends; `taken` is set after each whole span.
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
                    let result = (dialect.add_span)(cursor, &mut context);
                    if result == Err(Stop::Bad(UnsupportedInput::JaegerModel.advice(), at)) {
                        self.unsupported = Some((UnsupportedInput::JaegerModel, base + at as u64));
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
