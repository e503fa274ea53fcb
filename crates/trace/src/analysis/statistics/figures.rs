//! The figures of every group: one pass over the spans, a sort of the durations of each group, and one of all starts.

use super::grouping::LEFT_OUT;
use crate::analysis::child_coverage::self_times;
use crate::model::{Flags, Outline, SpanIx};

/// Numbers of a row.
pub(super) const WIDTH: usize = 12;

pub(super) const COUNT: usize = 0;
const ERRORS: usize = 1;
pub(super) const TOTAL: usize = 2;
const SELF: usize = 3;
const CRITICAL: usize = 4;
const ACTIVE: usize = 5;
const MIN: usize = 6;
const MAX: usize = 7;
const PERCENTILES: [(usize, usize); 4] = [(8, 50), (9, 90), (10, 95), (11, 99)];

/// A figure of a group. See the module for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Figure {
    /// Number of spans.
    Count,
    /// Sum of the durations.
    Total,
    /// Sum of the self times.
    SelfTime,
    /// Time on the critical path.
    Critical,
    /// Total by count.
    Mean,
    /// Shortest duration.
    Min,
    /// Longest duration.
    Max,
    /// Half of the spans took no longer.
    P50,
    /// 90 % of the spans took no longer.
    P90,
    /// 95 % of the spans took no longer.
    P95,
    /// 99 % of the spans took no longer.
    P99,
    /// Part of the spans that have an error.
    ErrorRate,
    /// Part of the trace's duration in which a span of the group was running.
    Share,
}

impl Figure {
    /// All of them in the order in which they are listed, with their names in addresses and files.
    pub const ALL: [(Figure, &'static str); 13] = [
        (Figure::Count, "count"),
        (Figure::Total, "total"),
        (Figure::SelfTime, "self"),
        (Figure::Critical, "critical"),
        (Figure::Mean, "mean"),
        (Figure::Min, "min"),
        (Figure::Max, "max"),
        (Figure::P50, "p50"),
        (Figure::P90, "p90"),
        (Figure::P95, "p95"),
        (Figure::P99, "p99"),
        (Figure::ErrorRate, "errors"),
        (Figure::Share, "share"),
    ];

    /// Its name in addresses and files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(figure, _)| *figure == self).map_or("", |(_, name)| name)
    }

    /// The figure of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(Self::ALL.iter().find(|(_, known)| *known == name)?.0)
    }

    /// Whether it is a duration in nanoseconds.
    pub fn is_time(self) -> bool {
        !matches!(self, Figure::Count | Figure::ErrorRate | Figure::Share)
    }

    /// Its value in a row.
    pub(super) fn of(self, row: &[u64], trace_duration: u64) -> f64 {
        let by = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let at = match self {
            Figure::Mean => return by(row[TOTAL], row[COUNT]),
            Figure::ErrorRate => return by(row[ERRORS], row[COUNT]),
            Figure::Share => return by(row[ACTIVE], trace_duration),
            Figure::Count => COUNT,
            Figure::Total => TOTAL,
            Figure::SelfTime => SELF,
            Figure::Critical => CRITICAL,
            Figure::Min => MIN,
            Figure::Max => MAX,
            Figure::P50 => PERCENTILES[0].0,
            Figure::P90 => PERCENTILES[1].0,
            Figure::P95 => PERCENTILES[2].0,
            Figure::P99 => PERCENTILES[3].0,
        };
        row[at] as f64
    }
}

/// The rows of `groups` groups, [`WIDTH`] numbers each; a group without spans has zeros. `number` is the group of each
/// span, `critical` its time on the critical path.
pub(super) fn figures(outline: &Outline, number: &[u32], groups: usize, critical: &[u64]) -> Vec<u64> {
    let mut rows = vec![0u64; groups * WIDTH];
    let own = self_times(outline);
    let counted = || number.iter().enumerate().filter(|(_, group)| **group != LEFT_OUT);
    for (span, group) in counted() {
        let row = &mut rows[*group as usize * WIDTH..];
        row[COUNT] += 1;
        row[ERRORS] += u64::from(outline.flags[span].has(Flags::OWN_ERROR));
        row[TOTAL] = row[TOTAL].saturating_add(outline.duration_of(span as SpanIx));
        row[SELF] = row[SELF].saturating_add(own[span]);
        row[CRITICAL] = row[CRITICAL].saturating_add(critical.get(span).copied().unwrap_or(0));
    }
    drop(own);
    // The durations of each group beside each other.
    let mut next = Vec::with_capacity(groups);
    let mut all = 0;
    for row in rows.chunks_exact(WIDTH) {
        next.push(all);
        all += row[COUNT] as usize;
    }
    let mut durations = vec![0u64; all];
    for (span, group) in counted() {
        let place = &mut next[*group as usize];
        durations[*place] = outline.duration_of(span as SpanIx);
        *place += 1;
    }
    let mut rest = durations.as_mut_slice();
    for row in rows.chunks_exact_mut(WIDTH) {
        let (group, others) = std::mem::take(&mut rest).split_at_mut(row[COUNT] as usize);
        rest = others;
        group.sort_unstable();
        if let [first, ..] = group {
            row[MIN] = *first;
            row[MAX] = group[group.len() - 1];
            for (place, percent) in PERCENTILES {
                row[place] = group[(group.len() * percent).div_ceil(100) - 1];
            }
        }
    }
    active(outline, counted().map(|(span, _)| span as SpanIx).collect(), number, &mut rows);
    rows
}

/// Adds how long at least one span of each group was running.
fn active(outline: &Outline, mut spans: Vec<SpanIx>, number: &[u32], rows: &mut [u64]) {
    spans.sort_unstable_by_key(|span| outline.start[*span as usize]);
    // Until when each group is counted.
    let mut until = vec![0u64; rows.len() / WIDTH];
    for span in spans {
        let (group, end) = (number[span as usize] as usize, outline.end[span as usize]);
        let from = outline.start[span as usize].max(until[group]);
        rows[group * WIDTH + ACTIVE] += end.saturating_sub(from);
        until[group] = end.max(until[group]);
    }
}
