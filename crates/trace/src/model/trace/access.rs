//! Read access to a trace without assembling span records, for search and analysis.

use super::{SpanLocation, Trace};
use crate::model::record::{Resource, Scope};
use crate::model::{SpanColumns, SpanIx};

/// Columns, and their rows that belong to a trace.
#[derive(Clone, Debug)]
pub struct TraceRows<'a> {
    /// The columns.
    pub columns: &'a SpanColumns,
    /// Row and span, ascending by row.
    pub rows: Vec<(u32, SpanIx)>,
}

impl Trace {
    /// The interned contents of the trace: rows interned while reading, then the trace's own.
    pub fn parts(&self) -> [TraceRows<'_>; 2] {
        let shared = self.place.iter().enumerate().filter(|(_, place)| place.block == SpanLocation::INTERNED);
        let shared = shared.map(|(span, place)| (place.offset, span as SpanIx)).collect();
        let done = &self.order[..self.columns.len()];
        let own = done.iter().enumerate().map(|(row, span)| (row as u32, *span)).collect();
        [
            TraceRows { columns: &self.shared.columns, rows: shared },
            TraceRows { columns: &self.columns, rows: own },
        ]
    }

    /// Number of spans that are not interned yet, whose attributes cannot be searched.
    pub fn unindexed_spans(&self) -> usize {
        self.order.len() - self.columns.len()
    }

    /// The resources of the source.
    pub fn resources(&self) -> &[Resource] {
        &self.shared.resources
    }

    /// The scopes of the source.
    pub fn scopes(&self) -> &[Scope] {
        &self.shared.scopes
    }

    /// Index of each span's resource; out of range where it has none.
    pub fn resource_numbers(&self) -> &[u32] {
        &self.resource
    }

    /// Index of each span's scope; out of range where it has none.
    pub fn scope_numbers(&self) -> &[u32] {
        &self.scope
    }

    /// The warnings of a span, from the source and the repair.
    pub fn warnings_of(&self, span: SpanIx) -> Vec<String> {
        self.record(span).warnings
    }
}
