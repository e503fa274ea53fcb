//! The last step: groups spans by trace, repairs and orders them, and computes the outline.

use super::arrange::Children;
use super::{PendingTrace, SpanHeader, TraceBuilder};
use crate::model::{
    Block, Flags, NO_SPAN, Outline, ParsedTraces, SourceTables, SpanKind, SpanLocation, StrIx, Trace,
};
use crate::repair::{self, NONE, SpanRelation, SpanTimes, WarningCount};
use crate::units::{TraceId, duration};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Service name of spans without one, as in Jaeger UI.
const UNKNOWN_SERVICE: &str = "unknown-service";

pub(super) fn finish(mut builder: TraceBuilder) -> ParsedTraces {
    join(&mut builder);
    let shared = Arc::new(std::mem::take(&mut builder.shared));
    let traces = std::mem::take(&mut builder.traces);
    let rows = rows_by_trace(&builder.spans, &traces);
    let mut source = Assembler {
        builder: &builder,
        shared: &shared,
        names: OutlineStrings::new(builder.names.len()),
        services: OutlineStrings::new(shared.resources.len()),
    };
    let mut rest = rows.as_slice();
    let traces = traces
        .into_iter()
        .map(|gathered| {
            let (mine, others) = rest.split_at(gathered.spans as usize);
            rest = others;
            source.trace(gathered, mine)
        })
        .collect();
    ParsedTraces { traces, warnings: std::mem::take(&mut builder.warnings) }
}

/// Moves the spans of traces that were joined to others; traces without spans are removed.
fn join(builder: &mut TraceBuilder) {
    if builder.joined.is_empty() {
        return;
    }
    let mut number: Vec<u32> = (0..builder.traces.len() as u32).collect();
    for (trace, into) in &builder.joined {
        number[*trace as usize] = *into;
    }
    for seen in &mut builder.spans {
        seen.trace = number[seen.trace as usize];
    }
    let mut traces = std::mem::take(&mut builder.traces);
    for (trace, into) in &builder.joined {
        let from = std::mem::take(&mut traces[*trace as usize]);
        traces[*into as usize].spans += from.spans;
        traces[*into as usize].warnings.extend(from.warnings);
    }
    let gone = |trace: usize| builder.joined.iter().any(|(joined, _)| *joined as usize == trace);
    let mut next = 0;
    for (trace, number) in number.iter_mut().enumerate() {
        *number = next;
        next += u32::from(!gone(trace));
    }
    for seen in &mut builder.spans {
        seen.trace = number[seen.trace as usize];
    }
    builder.traces = traces
        .into_iter()
        .enumerate()
        .filter(|(trace, _)| !gone(*trace))
        .map(|(_, gathered)| gathered)
        .collect();
}

/// Indices of spans grouped by trace, each group in the order of the source.
fn rows_by_trace(spans: &[SpanHeader], traces: &[PendingTrace]) -> Vec<u32> {
    let mut next = Vec::with_capacity(traces.len());
    let mut sum = 0u32;
    for trace in traces {
        next.push(sum);
        sum += trace.spans;
    }
    let mut rows = vec![0u32; spans.len()];
    for (number, seen) in spans.iter().enumerate() {
        let slot = &mut next[seen.trace as usize];
        rows[*slot as usize] = number as u32;
        *slot += 1;
    }
    rows
}

pub(super) struct Assembler<'a> {
    pub(super) builder: &'a TraceBuilder,
    pub(super) shared: &'a Arc<SourceTables>,
    names: OutlineStrings,
    services: OutlineStrings,
}

/// Counts for the warnings of a trace.
#[derive(Default)]
struct Counts {
    orphans: WarningCount,
    duplicates: WarningCount,
    cycles: WarningCount,
    no_start: WarningCount,
    ends_early: WarningCount,
    no_service: WarningCount,
    no_id: WarningCount,
    /// By service of parent and child: number of spans, and largest delta.
    skew: Vec<((StrIx, StrIx), u32, u64)>,
}

