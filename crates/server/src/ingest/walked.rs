//! A walk through an export request: its resources, scopes and spans as the bytes they are, and which trace each span is of.
//!
//! All that grows with the request is taken from its [`MemoryReservation`] before it is allocated.

use super::Refusal;
use super::memory::MemoryReservation;
use crate::facts::{MISSING_SERVICE, service_name, term_of, trace_of, walk_attributes};
use crate::terms::printed;
use crate::wire::{TypedField, Walk, WireError};
use spandrel_trace::format::{Malformed, otlp_proto};
use spandrel_trace::units::SeededMap;
use std::borrow::Cow;
use std::ops::Range;

/// Estimated bytes of one entry of a hash table beyond its key and value, half-empty tables included.
pub const TABLE_ENTRY: usize = 48;

/// The fields of a `ResourceSpans` or `ScopeSpans` message without its repeated members.
#[derive(Clone)]
pub struct Head {
    /// Which of the pieces are its fields, as they stand.
    pub pieces: Range<usize>,
    /// Bytes of the pieces.
    pub length: usize,
    /// Which of the terms are those of its attributes.
    pub terms: Range<usize>,
}

/// A `ResourceSpans` message.
pub struct Resource<'a> {
    /// Its fields.
    pub head: Head,
    /// The name of its service, or what stands in for it.
    pub service: Cow<'a, str>,
}

/// A `ScopeSpans` message.
pub struct Scope {
    /// Its fields.
    pub head: Head,
    /// Which resource it is of.
    pub resource: u32,
}

/// A span and where it belongs.
pub struct SpanRef<'a> {
    /// Number of its trace, in the order in which traces were met.
    pub trace: u32,
    /// Which scope it is of.
    pub scope: u32,
    /// A `Span` message.
    pub bytes: &'a [u8],
}

/// What a walk through a request found.
pub struct ParsedRequest<'a, 'r> {
    /// The account of the request's memory.
    pub reserved: &'r mut MemoryReservation,
    /// Fields of heads.
    pub pieces: Vec<&'a [u8]>,
    /// Terms of heads.
    pub terms: Vec<u64>,
    /// Those that have spans, in the order in which they came.
    pub resources: Vec<Resource<'a>>,
    /// Likewise.
    pub scopes: Vec<Scope>,
    /// All spans, in the order in which they came.
    pub spans: Vec<SpanRef<'a>>,
    /// Numbers of traces by id. Senders choose trace ids, so the hash is seeded.
    traces: SeededMap<u128, u32>,
    /// Ids of traces by number.
    pub ids: Vec<u128>,
    last_trace: Option<(u128, u32)>,
}

/// Says what the reader of answers cannot read.
pub fn unreadable(error: Malformed) -> WireError {
    WireError::Unreadable(error.why)
}

impl<'a, 'r> ParsedRequest<'a, 'r> {
    /// Walks through a request.
    pub fn of(request: &'a [u8], reserved: &'r mut MemoryReservation) -> Result<Self, Refusal> {
        let mut walked = ParsedRequest {
            reserved,
            pieces: Vec::new(),
            terms: Vec::new(),
            resources: Vec::new(),
            scopes: Vec::new(),
            spans: Vec::new(),
            traces: SeededMap::default(),
            ids: Vec::new(),
            last_trace: None,
        };
        let mut walk = Walk::new(request);
        while let Some((number, field)) = walk.next()? {
            if number == 1 {
                walked.resource(field.bytes(1)?)?;
            }
        }
        Ok(walked)
    }

