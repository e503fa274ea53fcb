//! A trace without the spans that a view filters out. The result is a trace, so other analyses need not support
//! filters. A span whose parent is filtered out becomes a child of its nearest remaining ancestor.

use super::rows::RowFilter;
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanSet};
use crate::units::SpanId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The spans that a view shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanFilter {
    /// If set, only the subtree of this span; ignored if there is no such span.
    pub focus: Option<SpanId>,
    /// Services whose spans are hidden, with their descendants.
    pub hidden: Vec<String>,
    /// The spans that are shown, if not all.
    pub only: Option<SpanSet>,
    /// Whether ancestors of those are included.
    pub ancestors: bool,
}

/// A filtered trace.
#[derive(Clone, Debug)]
pub struct NarrowedOutline<'a> {
    /// The filtered outline. If spans were removed, only the columns of ids, tree, times, names, kinds, statuses and
    /// flags are filled.
    pub outline: Cow<'a, Outline>,
    /// Their indices in the whole trace, ascending; `None` if no span was left out.
    original: Option<Vec<SpanIx>>,
}

impl NarrowedOutline<'_> {
    /// The index in the whole trace of a span of the narrowed one.
    pub fn original(&self, span: SpanIx) -> SpanIx {
        self.original.as_ref().map_or(span, |original| original[span as usize])
    }

    /// The index in the narrowed trace of a span of the whole one; `None` if it was left out.
    pub fn find(&self, span: SpanIx) -> Option<SpanIx> {
        match &self.original {
            None => Some(span).filter(|span| (*span as usize) < self.outline.len()),
            Some(original) => original.binary_search(&span).ok().map(|index| index as SpanIx),
        }
    }
}

impl SpanFilter {
    /// Whether all spans pass.
    pub fn is_open(&self) -> bool {
        self.focus.is_none() && self.hidden.is_empty() && self.only.is_none()
    }

    /// Filters a trace in one pass.
    pub fn narrow<'a>(&self, outline: &'a Outline) -> NarrowedOutline<'a> {
        if self.is_open() {
            return NarrowedOutline { outline: Cow::Borrowed(outline), original: None };
        }
        let kept = self.kept(outline);
        NarrowedOutline { outline: Cow::Owned(of_spans(outline, &kept)), original: Some(kept) }
    }

    /// The spans that it lets through as a set; `None` if it lets all through.
    pub fn spans(&self, outline: &Outline) -> Option<SpanSet> {
        if self.is_open() {
            return None;
        }
        let mut spans = SpanSet::none(outline.len());
        self.kept(outline).into_iter().for_each(|span| spans.insert(span));
        Some(spans)
    }

    /// The spans that it lets through, ascending.
    fn kept(&self, outline: &Outline) -> Vec<SpanIx> {
        let only = self.only.as_ref().map(|only| RowFilter::of(outline, only.iter(), self.ancestors));
        let hides = outline.strings_that(&self.hidden);
        let focus = self.focus.and_then(|id| outline.find(id));
        let extent =
            focus.map_or(0..outline.len() as SpanIx, |span| span..outline.subtree_end[span as usize]);
        let mut kept = Vec::new();
        let mut span = extent.start;
        while span < extent.end {
            let at = span as usize;
            if hides[outline.service[at] as usize] {
                span = outline.subtree_end[at];
                continue;
            }
            if only.as_ref().is_none_or(|only| only.has(span)) {
                kept.push(span);
            }
            span += 1;
        }
        kept
    }
}

