//! A change selected by the user, and its effect on duration and critical path.

use super::{Change, simulate};
use crate::analysis::critical_path::CriticalPath;
use crate::model::{Outline, SpanIx, StrIx};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Maximum number of operations to compare.
const OPERATIONS: usize = 12;
/// Number of slices of a trace's duration for [`ScenarioPath::parts`].
const PARTS: u64 = 800;

/// Type of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScenarioChange {
    /// Speed-up in hundredths: 200 halves the duration.
    Faster(u32),
    /// See [`Change::Gone`].
    Gone,
    /// See [`Change::Cached`].
    Cached,
    /// See [`Change::Parallel`].
    Parallel,
}

/// The spans to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScenarioSpans {
    /// These.
    Listed(Vec<SpanIx>),
    /// All with the service and operation of this one.
    Operation(SpanIx),
    /// Those of the same operation that have the same parent.
    Siblings(SpanIx),
}

/// A change selected by the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// What.
    pub change: ScenarioChange,
    /// For which spans.
    pub spans: ScenarioSpans,
}

/// The critical path of a trace, to be drawn and compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioPath {
    /// The trace's duration, nanoseconds.
    pub duration: u64,
    /// Which service the path is in: start, end and the number of the service's name. Ascending; divided into
    /// 800 parts of the duration of the trace as it is, each of the service that it is in longest.
    pub parts: Vec<(u64, u64, StrIx)>,
}

/// Critical time of an operation before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioOperation {
    /// Service, a number of a string of the outline.
    pub service: StrIx,
    /// Operation, likewise.
    pub name: StrIx,
    /// On the critical path of the trace as it is, nanoseconds.
    pub was: u64,
    /// On that of the simulated trace.
    pub is: u64,
}

/// What a trace would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioResult {
    /// How many spans the change names.
    pub spans: u32,
    /// The trace as it is.
    pub was: ScenarioPath,
    /// The simulated trace.
    pub is: ScenarioPath,
    /// Operations, those whose critical time differs most first; at most 12.
    pub operations: Vec<ScenarioOperation>,
    /// How many more are on either path.
    pub more_operations: u32,
}

impl ScenarioSpans {
    /// The spans, ascending where they are not listed.
    pub fn resolve(&self, outline: &Outline) -> Vec<SpanIx> {
        let n = outline.len() as SpanIx;
        let same = |one: SpanIx| {
            move |other: &SpanIx| {
                let (one, other) = (one as usize, *other as usize);
                outline.service[one] == outline.service[other] && outline.name[one] == outline.name[other]
            }
        };
        match self {
            ScenarioSpans::Listed(spans) => spans.iter().copied().filter(|span| *span < n).collect(),
            ScenarioSpans::Operation(span) if *span < n => (0..n).filter(same(*span)).collect(),
            ScenarioSpans::Siblings(span) if *span < n => match outline.parent_of(*span) {
                Some(parent) => outline.children(parent).filter(same(*span)).collect(),
                None => vec![*span],
            },
            ScenarioSpans::Operation(_) | ScenarioSpans::Siblings(_) => Vec::new(),
        }
    }
}

impl Scenario {
    /// The change, for [`simulate`].
    pub fn change(&self, outline: &Outline) -> Change {
        let spans = self.spans.resolve(outline);
        match self.change {
            ScenarioChange::Faster(hundredths) => {
                Change::Faster { spans, factor: f64::from(hundredths) / 100.0 }
            }
            ScenarioChange::Gone => Change::Gone { spans },
            ScenarioChange::Cached => Change::Cached { spans },
            ScenarioChange::Parallel => Change::Parallel { spans },
        }
    }
}

/// Simulates a trace with a change and compares both critical paths.
#[inline(never)]
pub fn compare(outline: &Outline, scenario: &Scenario) -> ScenarioResult {
    let change = scenario.change(outline);
    let spans = change.spans().len() as u32;
    let simulated = simulate(outline, &[change]).outline(outline);
    let (was, is) = (CriticalPath::of(outline), CriticalPath::of(&simulated));
    let mut times: FxHashMap<(StrIx, StrIx), (u64, u64)> = FxHashMap::default();
    for (path, is_new) in [(&was, false), (&is, true)] {
        for segment in &path.segments {
            let span = segment.span as usize;
            let time = times.entry((outline.service[span], outline.name[span])).or_default();
            *(if is_new { &mut time.1 } else { &mut time.0 }) += segment.end - segment.start;
        }
    }
    let mut operations: Vec<ScenarioOperation> = times
        .into_iter()
        .map(|((service, name), (was, is))| ScenarioOperation { service, name, was, is })
        .collect();
    operations.sort_unstable_by_key(|one| {
        (std::cmp::Reverse((one.was.abs_diff(one.is), one.was.max(one.is))), one.service, one.name)
    });
    let more_operations = operations.len().saturating_sub(OPERATIONS) as u32;
    operations.truncate(OPERATIONS);
    let unit = outline.duration.max(simulated.duration).div_ceil(PARTS).max(1);
    ScenarioResult {
        spans,
        was: ScenarioPath { duration: outline.duration, parts: parts(outline, &was, unit) },
        is: ScenarioPath { duration: simulated.duration, parts: parts(outline, &is, unit) },
        operations,
        more_operations,
    }
}

