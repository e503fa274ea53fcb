//! A trace with the estimated offsets of its clocks taken off.

use super::{Clocks, clocks};
use crate::model::{Flags, Outline, SpanIx};
use std::sync::Arc;

/// The trace with the times of each service moved by its estimated offset, and the clocks that were corrected; `None` where
/// none differ by more than `tolerance`.
///
/// Spans keep their indexes, even where siblings no longer start in that order. The trace starts with its first span again,
/// so [`Outline::start_unix`] may change. Flags that say that a span lies outside its parent, or that clocks seem to differ,
/// are set anew.
pub fn corrected(outline: &Outline, tolerance: u64) -> Option<(Arc<Outline>, Clocks)> {
    let clocks = clocks(outline, tolerance);
    if clocks.by_service.is_empty() {
        return None;
    }
    let mut by_service = vec![0i128; outline.strings.len()];
    for (service, offset) in &clocks.by_service {
        if let Some(slot) = by_service.get_mut(*service as usize) {
            *slot = i128::from(*offset);
        }
    }
    let offset_of = |span: usize| by_service.get(outline.service[span] as usize).copied().unwrap_or_default();
    let starts = (0..outline.len()).map(|span| i128::from(outline.start[span]) - offset_of(span));
    let first = starts.min().unwrap_or_default();
    let moved = |span: usize, time: u64| {
        (i128::from(time) - offset_of(span) - first).clamp(0, i128::from(u64::MAX)) as u64
    };
    let mut new = outline.clone();
    new.start_unix = (i128::from(outline.start_unix) + first).clamp(0, i128::from(u64::MAX)) as u64;
    for span in 0..outline.len() {
        new.start[span] = moved(span, outline.start[span]);
        new.end[span] = moved(span, outline.end[span]);
        for event in outline.event_start[span] as usize..outline.event_start[span + 1] as usize {
            new.event_time[event] = moved(span, outline.event_time[event]);
        }
    }
    new.duration = new.end.iter().copied().max().unwrap_or_default();
    for span in 0..outline.len() {
        let Some(parent) = outline.parent_of(span as SpanIx).map(|parent| parent as usize) else { continue };
        let starts_early = new.start[span] < new.start[parent];
        let is_outside = starts_early || new.end[span] > new.end[parent];
        let is_skewed = starts_early && outline.service[span] != outline.service[parent];
        let without = new.flags[span].0 & !(Flags::OUTSIDE_PARENT.0 | Flags::CLOCK_SKEW.0);
        new.flags[span] = Flags(without);
        if is_outside {
            new.flags[span].set(Flags::OUTSIDE_PARENT);
        }
        if is_skewed {
            new.flags[span].set(Flags::CLOCK_SKEW);
        }
    }
    Some((Arc::new(new), clocks))
}
