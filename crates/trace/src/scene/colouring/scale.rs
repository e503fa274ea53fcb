//! Sequential colour scales: each step is darker (in the dark theme brighter) than the one below, so that the order
//! is visible without distinguishing hues.

use super::{COLOURLESS, Colouring, LegendEntry, SpanColours};
use crate::analysis::critical_path::PathBySpan;
use crate::analysis::query::Column;
use crate::analysis::self_bands::SelfBands;
use crate::model::{Outline, SpanIx};
use std::sync::Arc;

/// Colour index of the lowest step; the others follow.
pub const SCALE: u8 = COLOURLESS + 1;

/// Number of steps.
pub const STEPS: u8 = 6;

/// Starts of the percentile bands, except the lowest.
const PERCENTILES: [u8; STEPS as usize - 1] = [50, 75, 90, 95, 99];

impl Colouring {
    /// By self time.
    pub fn by_self_time(outline: &Outline, bands: &SelfBands) -> Self {
        Self::by_time(outline, bands, "self")
    }

    /// By critical time: time on the critical path, without children.
    pub fn by_critical_time(outline: &Outline, path: &PathBySpan) -> Self {
        Self::by_time(outline, &SelfBands::of_times(&path.times()), "critical_time")
    }

    /// By slack, with the smallest slack at the top of the scale because it matters most.
    pub fn by_slack(outline: &Outline, path: &PathBySpan) -> Self {
        let mut bands = SelfBands::of_times(path.slack());
        let highest = bands.bounds.len() as u8;
        bands.of.iter_mut().for_each(|band| *band = highest - *band);
        let words = |band: usize| in_words(&bands.bounds, usize::from(highest) - band, "slack");
        Self::by_band(outline, &bands, &words)
    }

    fn by_time(outline: &Outline, bands: &SelfBands, field: &str) -> Self {
        Self::by_band(outline, bands, &|band| in_words(&bands.bounds, band, field))
    }

    fn by_band(outline: &Outline, bands: &SelfBands, words: &dyn Fn(usize) -> (String, String)) -> Self {
        let steps = bands.bounds.len() as u8 + 1;
        // The highest band is at the top of the scale, however many there are.
        let lowest = SCALE + STEPS.saturating_sub(steps);
        let slots: Vec<u8> = bands.of.iter().map(|band| lowest + band).collect();
        let legend = counted(&slots, steps, lowest, words);
        Colouring { by: SpanColours::Scale(slots), legend, more: 0 }.with_failed(outline)
    }

    /// By percentile of the duration; `column` is that of the field `percentile`.
    pub fn by_percentile(outline: &Outline, column: &Arc<Column>) -> Self {
        let band_of = |number: u32| {
            let rank: u8 = column.text(number).parse().unwrap_or_default();
            SCALE + PERCENTILES.iter().filter(|bound| **bound <= rank).count() as u8
        };
        let bands: Vec<u8> = (0..column.len() as u32).map(band_of).collect();
        let slot = |span: SpanIx| {
            let number = column.number_of(span).map(|number| number as usize);
            number.and_then(|number| bands.get(number)).copied().unwrap_or(COLOURLESS)
        };
        let slots: Vec<u8> = (0..outline.len() as SpanIx).map(slot).collect();
        let mut legend = counted(&slots, STEPS, SCALE, &|band| {
            let bound = |at: usize| PERCENTILES.get(at);
            match (band.checked_sub(1).and_then(bound), bound(band)) {
                (Some(from), Some(to)) => {
                    (format!("p{from}–p{to}"), format!("percentile >= {from} and percentile < {to}"))
                }
                (Some(from), None) => (format!("≥ p{from}"), format!("percentile >= {from}")),
                (None, to) => {
                    let to = to.copied().unwrap_or_default();
                    (format!("< p{to}"), format!("percentile < {to}"))
                }
            }
        });
        let few = slots.iter().filter(|slot| **slot == COLOURLESS).count();
        if few > 0 {
            let query = "not has(percentile)".to_owned();
            legend.push(LegendEntry {
                colour: COLOURLESS,
                words: "too few to say".into(),
                spans: few,
                query,
            });
        }
        Colouring { by: SpanColours::Scale(slots), legend, more: 0 }.with_failed(outline)
    }
}

/// Text of a band, and a query for its spans.
fn in_words(bounds: &[u64], band: usize, field: &str) -> (String, String) {
    let bound = |at: usize| bounds.get(at).map(|bound| round(*bound));
    match (band.checked_sub(1).and_then(bound), bound(band)) {
        (Some((from, unit)), Some((to, same))) if unit == same => {
            (format!("{from}–{to} {unit}"), format!("{field} >= {from}{unit} and {field} < {to}{unit}"))
        }
        (Some((from, lower)), Some((to, unit))) => (
            format!("{from} {lower}–{to} {unit}"),
            format!("{field} >= {from}{lower} and {field} < {to}{unit}"),
        ),
        (Some((from, unit)), None) => (format!("≥ {from} {unit}"), format!("{field} >= {from}{unit}")),
        (None, Some((to, unit))) => (format!("< {to} {unit}"), format!("{field} < {to}{unit}")),
        // All times are zero.
        (None, None) => ("0 ns".to_owned(), format!("{field} = 0ns")),
    }
}

/// Legend entries of the steps from `lowest` upwards that any span has, highest first; `entry` returns text and query.
fn counted(
    slots: &[u8],
    steps: u8,
    lowest: u8,
    entry: &dyn Fn(usize) -> (String, String),
) -> Vec<LegendEntry> {
    let mut counts = [0; STEPS as usize];
    for slot in slots {
        if let Some(count) = slot.checked_sub(lowest).and_then(|step| counts.get_mut(usize::from(step))) {
            *count += 1;
        }
    }
    let mut legend = Vec::new();
    for step in (0..steps.min(STEPS)).rev().filter(|step| counts[usize::from(*step)] > 0) {
        let (words, query) = entry(usize::from(step));
        legend.push(LegendEntry { colour: lowest + step, words, spans: counts[usize::from(step)], query });
    }
    legend
}

/// A bound in the largest unit in which it is an integer; seconds may be large.
fn round(bound: u64) -> (u64, &'static str) {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    units
        .into_iter()
        .find(|(unit, _)| bound >= *unit)
        .map_or((bound, "ns"), |(unit, name)| (bound / unit, name))
}

#[cfg(test)]
mod tests;
