//! Frames of drawn and random traces.

use super::*;
use crate::model::Trace;
use crate::testing::COLUMN;
use crate::testing::forest::{forest, outlines};
use crate::testing::trace;
use proptest::prelude::*;

fn all(outline: &Outline, order: FrameOrder) -> FlameFrames {
    flame_frames(outline, order, &SpanFilter::default())
}

/// Each lane as text: `name start..end` in columns of the drawing.
fn lanes(outline: &Outline, frames: &FlameFrames) -> Vec<String> {
    let unit = if frames.unit == FrameUnit::Spans { 1 } else { COLUMN };
    let frame = |frame: usize| {
        let (start, end) = (frames.start(outline, frame) / unit, frames.end(outline, frame) / unit);
        format!("{} {start}..{end}", outline.name_of(frames.span(frame)))
    };
    (0..frames.lanes()).map(|lane| frames.lane(lane).map(frame).collect::<Vec<_>>().join(", ")).collect()
}

fn check(drawing: &str, order: FrameOrder, expected: &[&str]) -> (Trace, FlameFrames) {
    let trace = trace(drawing);
    let frames = all(trace.outline(), order);
    assert_eq!(lanes(trace.outline(), &frames), expected);
    (trace, frames)
}

#[test]
fn siblings_in_sequence_are_in_one_lane_and_overlapping_ones_below_each_other() {
    check(
        "
        a: root     [=========]
          a: one     [==]
            a: deep   []
          a: two       [===]
            a: below    [=]
          a: three        [==]
        ",
        FrameOrder::Time,
        &["root 0..10", "one 1..4, three 6..9", "deep 2..3", "two 3..7", "below 4..6"],
    );
}

#[test]
fn spans_without_length_at_one_time_do_not_cover_each_other() {
    check(
        "
        a: root     |
          a: one    |
          a: two    |
        ",
        FrameOrder::Time,
        &["root 0..0", "one 0..0", "two 0..0"],
    );
    let trace = trace("a: root |");
    let frames = all(trace.outline(), FrameOrder::Time);
    assert_eq!((frames.end(trace.outline(), 0), frames.total(trace.outline())), (1, 1));
}

const SHOP: &str = "
    shop: order      [==============]
      stock: get      [==]
        db: select     []
      stock: get          [====]
        db: select         []
      bank: pay                  [=]
";

#[test]
fn left_heavy_merges_call_paths_and_puts_the_largest_first() {
    let (trace, frames) =
        check(SHOP, FrameOrder::LeftHeavy, &["order 0..15", "get 0..8, pay 8..10", "select 0..2"]);
    let outline = trace.outline();
    assert_eq!((frames.own(0), frames.own(1)), (Some(5 * COLUMN), Some(6 * COLUMN)));
    assert_eq!(frames.counts(outline, 1), (2, 0));
    assert_eq!(frames.span(1), 3, "the longer of the two stands for them");
    assert_eq!((frames.frame_of(1), frames.frame_of(3), frames.frame_of(5)), (Some(1), Some(1), Some(2)));
    assert_eq!(frames.total(outline), 15 * COLUMN);
}

#[test]
fn a_sandwich_has_callers_above_and_callees_below() {
    let drawing = "
        a: one      [=========]
          x: work    [==]
            c: io     []
          b: via         [===]
            x: work       [=]
              x: work      |
    ";
    let (trace, frames) = check(
        drawing,
        FrameOrder::Sandwich { span: 1 },
        &["one 3..5", "one 0..3, via 3..5", "work 0..5", "io 0..1, work 1..1"],
    );
    assert_eq!(frames.middle, 2);
    assert_eq!(frames.frame_of(1), frames.frame_of(4), "both are occurrences");
    assert_ne!(frames.frame_of(5), frames.frame_of(4), "recursion is a callee");
    assert_eq!(frames.counts(trace.outline(), 3), (2, 0), "calls that reach the operation");
}

#[test]
fn without_any_time_spans_are_counted() {
    let (_, frames) = check(
        "
        a: root     |
          a: one    |
          a: two    |
          a: two    |
        ",
        FrameOrder::LeftHeavy,
        &["root 0..4", "two 0..2, one 2..3"],
    );
    assert_eq!(frames.unit, FrameUnit::Spans);
}

#[test]
fn arrows_lead_to_neighbours() {
    let trace = trace(SHOP);
    let outline = trace.outline();
    for order in [FrameOrder::Time, FrameOrder::LeftHeavy] {
        let frames = all(outline, order);
        let go = |span: SpanIx, towards| {
            let frame = frames.frame_of(span)?;
            Some(outline.name_of(frames.span(frames.neighbour(outline, frame, towards)?)))
        };
        assert_eq!(go(2, FrameDirection::Up), Some("get"), "{order:?}");
        assert_eq!(go(0, FrameDirection::Down), Some("get"));
        assert_eq!(go(5, FrameDirection::Left), Some("get"));
        assert_eq!(go(3, FrameDirection::Right), Some("pay"));
        assert_eq!(go(0, FrameDirection::Up), None);
        assert_eq!(go(5, FrameDirection::Down), None);
        assert_eq!(go(5, FrameDirection::Right), None);
    }
}

