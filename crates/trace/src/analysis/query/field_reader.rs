//! Reads the values of a field of all spans from the columns, without assembling span records.

use super::field::{BuiltinField, Field, Owner};
use super::value::{FieldValue, StringTable};
use crate::analysis::child_coverage::self_times;
use crate::analysis::critical_path::{CriticalPath, slack};
use crate::analysis::ranks::{UNKNOWN, ranks};
use crate::model::record::Attribute;
use crate::model::record::AttributeValue;
use crate::model::{
    AttributeOwner, Cell, Flags, Outline, SpanColumns, SpanIx, StrIx, Trace, TraceRows, ValueRef,
};
use std::ops::Range;

/// Called with a span and one of its values.
pub(super) type ValueVisitor<'a> = dyn FnMut(SpanIx, FieldValue<'_>) + 'a;

/// Reads fields of a trace.
pub(super) struct FieldReader<'a> {
    pub(super) trace: &'a Trace,
    pub(super) outline: &'a Outline,
    pub(super) parts: [TraceRows<'a>; 2],
}

/// Flags of spans that the repair warns about.
const REPAIRED: [Flags; 7] = [
    Flags::ORPHAN,
    Flags::DUPLICATE_ID,
    Flags::CYCLE,
    Flags::NO_START,
    Flags::ENDS_EARLY,
    Flags::CLOCK_SKEW,
    Flags::NO_SERVICE,
];

