//! Looking into the columns without putting spans together, as searching does for every span of a trace.

use super::{CellType, Cells, Columns};
use crate::model::{StrIx, Strings, ValueRef};
use crate::units::{SpanId, TraceId};
use std::borrow::Cow;
use std::ops::Range;

/// A value as it lies in the columns: a text by its number, anything larger by its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Str(StrIx),
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes, a list or a map; [`Columns::text`] has it as text.
    Other(Large),
}

/// Where a larger value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Large(CellType, u64);

/// Whose attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Spans'.
    Span,
    /// Events'.
    Event,
    /// Links'.
    Link,
}

/// The attributes of all spans, events or links, by number.
#[derive(Clone, Copy, Debug)]
pub struct CellsLook<'a>(&'a Cells);

impl CellsLook<'_> {
    /// The key's number.
    #[inline]
    pub fn key(self, at: u32) -> StrIx {
        self.0.key[at as usize]
    }

    /// The value.
    #[inline]
    pub fn value(self, at: u32) -> Cell {
        let payload = self.0.payload[at as usize];
        match self.0.kind[at as usize] {
            CellType::Empty => Cell::Empty,
            CellType::Str => Cell::Str(payload as StrIx),
            CellType::Bool => Cell::Bool(payload != 0),
            CellType::Int => Cell::Int(payload as i64),
            CellType::Double => Cell::Double(f64::from_bits(payload)),
            other => Cell::Other(Large(other, payload)),
        }
    }
}

/// What a row has: ranges of numbers, and the parent that the source names.
#[derive(Clone, Debug)]
pub struct RowLook {
    /// Its attributes, in [`Of::Span`].
    pub attributes: Range<u32>,
    /// Its events.
    pub events: Range<u32>,
    /// Its links.
    pub links: Range<u32>,
    /// The parent named, there or not; 0 for none.
    pub parent: SpanId,
}

/// What few rows have; empty where a row has it not.
#[derive(Clone, Copy, Debug, Default)]
pub struct RareLook<'a> {
    /// The span's own id as written, where it is not hexadecimal.
    pub id: &'a str,
    /// The parent's id as written, where it is not hexadecimal.
    pub parent: &'a str,
    /// W3C tracestate.
    pub trace_state: &'a str,
    /// Why it failed.
    pub message: &'a str,
    /// What the source warns of.
    pub warnings: &'a [String],
}

impl Columns {
    /// The texts that cells, event names and keys are numbers of.
    pub fn strings(&self) -> &Strings {
        &self.strings
    }

    /// Attributes by number.
    pub fn cells(&self, of: Of) -> CellsLook<'_> {
        CellsLook(match of {
            Of::Span => &self.cells,
            Of::Event => &self.event_cells,
            Of::Link => &self.link_cells,
        })
    }

    /// What a row has.
    #[inline]
    pub fn row(&self, row: u32) -> RowLook {
        let this = &self.rows[row as usize];
        let (cells, events, links) = match row.checked_sub(1) {
            Some(before) => {
                let before = &self.rows[before as usize];
                (before.cells_end, before.events_end, before.links_end)
            }
            None => (0, 0, 0),
        };
        RowLook {
            attributes: cells..this.cells_end,
            events: events..this.events_end,
            links: links..this.links_end,
            parent: this.parent,
        }
    }

    /// What few rows have.
    pub fn rare(&self, row: u32) -> RareLook<'_> {
        match self.extras.get(self.rows[row as usize].extra as usize) {
            Some(extra) => RareLook {
                id: &extra.foreign_id,
                parent: &extra.foreign_parent,
                trace_state: &extra.trace_state,
                message: &extra.message,
                warnings: &extra.warnings,
            },
            None => RareLook::default(),
        }
    }

    /// An event's name and its attributes, in [`Of::Event`].
    pub fn event(&self, at: u32) -> (StrIx, Range<u32>) {
        let start = at.checked_sub(1).map_or(0, |before| self.events[before as usize].cells_end);
        let event = &self.events[at as usize];
        (event.name, start..event.cells_end)
    }

    /// What a link points to, and its attributes, in [`Of::Link`].
    pub fn link(&self, at: u32) -> (TraceId, SpanId, Range<u32>) {
        let start = at.checked_sub(1).map_or(0, |before| self.links[before as usize].cells_end);
        let link = &self.links[at as usize];
        (link.trace, link.span, start..link.cells_end)
    }

    /// A value as text.
    pub fn text(&self, cell: Cell) -> Cow<'_, str> {
        let value = match cell {
            Cell::Empty => ValueRef::Empty,
            Cell::Str(text) => return self.strings.get(text).into(),
            Cell::Bool(flag) => ValueRef::Bool(flag),
            Cell::Int(number) => ValueRef::Int(number),
            Cell::Double(number) => ValueRef::Double(number),
            Cell::Other(Large(kind, payload)) => self.value(kind, payload),
        };
        value.text().into_owned().into()
    }
}
