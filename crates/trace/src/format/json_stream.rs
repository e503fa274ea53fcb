//! JSON documents as they arrive: finds traces and requests in whatever stands around them, reads spans in
//! place, and remembers what else it has seen.
//!
//! One step takes one token or one whole value; a step that lacks bytes has taken nothing and is made again.

use super::blocks::Blocks;
use super::json::{Cursor, Raw, Scan, Stop, unescape};
use super::refused::Refused;
use super::trace_element::TraceElement;
use super::{Format, ids, jaeger, otlp_json};
use crate::build::{Seen, TraceBuilder};
use crate::model::record::{Resource, Scope};
use crate::model::{Memory, Notes, Place};

/// What is open around the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// One document after another.
    Documents,
    /// A list around documents.
    List,
    /// An object that may be a trace, an answer or a request.
    Document,
    /// Jaeger's `data`.
    Data,
    ResourceSpansList,
    ResourceSpans,
    ScopeSpansList,
    ScopeSpans,
    JaegerSpans,
    OtlpSpans,
}

/// Reads JSON.
#[derive(Debug)]
pub(super) struct JsonStream {
    levels: Vec<(Level, bool)>,
    format: Option<Format>,
    element: TraceElement,
    memory: Memory,
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
}

impl Default for JsonStream {
    fn default() -> Self {
        Self {
            levels: vec![(Level::Documents, false)],
            format: None,
            element: TraceElement::default(),
            memory: Memory::default(),
            resource: 0,
            resource_schema: String::new(),
            scope: 0,
            scope_schema: String::new(),
            known_shape: false,
            refused: None,
            complaints: Vec::new(),
        }
    }
}

impl JsonStream {
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

