//! Maps changes to spans.

use super::{Change, is_asynchronous};
use crate::model::{Outline, SpanIx};
use rustc_hash::FxHashMap;

/// "Not in a group of parallel siblings".
pub(super) const NO_GROUP: u32 = u32::MAX;

/// How a span is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SpanTreatment {
    /// With its own duration, scaled by its factor.
    #[default]
    Kept,
    /// With the duration of a cache hit, without descendants.
    Cached,
    /// With zero duration, without descendants.
    Gone,
    /// Not at all: an ancestor is cached or gone.
    Absent,
}

/// The changes by span.
#[derive(Debug)]
pub(super) struct Plan {
    fate: Vec<SpanTreatment>,
    /// Factors; 0 where no change makes the span faster.
    factor: Vec<f64>,
    /// Groups of parallel siblings; empty where there are none.
    group: Vec<u32>,
    /// How many groups there are.
    pub groups: usize,
}

impl Plan {
    pub(super) fn new(outline: &Outline, changes: &[Change]) -> Self {
        let n = outline.len();
        let mut plan =
            Self { fate: vec![SpanTreatment::Kept; n], factor: vec![0.0; n], group: Vec::new(), groups: 0 };
        for change in changes {
            plan.mark(outline, change);
        }
        plan.hand_down(outline);
        plan
    }

    fn mark(&mut self, outline: &Outline, change: &Change) {
        let mut group_below: FxHashMap<SpanIx, u32> = FxHashMap::default();
        for span in change.spans().iter().map(|span| *span as usize).filter(|span| *span < outline.len()) {
            match change {
                Change::Faster { factor, .. } if factor.is_finite() && *factor > 0.0 => {
                    self.factor[span] = self.factor[span].max(*factor);
                }
                Change::Faster { .. } => {}
                Change::Gone { .. } => self.fate[span] = SpanTreatment::Gone,
                Change::Cached { .. } if self.fate[span] == SpanTreatment::Gone => {}
                Change::Cached { .. } => self.fate[span] = SpanTreatment::Cached,
                Change::Parallel { .. } => {
                    self.group.resize(outline.len(), NO_GROUP);
                    self.group[span] = *group_below.entry(outline.parent[span]).or_insert_with(|| {
                        self.groups += 1;
                        self.groups as u32 - 1
                    });
                }
            }
        }
    }

    /// Descendants of a faster span are faster, too; descendants of an absent one are absent.
    fn hand_down(&mut self, outline: &Outline) {
        for span in 0..outline.len() {
            let Some(parent) = outline.parent_of(span as SpanIx).map(|parent| parent as usize) else {
                continue;
            };
            if self.fate[parent] != SpanTreatment::Kept {
                self.fate[span] = SpanTreatment::Absent;
            }
            if self.factor[parent] > 0.0 && !is_asynchronous(outline, span as SpanIx) {
                self.factor[span] = self.factor[span].max(self.factor[parent]);
            }
        }
    }

    pub(super) fn fate(&self, span: SpanIx) -> SpanTreatment {
        self.fate[span as usize]
    }

    pub(super) fn group(&self, span: SpanIx) -> u32 {
        self.group.get(span as usize).copied().unwrap_or(NO_GROUP)
    }

    /// Scales an interval of a span's own time. Negative ones, from clock skew, are not scaled.
    pub(super) fn scaled(&self, span: SpanIx, time: i128) -> i128 {
        let factor = self.factor[span as usize];
        if factor == 0.0 || factor == 1.0 || time <= 0 {
            return time;
        }
        let scaled = (time as f64 / factor).round() as i128;
        if factor > 1.0 { scaled.min(time) } else { scaled }
    }
}
