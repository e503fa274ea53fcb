//! Running a query: a set of spans for each condition, and sets made of sets.

use super::compare::Test;
use super::facts::Facts;
use super::field::{Field, Known};
use super::op::Op;
use super::said::Said;
use super::seek::seek;
use super::tree::{Condition, Literal, Query, Relation, Step};
use super::words::Words;
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanSet};

/// The spans that are so.
pub(super) fn run(facts: &Facts<'_>, query: &Query) -> SpanSet {
    let none = || SpanSet::none(facts.outline.len());
    let mut sets: Vec<SpanSet> = Vec::new();
    for step in &query.steps {
        let mut set = match step {
            Step::Condition(one) => condition(facts, one),
            _ => sets.pop().unwrap_or_else(none),
        };
        match step {
            Step::Condition(_) => {}
            Step::Not => set.invert(),
            Step::And => set.and(&sets.pop().unwrap_or_else(none)),
            Step::Or => set.or(&sets.pop().unwrap_or_else(none)),
            Step::Related(relation) => set = related(facts.outline, *relation, &set),
        }
        sets.push(set);
    }
    sets.pop().unwrap_or_else(none)
}

fn condition(facts: &Facts<'_>, condition: &Condition) -> SpanSet {
    let mut set = SpanSet::none(facts.outline.len());
    match condition {
        Condition::Text(text) => return seek(facts, &Words::one(text)),
        Condition::Has(Field::Known(Known::Error)) => return failed(facts.outline, "own"),
        Condition::Has(field) => facts.each(field, &mut |span, said| {
            // To have none of something is not to have it; a percentile of 0 is one.
            let is_any = matches!(field, Field::Key(..) | Field::Known(Known::Percentile));
            let is_none = matches!(said, Said::Int(0) | Said::Text("") | Said::Bool(false));
            if is_any || !is_none {
                set.insert(span);
            }
        }),
        Condition::Compare(Field::Known(Known::Error), op, literals) => {
            for Literal { text, .. } in literals {
                set.or(&failed(facts.outline, text));
            }
            if *op == Op::Differs {
                set.invert();
            }
        }
        Condition::Compare(field, op, literals) => {
            let mut test = Test::new(*op, literals);
            facts.each(field, &mut |span, said| {
                if test.holds(said) {
                    set.insert(span);
                }
            });
        }
    }
    set
}

/// Spans that failed in the way of that word.
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

/// Spans with such relatives in `set`. In pre-order a parent comes before its children: one pass, either way.
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
