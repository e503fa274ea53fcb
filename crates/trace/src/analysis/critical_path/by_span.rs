//! The critical path and slack by span, as columns for the transfer to the page.

use super::{CriticalPath, LeftOutReason, slack};
use crate::model::{NO_SPAN, Outline, SpanIx};
use crate::units::ColumnMut;
use serde::{Deserialize, Serialize};

/// The critical path of a trace by span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathBySpan {
    /// The spans on the path, including ancestors, ascending.
    #[serde(with = "crate::units::number_bytes")]
    spans: Vec<u32>,
    /// For each of those when the path enters and leaves it, nanoseconds from the trace's start.
    #[serde(with = "crate::units::number_bytes")]
    from: Vec<u64>,
    #[serde(with = "crate::units::number_bytes")]
    to: Vec<u64>,
    /// For each of those where its segments start in `start` and `end`; one longer.
    #[serde(with = "crate::units::number_bytes")]
    first: Vec<u32>,
    #[serde(with = "crate::units::number_bytes")]
    start: Vec<u64>,
    #[serde(with = "crate::units::number_bytes")]
    end: Vec<u64>,
    /// The slack of every span of the trace, nanoseconds.
    #[serde(with = "crate::units::number_bytes")]
    slack: Vec<u64>,
    /// The spans that are left out, ascending, and the index of the reason in [`LeftOutReason::ALL`].
    #[serde(with = "crate::units::number_bytes")]
    left_out: Vec<u32>,
    #[serde(with = "crate::units::number_bytes")]
    reason: Vec<u32>,
    total: u64,
}

impl PathBySpan {
    /// Computes the critical path and slack of a trace.
    pub fn of(outline: &Outline) -> Self {
        Self::of_path(outline, &CriticalPath::of(outline))
    }

    /// The same where the critical path is known.
    #[inline(never)]
    pub fn of_path(outline: &Outline, path: &CriticalPath) -> Self {
        let slack = slack(outline, path);
        let n = outline.len();
        let (mut from, mut to, mut count) = (vec![u64::MAX; n], vec![0; n], vec![0u32; n]);
        for segment in &path.segments {
            let span = segment.span as usize;
            from[span] = from[span].min(segment.start);
            to[span] = to[span].max(segment.end);
            count[span] += 1;
        }
        for span in (0..n).rev() {
            let parent = outline.parent[span];
            if parent != NO_SPAN && from[span] < to[span] {
                let parent = parent as usize;
                from[parent] = from[parent].min(from[span]);
                to[parent] = to[parent].max(to[span]);
            }
        }
        let spans: Vec<SpanIx> =
            (0..n).filter(|span| from[*span] < to[*span]).map(|span| span as u32).collect();
        let mut first = Vec::with_capacity(spans.len() + 1);
        let mut next = vec![0; n];
        let mut sum = 0;
        for span in &spans {
            first.push(sum);
            next[*span as usize] = sum as usize;
            sum += count[*span as usize];
        }
        first.push(sum);
        let (mut start, mut end) = (vec![0; sum as usize], vec![0; sum as usize]);
        for segment in &path.segments {
            let place = &mut next[segment.span as usize];
            (start[*place], end[*place]) = (segment.start, segment.end);
            *place += 1;
        }
        let reason =
            |reason| LeftOutReason::ALL.iter().position(|other| *other == reason).unwrap_or(0) as u32;
        PathBySpan {
            from: spans.iter().map(|span| from[*span as usize]).collect(),
            to: spans.iter().map(|span| to[*span as usize]).collect(),
            spans,
            first,
            start,
            end,
            slack,
            left_out: path.left_out.iter().map(|one| one.span).collect(),
            reason: path.left_out.iter().map(|one| reason(one.reason)).collect(),
            total: path.total(),
        }
    }