/// The outline of these spans, ascending.
fn of_spans(outline: &Outline, kept: &[SpanIx]) -> Outline {
    let mut narrowed = Outline {
        trace_id: outline.trace_id,
        start_unix: outline.start_unix,
        duration: outline.duration,
        strings: outline.strings.clone(),
        event_start: vec![0; kept.len() + 1],
        ..Outline::default()
    };
    // The ancestors of the current span: index in the filtered trace, and end in the whole one.
    let mut above: Vec<(SpanIx, SpanIx)> = Vec::new();
    for (index, span) in kept.iter().enumerate() {
        let at = *span as usize;
        while let Some((done, _)) = above.pop_if(|(_, end)| *end <= *span) {
            narrowed.subtree_end[done as usize] = index as SpanIx;
        }
        narrowed.id.push(outline.id[at]);
        narrowed.parent.push(above.last().map_or(NO_SPAN, |(parent, _)| *parent));
        narrowed.depth.push(above.len() as u32);
        narrowed.subtree_end.push(kept.len() as SpanIx);
        narrowed.start.push(outline.start[at]);
        narrowed.end.push(outline.end[at]);
        narrowed.name.push(outline.name[at]);
        narrowed.service.push(outline.service[at]);
        narrowed.kind.push(outline.kind[at]);
        narrowed.status.push(outline.status[at]);
        narrowed.flags.push(Flags(outline.flags[at].0));
        above.push((index as SpanIx, outline.subtree_end[at]));
    }
    narrowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use crate::testing::trace;
    use proptest::prelude::*;

    #[test]
    fn a_child_of_a_span_that_is_left_out_belongs_to_the_ancestor_that_is_not() {
        let trace = trace(
            "
            web: GET /          [==========]
              auth: check        [==]
                auth: token       []
              cart: list            [=====]
                db: select           [==]
            ",
        );
        let outline = trace.outline();
        let names = |filter: &SpanFilter| -> Vec<(String, u32)> {
            let narrowed = filter.narrow(outline).outline.into_owned();
            (0..narrowed.len() as u32)
                .map(|span| (narrowed.name_of(span).to_owned(), narrowed.depth[span as usize]))
                .collect()
        };
        let expected = |list: &[(&str, u32)]| -> Vec<(String, u32)> {
            list.iter().map(|(name, depth)| ((*name).to_owned(), *depth)).collect()
        };
        let hidden = SpanFilter { hidden: vec!["auth".into()], ..SpanFilter::default() };
        assert_eq!(names(&hidden), expected(&[("GET /", 0), ("list", 1), ("select", 2)]));
        let focus = SpanFilter { focus: Some(outline.id[3]), ..SpanFilter::default() };
        assert_eq!(names(&focus), expected(&[("list", 0), ("select", 1)]));
        let mut only = SpanSet::none(5);
        [0, 2, 4].into_iter().for_each(|span| only.insert(span));
        let only = SpanFilter { only: Some(only), ..SpanFilter::default() };
        assert_eq!(names(&only), expected(&[("GET /", 0), ("token", 1), ("select", 1)]));
        let ancestors = SpanFilter { ancestors: true, hidden: vec!["cart".into()], ..only };
        assert_eq!(names(&ancestors), expected(&[("GET /", 0), ("check", 1), ("token", 2)]));
        assert_eq!(names(&SpanFilter::default()).len(), 5);
        let gone = SpanFilter { focus: Some(SpanId(99)), ..SpanFilter::default() };
        assert_eq!(names(&gone).len(), 5, "a focus that is not there is ignored");
    }

    proptest! {
        #[test]
        fn what_remains_is_a_trace(outline in outlines(40), chosen in prop::collection::btree_set(0u32..40, 0..40)) {
            let mut only = SpanSet::none(outline.len());
            chosen.iter().for_each(|span| only.insert(*span));
            let filter = SpanFilter { only: Some(only.clone()), ..SpanFilter::default() };
            let narrowed = filter.narrow(&outline);
            let kept: Vec<u32> = only.iter().collect();
            prop_assert_eq!(narrowed.outline.len(), kept.len());
            for (index, span) in kept.iter().enumerate() {
                prop_assert_eq!(narrowed.original(index as u32), *span);
                prop_assert_eq!(narrowed.find(*span), Some(index as u32));
                prop_assert!(filter.spans(&outline).is_some_and(|spans| spans.contains(*span)));
                let mut parent = outline.parent_of(*span);
                while parent.is_some_and(|parent| !only.contains(parent)) {
                    parent = parent.and_then(|parent| outline.parent_of(parent));
                }
                let found = narrowed.outline.parent_of(index as u32).map(|parent| narrowed.original(parent));
                prop_assert_eq!(found, parent);
                let below = kept.iter().filter(|other| (*span..outline.subtree_end[*span as usize]).contains(*other));
                prop_assert_eq!(narrowed.outline.subtree_end[index] as usize, index + below.count());
            }
        }
    }
}
