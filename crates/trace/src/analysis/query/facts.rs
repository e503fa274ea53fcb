//! The values that a field has in a trace, span by span, without putting a span together.

use super::field::{Field, Known, Owner};
use super::said::{Said, Table};
use crate::analysis::critical_path::{CriticalPath, slack};
use crate::analysis::ranks::{UNKNOWN, ranks};
use crate::analysis::waiting::self_times;
use crate::model::record::Attribute;
use crate::model::record::AttributeValue;
use crate::model::{
    AttributeOwner, Cell, Columns, Flags, Outline, SpanIx, SpanKind, StatusCode, StrIx, Trace, TraceRows,
    ValueRef,
};
use std::ops::Range;

/// Whoever takes values.
pub(super) type Each<'a> = dyn FnMut(SpanIx, Said<'_>) + 'a;

/// A trace prepared for being asked.
pub(super) struct Facts<'a> {
    pub(super) trace: &'a Trace,
    pub(super) outline: &'a Outline,
    pub(super) parts: [TraceRows<'a>; 2],
}

/// Jaeger's word for a kind, or that it is not said.
pub(super) fn kind_name(kind: SpanKind) -> &'static str {
    if kind == SpanKind::Unspecified { "unspecified" } else { kind.name() }
}

/// The status in a word.
pub(super) fn status_name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

/// What the repair can have to say about a span.
const REPAIRED: [Flags; 7] = [
    Flags::ORPHAN,
    Flags::DUPLICATE_ID,
    Flags::CYCLE,
    Flags::NO_START,
    Flags::ENDS_EARLY,
    Flags::CLOCK_SKEW,
    Flags::NO_SERVICE,
];

