//! Columns for tables: spans sorted by a field, and durations as numbers.

use super::column::column;
use super::field::{Field, FieldType};
use super::field_reader::FieldReader;
use super::value::FieldValue;
use crate::model::{SpanIx, SpanSet, Trace};
use serde::{Deserialize, Serialize};

/// A time of each span, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// By span.
    #[serde(with = "crate::units::number_bytes")]
    pub values: Vec<u64>,
}

/// The values of a field of type duration; empty for other fields.
pub fn times(trace: &Trace, field: &Field) -> Times {
    let mut values = Vec::new();
    if field.class() == FieldType::Time {
        values = vec![0; trace.outline().len()];
        FieldReader::of(trace).each(field, &mut |span, value| {
            if let FieldValue::Time(time) = value {
                values[span as usize] = time;
            }
        });
    }
    Times { values }
}

/// The spans of `within`, or all, sorted by their first value of a field. Durations and numbers are compared as such;
/// numeric strings come before others, which are compared case-insensitively. Spans without a value come last in both
/// directions; ties are in the order of the trace. `None` while attributes are not searchable yet.
pub fn span_order(
    trace: &Trace,
    field: &Field,
    descending: bool,
    within: Option<&SpanSet>,
) -> Option<Vec<SpanIx>> {
    let rank = ranks(trace, field)?;
    let is_wanted = |span: &SpanIx| within.is_none_or(|within| within.contains(*span));
    let key = |span: SpanIx| match rank[span as usize] {
        ABSENT => ABSENT,
        rank if descending => ABSENT - 1 - rank,
        rank => rank,
    };
    let mut keyed: Vec<(u64, SpanIx)> =
        (0..rank.len() as SpanIx).filter(is_wanted).map(|span| (key(span), span)).collect();
    drop(rank);
    keyed.sort_unstable();
    Some(keyed.into_iter().map(|(_, span)| span).collect())
}

/// Rank of a span without a value.
const ABSENT: u64 = u64::MAX;

/// A sort key of each span, or [`ABSENT`].
fn ranks(trace: &Trace, field: &Field) -> Option<Vec<u64>> {
    if matches!(field.class(), FieldType::Time | FieldType::Number) {
        if !field.is_of_outline() && trace.unindexed_spans() > 0 {
            return None;
        }
        let mut ranks = vec![ABSENT; trace.outline().len()];
        FieldReader::of(trace).each(field, &mut |span, value| {
            let rank = &mut ranks[span as usize];
            match value {
                FieldValue::Time(time) if *rank == ABSENT => *rank = time.min(ABSENT - 1),
                FieldValue::Int(number) if *rank == ABSENT => *rank = number.max(0) as u64,
                _ => {}
            }
        });
        return Some(ranks);
    }
    let column = column(trace, field);
    if column.unsearched > 0 {
        return None;
    }
    let mut texts: Vec<(Option<f64>, String, u32)> = (0..column.len() as u32)
        .map(|number| {
            let text = column.text(number);
            (text.parse().ok().filter(|number: &f64| number.is_finite()), text.to_lowercase(), number)
        })
        .collect();
    texts.sort_unstable_by(|one, other| {
        let by_number = match (one.0, other.0) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        };
        by_number.then_with(|| one.1.cmp(&other.1)).then_with(|| column.text(one.2).cmp(column.text(other.2)))
    });
    let mut place = vec![0u64; texts.len()];
    for (rank, (_, _, number)) in texts.iter().enumerate() {
        place[*number as usize] = rank as u64;
    }
    let rank = |span| column.number_of(span).map_or(ABSENT, |number| place[number as usize]);
    Some((0..trace.outline().len() as SpanIx).map(rank).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COLUMN, trace};

    fn drawn() -> Trace {
        trace(
            "
            shop: order         [=========]    size=9
              Cart: get           [==]         size=10 zone=b
              bank: pay             [====]     size=big
              cart: get                  [] !  zone=a
            ",
        )
    }

    fn sorted(name: &str, descending: bool) -> Vec<SpanIx> {
        span_order(&drawn(), &Field::parse(name), descending, None).unwrap()
    }

    #[test]
    fn spans_are_sorted_by_any_field_and_those_without_it_come_last() {
        for (name, up, down) in [
            ("duration", [3, 1, 2, 0], [0, 2, 1, 3]),
            ("start", [0, 1, 2, 3], [3, 2, 1, 0]),
            ("self", [3, 0, 1, 2], [2, 1, 0, 3]),
            ("service", [2, 1, 3, 0], [0, 3, 1, 2]),
            ("size", [0, 1, 2, 3], [2, 1, 0, 3]),
            ("zone", [3, 1, 0, 2], [1, 3, 0, 2]),
            ("depth", [0, 1, 2, 3], [1, 2, 3, 0]),
            ("nothing", [0, 1, 2, 3], [0, 1, 2, 3]),
        ] {
            assert_eq!(sorted(name, false), up, "{name}");
            assert_eq!(sorted(name, true), down, "{name}, descending");
        }
    }

    #[test]
    fn only_the_spans_asked_for_are_sorted() {
        let trace = drawn();
        let mut within = SpanSet::none(4);
        [3, 0].into_iter().for_each(|span| within.insert(span));
        let order = span_order(&trace, &Field::parse("duration"), false, Some(&within)).unwrap();
        assert_eq!(order, [3, 0]);
        assert!(span_order(&trace, &Field::parse("id"), true, Some(&SpanSet::none(4))).unwrap().is_empty());
    }

    #[test]
    fn times_are_numbers() {
        let trace = drawn();
        let own = times(&trace, &Field::parse("self")).values;
        assert_eq!(own.iter().map(|time| time / COLUMN).collect::<Vec<_>>(), [2, 3, 5, 1]);
        assert!(times(&trace, &Field::parse("service")).values.is_empty());
    }
}
