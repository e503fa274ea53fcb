//! The critical path as a table: how much of it is in which service, operation or span. The rows add up to the trace's
//! duration exactly, and their shares to 100 %.

use super::{CriticalPath, OutsidePath, outside};
use crate::model::{Outline, SpanIx, SpanSet};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Rows of spans at most; the others are one row.
const MOST: usize = 2_000;

/// All of a trace, in the unit of shares.
pub const WHOLE: u32 = 10_000;

/// What the rows of the table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PathGrouping {
    /// A service.
    #[default]
    Service,
    /// An operation of a service.
    Operation,
    /// A span.
    Span,
}

/// The subject of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathRowOf {
    /// A service.
    Service(String),
    /// An operation.
    Operation {
        /// Its service.
        service: String,
        /// Its name.
        operation: String,
    },
    /// A span.
    Span {
        /// The span.
        span: SpanIx,
        /// Its service.
        service: String,
        /// Its operation.
        operation: String,
    },
    /// The spans that have no row of their own.
    Others,
    /// The spans that are filtered out.
    FilteredOut,
    /// The times of the trace at which the path is in no span: before, between and after the roots.
    NoSpan,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRow {
    /// What it is of.
    pub of: PathRowOf,
    /// How many spans of it are on the path.
    pub spans: u32,
    /// Critical time, nanoseconds.
    pub time: u64,
    /// Share of the trace's duration in hundredths of a per cent.
    pub share: u32,
}

/// The table of a trace's critical path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathTable {
    /// Most time first; at last the times in no span, where there are any.
    pub rows: Vec<PathRow>,
    /// The trace's duration, nanoseconds: the sum of all rows.
    pub duration: u64,
    /// The spans that ran while the path is in no span, longest there first; at most [`OutsidePath::MOST`].
    pub outside: Vec<OutsidePath>,
    /// How many there are.
    pub outside_count: u32,
}

impl PathTable {
    /// The table of a path. Spans that are not in `shown` are one row, so that the rows still add up.
    #[inline(never)]
    pub fn of(outline: &Outline, path: &CriticalPath, by: PathGrouping, shown: Option<&SpanSet>) -> Self {
        let times = path.time_by_span(outline.len());
        let mut groups: FxHashMap<(u32, u32), (SpanIx, u32, u64)> = FxHashMap::default();
        let (mut hidden, mut hidden_time) = (0, 0);
        for (span, time) in times.into_iter().enumerate().filter(|(_, time)| *time > 0) {
            if shown.is_some_and(|shown| !shown.contains(span as SpanIx)) {
                hidden += 1;
                hidden_time += time;
                continue;
            }
            let key = match by {
                PathGrouping::Service => (outline.service[span], 0),
                PathGrouping::Operation => (outline.service[span], outline.name[span]),
                PathGrouping::Span => (span as u32, 0),
            };
            let (_, spans, sum) = groups.entry(key).or_insert((span as SpanIx, 0, 0));
            *spans += 1;
            *sum += time;
        }
        let mut groups: Vec<(SpanIx, u32, u64)> = groups.into_values().collect();
        groups.sort_unstable_by_key(|(span, _, time)| (Reverse(*time), *span));
        let others = groups.split_off(groups.len().min(MOST));
        let row = |(span, spans, time): (SpanIx, u32, u64)| {
            let service = outline.service_of(span).to_owned();
            let operation = outline.name_of(span).to_owned();
            let of = match by {
                PathGrouping::Service => PathRowOf::Service(service),
                PathGrouping::Operation => PathRowOf::Operation { service, operation },
                PathGrouping::Span => PathRowOf::Span { span, service, operation },
            };
            PathRow { of, spans, time, share: 0 }
        };
        let mut rows: Vec<PathRow> = groups.into_iter().map(row).collect();
        if !others.is_empty() {
            let spans = others.iter().map(|(_, spans, _)| spans).sum();
            let time = others.iter().map(|(.., time)| time).sum();
            rows.push(PathRow { of: PathRowOf::Others, spans, time, share: 0 });
        }
        if hidden > 0 {
            rows.push(PathRow { of: PathRowOf::FilteredOut, spans: hidden, time: hidden_time, share: 0 });
        }
        let rest = outline.duration.saturating_sub(path.total());
        if rest > 0 {
            rows.push(PathRow { of: PathRowOf::NoSpan, spans: 0, time: rest, share: 0 });
        }
        share(&mut rows, outline.duration);
        let (outside, outside_count) = match rest {
            0 => (Vec::new(), 0),
            _ => outside::outside_path(outline, path),
        };
        PathTable { rows, duration: outline.duration, outside, outside_count }
    }
}

