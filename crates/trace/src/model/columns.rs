//! Interned span contents that the outline does not have: attributes, events, links and rare fields.
//!
//! One row per span, in the order in which they were interned. Attributes lie in three tables (of spans, events and
//! links) of key, type and eight bytes; a row or an event has a range of one of them.

mod access;

pub use access::{AttributeOwner, AttributeTable, Cell, RareFieldsRef, RowRanges};

use super::record::AttributeValue;
use super::sink::{Piece, Sink, ValueRef};
use super::{StrIx, Strings};
use crate::units::{SpanId, TraceId, bytes_equal};

/// The type of a cell, which determines the meaning of its eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CellType {
    Empty,
    Str,
    Bool,
    Int,
    Double,
    Bytes,
    Nested,
}

#[derive(Clone, Debug, Default)]
struct Cells {
    key: Vec<StrIx>,
    kind: Vec<CellType>,
    payload: Vec<u64>,
}

impl Cells {
    fn len(&self) -> u32 {
        self.key.len() as u32
    }

    fn push(&mut self, key: StrIx, kind: CellType, payload: u64) {
        self.key.push(key);
        self.kind.push(kind);
        self.payload.push(payload);
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    cells_end: u32,
    events_end: u32,
    links_end: u32,
    /// Index in `rare`, or `u32::MAX`.
    extra: u32,
    /// W3C flags. Most spans have some (sampled), so they are not in `rare`.
    flags: u32,
    parent: SpanId,
    start: u64,
    end: u64,
}

#[derive(Clone, Copy, Debug)]
struct EventRow {
    time: u64,
    name: StrIx,
    dropped: u32,
    cells_end: u32,
}

#[derive(Clone, Debug)]
struct LinkRow {
    trace: TraceId,
    span: SpanId,
    state: StrIx,
    flags: u32,
    dropped: u32,
    cells_end: u32,
}

/// Fields that few spans have.
#[derive(Clone, Debug, Default)]
struct RareFields {
    foreign_trace: String,
    foreign_id: String,
    foreign_parent: String,
    trace_state: String,
    message: String,
    dropped: (u32, u32, u32),
    warnings: Vec<String>,
}

/// Attribute columns; see the module.
#[derive(Clone, Debug, Default)]
pub struct SpanColumns {
    strings: Strings,
    rows: Vec<Row>,
    cells: Cells,
    events: Vec<EventRow>,
    event_cells: Cells,
    links: Vec<LinkRow>,
    link_cells: Cells,
    rare_fields: Vec<RareFields>,
    nested: Vec<AttributeValue>,
    blobs: Vec<u8>,
    /// Cache of recently used keys, by hash.
    keys: [StrIx; KEYS],
}

const NONE: u32 = u32::MAX;
/// Size of `keys`.
const KEYS: usize = 32;

impl SpanColumns {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing was interned yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Starts the next row; subsequent [`Sink::piece`] calls belong to it.
    pub fn begin_row(&mut self) {
        let row = Row {
            cells_end: self.cells.len(),
            events_end: self.events.len() as u32,
            links_end: self.links.len() as u32,
            extra: NONE,
            ..Row::default()
        };
        self.rows.push(row);
    }

    fn extra(&mut self) -> Option<&mut RareFields> {
        let row = self.rows.last_mut()?;
        if row.extra == NONE {
            row.extra = self.rare_fields.len() as u32;
            self.rare_fields.push(RareFields::default());
        }
        self.rare_fields.get_mut(row.extra as usize)
    }

    #[inline]
    fn attribute(&mut self, key: &[u8], kind: CellType, payload: u64) {
        let key = self.key(key);
        self.cells.push(key, kind, payload);
        let end = self.cells.len();
        if let Some(row) = self.rows.last_mut() {
            row.cells_end = end;
        }
    }

    /// The index of a key. Keys are few, so the recent ones are tried before the hash table.
    #[inline]
    fn key(&mut self, key: &[u8]) -> StrIx {
        let ends = |at: usize| key.get(at).copied().map_or(0, usize::from);
        let place = (key.len() * 7 + ends(key.len().wrapping_sub(1)) + ends(key.len() / 2) * 3) % KEYS;
        if bytes_equal(self.strings.bytes_of(self.keys[place]), key) {
            return self.keys[place];
        }
        let number = self.strings.intern_bytes(key);
        self.keys[place] = number;
        number
    }

