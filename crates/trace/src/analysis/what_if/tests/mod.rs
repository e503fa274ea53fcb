//! Drawn traces, laws that hold for random ones, and sizes.

mod oracle;

use super::*;
use crate::testing::forest::{forest, outlines};
use crate::testing::{COLUMN, trace};
use proptest::prelude::*;

/// The bars of a drawing after some changes, `start..end` in columns, one a span.
fn bars(drawing: &str, changes: &[Change]) -> Vec<(u64, u64)> {
    let trace = trace(drawing);
    let simulated = simulate(trace.outline(), changes);
    assert_eq!(simulated.duration, simulated.end.iter().copied().max().unwrap_or(0));
    let times = simulated.start.iter().zip(&simulated.end);
    times.map(|(start, end)| (start / COLUMN, end / COLUMN)).collect()
}

fn faster(spans: &[SpanIx], factor: f64) -> Change {
    Change::Faster { spans: spans.to_vec(), factor }
}

fn parallel(spans: &[SpanIx]) -> Change {
    Change::Parallel { spans: spans.to_vec() }
}

const SEQUENCE: &str = "
    a: root    [==================]
      a: one    [=======]
      a: two             [====]
      a: last                  [=]
";

#[test]
fn what_waits_for_a_faster_span_starts_earlier_and_keeps_its_own_time() {
    assert_eq!(bars(SEQUENCE, &[]), [(0, 19), (1, 9), (10, 15), (16, 18)]);
    assert_eq!(bars(SEQUENCE, &[faster(&[1], 2.0)]), [(0, 15), (1, 5), (6, 11), (12, 14)]);
    assert_eq!(bars(SEQUENCE, &[faster(&[1], 0.5)]), [(0, 27), (1, 17), (18, 23), (24, 26)], "slower");
}

#[test]
fn a_span_that_is_gone_leaves_its_parents_own_time() {
    let gone = Change::Gone { spans: vec![2] };
    assert_eq!(bars(SEQUENCE, &[gone]), [(0, 14), (1, 9), (10, 10), (11, 13)]);
}

#[test]
fn a_cached_span_takes_a_millisecond_at_most() {
    assert_eq!(CACHE_HIT, COLUMN);
    let cached = Change::Cached { spans: vec![1, 3] };
    assert_eq!(bars(SEQUENCE, &[cached]), [(0, 11), (1, 2), (3, 8), (9, 10)]);
}

#[test]
fn parallel_siblings_start_one_after_another_as_far_apart_as_before() {
    // Own time of one column lies before each.
    assert_eq!(bars(SEQUENCE, &[parallel(&[1, 2])]), [(0, 13), (1, 9), (2, 7), (10, 12)]);
    assert_eq!(bars(SEQUENCE, &[parallel(&[1, 2, 3])]), [(0, 10), (1, 9), (2, 7), (3, 5)]);
    assert_eq!(
        bars(SEQUENCE, &[parallel(&[1, 3])]),
        bars(SEQUENCE, &[]),
        "the last waits for the second too"
    );
}

#[test]
fn two_groups_of_parallel_siblings_wait_for_each_other() {
    let drawing = "
        a: root    [===============]
          a: one    [==]
          a: two       [==]
          a: three         [==]
          a: four             [==]
    ";
    assert_eq!(bars(drawing, &[]), [(0, 16), (1, 4), (4, 7), (8, 11), (11, 14)]);
    let both = [parallel(&[1, 2]), parallel(&[3, 4])];
    assert_eq!(bars(drawing, &both), [(0, 10), (1, 4), (1, 4), (5, 8), (5, 8)]);
}

#[test]
fn whoever_waits_for_two_waits_for_the_one_that_is_last_then() {
    let drawing = "
        a: root    [=============]
          a: long   [=======]
          a: short  [====]
          a: join             [==]
    ";
    assert_eq!(bars(drawing, &[faster(&[1], 8.0)]), [(0, 11), (1, 2), (1, 6), (8, 11)]);
}

#[test]
fn everything_in_a_faster_span_is_faster_once() {
    let drawing = "
        a: root     [================]
          a: outer    [=======]
            a: inner    [===]
    ";
    assert_eq!(bars(drawing, &[faster(&[1], 2.0)]), [(0, 13), (2, 6), (3, 5)]);
    assert_eq!(bars(drawing, &[faster(&[1, 2], 2.0)]), [(0, 13), (2, 6), (3, 5)]);
    assert_eq!(bars(drawing, &[faster(&[1], 2.0), faster(&[2], 4.0)]), [(0, 12), (2, 5), (3, 4)]);
}

