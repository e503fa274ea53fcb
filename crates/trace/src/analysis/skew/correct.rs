//! Applies estimated clock offsets to a trace.

use super::{Clocks, clocks};
use crate::model::{Flags, Outline, SpanIx};
use std::sync::Arc;

/// Corrects a trace's times incrementally, so that the page can yield between steps.
///
/// Spans keep their indices, even if siblings no longer start in that order. [`Outline::start_unix`] may change,
/// because the trace starts with its first span. Flags for spans outside their parent and for clock skew are set
/// again.
#[derive(Debug)]
pub struct Correction {
    sent: Arc<Outline>,
    new: Outline,
    /// Offsets by index of the service's name, nanoseconds.
    by_service: Vec<i128>,
    /// The first corrected start, relative to the original start of the trace.
    first: i128,
    pass: Pass,
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    First,
    Times,
    Flags,
    Done,
}

impl Correction {
    /// Starts the correction of a trace.
    pub fn new(sent: Arc<Outline>, clocks: &Clocks) -> Self {
        let mut by_service = vec![0i128; sent.strings.len()];
        for (service, offset) in &clocks.by_service {
            if let Some(slot) = by_service.get_mut(*service as usize) {
                *slot = i128::from(*offset);
            }
        }
        let new = Outline { duration: 0, ..Outline::clone(&sent) };
        Correction { sent, new, by_service, first: i128::MAX, pass: Pass::First, next: 0 }
    }

    /// Corrects `spans` more spans. Returns whether all are done.
    pub fn advance(&mut self, spans: usize) -> bool {
        let end = self.next.saturating_add(spans).min(self.sent.len());
        for span in self.next..end {
            match self.pass {
                Pass::First => {
                    self.first = self.first.min(i128::from(self.sent.start[span]) - self.offset(span));
                }
                Pass::Times => self.move_times(span),
                Pass::Flags => self.set_flags(span),
                Pass::Done => {}
            }
        }
        self.next = end;
        if end == self.sent.len() {
            self.next = 0;
            self.pass = match self.pass {
                Pass::First => Pass::Times,
                Pass::Times => Pass::Flags,
                Pass::Flags | Pass::Done => Pass::Done,
            };
        }
        self.pass == Pass::Done
    }

    /// The corrected trace.
    pub fn finish(mut self) -> Arc<Outline> {
        while !self.advance(usize::MAX) {}
        let first = if self.sent.is_empty() { 0 } else { self.first };
        let start = i128::from(self.sent.start_unix) + first;
        self.new.start_unix = start.clamp(0, i128::from(u64::MAX)) as u64;
        Arc::new(self.new)
    }

    fn offset(&self, span: usize) -> i128 {
        self.by_service.get(self.sent.service[span] as usize).copied().unwrap_or_default()
    }

    fn move_times(&mut self, span: usize) {
        let by = self.offset(span) + self.first;
        let moved = |time: u64| (i128::from(time) - by).clamp(0, i128::from(u64::MAX)) as u64;
        self.new.start[span] = moved(self.sent.start[span]);
        self.new.end[span] = moved(self.sent.end[span]);
        self.new.duration = self.new.duration.max(self.new.end[span]);
        for event in self.sent.event_start[span] as usize..self.sent.event_start[span + 1] as usize {
            self.new.event_time[event] = moved(self.sent.event_time[event]);
        }
    }

    fn set_flags(&mut self, span: usize) {
        let new = &mut self.new;
        let Some(parent) = new.parent_of(span as SpanIx).map(|parent| parent as usize) else { return };
        let starts_early = new.start[span] < new.start[parent];
        new.flags[span] = Flags(new.flags[span].0 & !(Flags::OUTSIDE_PARENT.0 | Flags::CLOCK_SKEW.0));
        if starts_early || new.end[span] > new.end[parent] {
            new.flags[span].set(Flags::OUTSIDE_PARENT);
        }
        if starts_early && new.service[span] != new.service[parent] {
            new.flags[span].set(Flags::CLOCK_SKEW);
        }
    }
}

/// The corrected trace, and the clocks that were corrected; `None` if no offset exceeds `tolerance`.
pub fn corrected(outline: &Arc<Outline>, tolerance: u64) -> Option<(Arc<Outline>, Clocks)> {
    let clocks = clocks(outline, tolerance);
    let correction = (!clocks.by_service.is_empty()).then(|| Correction::new(outline.clone(), &clocks))?;
    Some((correction.finish(), clocks))
}
