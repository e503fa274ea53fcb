//! Calls between services, counted from whole traces.
//!
//! Every span with a parent in its trace is a call from the parent's service to its own, as in Jaeger's stores; calls
//! within a service are links from the service to itself. A call has an error if the called span itself has one;
//! errors of its descendants do not count.

use crate::model::{DependencyLink, Flags, Outline, ServiceRequests, SpanIx, StrIx};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use std::cmp::Ordering;

/// Number of unmerged links that triggers a merge.
const LOOSE: usize = 1 << 10;

/// Links counted so far. Traces are added one by one and can be dropped afterwards.
#[derive(Clone, Debug, Default)]
pub struct CallTally {
    /// Links up to `merged` are sorted and distinct; the others are not merged yet.
    links: Vec<DependencyLink>,
    merged: usize,
    traces: usize,
}

impl CallTally {
    /// Counts the calls of one trace.
    pub fn add(&mut self, outline: &Outline) {
        self.traces += 1;
        let mut counts: IndexMap<(StrIx, StrIx), (u64, u64), FxBuildHasher> = IndexMap::default();
        for span in 0..outline.len() as SpanIx {
            let Some(parent) = outline.parent_of(span) else { continue };
            let (parent, child) = (outline.service[parent as usize], outline.service[span as usize]);
            let (calls, errors) = counts.entry((parent, child)).or_default();
            *calls += 1;
            *errors += u64::from(outline.flags[span as usize].has(Flags::OWN_ERROR));
        }
        self.links.extend(counts.iter().map(|((parent, child), (calls, errors))| DependencyLink {
            parent: outline.strings.get(*parent).to_owned(),
            child: outline.strings.get(*child).to_owned(),
            calls: *calls,
            errors: Some(*errors),
        }));
        if self.links.len() > 2 * self.merged + LOOSE {
            self.links = merge(std::mem::take(&mut self.links));
            self.merged = self.links.len();
        }
    }

    /// Number of counted traces.
    pub fn traces(&self) -> usize {
        self.traces
    }

    /// The links, sorted by caller and then by callee.
    pub fn links(&self) -> Vec<DependencyLink> {
        merge(self.links.clone())
    }
}

/// Counts the links of traces.
pub fn of_traces<'a>(outlines: impl IntoIterator<Item = &'a Outline>) -> Vec<DependencyLink> {
    let mut tally = CallTally::default();
    outlines.into_iter().for_each(|outline| tally.add(outline));
    tally.links()
}

/// One link per caller and callee, sorted. Counts saturate; the number of errors of a sum is known only if it is
/// known for all parts.
pub fn merge(links: impl IntoIterator<Item = DependencyLink>) -> Vec<DependencyLink> {
    let mut links: Vec<DependencyLink> = links.into_iter().collect();
    links.sort_unstable_by(|one, other| ends(one).cmp(&ends(other)));
    let mut merged: Vec<DependencyLink> = Vec::with_capacity(links.len());
    for link in links {
        match merged.last_mut() {
            Some(last) if ends(last) == ends(&link) => {
                last.calls = last.calls.saturating_add(link.calls);
                last.errors = last.errors.zip(link.errors).map(|(one, other)| one.saturating_add(other));
            }
            _ => merged.push(link),
        }
    }
    merged
}

fn ends(link: &DependencyLink) -> (&str, &str) {
    (&link.parent, &link.child)
}

/// Errors of a link's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failures {
    /// Unknown.
    #[default]
    Unknown,
    /// Number of errors among all calls.
    Counted(u64),
    /// Number of errors in a sample of the calls.
    Sampled {
        /// Calls in the sample.
        calls: u64,
        /// Those with an error.
        errors: u64,
    },
}

/// The requests of services; see [`super::entries`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedRequests {
    /// Sorted by service; empty if unknown.
    pub services: Vec<ServiceRequests>,
    /// Whether they were counted in a sample of the traces.
    pub sampled: bool,
}

/// A link with its errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RatedLink {
    /// Calling service.
    pub parent: String,
    /// Called service.
    pub child: String,
    /// Number of calls.
    pub calls: u64,
    /// Errors.
    pub failures: Failures,
}

impl RatedLink {
    /// Share of calls with an error, 0 to 1; `None` if unknown or without calls.
    pub fn error_share(&self) -> Option<f64> {
        let (errors, calls) = match self.failures {
            Failures::Unknown => return None,
            Failures::Counted(errors) => (errors, self.calls),
            Failures::Sampled { calls, errors } => (errors, calls),
        };
        (calls > 0).then(|| (errors as f64 / calls as f64).min(1.0))
    }
}

/// Number of calls below which an error share is not significant.
pub const SHARE_FROM: u64 = 20;