    /// Reads on until bytes are missing ([`Stop::More`]) or something is wrong.
    pub(super) fn run(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> Stop {
        loop {
            let (level, begun) = self.levels.last().copied().unwrap_or((Level::Documents, false));
            let mut cursor = Cursor::patient(&blocks.bytes, blocks.at);
            let number = blocks.number;
            let before = blocks.at;
            let result = match level {
                Level::Documents => self.document(&mut cursor),
                Level::Document | Level::ResourceSpans | Level::ScopeSpans => {
                    let base = blocks.offset_of(0);
                    self.member(&mut cursor, level, begun, builder, base)
                }
                Level::JaegerSpans | Level::OtlpSpans => {
                    let mut taken = cursor.at;
                    let spans = builder.len();
                    let base = blocks.offset_of(0);
                    let context = (&mut *builder, &mut blocks.notes);
                    let result = self.spans(&mut cursor, level, context, (number, base), &mut taken);
                    blocks.used |= builder.len() > spans;
                    if let Err(stop) = result {
                        builder.forget_events();
                        blocks.at = taken;
                        return stop;
                    }
                    result
                }
                list => self.element(&mut cursor, list, begun, blocks.offset_of(0)),
            };
            match result {
                Ok(()) => blocks.at = cursor.at,
                Err(stop) => {
                    debug_assert_eq!(blocks.at, before);
                    return stop;
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

    /// The next document: an object or a list.
    fn document(&mut self, cursor: &mut Cursor<'_>) -> Scan<()> {
        // Between documents: nothing, new lines, zeros that log rotation leaves, byte order marks, record separators.
        loop {
            match cursor.peek()? {
                0 | 0x1e => cursor.at += 1,
                0xef => {
                    let mark = cursor.bytes.get(cursor.at..cursor.at + 3).ok_or(Stop::More)?;
                    if mark != b"\xef\xbb\xbf" {
                        return Err(Stop::Bad("a JSON document should begin here", cursor.at));
                    }
                    cursor.at += 3;
                }
                b'{' => {
                    self.push(Level::Document);
                    self.element = TraceElement::default();
                    break;
                }
                b'[' => {
                    self.push(Level::List);
                    break;
                }
                _ => return Err(Stop::Bad("a JSON document should begin here", cursor.at)),
            }
        }
        cursor.at += 1;
        Ok(())
    }

    /// The next element of a list that is no list of spans, or the list's end.
    fn element(&mut self, cursor: &mut Cursor<'_>, list: Level, begun: bool, base: u64) -> Scan<()> {
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
            b'{' => {
                cursor.at += 1;
                self.begun();
                self.push(within);
                match within {
                    Level::Document => self.element = TraceElement::default(),
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
            byte => {
                let at = cursor.at;
                cursor.skip()?;
                self.begun();
                match (within, byte) {
                    (Level::Document, b'[') => self.hint(Refused::Zipkin, base + at as u64),
                    (Level::Document, b'"') => self.hint(Refused::Names, base + at as u64),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The first guess counts, except that a sure one replaces "some other JSON".
    fn hint(&mut self, refused: Refused, at: u64) {
        if self.refused.is_none() {
            self.refused = Some((refused, at));
        }
    }

    /// The next member of an object, or its end.
    fn member(
        &mut self,
        cursor: &mut Cursor<'_>,
        level: Level,
        begun: bool,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        match cursor.peek()? {
            b'}' => {
                cursor.at += 1;
                self.levels.pop();
                match level {
                    Level::Document => std::mem::take(&mut self.element).end(builder),
                    Level::ResourceSpans => {
                        builder.resource_schema(self.resource, std::mem::take(&mut self.resource_schema));
                    }
                    _ => builder.scope_schema(self.scope, std::mem::take(&mut self.scope_schema)),
                }
                return Ok(());
            }
            b',' if begun => cursor.at += 1,
            _ if begun => {
                return Err(Stop::Bad("a comma or the end of the object should be here", cursor.at));
            }
            _ => {}
        }
        cursor.peek()?;
        let at = cursor.at;
        let key = cursor.string()?;
        cursor.expect(b':', "a colon should follow the name")?;
        let first = cursor.peek()?;
        if let Some(within) = descent(level, key.bytes, first) {
            self.descend(within, builder, cursor.at)?;
            cursor.at += 1;
            return Ok(());
        }
        let value = cursor.value()?;
        self.begun();
        match level {
            Level::Document => self.document_member(key, value, builder, base + at as u64),
            Level::ResourceSpans => match key.bytes {
                b"resource" => self.set_resource(value, builder),
                b"schemaUrl" | b"schema_url" => self.resource_schema = text_of(value),
                _ => {}
            },
            _ => match key.bytes {
                b"scope" | b"instrumentationLibrary" => self.set_scope(value, builder),
                b"schemaUrl" | b"schema_url" => self.scope_schema = text_of(value),
                _ => {}
            },
        }
        Ok(())
    }

    fn descend(&mut self, within: Level, builder: &mut TraceBuilder, place: usize) -> Scan<()> {
        match within {
            Level::JaegerSpans => {
                self.choose(Format::JaegerJson, builder, place)?;
                self.element.has_spans();
            }
            Level::ResourceSpansList => self.choose(Format::OtlpJson, builder, place)?,
            Level::OtlpSpans => {
                if self.resource == u32::MAX {
                    self.resource = builder.resource(Resource::default());
                }
                self.scope = match self.scope {
                    u32::MAX => builder.scope(Scope::default()),
                    known => known,
                };
            }
            Level::Data => self.known_shape = true,
            _ => {}
        }
        self.begun();
        self.push(within);
        Ok(())
    }

    fn choose(&mut self, format: Format, builder: &mut TraceBuilder, place: usize) -> Scan<()> {
        self.known_shape = true;
        match self.format {
            None => {
                self.format = Some(format);
                builder.decode_with(match format {
                    Format::JaegerJson => jaeger::decode,
                    _ => otlp_json::decode,
                });
                Ok(())
            }
            Some(known) if known == format => Ok(()),
            Some(_) => Err(Stop::Bad("Jaeger and OTLP spans stand in one file; open them one by one", place)),
        }
    }

    fn document_member(&mut self, key: Raw<'_>, value: &[u8], builder: &mut TraceBuilder, at: u64) {
        let is_null = value == b"null";
        match key.bytes {
            b"traceID" => self.element.set_trace(value),
            b"processes" => self.element.processes(value, builder),
            b"warnings" => self.element.warnings(value),
            b"spans" if is_null => {
                self.element.has_spans();
                self.known_shape = true;
            }
            b"data" | b"resourceSpans" | b"resource_spans" if is_null => self.known_shape = true,
            b"errors" | b"error" if !is_null => {
                self.complaints.extend(complaints(value).into_iter().map(|complaint| (complaint, at)));
            }
            b"traces" if value.starts_with(b"[") => self.hint(Refused::TempoSearch, at),
            b"trace" if value.starts_with(b"{") => self.hint(Refused::TempoTrace, at),
            b"services" if value.starts_with(b"[") => self.hint(Refused::Names, at),
            b"metrics" | b"help" => self.hint(Refused::MetricFamily, at),
            name => {
                if let Some(refused) = Refused::by_member(name) {
                    self.hint(refused, at);
                }
            }
        }
    }

    fn set_resource(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let resource = otlp_json::resource(value);
        match self.resource {
            u32::MAX => self.resource = builder.resource(resource),
            known => builder.set_resource(known, resource),
        }
    }

    fn set_scope(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let scope = otlp_json::scope(value);
        match self.scope {
            u32::MAX => self.scope = builder.scope(scope),
            known => builder.set_scope(known, scope),
        }
    }

    /// Spans until the list ends; `taken` follows what was read whole.
    fn spans(
        &mut self,
        cursor: &mut Cursor<'_>,
        level: Level,
        (builder, notes): (&mut TraceBuilder, &mut Notes),
        (block, base): (u32, u64),
        taken: &mut usize,
    ) -> Scan<()> {
        let mut begun = self.levels.last().is_some_and(|(_, begun)| *begun);
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
            match (byte, level) {
                (b'{', Level::JaegerSpans) => {
                    let span = jaeger::first(cursor, &mut self.memory, notes, builder)?;
                    if span.is_model {
                        self.refused = Some((Refused::JaegerModel, base + at as u64));
                        return Err(Stop::Bad(Refused::JaegerModel.advice(), at));
                    }
                    let place = Place { block, offset: at as u32, len: (cursor.at - at) as u32 };
                    self.element.span(&span, place, notes, builder);
                }
                (b'{', _) => {
                    let span = otlp_json::first(cursor, builder)?;
                    let place = Place { block, offset: at as u32, len: (cursor.at - at) as u32 };
                    let (trace, foreign) = ids::trace_id(span.trace.bytes);
                    let trace = builder.trace(trace, &foreign);
                    let name = name_of(span.name, builder);
                    builder.span(Seen {
                        trace,
                        id: span.id,
                        parent: span.parent,
                        start: span.start,
                        end: span.end,
                        name,
                        resource: self.resource,
                        scope: self.scope,
                        kind: span.kind,
                        status: span.status,
                        flags: span.flags,
                        place,
                    });
                }
                (b'n', _) => cursor.skip()?,
                _ => return Err(Stop::Bad("a span should begin here", at)),
            }
            *taken = cursor.at;
            begun = true;
            self.begun();
        }
    }
}

/// What to go into, rather than to take whole.
fn descent(level: Level, key: &[u8], first: u8) -> Option<Level> {
    match (level, key, first) {
        (Level::Document, b"data", b'[') => Some(Level::Data),
        (Level::Document, b"data" | b"result", b'{') => Some(Level::Document),
        (Level::Document, b"spans", b'[') => Some(Level::JaegerSpans),
        (Level::Document, b"resourceSpans" | b"resource_spans", b'[') => Some(Level::ResourceSpansList),
        (
            Level::ResourceSpans,
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"instrumentation_library_spans",
            b'[',
        ) => Some(Level::ScopeSpansList),
        (Level::ScopeSpans, b"spans", b'[') => Some(Level::OtlpSpans),
        _ => None,
    }
}

/// The number of a name that still stands in the bytes.
pub(super) fn name_of(raw: Raw<'_>, builder: &mut TraceBuilder) -> u32 {
    match std::str::from_utf8(raw.bytes) {
        Ok(text) if !raw.escaped => builder.text(text),
        _ => builder.text(&unescape(raw)),
    }
}

/// The text of a string value; empty for anything else.
pub(super) fn text_of(value: &[u8]) -> String {
    match Cursor::new(value).string() {
        Ok(raw) => unescape(raw).into_owned(),
        Err(_) => String::new(),
    }
}

/// What a backend complains of: Jaeger's `errors` list or v3's `error` object, or any text.
fn complaints(value: &[u8]) -> Vec<String> {
    use serde_json::Value;
    fn one(value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => return Some(text.clone()),
            Value::Object(members) => {
                ["msg", "message"].iter().find_map(|name| members.get(*name)?.as_str()).unwrap_or("an error")
            }
            _ => return None,
        };
        let code = ["code", "httpCode"].iter().find_map(|name| value.get(*name)?.as_i64());
        let of = value.get("traceID").and_then(Value::as_str);
        let mut said = text.to_owned();
        if let Some(trace) = of {
            said.push_str(&format!(" (trace {trace})"));
        }
        if let Some(code) = code {
            said.push_str(&format!(" ({code})"));
        }
        Some(said)
    }
    match serde_json::from_slice::<Value>(value) {
        Ok(Value::Array(list)) => list.iter().filter_map(one).collect(),
        Ok(single) => one(&single).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}
