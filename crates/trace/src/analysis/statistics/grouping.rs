//! What spans are grouped by, and which group each is in.

use crate::analysis::query::{self, BuiltinField, Column, Field, FieldType, SearchText};
use crate::model::{SpanIx, SpanSet, StrIx, Trace};
use rustc_hash::FxHashMap;
use std::fmt;

/// Group of spans that are not counted.
pub(super) const LEFT_OUT: u32 = u32::MAX;

/// What spans are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Service and operation together.
    Operation,
    /// A field of the query language. A span with several values of it counts for the first.
    Field(Field),
}

impl Grouping {
    /// From its name: `operation` is service and operation, `name` the operation alone, all others as in queries
    /// (`service`, `kind`, `http.route`, `resource.host.name`).
    pub fn parse(name: &str) -> Self {
        match name {
            "operation" => Grouping::Operation,
            name => Grouping::Field(Field::parse(name)),
        }
    }

    /// Whether it can be computed before attributes are searchable.
    pub fn is_of_outline(&self) -> bool {
        match self {
            Grouping::Operation => true,
            Grouping::Field(field) => field.is_of_outline(),
        }
    }

    /// The query that finds the spans of the group with this label; `None` is the group without the field.
    pub fn query(&self, label: Option<(&str, Option<&str>)>) -> String {
        let equals = |field: &Field, value: &str| {
            query::equals(field, value, matches!(field.class(), FieldType::Text))
        };
        match (self, label) {
            (Grouping::Operation, label) => {
                let (service, operation) = label.unwrap_or_default();
                let (of_service, of_name) =
                    (Field::Builtin(BuiltinField::Service), Field::Builtin(BuiltinField::Operation));
                let operation = equals(&of_name, operation.unwrap_or_default());
                format!("{} and {operation}", equals(&of_service, service))
            }
            (Grouping::Field(field), Some((value, _))) => equals(field, value),
            (Grouping::Field(Field::Builtin(BuiltinField::Error)), None) => {
                "not error in (own, below)".to_owned()
            }
            (Grouping::Field(field), None) => format!("not has({field})"),
        }
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grouping::Operation => f.write_str("operation"),
            Grouping::Field(Field::Builtin(BuiltinField::Operation)) => f.write_str("name"),
            Grouping::Field(field) => field.fmt(f),
        }
    }
}

/// A query that finds what both `find` (a query, or Jaeger's words) and `query` find. Words with excluded keys cannot
/// be part of a query; then it is `query` alone.
pub fn restricted(find: &str, query: &str) -> String {
    let find = match query::read(find) {
        _ if find.trim().is_empty() => return query.to_owned(),
        Ok(SearchText::Query(_)) => find.to_owned(),
        Ok(SearchText::Words(words)) if words.except.is_empty() && !words.wanted.is_empty() => {
            let quoted: Vec<String> = words.wanted.iter().map(|word| query::quoted(word)).collect();
            quoted.join(" or ")
        }
        _ => return query.to_owned(),
    };
    format!("({find}) and {query}")
}

/// The group of every span.
pub(super) struct Keys<'a> {
    trace: &'a Trace,
    /// By span; [`LEFT_OUT`] for spans that are not counted.
    pub(super) number: Vec<u32>,
    labels: Labels,
}

enum Labels {
    /// Service and operation of each group.
    Pairs(Vec<(StrIx, StrIx)>),
    /// Group 0 has no value, the others are the texts of a column, counted from 1.
    Column(Column),
}

impl<'a> Keys<'a> {
    /// Groups the spans of `within`, or all. Fails with the number of spans whose attributes cannot be searched yet.
    pub(super) fn of(trace: &'a Trace, grouping: &Grouping, within: Option<&SpanSet>) -> Result<Self, u32> {
        let outline = trace.outline();
        let (mut number, labels): (Vec<u32>, Labels) = match grouping {
            Grouping::Operation => {
                let (mut known, mut pairs) = (FxHashMap::default(), Vec::new());
                let pair_of = |pair: (&StrIx, &StrIx)| {
                    let pair = (*pair.0, *pair.1);
                    *known.entry(pair).or_insert_with(|| {
                        pairs.push(pair);
                        pairs.len() as u32 - 1
                    })
                };
                let number = outline.service.iter().zip(&outline.name).map(pair_of).collect();
                (number, Labels::Pairs(pairs))
            }
            Grouping::Field(field) => {
                let column = query::column(trace, field);
                if column.unsearched > 0 {
                    return Err(column.unsearched);
                }
                let number_of = |span| column.number_of(span).map_or(0, |number| number + 1);
                ((0..outline.len() as SpanIx).map(number_of).collect(), Labels::Column(column))
            }
        };
        if let Some(within) = within {
            leave_out(&mut number, |span| !within.contains(span));
        }
        Ok(Keys { trace, number, labels })
    }

    /// Number of groups; some may have no spans.
    pub(super) fn len(&self) -> usize {
        match &self.labels {
            Labels::Pairs(pairs) => pairs.len(),
            Labels::Column(column) => column.len() + 1,
        }
    }

    pub(super) fn texts_per_label(&self) -> u8 {
        match self.labels {
            Labels::Pairs(_) => 2,
            Labels::Column(_) => 1,
        }
    }

    pub(super) fn is_absent(&self, group: u32) -> bool {
        matches!(self.labels, Labels::Column(_)) && group == 0
    }

    pub(super) fn label(&self, group: u32) -> (&str, Option<&str>) {
        match &self.labels {
            Labels::Pairs(pairs) => {
                let strings = &self.trace.outline().strings;
                let pair = pairs.get(group as usize).copied().unwrap_or_default();
                (strings.get(pair.0), Some(strings.get(pair.1)))
            }
            Labels::Column(column) => (group.checked_sub(1).map_or("", |number| column.text(number)), None),
        }
    }

    /// The spans of the group with this label; `None` is the group without the field.
    pub(super) fn members(&self, label: Option<(&str, Option<&str>)>) -> SpanSet {
        let mut members = SpanSet::none(self.number.len());
        let is_meant = |group: &u32| match label {
            Some(label) => !self.is_absent(*group) && self.label(*group) == label,
            None => self.is_absent(*group),
        };
        let Some(group) = (0..self.len() as u32).find(is_meant) else { return members };
        let of_group = self.number.iter().enumerate().filter(|(_, number)| **number == group);
        of_group.for_each(|(span, _)| members.insert(span as SpanIx));
        members
    }

    /// Counts only the spans of `members`.
    pub(super) fn retain(&mut self, members: &SpanSet) {
        leave_out(&mut self.number, |span| !members.contains(span));
    }
}

fn leave_out(number: &mut [u32], is_out: impl Fn(SpanIx) -> bool) {
    let out = number.iter_mut().enumerate().filter(|(span, _)| is_out(*span as SpanIx));
    out.for_each(|(_, number)| *number = LEFT_OUT);
}