/// Compares `(error share, calls)`: highest share first, then most calls. Shares of fewer than [`SHARE_FROM`] calls
/// come after those of more; links without errors come last.
pub fn by_errors(one: (Option<f64>, u64), other: (Option<f64>, u64)) -> Ordering {
    let rank = |(share, calls): (Option<f64>, u64)| match share {
        Some(share) if share > 0.0 && calls >= SHARE_FROM => (2, share),
        Some(share) if share > 0.0 => (1, share),
        _ => (0, 0.0),
    };
    let ((class, share), (other_class, other_share)) = (rank(one), rank(other));
    other_class.cmp(&class).then(other_share.total_cmp(&share)).then(other.1.cmp(&one.1))
}

/// Merges `links` and, where their number of errors is unknown, takes it from `sample`, links counted from some
/// traces of the same time. Samples are not scaled.
pub fn rated(links: impl IntoIterator<Item = DependencyLink>, sample: &[DependencyLink]) -> Vec<RatedLink> {
    let sample = merge(sample.to_vec());
    let failures = |link: &DependencyLink| {
        if let Some(errors) = link.errors {
            return Failures::Counted(errors);
        }
        let found = sample.binary_search_by(|other| ends(other).cmp(&ends(link)));
        match found.map(|at| (sample[at].calls, sample[at].errors)) {
            Ok((calls, Some(errors))) => Failures::Sampled { calls, errors },
            _ => Failures::Unknown,
        }
    };
    merge(links)
        .into_iter()
        .map(|link| RatedLink {
            failures: failures(&link),
            parent: link.parent,
            child: link.child,
            calls: link.calls,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NO_SPAN;

    /// A trace of (parent, service, failed) in pre-order; only the columns that are counted are filled.
    fn outline(spans: &[(Option<u32>, &str, bool)]) -> Outline {
        let mut outline = Outline::default();
        for (parent, service, failed) in spans {
            outline.id.push(crate::units::SpanId(outline.id.len() as u64 + 1));
            outline.parent.push(parent.unwrap_or(NO_SPAN));
            let service = outline.strings.intern(service);
            outline.service.push(service);
            outline.flags.push(if *failed { Flags::OWN_ERROR } else { Flags::ERROR_BELOW });
        }
        outline
    }

    fn link(parent: &str, child: &str, calls: u64, errors: Option<u64>) -> DependencyLink {
        DependencyLink { parent: parent.into(), child: child.into(), calls, errors }
    }

    #[test]
    fn one_failed_call_of_one_is_not_ranked_before_many() {
        let mut keys = [
            (Some(1.0), 1),
            (None, 900),
            (Some(0.1), 500),
            (Some(0.0), 50),
            (Some(0.4), 20),
            (Some(0.1), 800),
        ];
        keys.sort_by(|one, other| by_errors(*one, *other));
        let expected = [
            (Some(0.4), 20),
            (Some(0.1), 800),
            (Some(0.1), 500),
            (Some(1.0), 1),
            (None, 900),
            (Some(0.0), 50),
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn every_span_with_a_parent_is_a_call() {
        let trace = outline(&[
            (None, "gateway", false),
            (Some(0), "gateway", false),
            (Some(1), "order", true),
            (Some(2), "payment", true),
            (Some(1), "order", false),
            (None, "late", true),
        ]);
        assert_eq!(
            of_traces([&trace, &trace]),
            [
                link("gateway", "gateway", 2, Some(0)),
                link("gateway", "order", 4, Some(2)),
                link("order", "payment", 2, Some(2)),
            ]
        );
    }

    #[test]
    fn no_traces_make_no_links() {
        assert_eq!(of_traces([]), []);
        assert_eq!(of_traces([&Outline::default()]), []);
    }

    #[test]
    fn duplicates_are_summed_and_never_overflow() {
        let merged = merge([
            link("a", "b", u64::MAX, Some(2)),
            link("a", "b", 5, Some(1)),
            link("", "c", 9_007_199_254_740_993, None),
            link("a", "a", 3, Some(1)),
            link("a", "a", 1, None),
        ]);
        assert_eq!(
            merged,
            [
                link("", "c", 9_007_199_254_740_993, None),
                link("a", "a", 4, None),
                link("a", "b", u64::MAX, Some(3)),
            ]
        );
    }

    #[test]
    fn failures_are_counted_sampled_or_unknown() {
        let sample = [link("a", "b", 10, Some(3)), link("a", "c", 0, Some(0))];
        let rated = rated(
            [
                link("a", "b", 500, None),
                link("a", "c", 7, None),
                link("a", "d", 4, Some(1)),
                link("d", "e", 1, None),
            ],
            &sample,
        );
        let failures: Vec<_> = rated.iter().map(|link| (link.failures, link.error_share())).collect();
        assert_eq!(
            failures,
            [
                (Failures::Sampled { calls: 10, errors: 3 }, Some(0.3)),
                (Failures::Sampled { calls: 0, errors: 0 }, None),
                (Failures::Counted(1), Some(0.25)),
                (Failures::Unknown, None),
            ]
        );
    }
}
