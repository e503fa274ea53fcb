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
    let values: Vec<f64> = match sort.by {
        Some(figure) => (0..statistics.len()).map(|group| statistics.figure(group, figure)).collect(),
        None => Vec::new(),
    };
    let value = |group: u32, _: Figure| values[group as usize];
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
    // Most groups differ in their values, and labels take longer to compare.
    let by_label = || label(one).cmp(&label(other));
    match sort.by {
        Some(figure) => {
            let by_value = value(one, figure).total_cmp(&value(other, figure));
            if sort.descending { by_value.reverse() } else { by_value }.then_with(by_label)
        }
        None if sort.descending => {
            let ((one_absent, one_label), (other_absent, other_label)) = (label(one), label(other));
            one_absent.cmp(&other_absent).then_with(|| other_label.cmp(&one_label))
        }
        None => by_label(),
    }
}