    /// All columns, to transfer them.
    pub fn columns(&mut self) -> Vec<ColumnMut<'_>> {
        vec![
            ColumnMut::U32(&mut self.spans),
            ColumnMut::U64(&mut self.from),
            ColumnMut::U64(&mut self.to),
            ColumnMut::U32(&mut self.first),
            ColumnMut::U64(&mut self.start),
            ColumnMut::U64(&mut self.end),
            ColumnMut::U64(&mut self.slack),
            ColumnMut::U32(&mut self.left_out),
            ColumnMut::U32(&mut self.reason),
        ]
    }

    /// Whether it is of a trace with so many spans.
    pub fn is_of(&self, spans: usize) -> bool {
        self.slack.len() == spans
    }

    /// The spans on the path, including ancestors, ascending.
    pub fn spans(&self) -> &[SpanIx] {
        &self.spans
    }

    /// The length of the path, nanoseconds; see [`CriticalPath::total`].
    pub fn total(&self) -> u64 {
        self.total
    }

    /// When the path enters a span and leaves it; in between it is in the span or below it. `None` off the path.
    pub fn extent_of(&self, span: SpanIx) -> Option<(u64, u64)> {
        let at = self.spans.binary_search(&span).ok()?;
        Some((self.from[at], self.to[at]))
    }

    /// The times that the path spends in a span itself, ascending.
    pub fn segments_of(&self, span: SpanIx) -> impl ExactSizeIterator<Item = (u64, u64)> + '_ {
        let range = match self.spans.binary_search(&span) {
            Ok(at) => self.first[at] as usize..self.first[at + 1] as usize,
            Err(_) => 0..0,
        };
        self.start[range.clone()].iter().copied().zip(self.end[range].iter().copied())
    }

    /// The critical time of a span, nanoseconds: time of the path in the span itself.
    pub fn time_of(&self, span: SpanIx) -> u64 {
        self.segments_of(span).map(|(start, end)| end - start).sum()
    }

    /// The critical time of every span of the trace.
    pub fn times(&self) -> Vec<u64> {
        let mut times = vec![0; self.slack.len()];
        for (at, span) in self.spans.iter().enumerate() {
            let range = self.first[at] as usize..self.first[at + 1] as usize;
            times[*span as usize] = range.map(|place| self.end[place] - self.start[place]).sum();
        }
        times
    }

    /// The slack of every span of the trace, nanoseconds; see [`slack()`].
    pub fn slack(&self) -> &[u64] {
        &self.slack
    }

    /// Why nothing waits for a span: the span or nearest ancestor that is left out, and the reason.
    pub fn left_out(&self, outline: &Outline, span: SpanIx) -> Option<(SpanIx, LeftOutReason)> {
        let mut next = (!self.left_out.is_empty()).then_some(span);
        while let Some(span) = next {
            if let Ok(at) = self.left_out.binary_search(&span) {
                return Some((span, *LeftOutReason::ALL.get(self.reason[at] as usize)?));
            }
            next = outline.parent_of(span);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::{COLUMN, trace};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_the_path_for_each_span(outline in outlines(80)) {
            let path = CriticalPath::of(&outline);
            let by_span = PathBySpan::of(&outline);
            let times = path.time_by_span(outline.len());
            prop_assert_eq!(&by_span.times(), &times);
            prop_assert_eq!(by_span.slack(), slack(&outline, &path));
            prop_assert_eq!(by_span.total(), path.total());
            prop_assert!(by_span.is_of(outline.len()));
            for span in 0..outline.len() as SpanIx {
                let below = |other: SpanIx| span <= other && other < outline.subtree_end[span as usize];
                let parts = path.segments.iter().filter(|part| below(part.span));
                let (from, to) = (parts.clone().map(|part| part.start).min(), parts.map(|part| part.end).max());
                prop_assert_eq!(by_span.extent_of(span), from.zip(to));
                prop_assert_eq!(by_span.spans().contains(&span), from.is_some());
                let own = path.segments.iter().filter(|part| part.span == span);
                let own: Vec<(u64, u64)> = own.map(|part| (part.start, part.end)).collect();
                prop_assert_eq!(by_span.segments_of(span).collect::<Vec<_>>(), own);
                prop_assert_eq!(by_span.time_of(span), times[span as usize]);
                if from.is_some() {
                    prop_assert_eq!(by_span.left_out(&outline, span), None);
                }
            }
        }
    }

    #[test]
    fn a_span_below_one_that_is_left_out_has_its_reason() {
        let trace = trace(
            "
            a: root                [==========]
              a: send (producer)     [=]
                b: take (consumer)     [======]
                  b: store               [==]
            ",
        );
        let (outline, path) = (trace.outline(), PathBySpan::of(trace.outline()));
        assert_eq!(path.left_out(outline, 3), Some((2, LeftOutReason::Asynchronous)));
        assert_eq!(path.left_out(outline, 1), None);
        assert_eq!(path.extent_of(1), Some((2 * COLUMN, 4 * COLUMN)));
    }

    #[test]
    fn nothing_has_no_path() {
        let nothing = PathBySpan::of(&Outline::default());
        assert_eq!((nothing.spans(), nothing.total(), nothing.time_of(3)), (&[][..], 0, 0));
    }
}