    fn cell(&mut self, value: ValueRef<'_>) -> (CellType, u64) {
        match value {
            ValueRef::Empty => (CellType::Empty, 0),
            ValueRef::Str(text) => (CellType::Str, u64::from(self.strings.intern(text))),
            ValueRef::Bool(flag) => (CellType::Bool, u64::from(flag)),
            ValueRef::Int(number) => (CellType::Int, number as u64),
            ValueRef::Double(number) => (CellType::Double, number.to_bits()),
            ValueRef::Bytes(bytes) => {
                let at = self.blobs.len() as u64;
                self.blobs.extend_from_slice(bytes);
                (CellType::Bytes, at << 32 | bytes.len() as u64)
            }
            ValueRef::Nested(value) => {
                self.nested.push(value);
                (CellType::Nested, self.nested.len() as u64 - 1)
            }
        }
    }

    fn value(&self, kind: CellType, payload: u64) -> ValueRef<'_> {
        match kind {
            CellType::Empty => ValueRef::Empty,
            CellType::Str => ValueRef::Str(self.strings.get(payload as StrIx)),
            CellType::Bool => ValueRef::Bool(payload != 0),
            CellType::Int => ValueRef::Int(payload as i64),
            CellType::Double => ValueRef::Double(f64::from_bits(payload)),
            CellType::Bytes => {
                let at = (payload >> 32) as usize;
                ValueRef::Bytes(&self.blobs[at..at + (payload as u32) as usize])
            }
            CellType::Nested => ValueRef::Nested(self.nested[payload as usize].clone()),
        }
    }

    fn each_cell<'a>(
        &'a self,
        cells: &'a Cells,
        start: u32,
        end: u32,
        mut each: impl FnMut(&'a str, ValueRef<'a>),
    ) {
        for at in start as usize..end as usize {
            each(self.strings.get(cells.key[at]), self.value(cells.kind[at], cells.payload[at]));
        }
    }

    /// The attributes of a row, in the order of the source.
    pub fn attributes<'a>(&'a self, row: u32, each: impl FnMut(&'a str, ValueRef<'a>)) {
        let start = self.before(row).cells_end;
        self.each_cell(&self.cells, start, self.rows[row as usize].cells_end, each);
    }

    fn before(&self, row: u32) -> Row {
        row.checked_sub(1).map(|row| self.rows[row as usize]).unwrap_or_default()
    }

    /// Emits a row's pieces again, except the fields that the outline has (ids, name, kind, status code).
    pub fn replay(&self, row: u32, status: super::StatusCode, sink: &mut dyn Sink) {
        let (before, this) = (self.before(row), self.rows[row as usize]);
        let extra = self.rare_fields.get(this.extra as usize);
        sink.piece(Piece::Parent(this.parent, extra.map_or("", |extra| &extra.foreign_parent)));
        sink.piece(Piece::Times(this.start, this.end));
        sink.piece(Piece::Flags(this.flags));
        if let Some(extra) = extra {
            if !extra.trace_state.is_empty() {
                sink.piece(Piece::TraceState(&extra.trace_state));
            }
            sink.piece(Piece::Status(status, &extra.message));
            let (attributes, events, links) = extra.dropped;
            sink.piece(Piece::Dropped(attributes, events, links));
            for warning in &extra.warnings {
                sink.piece(Piece::Warning(warning));
            }
        }
        self.each_cell(&self.cells, before.cells_end, this.cells_end, |key, value| {
            sink.piece(Piece::Attribute(key, value));
        });
        for at in before.events_end as usize..this.events_end as usize {
            let event = self.events[at];
            let start = at.checked_sub(1).map_or(0, |at| self.events[at].cells_end);
            sink.piece(Piece::Event(event.time, self.strings.get(event.name), event.dropped));
            self.each_cell(&self.event_cells, start, event.cells_end, |key, value| {
                sink.piece(Piece::EventAttribute(key, value));
            });
        }
        for at in before.links_end as usize..this.links_end as usize {
            let link = &self.links[at];
            let start = at.checked_sub(1).map_or(0, |at| self.links[at].cells_end);
            let state = self.strings.get(link.state);
            sink.piece(Piece::Link(link.trace, link.span, state, link.flags, link.dropped));
            self.each_cell(&self.link_cells, start, link.cells_end, |key, value| {
                sink.piece(Piece::LinkAttribute(key, value));
            });
        }
    }

    /// Trace and span id of a row as text, where they are not hexadecimal.
    pub fn foreign_ids(&self, row: u32) -> (&str, &str) {
        match self.rare_fields.get(self.rows[row as usize].extra as usize) {
            Some(extra) => (&extra.foreign_trace, &extra.foreign_id),
            None => ("", ""),
        }
    }

    /// Approximate size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        let cells = [&self.cells, &self.event_cells, &self.link_cells].map(|cells| cells.key.len() * 13);
        self.rows.len() * size_of::<Row>()
            + cells.iter().sum::<usize>()
            + self.events.len() * size_of::<EventRow>()
            + self.links.len() * size_of::<LinkRow>()
            + self.blobs.len()
            + self.strings.bytes()
    }
}