#[test]
fn nobody_waits_for_an_asynchronous_child() {
    let drawing = "
        a: root                [=======]
          a: send (producer)    [====]
            b: take (consumer)    [==========]
          a: then                         [==]
    ";
    assert_eq!(bars(drawing, &[]), [(0, 8), (1, 6), (3, 14), (11, 14)]);
    // Its consumer keeps the offset to its start, the span after the root's end that to the root's end.
    assert_eq!(bars(drawing, &[faster(&[1], 5.0)]), [(0, 4), (1, 2), (3, 14), (7, 10)]);
    assert_eq!(bars(drawing, &[faster(&[0], 8.0)])[0], (0, 1));
    assert_eq!(
        bars(drawing, &[Change::Gone { spans: vec![1] }])[2],
        (1, 1),
        "what was not sent is not taken"
    );
}

#[test]
fn of_a_child_that_outlives_its_parent_the_part_within_counts() {
    let drawing = "
        a: root     [=======]
          a: child    [=========]
    ";
    assert_eq!(bars(drawing, &[faster(&[1], 1.25)]), [(0, 8), (2, 10)]);
    assert_eq!(bars(drawing, &[faster(&[1], 5.0)]), [(0, 4), (2, 4)]);
}

#[test]
fn clocks_that_differ_stay_as_they_are() {
    let drawing = "
        a: call (client)       [==========]
          b: answer (server) [======]
    ";
    assert_eq!(bars(drawing, &[]), [(2, 13), (0, 7)]);
    assert_eq!(bars(drawing, &[faster(&[1], 7.0)]), [(2, 8), (0, 1)]);
}

#[test]
fn changes_that_mean_nothing_change_nothing() {
    let strange = [
        faster(&[1], 0.0),
        faster(&[1], -3.0),
        faster(&[1], f64::NAN),
        faster(&[1], f64::INFINITY),
        faster(&[99], 2.0),
        parallel(&[99]),
        parallel(&[0]),
    ];
    assert_eq!(bars(SEQUENCE, &strange), bars(SEQUENCE, &[]));
    assert_eq!(simulate(&Outline::default(), &strange), Simulated::default());
}

#[test]
fn a_chain_of_100_000_and_200_000_children_take_moments() {
    let chain: Vec<Option<SpanIx>> = (0..100_000u32).map(|span| span.checked_sub(1)).collect();
    let chain = forest(&chain);
    let simulated = simulate(&chain, &[faster(&[99_999], 10.0)]);
    assert_eq!(simulated.duration, chain.duration - 9, "the last of the chain takes 10");
    let wide: Vec<Option<SpanIx>> = (0..=200_000u32).map(|span| (span > 0).then_some(0)).collect();
    let wide = forest(&wide);
    let all: Vec<SpanIx> = (1..=200_000).collect();
    assert_eq!(simulate(&wide, &[]).duration, wide.duration);
    assert_eq!(simulate(&wide, &[parallel(&all)]).duration, 20, "10 of the root itself, 10 of all children");
}

/// Outlines with some producers, consumers and spans that start after their parent's end.
pub(super) fn varied(most: usize) -> impl Strategy<Value = Outline> {
    (outlines(most), proptest::collection::vec((0u8..6, 0u64..30), most)).prop_map(|(mut outline, dice)| {
        for (span, (kind, early)) in dice.into_iter().enumerate().take(outline.len()) {
            outline.kind[span] = SpanKind::from_number(u64::from(kind));
            // A first child may start before its parent: clocks differ.
            if kind == 0
                && outline.parent_of(span as SpanIx).is_some_and(|parent| parent as usize + 1 == span)
            {
                outline.start[span] = outline.start[span].saturating_sub(early);
            }
            if early == 0 {
                outline.flags[span].set(Flags::FOLLOWS_FROM);
            }
        }
        outline
    })
}

/// One change of each kind, on random spans.
pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
    let spans = || proptest::collection::vec(0u32..12, 0..6);
    let change = prop_oneof![
        (spans(), 1.0f64..9.0).prop_map(|(spans, factor)| Change::Faster { spans, factor }),
        spans().prop_map(|spans| Change::Gone { spans }),
        spans().prop_map(|spans| Change::Cached { spans }),
        spans().prop_map(|spans| Change::Parallel { spans }),
    ];
    proptest::collection::vec(change, 0..4)
}

proptest! {
    #[test]
    fn without_a_change_the_times_are_those_of_the_trace(outline in varied(200)) {
        let simulated = simulate(&outline, &[]);
        prop_assert_eq!(simulated.duration, outline.duration);
        prop_assert_eq!(simulated.start, outline.start);
        prop_assert_eq!(simulated.end, outline.end);
    }

    #[test]
    fn no_change_for_the_better_makes_the_trace_slower(outline in varied(60), changes in changes()) {
        let simulated = simulate(&outline, &changes);
        prop_assert!(simulated.duration <= outline.duration);
        for span in 0..outline.len() {
            prop_assert!(simulated.start[span] <= simulated.end[span]);
        }
    }

    #[test]
    fn a_larger_factor_is_never_slower(outline in varied(60), span in 0u32..60, factor in 1.0f64..5.0, more in 0.0f64..5.0) {
        let duration = |factor| simulate(&outline, &[Change::Faster { spans: vec![span], factor }]).duration;
        prop_assert!(duration(factor + more) <= duration(factor));
    }
}