/// The services of a path in steps of `unit` nanoseconds. Segments are ascending and disjoint.
fn parts(outline: &Outline, path: &CriticalPath, unit: u64) -> Vec<(u64, u64, StrIx)> {
    let mut parts: Vec<(u64, u64, StrIx)> = Vec::new();
    let mut in_step: FxHashMap<StrIx, u64> = FxHashMap::default();
    let mut step = 0;
    let mut finish = |step: u64, in_step: &mut FxHashMap<StrIx, u64>| {
        let Some((service, _)) = in_step.drain().max_by_key(|(service, time)| (*time, *service)) else {
            return;
        };
        let (start, end) = (step * unit, (step + 1) * unit);
        match parts.last_mut().filter(|last| last.1 == start && last.2 == service) {
            Some(last) => last.1 = end,
            None => parts.push((start, end, service)),
        }
    };
    for segment in &path.segments {
        let service = outline.service[segment.span as usize];
        let mut start = segment.start;
        while start < segment.end {
            if start / unit != step {
                finish(step, &mut in_step);
                step = start / unit;
            }
            let end = segment.end.min((step + 1).saturating_mul(unit));
            *in_step.entry(service).or_default() += end - start;
            start = end;
        }
    }
    finish(step, &mut in_step);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COLUMN, trace};

    const DRAWING: &str = "
        shop: order     [==================]
          shop: price    [=======]
          shop: price             [====]
          stock: last                  [===]
    ";

    fn compared(change: ScenarioChange, spans: ScenarioSpans) -> (ScenarioResult, Vec<(String, u64, u64)>) {
        let trace = trace(DRAWING);
        let outline = trace.outline();
        let result = compare(outline, &Scenario { change, spans });
        let name = |one: &ScenarioOperation| outline.strings.get(one.name).to_owned();
        let times =
            result.operations.iter().map(|one| (name(one), one.was / COLUMN, one.is / COLUMN)).collect();
        (result, times)
    }

    #[test]
    fn durations_and_critical_times_are_compared() {
        let (result, times) = compared(ScenarioChange::Faster(200), ScenarioSpans::Operation(1));
        assert_eq!(result.spans, 2);
        assert_eq!((result.was.duration / COLUMN, result.is.duration / COLUMN), (19, 12));
        assert_eq!(times[0], ("price".to_owned(), 13, 6));
        assert_eq!(result.more_operations, 0);
    }

    #[test]
    fn siblings_are_those_of_one_parent_and_operation() {
        let (result, _) = compared(ScenarioChange::Parallel, ScenarioSpans::Siblings(2));
        assert_eq!((result.spans, result.is.duration / COLUMN), (2, 13));
        let (alone, _) = compared(ScenarioChange::Parallel, ScenarioSpans::Siblings(0));
        assert_eq!((alone.spans, alone.is.duration / COLUMN), (1, 19));
        let (none, _) = compared(ScenarioChange::Gone, ScenarioSpans::Operation(99));
        assert_eq!((none.spans, none.is), (0, none.was));
    }

    #[test]
    fn parts_cover_the_path_and_name_its_services() {
        let trace = trace(DRAWING);
        let outline = trace.outline();
        let gone = Scenario { change: ScenarioChange::Gone, spans: ScenarioSpans::Listed(vec![1]) };
        let result = compare(outline, &gone);
        for path in [&result.was, &result.is] {
            let services: Vec<&str> = path.parts.iter().map(|part| outline.strings.get(part.2)).collect();
            assert_eq!(services, ["shop", "stock"]);
            assert_eq!(path.parts[0].0, 0);
            assert!(path.parts.windows(2).all(|pair| pair[0].1 == pair[1].0));
            let end = path.parts.last().unwrap().1;
            assert!(end.abs_diff(path.duration) <= result.was.duration.div_ceil(PARTS));
        }
    }
}
