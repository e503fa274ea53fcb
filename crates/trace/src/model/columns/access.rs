//! Read access to columns without assembling span records, for search and analysis.

use super::{CellType, Cells, SpanColumns};
use crate::model::{StrIx, Strings, ValueRef};
use crate::units::{SpanId, TraceId};
use std::borrow::Cow;
use std::ops::Range;

/// A value in the columns: strings by index, larger values by reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Empty,
    /// Text.
    Str(StrIx),
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes, a list or a map; [`SpanColumns::text`] formats it.
    Other(LargeValue),
}

/// A reference to a value that does not fit into a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LargeValue(CellType, u64);

/// The table of attributes: of spans, events or links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeOwner {
    /// Attributes of spans.
    Span,
    /// Attributes of events.
    Event,
    /// Attributes of links.
    Link,
}

/// The attribute table of all spans, events or links.
#[derive(Clone, Copy, Debug)]
pub struct AttributeTable<'a>(&'a Cells);

impl AttributeTable<'_> {
    /// The key of a cell, an index in [`SpanColumns::strings`].
    #[inline]
    pub fn key(self, at: u32) -> StrIx {
        self.0.key[at as usize]
    }

    /// The value of a cell.
    #[inline]
    pub fn value(self, at: u32) -> Cell {
        let payload = self.0.payload[at as usize];
        match self.0.kind[at as usize] {
            CellType::Empty => Cell::Empty,
            CellType::Str => Cell::Str(payload as StrIx),
            CellType::Bool => Cell::Bool(payload != 0),
            CellType::Int => Cell::Int(payload as i64),
            CellType::Double => Cell::Double(f64::from_bits(payload)),
            other => Cell::Other(LargeValue(other, payload)),
        }
    }
}

/// The ranges of a row, and its parent id.
#[derive(Clone, Debug)]
pub struct RowRanges {
    /// Range in the table of [`AttributeOwner::Span`].
    pub attributes: Range<u32>,
    /// Range of events.
    pub events: Range<u32>,
    /// Range of links.
    pub links: Range<u32>,
    /// The parent id as sent, whether that span exists or not; 0 for none.
    pub parent: SpanId,
}

/// Fields that few rows have; empty where a row does not have them.
#[derive(Clone, Copy, Debug, Default)]
pub struct RareFieldsRef<'a> {
    /// The span's own id as written, where it is not hexadecimal.
    pub id: &'a str,
    /// The parent's id as written, where it is not hexadecimal.
    pub parent: &'a str,
    /// W3C tracestate.
    pub trace_state: &'a str,
    /// Status message.
    pub message: &'a str,
    /// Warnings of the source.
    pub warnings: &'a [String],
}

impl SpanColumns {
    /// The strings of cells, event names and keys.
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// The attribute table of spans, events or links.
    pub fn cells(&self, of: AttributeOwner) -> AttributeTable<'_> {
        AttributeTable(match of {
            AttributeOwner::Span => &self.cells,
            AttributeOwner::Event => &self.event_cells,
            AttributeOwner::Link => &self.link_cells,
        })
    }

    /// The ranges of a row.
    #[inline]
    pub fn row(&self, row: u32) -> RowRanges {
        let this = &self.rows[row as usize];
        let (cells, events, links) = match row.checked_sub(1) {
            Some(before) => {
                let before = &self.rows[before as usize];
                (before.cells_end, before.events_end, before.links_end)
            }
            None => (0, 0, 0),
        };
        RowRanges {
            attributes: cells..this.cells_end,
            events: events..this.events_end,
            links: links..this.links_end,
            parent: this.parent,
        }
    }

    /// The rare fields of a row.
    pub fn rare(&self, row: u32) -> RareFieldsRef<'_> {
        match self.rare_fields.get(self.rows[row as usize].extra as usize) {
            Some(extra) => RareFieldsRef {
                id: &extra.foreign_id,
                parent: &extra.foreign_parent,
                trace_state: &extra.trace_state,
                message: &extra.message,
                warnings: &extra.warnings,
            },
            None => RareFieldsRef::default(),
        }
    }

    /// An event's name and its range in the table of [`AttributeOwner::Event`].
    pub fn event(&self, at: u32) -> (StrIx, Range<u32>) {
        let start = at.checked_sub(1).map_or(0, |before| self.events[before as usize].cells_end);
        let event = &self.events[at as usize];
        (event.name, start..event.cells_end)
    }

    /// A link's target and its range in the table of [`AttributeOwner::Link`].
    pub fn link(&self, at: u32) -> (TraceId, SpanId, Range<u32>) {
        let start = at.checked_sub(1).map_or(0, |before| self.links[before as usize].cells_end);
        let link = &self.links[at as usize];
        (link.trace, link.span, start..link.cells_end)
    }

    /// A value formatted as text.
    pub fn text(&self, cell: Cell) -> Cow<'_, str> {
        let value = match cell {
            Cell::Empty => ValueRef::Empty,
            Cell::Str(text) => return self.strings.get(text).into(),
            Cell::Bool(flag) => ValueRef::Bool(flag),
            Cell::Int(number) => ValueRef::Int(number),
            Cell::Double(number) => ValueRef::Double(number),
            Cell::Other(LargeValue(kind, payload)) => self.value(kind, payload),
        };
        value.text().into_owned().into()
    }
}