    fn resource(&mut self, message: &'a [u8]) -> Result<(), Refusal> {
        let spans = self.spans.len();
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let mut service = None;
        // 1000 is where instrumentation_library_spans stood before scopes were called scopes: same layout.
        let head = self.head(message, &[2, 1000], |walked, resource| {
            otlp_proto::read_resource(resource).map_err(unreadable)?;
            service = Some(service_name(resource)?);
            walked.attributes(resource, 1)
        })?;
        let service = service.unwrap_or(Cow::Borrowed(MISSING_SERVICE));
        if let Cow::Owned(name) = &service {
            self.reserved.take(name.capacity())?;
        }
        let resource = self.resources.len() as u32;
        self.reserved.push(&mut self.resources, Resource { head, service })?;
        let mut walk = Walk::new(message);
        while let Some((number, field)) = walk.next()? {
            if matches!(number, 2 | 1000) {
                self.scope(field.bytes(number)?, resource)?;
            }
        }
        if self.spans.len() == spans {
            self.resources.pop();
            self.pieces.truncate(pieces);
            self.terms.truncate(terms);
        }
        Ok(())
    }

    fn scope(&mut self, message: &'a [u8], resource: u32) -> Result<(), Refusal> {
        let spans = self.spans.len();
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let head = self.head(message, &[2], |walked, scope| {
            otlp_proto::read_scope(scope).map_err(unreadable)?;
            let mut members = Walk::new(scope);
            while let Some((number, field)) = members.next()? {
                let key = match number {
                    1 => printed::SCOPE_NAME,
                    2 => printed::SCOPE_VERSION,
                    _ => continue,
                };
                let term = printed::term_of_text(key, field.bytes(number)?);
                walked.reserved.push(&mut walked.terms, term)?;
            }
            walked.attributes(scope, 3)
        })?;
        let scope = self.scopes.len() as u32;
        self.reserved.push(&mut self.scopes, Scope { head, resource })?;
        let mut walk = Walk::new(message);
        while let Some((number, field)) = walk.next()? {
            if number == 2 {
                self.span(field.bytes(2)?, scope)?;
            }
        }
        if self.spans.len() == spans {
            self.scopes.pop();
            self.pieces.truncate(pieces);
            self.terms.truncate(terms);
        }
        Ok(())
    }

    /// Collects the fields of a message that are not its `members`; `first` gets the content of field 1.
    fn head(
        &mut self,
        message: &'a [u8],
        members: &[u32],
        mut first: impl FnMut(&mut Self, &'a [u8]) -> Result<(), Refusal>,
    ) -> Result<Head, Refusal> {
        let (pieces, terms) = (self.pieces.len(), self.terms.len());
        let mut length = 0;
        let mut walk = Walk::new(message);
        while let Some((number, field, raw)) = walk.next_raw()? {
            if members.contains(&number) {
                continue;
            }
            if number == 1 {
                first(self, field.bytes(1)?)?;
            }
            length += raw.len();
            self.reserved.push(&mut self.pieces, raw)?;
        }
        Ok(Head { pieces: pieces..self.pieces.len(), length, terms: terms..self.terms.len() })
    }

    /// Collects the terms of the attributes that are field `member` of a message.
    fn attributes(&mut self, message: &'a [u8], member: u32) -> Result<(), Refusal> {
        walk_attributes(message, member, &mut |attribute| {
            let term = term_of(attribute)?;
            self.reserved.push(&mut self.terms, term)
        })
    }

    fn span(&mut self, bytes: &'a [u8], scope: u32) -> Result<(), Refusal> {
        // The rest of it is read when its part is built.
        let id = trace_of(bytes)?;
        let trace = match self.last_trace {
            Some((last, trace)) if last == id => trace,
            _ => self.trace(id)?,
        };
        self.last_trace = Some((id, trace));
        self.reserved.push(&mut self.spans, SpanRef { trace, scope, bytes })
    }

    fn trace(&mut self, id: u128) -> Result<u32, Refusal> {
        if let Some(trace) = self.traces.get(&id) {
            return Ok(*trace);
        }
        self.reserved.take(size_of::<(u128, u32)>() + TABLE_ENTRY)?;
        let trace = self.traces.len() as u32;
        self.traces.insert(id, trace);
        self.reserved.push(&mut self.ids, id)?;
        Ok(trace)
    }
}