impl<'a> FieldReader<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        Self { trace, outline: trace.outline(), parts: trace.parts() }
    }

    fn spans(&self) -> Range<SpanIx> {
        0..self.outline.len() as SpanIx
    }

    pub(super) fn table(&self, number: usize) -> StringTable<'_> {
        let strings = match number.checked_sub(1) {
            None => &self.outline.strings,
            Some(part) => self.parts[part].columns.strings(),
        };
        StringTable { number, strings }
    }

    /// Calls `each` with all values of a field; those of one span are consecutive.
    pub(super) fn each(&self, field: &Field, each: &mut ValueVisitor<'_>) {
        match field {
            Field::Builtin(known) => self.each_known(*known, each),
            Field::Key(owner, key) => self.each_attribute(*owner, key, each),
        }
    }

    fn each_known(&self, known: BuiltinField, each: &mut ValueVisitor<'_>) {
        let outline = self.outline;
        match known {
            BuiltinField::Service => self.interned(&outline.service, each),
            BuiltinField::Operation => self.interned(&outline.name, each),
            BuiltinField::SelfTime => {
                for (span, time) in self_times(outline).into_iter().enumerate() {
                    each(span as SpanIx, FieldValue::Time(time));
                }
            }
            BuiltinField::Critical | BuiltinField::CriticalTime | BuiltinField::Slack => {
                self.path_field(known, each)
            }
            BuiltinField::Percentile => {
                let ranks = ranks(outline).into_iter().enumerate().filter(|(_, rank)| *rank != UNKNOWN);
                ranks.for_each(|(span, rank)| each(span as SpanIx, FieldValue::Int(rank.into())));
            }
            BuiltinField::Children => {
                let mut count = vec![0i64; outline.len()];
                for parent in &outline.parent {
                    if let Some(count) = count.get_mut(*parent as usize) {
                        *count += 1;
                    }
                }
                for (span, count) in count.into_iter().enumerate() {
                    each(span as SpanIx, FieldValue::Int(count));
                }
            }
            BuiltinField::Links | BuiltinField::Warnings => self.count_field(known, each),
            BuiltinField::Warning => {
                for span in self.spans().filter(|span| outline.flags[*span as usize].has(Flags::WARNED)) {
                    self.trace.warnings_of(span).iter().for_each(|text| each(span, FieldValue::Text(text)));
                }
            }
            BuiltinField::ParentId
            | BuiltinField::Id
            | BuiltinField::TraceState
            | BuiltinField::StatusMessage => self.rare_field(known, each),
            BuiltinField::EventName => {
                for (number, part) in self.parts.iter().enumerate() {
                    let table = self.table(number + 1);
                    for (row, span) in &part.rows {
                        for event in part.columns.row(*row).events {
                            each(*span, FieldValue::Interned(table, part.columns.event(event).0));
                        }
                    }
                }
            }
            BuiltinField::LinkTrace | BuiltinField::LinkSpan => {
                for part in &self.parts {
                    for (row, span) in &part.rows {
                        for link in part.columns.row(*row).links {
                            let (trace, to, _) = part.columns.link(link);
                            let trace_wanted = known == BuiltinField::LinkTrace;
                            each(
                                *span,
                                if trace_wanted {
                                    FieldValue::Id(trace.0, 32)
                                } else {
                                    FieldValue::Id(to.0.into(), 16)
                                },
                            );
                        }
                    }
                }
            }
            BuiltinField::ScopeName | BuiltinField::ScopeVersion => self.scope_field(known, each),
            _ => self.spans().for_each(|span| self.outline_field(known, span, each)),
        }
    }

    /// Fields derived from the critical path.
    fn path_field(&self, known: BuiltinField, each: &mut ValueVisitor<'_>) {
        let path = CriticalPath::of(self.outline);
        let times = match known {
            BuiltinField::Slack => slack(self.outline, &path),
            _ => path.time_by_span(self.outline.len()),
        };
        for (span, time) in times.into_iter().enumerate() {
            let value = match known {
                BuiltinField::Critical => FieldValue::Bool(time > 0),
                _ => FieldValue::Time(time),
            };
            each(span as SpanIx, value);
        }
    }

    /// Fields with one value that is in the outline.
    fn outline_field(&self, known: BuiltinField, span: SpanIx, each: &mut ValueVisitor<'_>) {
        let (outline, at) = (self.outline, span as usize);
        let flags = outline.flags[at];
        each(
            span,
            match known {
                BuiltinField::Kind => FieldValue::Text(outline.kind[at].name_or_unspecified()),
                BuiltinField::Status => FieldValue::Text(outline.status[at].name()),
                BuiltinField::Error if flags.has(Flags::OWN_ERROR) => FieldValue::Text("own"),
                BuiltinField::Error if flags.has(Flags::ERROR_BELOW) => FieldValue::Text("below"),
                BuiltinField::Duration => FieldValue::Time(outline.duration_of(span)),
                BuiltinField::Start => FieldValue::Time(outline.start[at]),
                BuiltinField::End => FieldValue::Time(outline.end[at]),
                BuiltinField::Depth => FieldValue::Int(outline.depth[at].into()),
                BuiltinField::Descendants => FieldValue::Int((outline.subtree_end[at] - span - 1).into()),
                BuiltinField::Events => FieldValue::Int(outline.events_of(span).len() as i64),
                BuiltinField::Trace if !outline.foreign_trace_id.is_empty() => {
                    FieldValue::Text(&outline.foreign_trace_id)
                }
                BuiltinField::Trace => FieldValue::Id(outline.trace_id.0, 32),
                _ => return,
            },
        );
    }

    fn interned(&self, column: &[StrIx], each: &mut ValueVisitor<'_>) {
        let table = self.table(0);
        for (span, text) in column.iter().enumerate() {
            each(span as SpanIx, FieldValue::Interned(table, *text));
        }
    }

    /// Numbers of links and warnings. Warnings of the repair are derived from the flags, others are in the rows.
    fn count_field(&self, known: BuiltinField, each: &mut ValueVisitor<'_>) {
        for part in &self.parts {
            for (row, span) in &part.rows {
                let count = if known == BuiltinField::Links {
                    part.columns.row(*row).links.len()
                } else {
                    let flags = self.outline.flags[*span as usize];
                    part.columns.rare(*row).warnings.len()
                        + REPAIRED.iter().filter(|flag| flags.has(**flag)).count()
                };
                each(*span, FieldValue::Int(count as i64));
            }
        }
    }

    /// Ids, which may be non-hexadecimal, and fields that few spans have.
    fn rare_field(&self, known: BuiltinField, each: &mut ValueVisitor<'_>) {
        for part in &self.parts {
            for (row, span) in &part.rows {
                let rare = part.columns.rare(*row);
                let (text, id) = match known {
                    BuiltinField::Id => (rare.id, self.outline.id[*span as usize]),
                    BuiltinField::ParentId => (rare.parent, part.columns.row(*row).parent),
                    BuiltinField::TraceState => (rare.trace_state, Default::default()),
                    _ => (rare.message, Default::default()),
                };
                if !text.is_empty() {
                    each(*span, FieldValue::Text(text));
                } else if !id.is_none() {
                    each(*span, FieldValue::Id(id.0.into(), 16));
                }
            }
        }
        if known == BuiltinField::Id {
            // Ids of spans that are not interned yet are in the outline.
            let mut unindexed = vec![true; self.outline.len()];
            self.parts
                .iter()
                .flat_map(|part| &part.rows)
                .for_each(|(_, span)| unindexed[*span as usize] = false);
            for span in self.spans().filter(|span| unindexed[*span as usize]) {
                each(span, FieldValue::Id(self.outline.id[span as usize].0.into(), 16));
            }
        }
    }

    fn scope_field(&self, known: BuiltinField, each: &mut ValueVisitor<'_>) {
        let scopes = self.trace.scopes();
        for (span, number) in self.trace.scope_numbers().iter().enumerate() {
            if let Some(scope) = scopes.get(*number as usize) {
                let text = if known == BuiltinField::ScopeName { &scope.name } else { &scope.version };
                if !text.is_empty() {
                    each(span as SpanIx, FieldValue::Text(text));
                }
            }
        }
        // Jaeger has scopes in tags of the span.
        let keys = match known {
            BuiltinField::ScopeName => ["otel.scope.name", "otel.library.name"],
            _ => ["otel.scope.version", "otel.library.version"],
        };
        keys.iter().for_each(|key| self.each_attribute(Owner::Span, key, each));
    }

    fn each_attribute(&self, owner: Owner, key: &str, each: &mut ValueVisitor<'_>) {
        match owner {
            Owner::Any => {
                self.each_attribute(Owner::Span, key, each);
                self.each_attribute(Owner::Resource, key, each);
            }
            Owner::Span => self.each_cell(AttributeOwner::Span, key, each),
            Owner::Event => self.each_cell(AttributeOwner::Event, key, each),
            Owner::Link => self.each_cell(AttributeOwner::Link, key, each),
            Owner::Resource => {
                let lists = self.trace.resources().iter().map(|resource| &*resource.attributes).collect();
                each_shared_attribute(self.trace.resource_numbers(), lists, key, each);
            }
            Owner::Scope => {
                let lists = self.trace.scopes().iter().map(|scope| &*scope.attributes).collect();
                each_shared_attribute(self.trace.scope_numbers(), lists, key, each);
            }
        }
    }

    fn each_cell(&self, of: AttributeOwner, key: &str, each: &mut ValueVisitor<'_>) {
        for (number, part) in self.parts.iter().enumerate() {
            let columns = part.columns;
            let table = self.table(number + 1);
            let Some(key) = table.strings.find(key) else { continue };
            let cells = columns.cells(of);
            for (row, span) in &part.rows {
                let ranges = columns.row(*row);
                let mut cell = |at: u32| {
                    if cells.key(at) == key {
                        emit_cell(table, columns, cells.value(at), &mut |value| each(*span, value));
                    }
                };
                match of {
                    AttributeOwner::Span => ranges.attributes.for_each(&mut cell),
                    AttributeOwner::Event => {
                        ranges.events.for_each(|event| columns.event(event).1.for_each(&mut cell))
                    }
                    AttributeOwner::Link => {
                        ranges.links.for_each(|link| columns.link(link).2.for_each(&mut cell))
                    }
                }
            }
        }
    }
}

