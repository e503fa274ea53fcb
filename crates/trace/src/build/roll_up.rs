//! What a span's descendants, its parent and its own fields say of it: subtree ends, errors below, and warnings.

use crate::model::{Flags, NO_SPAN, Outline, StrIx};
use crate::repair::{self, SpanTimes, WarningCount};
use crate::units::duration;
use rustc_hash::FxHashMap;

/// Counts for the warnings of a trace.
#[derive(Default)]
pub(super) struct Counts {
    orphans: WarningCount,
    duplicates: WarningCount,
    cycles: WarningCount,
    no_start: WarningCount,
    ends_early: WarningCount,
    no_service: WarningCount,
    no_id: WarningCount,
    /// Spans whose source says, or whose content shows, that something is wrong with them.
    own: WarningCount,
    /// By service of parent and child: number of spans, and largest delta.
    skew: Vec<((StrIx, StrIx), u32, u64)>,
}

/// Computes subtree ends, errors below and bounds violations in one pass from the back; counts for warnings.
pub(super) fn roll_up(outline: &mut Outline) -> Counts {
    let len = outline.len();
    let mut counts = Counts::default();
    outline.subtree_end = (1..=len as u32).collect();
    for at in (0..len).rev() {
        let parent = outline.parent[at];
        if parent == NO_SPAN {
            continue;
        }
        let parent = parent as usize;
        outline.subtree_end[parent] = outline.subtree_end[parent].max(outline.subtree_end[at]);
        if outline.flags[at].has(Flags::OWN_ERROR) || outline.flags[at].has(Flags::ERROR_BELOW) {
            outline.flags[parent].set(Flags::ERROR_BELOW);
        }
    }
    let mut skews = FxHashMap::default();
    for at in 0..len {
        let mut flags = outline.flags[at];
        let parent = outline.parent[at];
        if parent != NO_SPAN {
            let up = parent as usize;
            if outline.start[at] < outline.start[up] || outline.end[at] > outline.end[up] {
                flags.set(Flags::OUTSIDE_PARENT);
            }
            let time = |at: usize| SpanTimes { start: outline.start[at], end: outline.end[at] };
            if outline.service[at] != outline.service[up]
                && let Some(delta) = repair::skew(time(up), time(at))
            {
                flags.set(Flags::CLOCK_SKEW);
                let pair = (outline.service[up], outline.service[at]);
                let slot = *skews.entry(pair).or_insert_with(|| {
                    counts.skew.push((pair, 0, 0));
                    counts.skew.len() - 1
                });
                counts.skew[slot].1 += 1;
                counts.skew[slot].2 = counts.skew[slot].2.max(delta);
            }
        }
        let id = outline.id[at];
        if flags.has(Flags::WARNED) {
            counts.own.add(|| id.to_string());
        }
        let mut count = |flag: Flags, warning: &mut WarningCount| {
            if flags.has(flag) {
                warning.add(|| id.to_string());
                flags.set(Flags::WARNED);
            }
        };
        count(Flags::ORPHAN, &mut counts.orphans);
        count(Flags::DUPLICATE_ID, &mut counts.duplicates);
        count(Flags::CYCLE, &mut counts.cycles);
        count(Flags::NO_START, &mut counts.no_start);
        count(Flags::ENDS_EARLY, &mut counts.ends_early);
        count(Flags::NO_SERVICE, &mut counts.no_service);
        count(Flags::CLOCK_SKEW, &mut WarningCount::default());
        if id.is_none() {
            counts.no_id.add(|| outline.name_of(at as u32).to_owned());
            flags.set(Flags::WARNED);
        }
        outline.flags[at] = flags;
    }
    counts
}

impl Counts {
    /// The warnings, as sentences.
    pub(super) fn warnings(&self, outline: &Outline) -> Vec<String> {
        let mut warnings: Vec<String> = [
            self.orphans.text(
                "span {} names a parent that is not in the trace; it is shown as a root",
                "{n} spans name a parent that is not in the trace ({} first); they are shown as roots",
            ),
            self.duplicates.text(
                "the id {} occurs twice",
                "{n} spans share their id with another span of the trace ({} first)",
            ),
            self.cycles.text(
                "span {} is among its own ancestors; the loop was cut there",
                "{n} spans are among their own ancestors; the loops were cut there ({} first)",
            ),
            self.no_start.text(
                "span {} has no valid start time; the parent's or the trace's is used",
                "{n} spans have no valid start time ({} first); the parent's or the trace's is used",
            ),
            self.ends_early.text(
                "span {} ends before it starts; shown with zero length",
                "{n} spans end before they start ({} first); shown with zero length",
            ),
            self.no_id.text("span \"{}\" has no id", "{n} spans have no id (\"{}\" first)"),
            self.no_service.text(
                "span {} has no service name; it is shown as unknown-service",
                "{n} spans have no service name ({} first); they are shown as unknown-service",
            ),
            self.own.text(
                "span {} has warnings of its own; its details list them",
                "{n} spans have warnings of their own ({} first); their details list them",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        for ((parent, child), count, delta) in &self.skew {
            let (parent, child) = (outline.strings.get(*parent), outline.strings.get(*child));
            let spans = if *count == 1 { "1 span begins".to_owned() } else { format!("{count} spans begin") };
            warnings.push(format!(
                "the clocks of {parent} and {child} seem to differ: as recorded, {spans} before the parent; \
                 moving by up to {} would place it inside",
                duration(*delta)
            ));
        }
        warnings
    }
}
