//! Statistics of spans grouped by service, operation, or any field of the query language: counts, durations, errors.
//!
//! All durations are in nanoseconds. Of a group:
//!
//! * **total** is the sum of its spans' durations. Spans that run at the same time, or within each other, each count in
//!   full, so a total may exceed the trace's duration.
//! * **self time** is the sum of the time in which a span had no child at work. Over all groups it adds up to the self
//!   time of all spans.
//! * **critical time** is the part of the critical path on its spans. Over all groups it adds up to the critical path.
//! * **share** is the part of the trace's duration in which at least one span of the group was running. Spans in parallel
//!   count once: a share never exceeds 100 %, but shares of different groups overlap and do not add up to it.
//! * **p50, p90, p95, p99** are exact percentiles of the durations by nearest rank: the least duration that so many per
//!   cent of the spans do not exceed. They are always the duration of one of the spans.
//! * **error rate** is the part of the spans that have an error of their own.

mod csv;
mod figures;
mod grouping;
mod order;

pub use csv::csv;
pub use figures::Figure;
pub use grouping::{Grouping, restricted};
pub use order::{StatisticsSort, order};

use super::critical_path::CriticalPath;
use crate::model::{SpanSet, Trace};
use figures::{WIDTH, figures};
use grouping::{Keys, LEFT_OUT};
use serde::{Deserialize, Serialize};

/// Maximum number of groups that are returned, those with the greatest totals.
pub const MOST_GROUPS: usize = 200_000;

/// Groups of spans with their figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Duration of the trace, to which shares refer.
    pub trace_duration: u64,
    /// Groups that are left out because there are more than [`MOST_GROUPS`].
    pub left_out: u32,
    /// Spans whose attributes cannot be searched yet. As long as there are any there are no groups: ask again.
    pub unsearched: u32,
    /// Texts of a label: 1, or 2 for service and operation.
    texts_per_label: u8,
    texts: String,
    #[serde(with = "crate::units::number_bytes")]
    ends: Vec<u32>,
    /// The group of the spans that do not have the field.
    absent: Option<u32>,
    /// Row by row, [`WIDTH`] numbers each; the last row is that of all spans together.
    #[serde(with = "crate::units::number_bytes")]
    numbers: Vec<u64>,
}

impl Statistics {
    /// Number of groups.
    pub fn len(&self) -> usize {
        (self.numbers.len() / WIDTH).saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a group is that of the spans without the field.
    pub fn is_absent(&self, group: usize) -> bool {
        self.absent == Some(group as u32)
    }

    /// What the spans of a group have in common: a value, or service and operation. Empty where they lack the field.
    pub fn label(&self, group: usize) -> (&str, Option<&str>) {
        match self.texts_per_label {
            2 => (self.text(group * 2), Some(self.text(group * 2 + 1))),
            _ => (self.text(group), None),
        }
    }

    fn text(&self, number: usize) -> &str {
        let Some(end) = self.ends.get(number) else { return "" };
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start as usize..*end as usize).unwrap_or_default()
    }

    /// The label as a question names it; `None` for the spans without the field.
    pub fn key(&self, group: usize) -> Option<(&str, Option<&str>)> {
        (!self.is_absent(group)).then(|| self.label(group))
    }

    /// A figure of a group; of all spans together for [`Statistics::len`]. Times in nanoseconds, rates and shares from 0
    /// to 1.
    pub fn figure(&self, group: usize, figure: Figure) -> f64 {
        let row = self.numbers.get(group * WIDTH..(group + 1) * WIDTH);
        row.map_or(0.0, |row| figure.of(row, self.trace_duration))
    }

    /// The least and the greatest value of a figure among the groups; `None` without groups.
    pub fn range(&self, figure: Figure) -> Option<(f64, f64)> {
        let rows = self.numbers.chunks_exact(WIDTH).take(self.len());
        let mut values = rows.map(|row| figure.of(row, self.trace_duration));
        let first = values.next()?;
        Some(values.fold((first, first), |(least, most), value| (least.min(value), most.max(value))))
    }
}

/// The spans of `trace`, of those in `within` where it is given, grouped. `path` is the trace's critical path.
pub fn statistics(
    trace: &Trace,
    path: &CriticalPath,
    grouping: &Grouping,
    within: Option<&SpanSet>,
) -> Statistics {
    match Keys::of(trace, grouping, within) {
        Ok(keys) => of_keys(trace, &keys, &path.time_by_span(trace.outline().len())).0,
        Err(unsearched) => Statistics { unsearched, ..Statistics::default() },
    }
}

/// The spans of one group, named by its label (`None` is the group without the field), grouped by a second field.
pub fn divided(
    trace: &Trace,
    path: &CriticalPath,
    grouping: &Grouping,
    label: Option<(&str, Option<&str>)>,
    then: &Grouping,
    within: Option<&SpanSet>,
) -> Statistics {
    let both = Keys::of(trace, grouping, within)
        .and_then(|first| Ok((first.members(label), Keys::of(trace, then, within)?)));
    match both {
        Ok((members, mut keys)) => {
            keys.retain(&members);
            of_keys(trace, &keys, &path.time_by_span(trace.outline().len())).0
        }
        Err(unsearched) => Statistics { unsearched, ..Statistics::default() },
    }
}

/// The statistics, and for each group its number among the keys.
fn of_keys(trace: &Trace, keys: &Keys<'_>, critical: &[u64]) -> (Statistics, Vec<u32>) {
    let outline = trace.outline();
    let rows = figures(outline, &keys.number, keys.len(), critical);
    let together: Vec<u32> =
        keys.number.iter().map(|number| if *number == LEFT_OUT { LEFT_OUT } else { 0 }).collect();
    let all = figures(outline, &together, 1, critical);
    let row = |group: u32| &rows[group as usize * WIDTH..(group as usize + 1) * WIDTH];
    let is_there = |group: &u32| row(*group)[figures::COUNT] > 0;
    let mut groups: Vec<u32> = (0..keys.len() as u32).filter(is_there).collect();
    groups.sort_unstable_by_key(|group| (std::cmp::Reverse(row(*group)[figures::TOTAL]), *group));
    let mut found = Statistics {
        trace_duration: outline.duration,
        left_out: groups.len().saturating_sub(MOST_GROUPS) as u32,
        texts_per_label: keys.texts_per_label(),
        ..Statistics::default()
    };
    groups.truncate(MOST_GROUPS);
    for (place, group) in groups.iter().enumerate() {
        if keys.is_absent(*group) {
            found.absent = Some(place as u32);
        }
        let (first, second) = keys.label(*group);
        for text in std::iter::once(first).chain(second) {
            found.texts.push_str(text);
            found.ends.push(found.texts.len() as u32);
        }
        found.numbers.extend_from_slice(row(*group));
    }
    found.numbers.extend_from_slice(&all);
    (found, groups)
}

#[cfg(test)]
mod tests;