#[test]
fn filtered_spans_have_no_frame() {
    let trace = trace(SHOP);
    let outline = trace.outline();
    let filter = SpanFilter { hidden: vec!["stock".into()], ..SpanFilter::default() };
    for order in [FrameOrder::Time, FrameOrder::LeftHeavy, FrameOrder::Sandwich { span: 5 }] {
        let frames = flame_frames(outline, order, &filter);
        assert_eq!(frames.len(), 2, "{order:?}");
        let found: Vec<bool> = (0..6).map(|span| frames.frame_of(span).is_some()).collect();
        assert_eq!(found, [true, false, false, false, false, true]);
        assert!((0..2).all(|frame| [0, 5].contains(&frames.span(frame))));
    }
}

#[test]
fn nothing_has_no_frames() {
    for order in [FrameOrder::Time, FrameOrder::LeftHeavy, FrameOrder::Sandwich { span: 0 }] {
        let frames = all(&Outline::default(), order);
        assert!(frames.is_empty() && frames.lane(0).is_empty() && frames.lane(7).is_empty());
    }
}

#[test]
fn a_deep_chain_and_a_wide_parent_take_near_linear_time() {
    let chain: Vec<Option<u32>> = (0..100_000u32).map(|span| span.checked_sub(1)).collect();
    let mut wide = vec![None];
    wide.resize(200_000, Some(0));
    let chain = forest(&chain);
    let mut wide = forest(&wide);
    wide.end.iter_mut().for_each(|end| *end = 10_000_000);
    for (outline, deepest) in [(&chain, 100_000), (&wide, 200_000)] {
        let frames = all(outline, FrameOrder::Time);
        assert_eq!((frames.len(), frames.lanes()), (outline.len(), deepest));
        let last = outline.len() as u32 - 1;
        assert_eq!(all(outline, FrameOrder::LeftHeavy).len(), outline.len());
        assert!(all(outline, FrameOrder::Sandwich { span: last }).len() >= 2);
    }
    let frames = all(&chain, FrameOrder::Sandwich { span: 99_999 });
    assert_eq!((frames.len(), frames.is_cut), (MAX_CALLERS + 1, true));
}

proptest! {
    #[test]
    fn in_time_no_frame_covers_another_and_each_is_below_its_parent(outline in outlines(60)) {
        let frames = all(&outline, FrameOrder::Time);
        prop_assert_eq!(frames.len(), outline.len());
        let lane = |span: u32| frames.lane_of(frames.frame_of(span).unwrap());
        let spans = 0..outline.len() as u32;
        for span in spans.clone() {
            prop_assert_eq!(frames.span(frames.frame_of(span).unwrap()), span);
            if let Some(parent) = outline.parent_of(span) {
                prop_assert!(lane(span) > lane(parent));
            }
            for other in spans.clone().filter(|other| *other != span && lane(*other) == lane(span)) {
                let (a, b) = (span as usize, other as usize);
                let end = |at: usize| outline.end[at].max(outline.start[at] + 1);
                prop_assert!(end(a) <= outline.start[b] || end(b) <= outline.start[a]);
            }
        }
        for lane in 0..frames.lanes() {
            prop_assert!(!frames.lane(lane).is_empty(), "no lane is empty");
        }
    }

    #[test]
    fn merged_frames_lie_within_those_above_and_add_up(outline in outlines(60), span in 0u32..60) {
        let span = span % outline.len() as u32;
        for order in [FrameOrder::LeftHeavy, FrameOrder::Sandwich { span }] {
            let frames = all(&outline, order);
            let sum = |frames: &FlameFrames, lanes: std::ops::Range<usize>| -> u64 {
                lanes.flat_map(|lane| frames.lane(lane)).filter_map(|frame| frames.own(frame)).sum()
            };
            let own = crate::analysis::child_coverage::self_times(&outline);
            if order == FrameOrder::LeftHeavy && frames.unit == FrameUnit::Time {
                prop_assert_eq!(frames.total(&outline).max(1), own.iter().sum::<u64>().max(1));
            }
            prop_assert_eq!(sum(&frames, 0..frames.lanes()).max(1), frames.total(&outline));
            for lane in 0..frames.lanes() {
                let mut last = 0;
                for frame in frames.lane(lane) {
                    let (start, end) = (frames.start(&outline, frame), frames.end(&outline, frame));
                    prop_assert!(last <= start && start <= end && end <= frames.total(&outline));
                    last = end;
                }
            }
        }
    }
}
