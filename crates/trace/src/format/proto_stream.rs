//! Reads a stream of OTLP protobuf: requests, concatenated or length-delimited.
//!
//! The messages around the spans may be incomplete; spans, resources and scopes are read as a whole.

use super::blocks::Blocks;
use super::json::{Scan, Stop};
use super::otlp_proto::wire::Wire;
use super::otlp_proto::{self, time};
use super::protobuf::WireField;
use super::{ids, otlp_json};
use crate::build::{SpanHeader, TraceBuilder};
use crate::model::record::{Resource, Scope};
use crate::model::{Flags, SpanKind, SpanLocation, StatusCode};
use memchr::memmem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Requests,
    ResourceSpans,
    ScopeSpans,
}

/// Reader of protobuf.
#[derive(Debug)]
pub(super) struct ProtoStream {
    /// Open messages, and where each ends (offset in the input).
    levels: Vec<(Level, u64)>,
    /// Whether requests are length-delimited.
    delimited: bool,
    request_end: u64,
    resource: u32,
    resource_schema: String,
    scope: u32,
    scope_schema: String,
}

impl ProtoStream {
    /// A reader at the start of the input.
    pub(super) fn new(delimited: bool) -> Self {
        Self {
            levels: vec![(Level::Requests, u64::MAX)],
            delimited,
            request_end: 0,
            resource: u32::MAX,
            resource_schema: String::new(),
            scope: u32::MAX,
            scope_schema: String::new(),
        }
    }

    /// Whether all messages are complete, if the input ends at `at`.
    pub(super) fn is_complete(&self, at: u64) -> bool {
        self.levels.iter().skip(1).all(|(_, end)| *end == at) && (!self.delimited || self.request_end == at)
    }

    /// Reads until bytes are missing or there is damage.
    pub(super) fn run(&mut self, blocks: &mut Blocks, builder: &mut TraceBuilder) -> Stop {
        loop {
            let offset = blocks.offset();
            let (level, end) = self.levels.last().copied().unwrap_or((Level::Requests, u64::MAX));
            if offset >= end {
                self.leave(level, builder);
                continue;
            }
            let base = blocks.offset_of(0);
            let mut wire = Wire::starting_at(&blocks.bytes, blocks.at);
            let (spans, number) = (builder.len(), blocks.number);
            match self.step(&mut wire, level, end, base, number, builder) {
                Ok(()) if base + wire.at() as u64 > end => {
                    return Stop::Bad("a field reaches beyond the message that it is in", blocks.at);
                }
                Ok(()) => {
                    blocks.at = wire.at();
                    blocks.used |= builder.len() > spans;
                }
                Err(stop) => {
                    builder.forget_events();
                    return stop;
                }
            }
        }
    }

    fn leave(&mut self, level: Level, builder: &mut TraceBuilder) {
        self.levels.pop();
        match level {
            Level::ResourceSpans => {
                builder.resource_schema(self.resource, std::mem::take(&mut self.resource_schema));
                self.resource = u32::MAX;
            }
            Level::ScopeSpans => {
                builder.scope_schema(self.scope, std::mem::take(&mut self.scope_schema));
                self.scope = u32::MAX;
            }
            Level::Requests => {}
        }
    }

