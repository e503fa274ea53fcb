//! Drawn traces, with the path that each has.

use super::*;
use crate::model::{Flags, SpanKind};
use crate::testing::{COLUMN, trace};

/// The outline of a drawing.
fn drawn(drawing: &str) -> Outline {
    Outline::clone(trace(drawing).outline())
}

/// The path as `name start..end` in columns, and the slack of each span in columns.
fn found(outline: &Outline) -> (Vec<String>, Vec<u64>) {
    let path = CriticalPath::of(outline);
    let part = |part: &PathSegment| {
        format!("{} {}..{}", outline.name_of(part.span), part.start / COLUMN, part.end / COLUMN)
    };
    let slack = slack(outline, &path);
    (path.segments.iter().map(part).collect(), slack.into_iter().map(|slack| slack / COLUMN).collect())
}

#[test]
fn the_path_goes_through_the_child_that_ended_last_and_then_what_ended_before_it_started() {
    let outline = drawn(
        "
        a: root    [==================]
          a: one     [====]
          a: two     [==]
          a: three           [======]
          a: four            [=====]
        ",
    );
    let (path, slack) = found(&outline);
    assert_eq!(path, ["root 0..2", "one 2..7", "root 7..10", "three 10..17", "root 17..19"]);
    assert_eq!(slack, [0, 0, 2, 0, 1]);
}

#[test]
fn a_child_that_still_ran_when_the_next_one_started_did_not_cause_it() {
    let outline = drawn(
        "
        a: root    [===============]
          a: one    [========]
          a: two         [=======]
        ",
    );
    let (path, slack) = found(&outline);
    assert_eq!(path, ["root 0..6", "two 6..14", "root 14..16"]);
    assert_eq!(slack, [0, 4, 0]);
}

#[test]
fn slack_adds_up_along_the_way_to_the_path() {
    let outline = drawn(
        "
        a: root         [====================]
          a: slow         [=================]
          a: quick        [============]
            a: first        [==]
            a: second           [===]
            a: second b         [=]
        ",
    );
    let (_, slack) = found(&outline);
    // What delays `second` delays `quick`, which has five columns until `slow` ends.
    assert_eq!(slack, [0, 0, 5, 5, 5, 7]);
}

#[test]
fn a_child_that_outlives_its_parent_is_clipped_and_one_that_starts_after_it_is_left_out() {
    let outline = drawn(
        "
        a: root      [========]
          a: long      [===========]
          a: early  [===]
          a: late               [====]
        ",
    );
    let path = CriticalPath::of(&outline);
    let (words, slack) = found(&outline);
    assert_eq!(words, ["root 1..3", "long 3..10"]);
    assert_eq!(path.left_out, [LeftOut { span: 3, reason: LeftOutReason::StartsAfterParentEnds }]);
    assert_eq!(path.total(), 9 * COLUMN, "the trace goes on after its root");
    let early = outline.children(0).find(|child| outline.name_of(*child) == "early").unwrap();
    assert_eq!(slack[early as usize], 6);
    let late = outline.children(0).find(|child| outline.name_of(*child) == "late").unwrap();
    assert_eq!(slack[late as usize], 0, "the trace ends with it");
}

#[test]
fn a_consumer_of_its_parents_message_is_left_out_and_so_is_what_follows_from_its_parent() {
    let mut outline = drawn(
        "
        a: root                    [==================]
          a: send (producer)         [=]
            b: receive (consumer)      [==========]
              b: store                   [======]
          a: poll (consumer)               [====]
          a: follower                         [====]
        ",
    );
    outline.flags[5].set(Flags::FOLLOWS_FROM);
    let path = CriticalPath::of(&outline);
    let (words, slack) = found(&outline);
    assert_eq!(words, ["root 0..2", "send 2..4", "root 4..8", "poll 8..13", "root 13..19"]);
    assert_eq!(
        path.left_out,
        [
            LeftOut { span: 2, reason: LeftOutReason::Asynchronous },
            LeftOut { span: 5, reason: LeftOutReason::FollowsFrom },
        ]
    );
    assert_eq!(slack[2], 4, "up to the end of the trace");
    assert_eq!(slack[3], 4, "what is below it delays it");
    assert_eq!(outline.kind[4], SpanKind::Consumer);
}

#[test]
fn a_request_whose_consumer_is_its_own_service_waits_for_a_parent_that_is_no_producer() {
    let outline = drawn(
        "
        a: root (server)      [==========]
          a: take (consumer)    [====]
        ",
    );
    assert_eq!(found(&outline).0, ["root 0..2", "take 2..7", "root 7..11"]);
}

#[test]
fn roots_that_overlap_are_taken_one_after_the_other_and_gaps_stay_gaps() {
    let outline = drawn(
        "
        a: one     [=======]
          a: in           [=]
        b: two           [=====]
        b: within          [=]            parent=ff
        c: three                   [==]
        ",
    );
    let path = CriticalPath::of(&outline);
    let (words, slack) = found(&outline);
    assert_eq!(words, ["one 0..6", "two 6..12", "three 16..19"]);
    assert_eq!(path.total(), 15 * COLUMN);
    assert_eq!(outline.duration - path.total(), 4 * COLUMN, "the time between two and three");
    let concurrent = |span| LeftOut { span, reason: LeftOutReason::ConcurrentRoot };
    assert_eq!(path.left_out, [concurrent(1), concurrent(3)]);
    assert_eq!(slack, [0, 19 - 9, 0, 2, 0]);
}

#[test]
fn spans_without_length_are_no_part_of_the_path_and_break_nothing() {
    let outline = drawn(
        "
        a: root    [======]
          a: at       |
          a: at       |
          a: one      [==]
          a: end          |
        ",
    );
    let (path, slack) = found(&outline);
    assert_eq!(path, ["root 0..3", "one 3..6", "root 6..7"]);
    assert_eq!(
        slack,
        [0, 0, 0, 0, 0],
        "to take longer at a time at which the path is in the parent delays the trace"
    );
    for drawing in ["a: root |", "a: root    |\n  a: child |", "a: one |\nb: two |"] {
        let outline = drawn(drawing);
        let path = CriticalPath::of(&outline);
        assert_eq!(path, CriticalPath::default(), "{drawing}");
        assert!(slack_of(&outline).iter().all(|slack| *slack == 0));
    }
    let nothing = Outline::default();
    assert_eq!(CriticalPath::of(&nothing), CriticalPath::default());
    assert!(slack_of(&nothing).is_empty());
}

fn slack_of(outline: &Outline) -> Vec<u64> {
    slack(outline, &CriticalPath::of(outline))
}
