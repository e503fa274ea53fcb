//! What holds for any trace.

use crate::generate::{outlines, synchronous};
use crate::jaeger;
use crate::simulation::{end_of, holds};
use crate::ticks::Oracle;
use proptest::prelude::*;
use spandrel_trace::analysis::critical_path::{CriticalPath, LeftOut, LeftOutReason, slack};
use spandrel_trace::model::{Outline, SpanIx};

/// The span of each nanosecond.
fn owners(outline: &Outline, path: &CriticalPath) -> Vec<Option<SpanIx>> {
    let mut owner = vec![None; outline.duration as usize];
    for segment in &path.segments {
        owner[segment.start as usize..segment.end as usize].fill(Some(segment.span));
    }
    owner
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_path_is_what_a_walk_in_nanoseconds_finds(outline in outlines(200)) {
        let path = CriticalPath::of(&outline);
        let oracle = Oracle::of(&outline);
        for segment in &path.segments {
            prop_assert!(segment.start < segment.end);
        }
        for pair in path.segments.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
            prop_assert!(pair[0].end < pair[1].start || pair[0].span != pair[1].span, "one stretch, one segment");
        }
        prop_assert_eq!(owners(&outline, &path), oracle.owner);
        let apart = oracle.apart.iter().map(|(node, reason)| LeftOut { span: node.span.unwrap(), reason: *reason });
        let roots = oracle.roots.iter().map(|root| LeftOut { span: *root, reason: LeftOutReason::ConcurrentRoot });
        let mut left_out: Vec<LeftOut> = apart.chain(roots).collect();
        left_out.sort_by_key(|one| one.span);
        prop_assert_eq!(&path.left_out, &left_out);
    }

    #[test]
    fn segments_add_up_to_the_time_in_which_a_root_runs(outline in outlines(200)) {
        let path = CriticalPath::of(&outline);
        let roots = (0..outline.len()).filter(|span| outline.depth[*span] == 0);
        let mut covered = vec![false; outline.duration as usize];
        roots.for_each(|root| covered[outline.start[root] as usize..outline.end[root] as usize].fill(true));
        prop_assert_eq!(path.total(), covered.iter().filter(|covered| **covered).count() as u64);
        let by_span = path.time_by_span(outline.len());
        prop_assert_eq!(by_span.iter().sum::<u64>(), path.total());
        for (span, time) in by_span.iter().enumerate() {
            prop_assert_eq!(*time > 0, path.spans(outline.len()).contains(span as SpanIx));
            prop_assert!(*time <= outline.duration_of(span as SpanIx));
        }
    }

    #[test]
    fn a_trace_may_take_longer_by_the_slack_of_a_span_and_no_more(outline in outlines(60)) {
        let path = CriticalPath::of(&outline);
        let slack = slack(&outline, &path);
        let oracle = Oracle::of(&outline);
        for span in 0..outline.len() as SpanIx {
            let apart = oracle.apart.iter().map(|(node, _)| node);
            let top = apart.chain([&oracle.whole]).find(|top| holds(top, span)).unwrap();
            let end = |more: u64| end_of(top, top.start, (span, more));
            prop_assert_eq!(end(0), top.end);
            let slack = slack[span as usize];
            prop_assert!(end(slack) <= outline.duration, "span {} slack {}", span, slack);
            prop_assert!(end(slack + 1) > outline.duration, "span {} could have more slack than {}: {:?}", span, slack, top);
        }
        for segment in &path.segments {
            prop_assert_eq!(slack[segment.span as usize], 0);
        }
    }

    #[test]
    fn where_everything_is_synchronous_the_path_is_jaegers(outline in synchronous(200)) {
        let path = CriticalPath::of(&outline);
        prop_assert_eq!(path.total(), outline.duration);
        prop_assert!(path.left_out.is_empty());
        let found: Vec<_> = path.segments.iter().map(|part| (part.span, part.start, part.end)).collect();
        prop_assert_eq!(found, jaeger::critical_path(&outline));
    }
}