    fn step(
        &mut self,
        wire: &mut Wire<'_>,
        level: Level,
        end: u64,
        base: u64,
        block: u32,
        builder: &mut TraceBuilder,
    ) -> Scan<()> {
        if level == Level::Requests && self.delimited && base + wire.at() as u64 == self.request_end {
            let len = wire.varint()?;
            self.request_end = (base + wire.at() as u64).saturating_add(len);
            return Ok(());
        }
        if wire.rest().is_empty() {
            return Err(Stop::More);
        }
        let start = wire.at();
        let (number, kind) = wire.tag()?;
        let within = match (level, number, kind) {
            (Level::Requests, 1, 2) => Some(Level::ResourceSpans),
            (Level::ResourceSpans, 2 | 1000, 2) => Some(Level::ScopeSpans),
            (Level::Requests, 1, _) => return Err(Stop::Bad("no request of OTLP has this field", start)),
            _ => None,
        };
        if let Some(within) = within {
            let len = wire.varint()?;
            let inner = (base + wire.at() as u64).saturating_add(len);
            if inner > end || (self.delimited && inner > self.request_end) {
                return Err(Stop::Bad("a message reaches beyond the one that it is in", start));
            }
            self.enter(within, builder);
            self.levels.push((within, inner));
            return Ok(());
        }
        if kind == 3 {
            return wire.skip_group(number);
        }
        let field = wire.field(kind)?;
        match (level, number) {
            (Level::ResourceSpans, 1) => {
                if let Ok(resource) = otlp_proto::read_resource(field.bytes_or_empty()) {
                    builder.set_resource(self.resource, resource);
                }
            }
            (Level::ResourceSpans, 3) => {
                self.resource_schema = String::from_utf8_lossy(field.bytes_or_empty()).into_owned();
            }
            (Level::ScopeSpans, 1) => {
                if let Ok(scope) = otlp_proto::read_scope(field.bytes_or_empty()) {
                    builder.set_scope(self.scope, scope);
                }
            }
            (Level::ScopeSpans, 2) => {
                let WireField::Bytes(bytes) = field else {
                    return Err(Stop::Bad("a span should be here", start));
                };
                let offset = wire.at() - bytes.len();
                let place = SpanLocation { block, offset: offset as u32, len: bytes.len() as u32 };
                self.span(bytes, place, builder).map_err(|_| Stop::Bad("a span cannot be read", offset))?;
            }
            (Level::ScopeSpans, 3) => {
                self.scope_schema = String::from_utf8_lossy(field.bytes_or_empty()).into_owned()
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, within: Level, builder: &mut TraceBuilder) {
        match within {
            Level::ResourceSpans => self.resource = builder.resource(Resource::default()),
            _ => self.scope = builder.scope(Scope::default()),
        }
    }

    fn span(&self, bytes: &[u8], place: SpanLocation, builder: &mut TraceBuilder) -> Scan<()> {
        let mut seen =
            SpanHeader { resource: self.resource, scope: self.scope, place, ..SpanHeader::default() };
        let mut trace: &[u8] = b"";
        let mut name: &[u8] = b"";
        Wire::new(bytes).fields(|number, field| {
            match number {
                1 => trace = field.bytes_or_empty(),
                2 => seen.id = ids::span_bytes(field.bytes_or_empty()).0,
                4 => seen.parent = ids::span_bytes(field.bytes_or_empty()).0,
                5 => name = field.bytes_or_empty(),
                6 => seen.kind = SpanKind::from_number(field.number_or_zero()),
                7 => seen.start = time(field),
                8 => seen.end = time(field),
                9 => {
                    let key = otlp_json::warnings_key().as_bytes();
                    // The key is the first field of the attribute: tag, length, text.
                    if memmem::find(field.bytes_or_empty().get(..key.len() + 2).unwrap_or(b""), key).is_some()
                    {
                        seen.flags.set(Flags::WARNED);
                    }
                }
                11 => {
                    let mut at = 0;
                    Wire::new(field.bytes_or_empty()).fields(|number, field| {
                        if number == 1 {
                            at = time(field);
                        }
                        Ok(())
                    })?;
                    builder.event(at);
                }
                13 => seen.flags.set(Flags::HAS_LINKS),
                15 => Wire::new(field.bytes_or_empty()).fields(|number, field| {
                    if number == 3 {
                        seen.status = StatusCode::from_number(field.number_or_zero());
                    }
                    Ok(())
                })?,
                _ => {}
            }
            Ok(())
        })?;
        if seen.status == StatusCode::Error {
            seen.flags.set(Flags::OWN_ERROR);
        }
        let (trace, foreign) = ids::trace_bytes(trace);
        seen.trace = builder.trace(trace, &foreign);
        seen.name = builder.text(&String::from_utf8_lossy(name));
        builder.span(seen);
        Ok(())
    }
}
