//! Reverse links within a trace: the spans that link to a span.

use crate::model::{Flags, Outline, SpanIx, Trace};
use crate::units::SpanId;

/// Links between spans of one trace, by target.
#[derive(Debug)]
pub struct Links {
    /// Target and source, ascending, without duplicates.
    pairs: Vec<(SpanId, SpanIx)>,
}

impl Links {
    /// Reads every span that has links.
    #[inline(never)]
    pub fn within(trace: &Trace) -> Self {
        let outline = trace.outline();
        let mut pairs = Vec::new();
        for span in 0..outline.len() as SpanIx {
            if outline.flags[span as usize].has(Flags::HAS_LINKS) {
                let links = trace.record_as_sent(span).links;
                let here = links.iter().filter(|link| link.trace_id == outline.trace_id);
                pairs.extend(here.map(|link| (link.span_id, span)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        Links { pairs }
    }

    /// The spans that link to `span`, ascending.
    pub fn to(&self, outline: &Outline, span: SpanIx) -> Vec<SpanIx> {
        let Some(id) = outline.id.get(span as usize) else { return Vec::new() };
        let start = self.pairs.partition_point(|(target, _)| target < id);
        let same = self.pairs[start..].iter().take_while(|(target, _)| target == id);
        same.map(|(_, from)| *from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::TraceBuilder;
    use crate::model::record::{Link, SpanRecord};
    use crate::units::TraceId;

    #[test]
    fn links_are_found_from_their_other_end() {
        let mut builder = TraceBuilder::new(None);
        let link = |trace: u128, span: u64| Link {
            trace_id: TraceId(trace),
            span_id: SpanId(span),
            ..Link::default()
        };
        let links =
            [vec![], vec![link(7, 1), link(7, 1), link(8, 2)], vec![link(7, 1), link(7, 3), link(7, 99)]];
        for (at, links) in links.into_iter().enumerate() {
            let (trace_id, span_id) = (TraceId(7), SpanId(at as u64 + 1));
            let start_unix = 1_000 + at as u64;
            let end_unix = 2_000;
            builder.record(
                u32::MAX,
                u32::MAX,
                &SpanRecord { trace_id, span_id, start_unix, end_unix, links, ..SpanRecord::default() },
            );
        }
        let trace = builder.finish().traces.remove(0);
        let links = Links::within(&trace);
        assert_eq!(links.to(trace.outline(), 0), [1, 2]);
        assert!(links.to(trace.outline(), 1).is_empty());
        assert_eq!(links.to(trace.outline(), 2), [2]);
        assert!(links.to(trace.outline(), 9).is_empty());
    }
}
