//! Evaluates a query as sets of spans.

use super::compare::Comparison;
use super::field::{BuiltinField, Field};
use super::field_reader::FieldReader;
use super::op::Operator;
use super::tree::{Condition, Literal, Query, Relation, Step};
use super::value::FieldValue;
use super::word_search::search_words;
use super::words::FindWords;
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanSet};

/// The spans that match a query.
pub(super) fn run(reader: &FieldReader<'_>, query: &Query) -> SpanSet {
    let none = || SpanSet::none(reader.outline.len());
    let mut sets: Vec<SpanSet> = Vec::new();
    for step in &query.steps {
        let mut set = match step {
            Step::Condition(one) => condition(reader, one),
            _ => sets.pop().unwrap_or_else(none),
        };
        match step {
            Step::Condition(_) => {}
            Step::Not => set.invert(),
            Step::And => set.and(&sets.pop().unwrap_or_else(none)),
            Step::Or => set.or(&sets.pop().unwrap_or_else(none)),
            Step::Related(relation) => set = related(reader.outline, *relation, &set),
        }
        sets.push(set);
    }
    sets.pop().unwrap_or_else(none)
}

pub(super) fn condition(reader: &FieldReader<'_>, condition: &Condition) -> SpanSet {
    let mut set = SpanSet::none(reader.outline.len());
    match condition {
        Condition::Text(text) => return search_words(reader, &FindWords::one(text)),
        Condition::Has(Field::Builtin(BuiltinField::Error)) => return failed(reader.outline, "own"),
        Condition::Has(field) => reader.each(field, &mut |span, value| {
            // A count of 0 is absent; a percentile of 0 is a value.
            let is_any = matches!(field, Field::Key(..) | Field::Builtin(BuiltinField::Percentile));
            let is_none =
                matches!(value, FieldValue::Int(0) | FieldValue::Text("") | FieldValue::Bool(false));
            if is_any || !is_none {
                set.insert(span);
            }
        }),
        Condition::Compare(Field::Builtin(BuiltinField::Error), op, literals) => {
            for Literal { text, .. } in literals {
                set.or(&failed(reader.outline, text));
            }
            if *op == Operator::Differs {
                set.invert();
            }
        }
        Condition::Compare(field, op, literals) => {
            let mut test = Comparison::new(*op, literals);
            reader.each(field, &mut |span, value| {
                if test.holds(value) {
                    set.insert(span);
                }
            });
        }
    }
    set
}

/// Spans that have the error status of this name.
fn failed(outline: &Outline, word: &str) -> SpanSet {
    let flag = if word == "below" { Flags::ERROR_BELOW } else { Flags::OWN_ERROR };
    let mut set = SpanSet::none(outline.len());
    for (span, flags) in outline.flags.iter().enumerate() {
        if flags.has(flag) {
            set.insert(span as SpanIx);
        }
    }
    if word == "false" {
        set.invert();
    }
    set
}

/// Spans with relatives in `set`. Parents precede children, so one pass in either direction is sufficient.
fn related(outline: &Outline, relation: Relation, set: &SpanSet) -> SpanSet {
    let mut found = SpanSet::none(outline.len());
    let pairs = outline.parent.iter().enumerate().filter(|(_, parent)| **parent != NO_SPAN);
    let pairs = pairs.map(|(span, parent)| (span as SpanIx, *parent));
    match relation {
        Relation::Parent => {
            pairs.filter(|(_, parent)| set.contains(*parent)).for_each(|(span, _)| found.insert(span))
        }
        Relation::Child => {
            pairs.filter(|(span, _)| set.contains(*span)).for_each(|(_, parent)| found.insert(parent))
        }
        Relation::Under => {
            for (span, parent) in pairs {
                if set.contains(parent) || found.contains(parent) {
                    found.insert(span);
                }
            }
        }
        Relation::Over => {
            for (span, parent) in pairs.rev() {
                if set.contains(span) || found.contains(span) {
                    found.insert(parent);
                }
            }
        }
    }
    found
}
