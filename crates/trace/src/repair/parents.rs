//! Resolves parents: duplicate ids, missing parents, cycles.

use super::NONE;
use crate::units::SeededMap;
use std::collections::hash_map::Entry;

/// The fields of a span that determine its parent.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanRelation {
    /// Span id; 0 is none.
    pub id: u64,
    /// Parent id; 0 is none.
    pub parent: u64,
    /// Start; the earliest span of a cycle becomes a root.
    pub start: u64,
    /// Whether it sends (client, producer).
    pub sends: bool,
    /// Whether it receives (server, consumer).
    pub receives: bool,
}

/// The result, by index of the span.
#[derive(Clone, Debug, Default)]
pub struct Parents {
    /// Index of the parent, or [`NONE`].
    pub parent: Vec<u32>,
    /// Spans whose parent is not in the trace.
    pub orphans: Vec<u32>,
    /// Spans that share their id with another.
    pub duplicates: Vec<u32>,
    /// Spans whose parent link was cut because it closed a cycle, including those that are their own parent.
    pub cycles: Vec<u32>,
}

/// The two spans of a call that share one id (Zipkin): children of that id belong to the receiving one.
#[derive(Clone, Copy)]
struct CallPair {
    sends: u32,
    receives: u32,
}

/// Resolves every span's parent. `others` are further candidates (index of the span, parent id), tried in order if
/// the parent is not in the trace.
pub fn parents(spans: &[SpanRelation], others: &[(u32, u64)]) -> Parents {
    let mut found = Parents { parent: vec![NONE; spans.len()], ..Parents::default() };
    let mut first: SeededMap<u64, u32> = SeededMap::default();
    first.reserve(spans.len());
    let mut twice: SeededMap<u64, Vec<u32>> = SeededMap::default();
    for (number, span) in spans.iter().enumerate() {
        let number = number as u32;
        if span.id == 0 {
            continue;
        }
        match first.entry(span.id) {
            Entry::Vacant(slot) => {
                slot.insert(number);
            }
            Entry::Occupied(mut slot) => {
                twice.entry(span.id).or_insert_with(|| vec![*slot.get()]).push(number);
                // The earliest span gets the children, independent of the order in which they were sent.
                if span.start < spans[*slot.get() as usize].start {
                    slot.insert(number);
                }
            }
        }
    }
    let halves = shared_ids(spans, &twice);
    for numbers in twice.values() {
        found.duplicates.extend_from_slice(numbers);
    }
    found.duplicates.sort_unstable();

    for (number, span) in spans.iter().enumerate() {
        let number = number as u32;
        if let Some(pair) = halves.get(&span.id)
            && pair.receives == number
        {
            found.parent[number as usize] = pair.sends;
            continue;
        }
        if span.parent == 0 {
            continue;
        }
        if span.parent == span.id {
            found.cycles.push(number);
            continue;
        }
        let place = |id: u64| match halves.get(&id) {
            Some(pair) => Some(pair.receives),
            None => first.get(&id).copied(),
        };
        let mut parent = place(span.parent);
        if parent.is_none() && !others.is_empty() {
            let start = others.partition_point(|(of, _)| *of < number);
            parent = others[start..]
                .iter()
                .take_while(|(of, _)| *of == number)
                .find_map(|(_, id)| place(*id).filter(|found| *found != number));
        }
        match parent {
            Some(parent) => found.parent[number as usize] = parent,
            None => found.orphans.push(number),
        }
    }
    cut_loops(spans, &mut found);
    found
}

fn shared_ids(spans: &[SpanRelation], twice: &SeededMap<u64, Vec<u32>>) -> SeededMap<u64, CallPair> {
    let mut halves = SeededMap::default();
    for (id, numbers) in twice {
        if let [a, b] = numbers[..] {
            let (one, other) = (spans[a as usize], spans[b as usize]);
            if one.sends && other.receives {
                halves.insert(*id, CallPair { sends: a, receives: b });
            } else if other.sends && one.receives {
                halves.insert(*id, CallPair { sends: b, receives: a });
            }
        }
    }
    halves
}

/// Walks up from every span until a span that is known to reach a root; visits each span once.
fn cut_loops(spans: &[SpanRelation], found: &mut Parents) {
    const UNSEEN: u32 = 0;
    const DONE: u32 = u32::MAX;
    let mut seen = vec![UNSEEN; spans.len()];
    let mut path: Vec<u32> = Vec::new();
    for start in 0..spans.len() as u32 {
        let walk = start + 1;
        let mut at = start;
        while at != NONE && seen[at as usize] == UNSEEN {
            seen[at as usize] = walk;
            path.push(at);
            at = found.parent[at as usize];
        }
        if at != NONE && seen[at as usize] == walk {
            let from = path.iter().position(|span| *span == at).unwrap_or(0);
            let cut = path[from..].iter().copied().min_by_key(|span| (spans[*span as usize].start, *span));
            if let Some(cut) = cut {
                found.parent[cut as usize] = NONE;
                found.cycles.push(cut);
            }
        }
        for span in path.drain(..) {
            seen[span as usize] = DONE;
        }
    }
    found.cycles.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Later spans of the list start earlier.
    fn named(spans: &[(u64, u64)]) -> Vec<SpanRelation> {
        let start = |at: usize| 1_000_000 - at as u64;
        spans
            .iter()
            .enumerate()
            .map(|(at, (id, parent))| SpanRelation {
                id: *id,
                parent: *parent,
                start: start(at),
                ..SpanRelation::default()
            })
            .collect()
    }

    #[test]
    fn a_missing_parent_makes_an_orphan_unless_another_candidate_is_there() {
        let spans = named(&[(1, 0), (2, 9), (3, 9)]);
        let found = parents(&spans, &[(2, 8), (2, 1)]);
        assert_eq!(found.parent, [NONE, NONE, 0]);
        assert_eq!(found.orphans, [1]);
    }

    #[test]
    fn a_loop_is_cut_at_its_earliest_span_and_what_hangs_below_stays() {
        // 0 -> 1 -> 2 -> 0, and 3 below 1; the last of the loop starts first.
        let found = parents(&named(&[(1, 2), (2, 3), (3, 1), (4, 2)]), &[]);
        assert_eq!(found.cycles, [2]);
        assert_eq!(found.parent, [1, 2, NONE, 1]);
    }

    #[test]
    fn a_span_that_names_itself_is_a_root() {
        let found = parents(&named(&[(1, 1), (2, 1)]), &[]);
        assert_eq!(found.parent, [NONE, 0]);
        assert_eq!(found.cycles, [0]);
    }

    #[test]
    fn the_earliest_of_two_with_one_id_has_the_children() {
        // Later ones of the list start earlier.
        let found = parents(&named(&[(1, 0), (2, 1), (2, 1), (3, 2)]), &[]);
        assert_eq!(found.duplicates, [1, 2]);
        assert_eq!(found.parent, [NONE, 0, 0, 2]);
    }

    #[test]
    fn of_two_halves_of_a_call_the_receiving_one_hangs_below_the_sending_one() {
        let mut spans = named(&[(1, 0), (2, 1), (2, 1), (3, 2)]);
        spans[1].receives = true;
        spans[2].sends = true;
        let found = parents(&spans, &[]);
        assert_eq!(found.parent, [NONE, 2, 0, 1]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_walked_without_a_stack() {
        let chain: Vec<(u64, u64)> =
            (1..=100_000).map(|id| (id, if id == 100_000 { 1 } else { id + 1 })).collect();
        let found = parents(&named(&chain), &[]);
        assert_eq!(found.cycles.len(), 1);
    }
}
