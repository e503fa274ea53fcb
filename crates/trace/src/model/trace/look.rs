//! Looking at a trace without putting spans together, as searching does.

use super::{SpanLocation, Trace};
use crate::model::record::{Resource, Scope};
use crate::model::{Columns, SpanIx};

/// Columns with the rows of them that belong to a trace.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The columns.
    pub columns: &'a Columns,
    /// Row and span.
    pub rows: Vec<(u32, SpanIx)>,
}

impl Trace {
    /// Everything that is interned of the trace; what was interned while reading comes first.
    pub fn parts(&self) -> [Part<'_>; 2] {
        let shared = self.place.iter().enumerate().filter(|(_, place)| place.block == SpanLocation::INTERNED);
        let shared = shared.map(|(span, place)| (place.offset, span as SpanIx)).collect();
        let done = &self.order[..self.columns.len()];
        let own = done.iter().enumerate().map(|(row, span)| (row as u32, *span)).collect();
        [Part { columns: &self.shared.columns, rows: shared }, Part { columns: &self.columns, rows: own }]
    }

    /// How many spans are still kept as bytes, so that their attributes cannot be searched yet.
    pub fn unsearchable(&self) -> usize {
        self.order.len() - self.columns.len()
    }

    /// Resources of the source, by number.
    pub fn resources(&self) -> &[Resource] {
        &self.shared.resources
    }

    /// Scopes of the source, by number.
    pub fn scopes(&self) -> &[Scope] {
        &self.shared.scopes
    }

    /// The number of each span's resource; beyond the resources where it has none.
    pub fn resource_numbers(&self) -> &[u32] {
        &self.resource
    }

    /// The number of each span's scope; beyond the scopes where it has none.
    pub fn scope_numbers(&self) -> &[u32] {
        &self.scope
    }

    /// What the repair and the source warn of in a span.
    pub fn warnings_of(&self, span: SpanIx) -> Vec<String> {
        self.record(span).warnings
    }
}
