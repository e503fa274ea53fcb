//! Colours that say how much: from little to much on one scale, of which every step is darker, or in the dark brighter,
//! than the one below it, so that the order is seen without telling hues apart.

use super::{By, COLOURLESS, Colouring, Meaning};
use crate::analysis::critical_path::PathBySpan;
use crate::analysis::query::Column;
use crate::analysis::self_bands::SelfBands;
use crate::model::{Outline, SpanIx};
use std::sync::Arc;

/// Colour index of the lowest step of the scale; the others follow.
pub const SCALE: u8 = COLOURLESS + 1;

/// Steps of the scale.
pub const STEPS: u8 = 6;

/// Where the bands of percentiles start, but for the lowest.
const PERCENTILES: [u8; STEPS as usize - 1] = [50, 75, 90, 95, 99];

impl Colouring {
    /// By self time.
    pub fn by_self_time(outline: &Outline, bands: &SelfBands) -> Self {
        Self::by_time(outline, bands, "self")
    }

    /// By critical time: the time that the critical path spends in each span itself.
    pub fn by_critical_time(outline: &Outline, path: &PathBySpan) -> Self {
        Self::by_time(outline, &SelfBands::of_times(&path.times()), "critical_time")
    }

    /// By slack. What has least is on top of the scale: it matters most.
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
        // What is most is on top of the scale, however many bands there are.
        let lowest = SCALE + STEPS.saturating_sub(steps);
        let slots: Vec<u8> = bands.of.iter().map(|band| lowest + band).collect();
        let meanings = counted(&slots, steps, lowest, words);
        Colouring { by: By::Scale(slots), meanings, more: 0 }.with_failed(outline)
    }

    /// By the percentile of the duration; `column` is that of the query's field.
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
        let mut meanings = counted(&slots, STEPS, SCALE, &|band| {
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
            meanings.push(Meaning { colour: COLOURLESS, words: "too few to say".into(), spans: few, query });
        }
        Colouring { by: By::Scale(slots), meanings, more: 0 }.with_failed(outline)
    }
}

/// The words for a band between these bounds, and the query that finds its spans by a field.
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
        // Nothing takes any time.
        (None, None) => ("0 ns".to_owned(), format!("{field} = 0ns")),
    }
}

/// The meanings of so many steps from `lowest` upwards that any span has, the highest first; `told` gives words and query.
fn counted(slots: &[u8], steps: u8, lowest: u8, told: &dyn Fn(usize) -> (String, String)) -> Vec<Meaning> {
    let mut counts = [0; STEPS as usize];
    for slot in slots {
        if let Some(count) = slot.checked_sub(lowest).and_then(|step| counts.get_mut(usize::from(step))) {
            *count += 1;
        }
    }
    let mut meanings = Vec::new();
    for step in (0..steps.min(STEPS)).rev().filter(|step| counts[usize::from(*step)] > 0) {
        let (words, query) = told(usize::from(step));
        meanings.push(Meaning { colour: lowest + step, words, spans: counts[usize::from(step)], query });
    }
    meanings
}

/// A bound of a band in the largest unit that keeps it whole; of seconds any number.
fn round(bound: u64) -> (u64, &'static str) {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    units
        .into_iter()
        .find(|(unit, _)| bound >= *unit)
        .map_or((bound, "ns"), |(unit, name)| (bound / unit, name))
}

#[cfg(test)]
mod tests;
