//! Random traces.

use proptest::prelude::*;
use spandrel_trace::build::TraceBuilder;
use spandrel_trace::model::record::{Resource, SpanRecord};
use spandrel_trace::model::{Flags, Outline, SpanKind};
use spandrel_trace::units::{SpanId, TraceId};

/// The outline of spans given as (parent's place in the list, start, end, kind); a span without a parent is a root.
pub fn outline(spans: &[(Option<usize>, u64, u64, SpanKind)]) -> Outline {
    let mut builder = TraceBuilder::new(None);
    let resource = builder.resource(Resource::default());
    for (at, (parent, start, end, kind)) in spans.iter().enumerate() {
        builder.record(
            resource,
            u32::MAX,
            &SpanRecord {
                name: at.to_string(),
                trace_id: TraceId(1),
                span_id: SpanId(at as u64 + 1),
                parent_span_id: SpanId(parent.map_or(0, |parent| parent as u64 + 1)),
                start_unix: *start,
                end_unix: *end,
                kind: *kind,
                ..SpanRecord::default()
            },
        );
    }
    Outline::clone(builder.finish().traces.remove(0).outline())
}

/// Traces of up to `most` spans: any number of roots, children that start before their parents, outlive them, start after
/// their end or take no time, messages, and children that follow from their parents.
pub fn outlines(most: usize) -> impl Strategy<Value = Outline> {
    let span = (any::<prop::sample::Index>(), 0u8..10, -8i64..60, 0u64..80, 0u8..12, 0u8..12);
    prop::collection::vec(span, 1..most).prop_map(|drawn| {
        let mut spans: Vec<(Option<usize>, u64, u64, SpanKind)> = Vec::new();
        let mut follows = Vec::new();
        for (at, (parent, root, wait, length, kind, follow)) in drawn.into_iter().enumerate() {
            let parent = (at > 0 && root > 0).then(|| parent.index(at));
            // Early spans take longer, so that there is room for those below them.
            let length = if length < 10 { 0 } else { length * (1 + 20 / (at as u64 + 1)) };
            let from = parent.map_or(10_000, |parent| spans[parent].1);
            let wait = if parent.is_none() { wait * 8 } else { wait };
            let start = from.saturating_add_signed(wait);
            let kind = match kind {
                0 => SpanKind::Consumer,
                1..4 => SpanKind::Producer,
                _ => SpanKind::Internal,
            };
            spans.push((parent, start, start + length, kind));
            follows.push(follow == 0);
        }
        let mut outline = outline(&spans);
        for span in 0..outline.len() {
            let number: usize = outline.name_of(span as u32).parse().unwrap();
            if follows[number] && spans[number].0.is_some() {
                outline.flags[span].set(Flags::FOLLOWS_FROM);
            }
        }
        outline
    })
}

/// Traces of one root, in which every child starts and ends within its parent and no two times are equal.
pub fn synchronous(most: usize) -> impl Strategy<Value = Outline> {
    let span = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    prop::collection::vec(span, 1..most).prop_map(|drawn| {
        let mut coarse: Vec<(Option<usize>, usize, usize)> = Vec::new();
        for (at, (parent, start, length)) in drawn.into_iter().enumerate() {
            if at == 0 {
                coarse.push((None, 0, 400));
                continue;
            }
            let parent = parent.index(at);
            let (_, from, to) = coarse[parent];
            let start = from + start.index(to - from);
            coarse.push((Some(parent), start, start + 1 + length.index(to - start)));
        }
        // A thousand to a unit leave room to make all times differ: children start later and end earlier.
        let fine = coarse.iter().enumerate().map(|(at, (parent, start, end))| {
            let at = at as u64;
            let (start, end) = (*start as u64 * 1_000 + 2 * at, *end as u64 * 1_000 - 2 * at - 1);
            (*parent, 1_000_000 + start, 1_000_000 + end, SpanKind::Internal)
        });
        outline(&fine.collect::<Vec<_>>())
    })
}