impl Assembler<'_> {
    pub(super) fn seen(&self, row: u32) -> &SpanHeader {
        &self.builder.spans[row as usize]
    }

    fn trace(&mut self, mut gathered: PendingTrace, rows: &[u32]) -> Trace {
        let named_of =
            |rows: &[u32]| -> Vec<SpanRelation> { rows.iter().map(|row| named(self.seen(*row))).collect() };
        let mut found = repair::parents(&named_of(rows), &self.other_parents(rows));
        let mut rows = Cow::Borrowed(rows);
        if let Some(resent) = self.without_duplicates(&rows, &found.duplicates) {
            gathered.warnings.extend(resent.warnings);
            rows = Cow::Owned(resent.rows);
            found = repair::parents(&named_of(&rows), &self.other_parents(&rows));
        }
        let rows = &*rows;
        let mut times: Vec<SpanTimes> = rows
            .iter()
            .map(|row| {
                let seen = self.seen(*row);
                SpanTimes { start: seen.start, end: seen.end }
            })
            .collect();
        let mut flags: Vec<Flags> = rows.iter().map(|row| self.seen(*row).flags).collect();
        for (spans, flag) in [
            (&found.orphans, Flags::ORPHAN),
            (&found.duplicates, Flags::DUPLICATE_ID),
            (&found.cycles, Flags::CYCLE),
        ] {
            for span in spans {
                flags[*span as usize].set(flag);
            }
        }
        let mut children = Children::of(&found.parent);
        if times.iter().any(|time| time.start == 0) {
            for span in repair::give_starts(&mut times, &found.parent, &children.top_down()) {
                flags[span as usize].set(Flags::NO_START);
            }
        }
        for (time, flags) in times.iter_mut().zip(&mut flags) {
            if time.end < time.start {
                time.end = time.start;
                flags.set(Flags::ENDS_EARLY);
            }
        }
        children.sort_by_start(|span| times[span as usize].start);
        let order = children.pre_order();
        self.columns(gathered, rows, &order, &found.parent, &times, &flags)
    }

    /// Further candidates for parents, by index within the trace.
    fn other_parents(&self, rows: &[u32]) -> Vec<(u32, u64)> {
        let others = &self.builder.others;
        if others.is_empty() {
            return Vec::new();
        }
        let mut mine = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let start = others.partition_point(|(of, _)| of < row);
            mine.extend(
                others[start..].iter().take_while(|(of, _)| of == row).map(|(_, id)| (number as u32, id.0)),
            );
        }
        mine
    }

    fn columns(
        &mut self,
        gathered: PendingTrace,
        rows: &[u32],
        order: &[u32],
        parent: &[u32],
        times: &[SpanTimes],
        flags: &[Flags],
    ) -> Trace {
        let (builder, shared) = (self.builder, self.shared);
        let len = order.len();
        let start_unix = times.iter().map(|time| time.start).min().unwrap_or(0);
        let mut place_of = vec![0u32; len];
        for (at, span) in order.iter().enumerate() {
            place_of[*span as usize] = at as u32;
        }
        let mut outline = Outline {
            trace_id: gathered.id,
            foreign_trace_id: gathered.foreign,
            start_unix,
            duration: times.iter().map(|time| time.end).max().unwrap_or(0) - start_unix,
            ..Outline::default()
        };
        reserve(&mut outline, len);
        self.names.next_outline();
        self.services.next_outline();
        let (mut resource, mut scope, mut place) =
            (Vec::with_capacity(len), Vec::with_capacity(len), Vec::with_capacity(len));
        outline.event_start.push(0);
        for &span in order {
            let row = rows[span as usize];
            let seen = &builder.spans[row as usize];
            let time = times[span as usize];
            let up = parent[span as usize];
            outline.id.push(seen.id);
            if up == NONE {
                outline.parent.push(NO_SPAN);
                outline.depth.push(0);
            } else {
                let up = place_of[up as usize];
                outline.parent.push(up);
                let depth = outline.depth[up as usize] + 1;
                outline.depth.push(depth);
            }
            outline.start.push(time.start - start_unix);
            outline.end.push(time.end - start_unix);
            let strings = &mut outline.strings;
            outline.name.push(self.names.of(seen.name, || strings.intern(builder.names.get(seen.name))));
            let name = shared.resources.get(seen.resource as usize).map_or("", |resource| &resource.service);
            let known = !name.is_empty();
            let name = if known { name } else { UNKNOWN_SERVICE };
            let service = self.services.of(seen.resource, || strings.intern(name));
            outline.service.push(service);
            outline.kind.push(seen.kind);
            outline.status.push(seen.status);
            let mut flag = flags[span as usize];
            if !known {
                flag.set(Flags::NO_SERVICE);
            }
            outline.flags.push(flag);
            let ends = &builder.events_end;
            let first = row.checked_sub(1).map_or(0, |before| ends[before as usize]);
            for event in &builder.event_times[first as usize..ends[row as usize] as usize] {
                outline.event_time.push(event.saturating_sub(start_unix));
            }
            outline.event_start.push(outline.event_time.len() as u32);
            resource.push(seen.resource);
            scope.push(seen.scope);
            place.push(seen.place);
        }
        let counts = roll_up(&mut outline);
        outline.warnings = gathered.warnings;
        if outline.trace_id == TraceId(0) && len > 0 {
            outline.warnings.push("the trace has no id".to_owned());
        }
        for warning in counts.warnings(&outline) {
            if !outline.warnings.contains(&warning) {
                outline.warnings.push(warning);
            }
        }
        outline.version = outline.compute_version();
        let blocks = self.blocks_of(&place);
        // Spans are listed in the order of the source, so their indices in the outline are in that order, too.
        Trace::new(outline, self.shared.clone(), resource, scope, place, blocks, place_of)
    }

    fn blocks_of(&self, place: &[SpanLocation]) -> Vec<(u32, Block)> {
        let mut numbers: Vec<u32> = Vec::new();
        for place in place {
            if place.block != SpanLocation::INTERNED && numbers.last() != Some(&place.block) {
                numbers.push(place.block);
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
            .into_iter()
            .filter_map(|number| Some((number, self.builder.blocks.get(number as usize)?.clone())))
            .collect()
    }
}

fn named(seen: &SpanHeader) -> SpanRelation {
    SpanRelation {
        id: seen.id.0,
        parent: seen.parent.0,
        start: seen.start,
        sends: matches!(seen.kind, SpanKind::Client | SpanKind::Producer),
        receives: matches!(seen.kind, SpanKind::Server | SpanKind::Consumer),
    }
}

fn reserve(outline: &mut Outline, len: usize) {
    outline.id.reserve_exact(len);
    outline.parent.reserve_exact(len);
    outline.depth.reserve_exact(len);
    outline.start.reserve_exact(len);
    outline.end.reserve_exact(len);
    outline.name.reserve_exact(len);
    outline.service.reserve_exact(len);
    outline.kind.reserve_exact(len);
    outline.status.reserve_exact(len);
    outline.flags.reserve_exact(len);
    outline.event_start.reserve_exact(len + 1);
}

/// Computes subtree ends, errors below and bounds violations in one pass from the back; counts for warnings.
fn roll_up(outline: &mut Outline) -> Counts {
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
    fn warnings(&self, outline: &Outline) -> Vec<String> {
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
        ]
        .into_iter()
        .flatten()
        .collect();
        for ((parent, child), count, delta) in &self.skew {
            let (parent, child) = (outline.strings.get(*parent), outline.strings.get(*child));
            let spans = if *count == 1 { "1 span begins".to_owned() } else { format!("{count} spans begin") };
            warnings.push(format!(
                "the clocks of {parent} and {child} seem to differ: {spans} before the parent; moving by up to {} \
                 would place it inside; times are shown as recorded",
                duration(*delta)
            ));
        }
        warnings
    }
}

/// Maps string indices of the source to those of one outline. Clearing it for the next outline is O(1).
struct OutlineStrings {
    known: Vec<(u32, StrIx)>,
    outline: u32,
}

impl OutlineStrings {
    fn new(len: usize) -> Self {
        Self { known: vec![(0, 0); len], outline: 0 }
    }

    fn next_outline(&mut self) {
        self.outline += 1;
    }

    fn of(&mut self, number: u32, find: impl FnOnce() -> StrIx) -> StrIx {
        match self.known.get_mut(number as usize) {
            Some((outline, known)) if *outline == self.outline => *known,
            Some(slot) => {
                *slot = (self.outline, find());
                slot.1
            }
            None => find(),
        }
    }
}
