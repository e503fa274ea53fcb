//! What is marked on a bar: events, gaps, and where a span leaves its parent's time.

use super::{Extent, Stretch, Viewport, place};
use crate::analysis::gaps::gaps;
use crate::analysis::waiting::Waits;
use crate::model::{Kind, Outline, SpanIx};
use crate::units::Kept;

/// Remembers the gaps of the spans that were on screen. Belongs to one outline.
#[derive(Debug, Default)]
pub(super) struct GapsKept(Kept<Vec<(u64, u64)>>);

/// How many spans are remembered before all are forgotten.
const MOST: usize = 1 << 14;

impl GapsKept {
    /// The gaps of `span`, whose waits are `waits`.
    pub fn of(&mut self, outline: &Outline, span: SpanIx, waits: &Waits) -> &[(u64, u64)] {
        if self.0.len() > MOST {
            self.0.clear();
        }
        self.0.of(u64::from(span), || gaps(outline, span, waits))
    }
}

/// The ticks of a span's events, at most one a pixel.
pub(super) fn ticks(outline: &Outline, view: &Viewport, span: SpanIx, row: u32, into: &mut Vec<(u32, f32)>) {
    let scale = &view.scale;
    let mut last = -1.0;
    for &time in outline.events_of(span) {
        if time < scale.begin || time > scale.end {
            continue;
        }
        let x = scale.x_of(time).round().min(scale.width.floor() - 1.0);
        if x != last {
            into.push((row, x as f32));
            last = x;
        }
    }
}

/// The times of `span` before its parent began and after it ended. Who takes a message is meant to outlive who
/// sent it, so that is none.
pub(super) fn overruns(outline: &Outline, span: SpanIx) -> [Option<(u64, u64)>; 2] {
    let at = span as usize;
    let Some(parent) = outline.parent_of(span).map(|parent| parent as usize) else { return [None; 2] };
    if outline.kind[at] == Kind::Consumer || outline.kind[parent] == Kind::Producer {
        return [None; 2];
    }
    let (begin, end) = (outline.begin[at], outline.end[at]);
    let before = (begin, end.min(outline.begin[parent]));
    let after = (begin.max(outline.end[parent]), end);
    [before, after].map(|stretch| Some(stretch).filter(|(from, to)| from < to))
}

/// A stretch of time as a stretch of a row, where it is on screen.
pub(super) fn stretch(view: &Viewport, times: (u64, u64), row: u32) -> Option<Stretch> {
    match place(view, times, times.1) {
        Extent::Within(x0, x1) => Some((row, x0 as f32, x1 as f32)),
        _ => None,
    }
}
