//! Outlines from lists of parents and times, for tests of structure.

use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, StatusCode};
use crate::units::SpanId;
use proptest::prelude::*;

/// An outline of spans `0..n`, each below the parent given, which must be listed in pre-order. Span `i` has
/// the id `i + 1`, the name `span i` and the service `service i % 5`; it starts at `10 * i` and ends at 10
/// times one past its last descendant.
pub fn forest(parents: &[Option<SpanIx>]) -> Outline {
    let n = parents.len();
    let mut outline = Outline { event_start: vec![0; n + 1], ..Outline::default() };
    outline.parent = parents.iter().map(|parent| parent.unwrap_or(NO_SPAN)).collect();
    outline.subtree_end = (1..=n as SpanIx).collect();
    for span in (0..n).rev() {
        if let Some(parent) = parents[span] {
            let end = outline.subtree_end[span];
            let of_parent = &mut outline.subtree_end[parent as usize];
            *of_parent = end.max(*of_parent);
        }
    }
    for (span, parent) in parents.iter().enumerate() {
        let depth = parent.map_or(0, |parent| outline.depth[parent as usize] + 1);
        outline.depth.push(depth);
        outline.id.push(SpanId(span as u64 + 1));
        outline.start.push(10 * span as u64);
        outline.end.push(10 * u64::from(outline.subtree_end[span]));
        let name = outline.strings.intern(&format!("span {span}"));
        outline.name.push(name);
        let service = outline.strings.intern(&format!("service {}", span % 5));
        outline.service.push(service);
    }
    outline.kind = vec![SpanKind::Unspecified; n];
    outline.status = vec![StatusCode::Unset; n];
    outline.flags = vec![Flags::default(); n];
    outline.duration = outline.end.iter().copied().max().unwrap_or(0);
    outline
}

/// Random forests in pre-order with up to `most` spans.
pub fn parents(most: usize) -> impl Strategy<Value = Vec<Option<SpanIx>>> {
    // Each span's parent is so many levels up from the span before it; beyond the root it is a root itself.
    proptest::collection::vec(0usize..5, 1..most).prop_map(|ups| {
        let mut parents: Vec<Option<SpanIx>> = Vec::new();
        for (span, ups) in ups.into_iter().enumerate() {
            let mut parent = (span as SpanIx).checked_sub(1);
            for _ in 0..ups {
                parent = parent.and_then(|above| parents[above as usize]);
            }
            parents.push(parent);
        }
        parents
    })
}

/// Random outlines: any shape, siblings by start, children that overlap, leave their parent or take no time,
/// some with errors and events.
pub fn outlines(most: usize) -> impl Strategy<Value = Outline> {
    let spans = proptest::collection::vec((0u64..40, 0u64..200, 0u8..8), most);
    (parents(most), spans).prop_map(|(parents, spans)| {
        let mut outline = forest(&parents);
        let mut last_start_below = vec![0; parents.len() + 1];
        let mut event_time = Vec::new();
        for (span, parent) in parents.iter().enumerate() {
            let (wait, length, dice) = spans[span];
            let above = parent.map_or(0, |parent| parent as usize + 1);
            let floor = parent.map_or(0, |parent| outline.start[parent as usize]);
            let start = last_start_below[above].max(floor) + wait;
            last_start_below[above] = start;
            outline.start[span] = start;
            outline.end[span] = start + length;
            if dice == 0 {
                outline.flags[span].set(Flags::OWN_ERROR);
            }
            if dice < 2 {
                outline.flags[span].set(Flags::HAS_EVENTS);
                event_time.extend([start, start + length / 2, start + length / 2 + 1]);
            }
            outline.event_start[span + 1] = event_time.len() as u32;
        }
        for span in (0..parents.len()).rev() {
            let failed =
                outline.flags[span].has(Flags::OWN_ERROR) || outline.flags[span].has(Flags::ERROR_BELOW);
            if let Some(parent) = parents[span].filter(|_| failed) {
                outline.flags[parent as usize].set(Flags::ERROR_BELOW);
            }
        }
        outline.event_time = event_time;
        outline.duration = outline.end.iter().copied().max().unwrap_or(0);
        outline
    })
}
