//! Whatever spans say of each other, the outline is a forest in pre-order that holds all of them.

use proptest::prelude::*;
use spandrel_trace::build::TraceBuilder;
use spandrel_trace::model::record::{Resource, SpanRecord};
use spandrel_trace::model::{Flags, NO_SPAN, StatusCode};
use spandrel_trace::units::{SpanId, TraceId};

proptest! {
    #[test]
    fn pre_order_holds_for_any_ids_parents_and_times(
        spans in prop::collection::vec((0u64..12, 0u64..14, 0u64..50, 0u64..60, any::<bool>()), 0..60),
    ) {
        let mut builder = TraceBuilder::new(None);
        let resource = builder.resource(Resource::default());
        for (at, (id, parent, start, end, failed)) in spans.iter().enumerate() {
            builder.record(resource, u32::MAX, &SpanRecord {
                // No two are the same, so none counts as sent again.
                name: at.to_string(),
                trace_id: TraceId(1),
                span_id: SpanId(*id),
                parent_span_id: SpanId(*parent),
                start_unix: *start,
                end_unix: *end,
                status: if *failed { StatusCode::Error } else { StatusCode::Unset },
                ..SpanRecord::default()
            });
        }
        let opened = builder.finish();
        let Some(trace) = opened.traces.first() else {
            prop_assert!(spans.is_empty());
            return Ok(());
        };
        let outline = trace.outline();
        prop_assert_eq!(outline.len(), spans.len());
        let mut ids: Vec<u64> = outline.id.iter().map(|id| id.0).collect();
        let mut sent: Vec<u64> = spans.iter().map(|span| span.0).collect();
        ids.sort_unstable();
        sent.sort_unstable();
        prop_assert_eq!(ids, sent);
        let mut last_root = 0;
        for at in 0..outline.len() {
            let end = outline.subtree_end[at] as usize;
            prop_assert!(end > at && end <= outline.len());
            prop_assert!(outline.start[at] <= outline.end[at] && outline.end[at] <= outline.duration);
            match outline.parent[at] {
                NO_SPAN => {
                    prop_assert_eq!(outline.depth[at], 0);
                    prop_assert!(outline.start[at] >= outline.start[last_root]);
                    last_root = at;
                }
                parent => {
                    let parent = parent as usize;
                    prop_assert!(parent < at && at < outline.subtree_end[parent] as usize);
                    prop_assert!(end <= outline.subtree_end[parent] as usize, "subtrees nest");
                    prop_assert_eq!(outline.depth[at], outline.depth[parent] + 1);
                }
            }
            let children: Vec<u32> = outline.children(at as u32).collect();
            let below = (at + 1..end).any(|span| outline.flags[span].has(Flags::OWN_ERROR));
            prop_assert_eq!(outline.flags[at].has(Flags::ERROR_BELOW), below);
            for pair in children.windows(2) {
                prop_assert!(outline.start[pair[0] as usize] <= outline.start[pair[1] as usize]);
            }
            let size: usize = children.iter().map(|child| outline.subtree_end[*child as usize] as usize - *child as usize).sum();
            prop_assert_eq!(size + 1, end - at);
        }
        prop_assert!(outline.is_empty() || outline.start.contains(&0));
    }

    #[test]
    fn spans_that_are_sent_again_change_nothing(
        spans in prop::collection::vec((1u64..12, 0u64..14, 0u64..50, 0u64..60), 1..40),
        again in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let build = |times: &[usize]| {
            let mut builder = TraceBuilder::new(None);
            for at in times {
                let (id, parent, start, end) = spans[*at];
                let resource = builder.resource(Resource::default());
                builder.record(resource, u32::MAX, &SpanRecord {
                    trace_id: TraceId(1),
                    span_id: SpanId(id),
                    parent_span_id: SpanId(parent),
                    start_unix: start,
                    end_unix: end,
                    name: at.to_string(),
                    ..SpanRecord::default()
                });
            }
            builder.finish().traces.remove(0)
        };
        let once: Vec<usize> = (0..spans.len()).collect();
        let twice = [once.clone(), again.iter().map(|index| index.index(spans.len())).collect()].concat();
        let (once, twice) = (build(&once), build(&twice));
        prop_assert_eq!(&once.outline().parent, &twice.outline().parent);
        for span in 0..once.outline().len() as u32 {
            prop_assert_eq!(once.outline().name_of(span), twice.outline().name_of(span));
        }
        let said = format!("{} span", again.len());
        prop_assert!(twice.outline().warnings.iter().any(|warning| warning.starts_with(&said)), "{:?}", twice.outline().warnings);
    }
}
