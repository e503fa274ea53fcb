//! The last step: groups spans by trace, repairs and orders them, and computes the outline.

use super::arrange::Children;
use super::roll_up::roll_up;
use super::{PendingTrace, SpanHeader, TraceBuilder};
use crate::model::{
    Block, Flags, NO_SPAN, Outline, ParsedTraces, SourceTables, SpanKind, SpanLocation, StrIx, Trace,
};
use crate::repair::{self, NONE, SpanRelation, SpanTimes};
use crate::units::TraceId;
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

/// Spans appended to an outline per call. A browser replaces a function of the viewer by its optimised form between calls
/// only, not while a loop in it runs.
const AT_ONCE: usize = 4_096;

/// The spans of a trace, by index within the trace.
struct PlacedSpans<'a> {
    /// Index of each in the source.
    rows: &'a [u32],
    parent: &'a [u32],
    times: &'a [SpanTimes],
    flags: &'a [Flags],
    /// Index of each in the outline.
    place_of: &'a [u32],
}

/// Where spans come from, by index in the outline.
struct Locations<'a> {
    resource: &'a mut Vec<u32>,
    scope: &'a mut Vec<u32>,
    place: &'a mut Vec<SpanLocation>,
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
        let placed = PlacedSpans { rows, parent, times, flags, place_of: &place_of };
        let mut locations = Locations { resource: &mut resource, scope: &mut scope, place: &mut place };
        for spans in order.chunks(AT_ONCE) {
            self.append(&mut outline, &mut locations, spans, &placed);
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

    /// Appends spans to the outline's columns.
    #[inline(never)]
    fn append(
        &mut self,
        outline: &mut Outline,
        locations: &mut Locations<'_>,
        spans: &[u32],
        placed: &PlacedSpans<'_>,
    ) {
        let (builder, start_unix) = (self.builder, outline.start_unix);
        for &span in spans {
            let row = placed.rows[span as usize];
            let seen = &builder.spans[row as usize];
            let time = placed.times[span as usize];
            let up = placed.parent[span as usize];
            outline.id.push(seen.id);
            if up == NONE {
                outline.parent.push(NO_SPAN);
                outline.depth.push(0);
            } else {
                let up = placed.place_of[up as usize];
                outline.parent.push(up);
                let depth = outline.depth[up as usize] + 1;
                outline.depth.push(depth);
            }
            outline.start.push(time.start - start_unix);
            outline.end.push(time.end - start_unix);
            let strings = &mut outline.strings;
            outline.name.push(self.names.of(seen.name, || strings.intern(builder.names.get(seen.name))));
            let resource = self.shared.resources.get(seen.resource as usize);
            let name = resource.map_or("", |resource| &resource.service);
            let known = !name.is_empty();
            let name = if known { name } else { UNKNOWN_SERVICE };
            let service = self.services.of(seen.resource, || strings.intern(name));
            outline.service.push(service);
            outline.kind.push(seen.kind);
            outline.status.push(seen.status);
            let mut flag = placed.flags[span as usize];
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
            locations.resource.push(seen.resource);
            locations.scope.push(seen.scope);
            locations.place.push(seen.place);
        }
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
