//! The order in which groups are listed, and which of them.

use super::{Figure, Statistics};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What groups are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticsSort {
    /// A figure; `None` for the label.
    pub by: Option<Figure>,
    /// Greatest first.
    pub descending: bool,
}

impl Default for StatisticsSort {
    /// The greatest total first.
    fn default() -> Self {
        StatisticsSort { by: Some(Figure::Total), descending: true }
    }
}

/// The groups whose label contains `filter` (in any case), sorted. Equal ones are in the order of their labels; spans
/// without the field come last where labels are sorted.
pub fn order(statistics: &Statistics, sort: StatisticsSort, filter: &str) -> Vec<u32> {
    let filter = filter.trim().to_lowercase();
    let is_wanted = |group: &u32| {
        let (first, second) = statistics.label(*group as usize);
        let has = |text: &str| text.to_lowercase().contains(&filter);
        filter.is_empty() || has(first) || second.is_some_and(has)
    };
    let mut groups: Vec<u32> = (0..statistics.len() as u32).filter(is_wanted).collect();
    let label = |group: u32| (statistics.is_absent(group as usize), statistics.label(group as usize));
    let value = |group: u32, figure: Figure| statistics.figure(group as usize, figure);
    groups.sort_unstable_by(|one, other| compare(sort, *one, *other, &value, &label));
    groups
}

/// A label as it is sorted: spans without the field come last.
pub(super) type SortedLabel<'a> = (bool, (&'a str, Option<&'a str>));

/// Compares two groups by their values and labels.
pub(super) fn compare<'a>(
    sort: StatisticsSort,
    one: u32,
    other: u32,
    value: &impl Fn(u32, Figure) -> f64,
    label: &impl Fn(u32) -> SortedLabel<'a>,
) -> Ordering {
    let ((one_absent, one_label), (other_absent, other_label)) = (label(one), label(other));
    let by_value = match sort.by {
        Some(figure) => value(one, figure).total_cmp(&value(other, figure)),
        None => one_absent.cmp(&other_absent),
    };
    let by_label = one_absent.cmp(&other_absent).then(one_label.cmp(&other_label));
    match sort.by {
        Some(_) if sort.descending => by_value.reverse().then(by_label),
        None if sort.descending => by_value.then(other_label.cmp(&one_label)),
        _ => by_value.then(by_label),
    }
}