/// Gives each row its share, rounded so that all add up to [`WHOLE`]: down, and up for those with the largest remainders.
fn share(rows: &mut [PathRow], duration: u64) {
    let duration = u128::from(duration.max(1));
    let exact = |row: &PathRow| u128::from(row.time) * u128::from(WHOLE);
    let mut given = 0;
    for row in rows.iter_mut() {
        row.share = (exact(row) / duration) as u32;
        given += row.share;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_unstable_by_key(|at| (Reverse(exact(&rows[*at]) % duration), *at));
    let missing = WHOLE.saturating_sub(given) as usize;
    order.into_iter().take(missing).for_each(|at| rows[at].share += 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::{forest, outlines};
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_add_up_to_the_duration_and_to_a_hundred_per_cent(outline in outlines(80)) {
            let path = CriticalPath::of(&outline);
            for by in [PathGrouping::Service, PathGrouping::Operation, PathGrouping::Span] {
                let table = PathTable::of(&outline, &path, by, None);
                prop_assert_eq!(table.rows.iter().map(|row| row.time).sum::<u64>(), outline.duration);
                if outline.duration > 0 {
                    prop_assert_eq!(table.rows.iter().map(|row| row.share).sum::<u32>(), WHOLE);
                }
                for row in &table.rows {
                    let exact = row.time as f64 / outline.duration as f64 * f64::from(WHOLE);
                    prop_assert!((f64::from(row.share) - exact).abs() < 1.0);
                }
                let spans: u32 = table.rows.iter().map(|row| row.spans).sum();
                prop_assert_eq!(spans, path.spans(outline.len()).count());
            }
        }
    }

    #[test]
    fn rows_are_of_what_they_are_asked_for_most_time_first() {
        let trace = trace(
            "
            gate: GET /      [=========]
              db: select      [==]
              db: select          [==]
            after: late                    [==]
            ",
        );
        let outline = trace.outline();
        let path = CriticalPath::of(outline);
        let rows = |by| -> Vec<(PathRowOf, u32, u64)> {
            let rows = PathTable::of(outline, &path, by, None).rows.into_iter();
            rows.map(|row| (row.of, row.spans, row.time / COLUMN)).collect()
        };
        let service = |name: &str| PathRowOf::Service(name.to_owned());
        assert_eq!(
            rows(PathGrouping::Service),
            [
                (service("db"), 2, 6),
                (service("gate"), 1, 4),
                (service("after"), 1, 3),
                (PathRowOf::NoSpan, 0, 4)
            ]
        );
        let (service, operation) = ("db".to_owned(), "select".to_owned());
        assert_eq!(rows(PathGrouping::Operation)[0], (PathRowOf::Operation { service, operation }, 2, 6));
        let spans = rows(PathGrouping::Span);
        assert_eq!(spans.len(), 5);
        assert!(matches!(spans[0], (PathRowOf::Span { span: 0, .. }, 1, 4)));
    }

    #[test]
    fn the_rarest_of_many_spans_are_one_row() {
        let parents: Vec<Option<SpanIx>> = (0..MOST as u32 + 5).map(|span| span.checked_sub(1)).collect();
        let outline = forest(&parents);
        let table = PathTable::of(&outline, &CriticalPath::of(&outline), PathGrouping::Span, None);
        assert_eq!(table.rows.len(), MOST + 1);
        assert_eq!((&table.rows[MOST].of, table.rows[MOST].spans), (&PathRowOf::Others, 5));
        assert_eq!(table.rows.iter().map(|row| row.time).sum::<u64>(), outline.duration);
    }

    #[test]
    fn a_trace_that_takes_no_time_has_no_rows() {
        let outline = trace("a: one |").outline().clone();
        assert_eq!(
            PathTable::of(&outline, &CriticalPath::of(&outline), PathGrouping::Span, None),
            PathTable::default()
        );
    }

    #[test]
    fn what_is_filtered_out_is_one_row_and_the_sum_stays() {
        let trace = trace(
            "
            web: GET /          [==========]
              auth: check        [==]
              cart: list            [=====]
            ",
        );
        let outline = trace.outline();
        let path = CriticalPath::of(outline);
        let mut shown = SpanSet::none(outline.len());
        shown.insert(2);
        let table = PathTable::of(outline, &path, PathGrouping::Service, Some(&shown));
        let of: Vec<&PathRowOf> = table.rows.iter().map(|row| &row.of).collect();
        assert_eq!(of, [&PathRowOf::Service("cart".to_owned()), &PathRowOf::FilteredOut]);
        assert_eq!(table.rows.iter().map(|row| row.time).sum::<u64>(), table.duration);
        assert_eq!(table.rows.iter().map(|row| row.share).sum::<u32>(), WHOLE);
    }
}
