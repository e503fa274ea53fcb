//! Spans packed by service, host or thread: each group has as many lanes as needed for its spans not to overlap.

use super::{FlameFrames, SpanFilter};
use crate::analysis::query::{Field, column};
use crate::model::{Outline, SpanIx, Trace};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What lanes are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackedBy {
    /// The service.
    #[default]
    Service,
    /// The host, container or instance that the resource names.
    Host,
    /// The thread or goroutine.
    Thread,
}

/// Attributes that name a host or a thread, the most specific first.
const HOSTS: [&str; 6] =
    ["host.name", "k8s.pod.name", "container.id", "service.instance.id", "hostname", "ip"];
const THREADS: [&str; 4] = ["thread.name", "thread.id", "goroutine.id", "process.pid"];

/// Frames of the spans that `filter` lets through, with the groups in the order of their first span. Each group starts with
/// an empty lane.
#[inline(never)]
pub fn packed_frames(trace: &Trace, by: PackedBy, filter: &SpanFilter) -> FlameFrames {
    let whole = trace.outline();
    let names = match by {
        PackedBy::Service => Vec::new(),
        PackedBy::Host => names(trace, &HOSTS),
        PackedBy::Thread => names(trace, &THREADS),
    };
    let narrowed = filter.narrow(whole);
    let outline = &*narrowed.outline;
    // Groups by service and, if wanted, by name within it: hosts of two services are two groups.
    let mut known: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    let mut groups: Vec<String> = Vec::new();
    let mut texts: FxHashMap<&str, u32> = FxHashMap::default();
    let mut members: Vec<Vec<SpanIx>> = Vec::new();
    for span in 0..outline.len() as SpanIx {
        let name = names.get(narrowed.original(span) as usize).map_or("", String::as_str);
        let next = texts.len() as u32;
        let text = *texts.entry(name).or_insert(next);
        let service = outline.service[span as usize];
        let group = *known.entry((service, text)).or_insert_with(|| {
            let service = outline.strings.get(service);
            groups.push(match (by, name) {
                (PackedBy::Service, _) => service.to_owned(),
                (_, "") => format!("{service} (unknown)"),
                (_, name) => format!("{service} · {name}"),
            });
            members.push(Vec::new());
            groups.len() as u32 - 1
        });
        members[group as usize].push(span);
    }
    let mut frames =
        FlameFrames { lanes: vec![0], frame_of: vec![0; outline.len()], ..FlameFrames::default() };
    for (name, spans) in groups.into_iter().zip(members) {
        // An empty lane, for the name.
        frames.groups.push((name, frames.lanes() as u32));
        frames.lanes.push(frames.span.len() as u32);
        append(&mut frames, outline, spans);
    }
    frames.restore(&narrowed, whole.len());
    frames
}

/// Adds the lanes of a group. The earliest span comes first, of equals the longest; each takes the first free lane.
fn append(frames: &mut FlameFrames, outline: &Outline, mut spans: Vec<SpanIx>) {
    spans.sort_unstable_by_key(|span| {
        (outline.start[*span as usize], Reverse(outline.end[*span as usize]), *span)
    });
    let mut lanes: Vec<Vec<SpanIx>> = Vec::new();
    let mut busy: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    for span in spans {
        let start = outline.start[span as usize];
        // Even a span without length takes up some time.
        let end = outline.end[span as usize].max(start.saturating_add(1));
        while let Some(Reverse((until, lane))) = busy.peek().copied() {
            if until > start {
                break;
            }
            busy.pop();
            free.push(Reverse(lane));
        }
        let lane = free.pop().map_or(lanes.len() as u32, |Reverse(lane)| lane);
        match lanes.get_mut(lane as usize) {
            Some(spans) => spans.push(span),
            None => lanes.push(vec![span]),
        }
        busy.push(Reverse((end, lane)));
    }
    for span in lanes.iter().flatten() {
        frames.frame_of[*span as usize] = frames.span.len() as u32;
        frames.span.push(*span);
    }
    let mut last = frames.lanes.last().copied().unwrap_or(0);
    for lane in &lanes {
        last += lane.len() as u32;
        frames.lanes.push(last);
    }
}

/// The first value of these attributes that each span has, of its own or of its resource; empty where it has none.
fn names(trace: &Trace, keys: &[&str]) -> Vec<String> {
    let mut names = vec![String::new(); trace.outline().len()];
    for key in keys {
        if !names.iter().any(String::is_empty) {
            break;
        }
        let values = column(trace, &Field::parse(key));
        if values.is_empty() {
            continue;
        }
        for (span, name) in names.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
            if let Some(text) = values.text_of(span as SpanIx) {
                *name = text.to_owned();
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::forest;
    use crate::testing::trace;

    fn lanes(drawing: &str, by: PackedBy) -> Vec<String> {
        let trace = trace(drawing);
        let outline = trace.outline();
        let frames = packed_frames(&trace, by, &SpanFilter::default());
        let name = |frame: usize| outline.name_of(frames.span(frame));
        let group = |lane: usize| frames.groups.iter().rev().find(|(_, first)| *first as usize <= lane);
        (0..frames.lanes())
            .filter(|lane| !frames.lane(*lane).is_empty())
            .map(|lane| {
                let spans: Vec<&str> = frames.lane(lane).map(name).collect();
                format!("{}: {}", group(lane).unwrap().0, spans.join(" "))
            })
            .collect()
    }

    #[test]
    fn each_group_has_as_many_lanes_as_spans_at_once() {
        let drawing = "
            web: root     [==========]
              db: one      [=]
              db: two        [===]
              db: three         [==]
              web: four             []
        ";
        assert_eq!(lanes(drawing, PackedBy::Service), ["web: root", "web: four", "db: one two", "db: three"]);
    }

    #[test]
    fn threads_of_a_service_are_groups_and_so_are_spans_without_one() {
        let drawing = "
            web: root     [==========]  thread.name=main
              web: one     [=]          thread.name=pool-1
              web: two        [==]      thread.id=7
              web: three            [=]
        ";
        assert_eq!(
            lanes(drawing, PackedBy::Thread),
            ["web · main: root", "web · pool-1: one", "web · 7: two", "web (unknown): three"]
        );
    }

    #[test]
    fn many_spans_at_one_time_take_near_linear_time() {
        let mut parents = vec![None];
        parents.resize(200_000, Some(0));
        let mut outline = forest(&parents);
        outline.end.iter_mut().for_each(|end| *end = 10_000_000);
        let mut frames =
            FlameFrames { lanes: vec![0], frame_of: vec![0; outline.len()], ..FlameFrames::default() };
        append(&mut frames, &outline, (0..outline.len() as SpanIx).collect());
        assert_eq!(frames.lanes(), 200_000);
    }
}