impl<'a> Facts<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        Self { trace, outline: trace.outline(), parts: trace.parts() }
    }

    fn spans(&self) -> Range<SpanIx> {
        0..self.outline.len() as SpanIx
    }

    pub(super) fn table(&self, number: usize) -> Table<'_> {
        let strings = match number.checked_sub(1) {
            None => &self.outline.strings,
            Some(part) => self.parts[part].columns.strings(),
        };
        Table { number, strings }
    }

    /// Calls `each` with the values of a field, all of a span one after the other.
    pub(super) fn each(&self, field: &Field, each: &mut Each<'_>) {
        match field {
            Field::Known(known) => self.each_known(*known, each),
            Field::Key(owner, key) => self.each_attribute(*owner, key, each),
        }
    }

    fn each_known(&self, known: Known, each: &mut Each<'_>) {
        let outline = self.outline;
        match known {
            Known::Service => self.kept(&outline.service, each),
            Known::Operation => self.kept(&outline.name, each),
            Known::SelfTime => {
                for (span, time) in self_times(outline).into_iter().enumerate() {
                    each(span as SpanIx, Said::Time(time));
                }
            }
            Known::Critical | Known::CriticalTime | Known::Slack => self.path(known, each),
            Known::Percentile => {
                let ranks = ranks(outline).into_iter().enumerate().filter(|(_, rank)| *rank != UNKNOWN);
                ranks.for_each(|(span, rank)| each(span as SpanIx, Said::Int(rank.into())));
            }
            Known::Children => {
                let mut count = vec![0i64; outline.len()];
                for parent in &outline.parent {
                    if let Some(count) = count.get_mut(*parent as usize) {
                        *count += 1;
                    }
                }
                for (span, count) in count.into_iter().enumerate() {
                    each(span as SpanIx, Said::Int(count));
                }
            }
            Known::Links | Known::Warnings => self.counts(known, each),
            Known::Warning => {
                for span in self.spans().filter(|span| outline.flags[*span as usize].has(Flags::WARNED)) {
                    self.trace.warnings_of(span).iter().for_each(|text| each(span, Said::Text(text)));
                }
            }
            Known::ParentId | Known::Id | Known::TraceState | Known::StatusMessage => self.rare(known, each),
            Known::EventName => {
                for (number, part) in self.parts.iter().enumerate() {
                    let table = self.table(number + 1);
                    for (row, span) in &part.rows {
                        for event in part.columns.row(*row).events {
                            each(*span, Said::Kept(table, part.columns.event(event).0));
                        }
                    }
                }
            }
            Known::LinkTrace | Known::LinkSpan => {
                for part in &self.parts {
                    for (row, span) in &part.rows {
                        for link in part.columns.row(*row).links {
                            let (trace, to, _) = part.columns.link(link);
                            let trace_wanted = known == Known::LinkTrace;
                            each(
                                *span,
                                if trace_wanted { Said::Id(trace.0, 32) } else { Said::Id(to.0.into(), 16) },
                            );
                        }
                    }
                }
            }
            Known::ScopeName | Known::ScopeVersion => self.scope(known, each),
            _ => self.spans().for_each(|span| self.single(known, span, each)),
        }
    }

    /// Fields of the critical path.
    fn path(&self, known: Known, each: &mut Each<'_>) {
        let path = CriticalPath::of(self.outline);
        let times = match known {
            Known::Slack => slack(self.outline, &path),
            _ => path.time_by_span(self.outline.len()),
        };
        for (span, time) in times.into_iter().enumerate() {
            let said = match known {
                Known::Critical => Said::Bool(time > 0),
                _ => Said::Time(time),
            };
            each(span as SpanIx, said);
        }
    }

    /// Fields that the outline has one value of.
    fn single(&self, known: Known, span: SpanIx, each: &mut Each<'_>) {
        let (outline, at) = (self.outline, span as usize);
        let flags = outline.flags[at];
        each(
            span,
            match known {
                Known::Kind => Said::Text(kind_name(outline.kind[at])),
                Known::Status => Said::Text(status_name(outline.status[at])),
                Known::Error if flags.has(Flags::OWN_ERROR) => Said::Text("own"),
                Known::Error if flags.has(Flags::ERROR_BELOW) => Said::Text("below"),
                Known::Duration => Said::Time(outline.duration_of(span)),
                Known::Start => Said::Time(outline.start[at]),
                Known::End => Said::Time(outline.end[at]),
                Known::Depth => Said::Int(outline.depth[at].into()),
                Known::Descendants => Said::Int((outline.subtree_end[at] - span - 1).into()),
                Known::Events => Said::Int(outline.events_of(span).len() as i64),
                Known::Trace if !outline.foreign_trace_id.is_empty() => Said::Text(&outline.foreign_trace_id),
                Known::Trace => Said::Id(outline.trace_id.0, 32),
                _ => return,
            },
        );
    }

    fn kept(&self, column: &[StrIx], each: &mut Each<'_>) {
        let table = self.table(0);
        for (span, text) in column.iter().enumerate() {
            each(span as SpanIx, Said::Kept(table, *text));
        }
    }

    /// Links are counted where they are interned; repairs are known from the flags, other warnings from the rows.
    fn counts(&self, known: Known, each: &mut Each<'_>) {
        for part in &self.parts {
            for (row, span) in &part.rows {
                let count = if known == Known::Links {
                    part.columns.row(*row).links.len()
                } else {
                    let flags = self.outline.flags[*span as usize];
                    part.columns.rare(*row).warnings.len()
                        + REPAIRED.iter().filter(|flag| flags.has(**flag)).count()
                };
                each(*span, Said::Int(count as i64));
            }
        }
    }

    /// Ids, which may be written in their own way, and what few spans have.
    fn rare(&self, known: Known, each: &mut Each<'_>) {
        for part in &self.parts {
            for (row, span) in &part.rows {
                let rare = part.columns.rare(*row);
                let (text, id) = match known {
                    Known::Id => (rare.id, self.outline.id[*span as usize]),
                    Known::ParentId => (rare.parent, part.columns.row(*row).parent),
                    Known::TraceState => (rare.trace_state, Default::default()),
                    _ => (rare.message, Default::default()),
                };
                if !text.is_empty() {
                    each(*span, Said::Text(text));
                } else if !id.is_none() {
                    each(*span, Said::Id(id.0.into(), 16));
                }
            }
        }
        if known == Known::Id {
            // Ids are known before anything is interned.
            let mut waiting = vec![true; self.outline.len()];
            self.parts
                .iter()
                .flat_map(|part| &part.rows)
                .for_each(|(_, span)| waiting[*span as usize] = false);
            for span in self.spans().filter(|span| waiting[*span as usize]) {
                each(span, Said::Id(self.outline.id[span as usize].0.into(), 16));
            }
        }
    }

    fn scope(&self, known: Known, each: &mut Each<'_>) {
        let scopes = self.trace.scopes();
        for (span, number) in self.trace.scope_numbers().iter().enumerate() {
            if let Some(scope) = scopes.get(*number as usize) {
                let text = if known == Known::ScopeName { &scope.name } else { &scope.version };
                if !text.is_empty() {
                    each(span as SpanIx, Said::Text(text));
                }
            }
        }
        // Jaeger says it in tags of the span.
        let keys = match known {
            Known::ScopeName => ["otel.scope.name", "otel.library.name"],
            _ => ["otel.scope.version", "otel.library.version"],
        };
        keys.iter().for_each(|key| self.each_attribute(Owner::Span, key, each));
    }

    fn each_attribute(&self, owner: Owner, key: &str, each: &mut Each<'_>) {
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
                each_listed(self.trace.resource_numbers(), lists, key, each);
            }
            Owner::Scope => {
                let lists = self.trace.scopes().iter().map(|scope| &*scope.attributes).collect();
                each_listed(self.trace.scope_numbers(), lists, key, each);
            }
        }
    }

    fn each_cell(&self, of: AttributeOwner, key: &str, each: &mut Each<'_>) {
        for (number, part) in self.parts.iter().enumerate() {
            let columns = part.columns;
            let table = self.table(number + 1);
            let Some(key) = table.strings.find(key) else { continue };
            let cells = columns.cells(of);
            for (row, span) in &part.rows {
                let look = columns.row(*row);
                let mut cell = |at: u32| {
                    if cells.key(at) == key {
                        say(table, columns, cells.value(at), &mut |said| each(*span, said));
                    }
                };
                match of {
                    AttributeOwner::Span => look.attributes.for_each(&mut cell),
                    AttributeOwner::Event => {
                        look.events.for_each(|event| columns.event(event).1.for_each(&mut cell))
                    }
                    AttributeOwner::Link => {
                        look.links.for_each(|link| columns.link(link).2.for_each(&mut cell))
                    }
                }
            }
        }
    }
}