fn emit_cell(
    table: StringTable<'_>,
    columns: &SpanColumns,
    cell: Cell,
    each: &mut dyn FnMut(FieldValue<'_>),
) {
    match cell {
        Cell::Str(text) => each(FieldValue::Interned(table, text)),
        Cell::Bool(flag) => each(FieldValue::Bool(flag)),
        Cell::Int(number) => each(FieldValue::Int(number)),
        Cell::Double(number) => each(FieldValue::Double(number)),
        other => each(FieldValue::Text(&columns.text(other))),
    }
}

/// Attributes of resources or scopes, by the index that each span has.
fn each_shared_attribute(numbers: &[u32], lists: Vec<&[Attribute]>, key: &str, each: &mut ValueVisitor<'_>) {
    for (span, number) in numbers.iter().enumerate() {
        let list = lists.get(*number as usize).copied().unwrap_or_default();
        for attribute in list.iter().filter(|attribute| attribute.key == key) {
            let span = span as SpanIx;
            match &attribute.value {
                AttributeValue::String(text) => each(span, FieldValue::Text(text)),
                AttributeValue::Bool(flag) => each(span, FieldValue::Bool(*flag)),
                AttributeValue::Int(number) => each(span, FieldValue::Int(*number)),
                AttributeValue::Double(number) => each(span, FieldValue::Double(*number)),
                AttributeValue::Empty => each(span, FieldValue::Text("")),
                other => each(span, FieldValue::Text(&ValueRef::Nested(other.clone()).text())),
            }
        }
    }
}