impl Sink for SpanColumns {
    fn piece(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::PlainText(key, text) => {
                let text = u64::from(self.strings.intern_bytes(text));
                self.attribute(key, CellType::Str, text);
            }
            Piece::Attribute(key, value) => {
                let (kind, payload) = self.cell(value);
                self.attribute(key.as_bytes(), kind, payload);
            }
            Piece::Parent(id, foreign) => {
                if let Some(row) = self.rows.last_mut() {
                    row.parent = id;
                }
                self.note(Piece::Parent(id, foreign));
            }
            Piece::Times(start, end) => {
                if let Some(row) = self.rows.last_mut() {
                    (row.start, row.end) = (start, end);
                }
            }
            Piece::Flags(flags) => {
                if let Some(row) = self.rows.last_mut() {
                    row.flags = flags;
                }
            }
            Piece::Event(time, name, dropped) => {
                let name = self.strings.intern(name);
                self.events.push(EventRow { time, name, dropped, cells_end: self.event_cells.len() });
                let end = self.events.len() as u32;
                if let Some(row) = self.rows.last_mut() {
                    row.events_end = end;
                }
            }
            Piece::EventAttribute(key, value) => {
                let (kind, payload) = self.cell(value);
                let key = self.strings.intern(key);
                self.event_cells.push(key, kind, payload);
                let end = self.event_cells.len();
                if let Some(event) = self.events.last_mut() {
                    event.cells_end = end;
                }
            }
            Piece::Link(trace, span, state, flags, dropped) => {
                let state = self.strings.intern(state);
                let cells_end = self.link_cells.len();
                self.links.push(LinkRow { trace, span, state, flags, dropped, cells_end });
                let end = self.links.len() as u32;
                if let Some(row) = self.rows.last_mut() {
                    row.links_end = end;
                }
            }
            Piece::LinkAttribute(key, value) => {
                let (kind, payload) = self.cell(value);
                let key = self.strings.intern(key);
                self.link_cells.push(key, kind, payload);
                let end = self.link_cells.len();
                if let Some(link) = self.links.last_mut() {
                    link.cells_end = end;
                }
            }
            rare => self.note(rare),
        }
    }
}

impl SpanColumns {
    fn note(&mut self, piece: Piece<'_>) {
        let worth_it = match &piece {
            Piece::Trace(_, text)
            | Piece::Id(_, text)
            | Piece::Parent(_, text)
            | Piece::Status(_, text)
            | Piece::TraceState(text) => !text.is_empty(),
            Piece::Dropped(attributes, events, links) => *attributes | *events | *links != 0,
            Piece::Warning(_) => true,
            _ => false,
        };
        // Empty values need no row in `rare`, but if a field is repeated the last value counts, empty or not.
        let there = self.rows.last().is_some_and(|row| row.extra != NONE);
        let Some(extra) = (worth_it || there).then(|| self.extra()).flatten() else { return };
        match piece {
            Piece::Trace(_, text) => extra.foreign_trace = text.to_owned(),
            Piece::Id(_, text) => extra.foreign_id = text.to_owned(),
            Piece::Parent(_, text) => extra.foreign_parent = text.to_owned(),
            Piece::Status(_, text) => extra.message = text.to_owned(),
            Piece::TraceState(text) => extra.trace_state = text.to_owned(),
            Piece::Dropped(attributes, events, links) => extra.dropped = (attributes, events, links),
            Piece::Warning(text) if !extra.warnings.iter().any(|known| known == text) => {
                extra.warnings.push(text.to_owned());
            }
            _ => {}
        }
    }
}