fn say(table: Table<'_>, columns: &Columns, cell: Cell, each: &mut dyn FnMut(Said<'_>)) {
    match cell {
        Cell::Str(text) => each(Said::Kept(table, text)),
        Cell::Bool(flag) => each(Said::Bool(flag)),
        Cell::Int(number) => each(Said::Int(number)),
        Cell::Double(number) => each(Said::Double(number)),
        other => each(Said::Text(&columns.text(other))),
    }
}

/// Attributes of what few describe and many belong to.
fn each_listed(numbers: &[u32], lists: Vec<&[Attribute]>, key: &str, each: &mut Each<'_>) {
    for (span, number) in numbers.iter().enumerate() {
        let list = lists.get(*number as usize).copied().unwrap_or_default();
        for attribute in list.iter().filter(|attribute| attribute.key == key) {
            let span = span as SpanIx;
            match &attribute.value {
                AttributeValue::String(text) => each(span, Said::Text(text)),
                AttributeValue::Bool(flag) => each(span, Said::Bool(*flag)),
                AttributeValue::Int(number) => each(span, Said::Int(*number)),
                AttributeValue::Double(number) => each(span, Said::Double(*number)),
                AttributeValue::Empty => each(span, Said::Text("")),
                other => each(span, Said::Text(&ValueRef::Nested(other.clone()).text())),
            }
        }
    }
}
