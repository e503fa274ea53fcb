//! A set of spans as a bit set.

use super::SpanIx;
use serde::{Deserialize, Serialize};

/// A set of spans of one trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanSet {
    words: Vec<u64>,
    /// Number of spans of the trace.
    spans: u32,
}

impl SpanSet {
    /// The empty set for a trace of `spans` spans.
    pub fn none(spans: usize) -> Self {
        Self { words: vec![0; spans.div_ceil(64)], spans: spans as u32 }
    }

    /// Number of spans of the trace.
    pub fn spans(&self) -> usize {
        self.spans as usize
    }

    /// Adds a span; ignored if it is out of range.
    #[inline]
    pub fn insert(&mut self, span: SpanIx) {
        if span < self.spans {
            self.words[span as usize / 64] |= 1 << (span % 64);
        }
    }

    /// Whether a span is in the set.
    #[inline]
    pub fn contains(&self, span: SpanIx) -> bool {
        self.words.get(span as usize / 64).is_some_and(|word| word >> (span % 64) & 1 == 1)
    }

    /// Number of spans in the set.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Number of members before `span`: the rank of a match among the matches, from 0.
    pub fn before(&self, span: SpanIx) -> u32 {
        let (word, bit) = (span as usize / 64, span % 64);
        let whole = self.words.iter().take(word).map(|word| word.count_ones()).sum::<u32>();
        let rest = self.words.get(word).map_or(0, |word| word & ((1 << bit) - 1));
        whole + rest.count_ones()
    }

    /// The first member at or after `span`.
    pub fn at_or_after(&self, span: SpanIx) -> Option<SpanIx> {
        let first = span as usize / 64;
        let mut mask = u64::MAX << (span % 64);
        for (at, word) in self.words.iter().enumerate().skip(first) {
            let found = word & mask;
            if found != 0 {
                return Some(at as u32 * 64 + found.trailing_zeros());
            }
            mask = u64::MAX;
        }
        None
    }

    /// The last member before `span`.
    pub fn last_before(&self, span: SpanIx) -> Option<SpanIx> {
        let span = span.min(self.spans);
        let whole = span as usize / 64;
        let rest = self.words.get(whole).map_or(0, |word| word & ((1 << (span % 64)) - 1));
        let last = |at: usize, word: u64| at as u32 * 64 + 63 - word.leading_zeros();
        if rest != 0 {
            return Some(last(whole, rest));
        }
        let found = self.words[..whole].iter().rposition(|word| *word != 0)?;
        Some(last(found, self.words[found]))
    }

    /// All members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = SpanIx> + '_ {
        let mut next = self.at_or_after(0);
        std::iter::from_fn(move || {
            let span = next?;
            next = self.at_or_after(span + 1);
            Some(span)
        })
    }

    /// Intersects with `other`.
    pub fn and(&mut self, other: &SpanSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds the members of `other`.
    pub fn or(&mut self, other: &SpanSet) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Replaces the set by its complement.
    pub fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        let rest = self.spans % 64;
        if let Some(last) = self.words.last_mut().filter(|_| rest != 0) {
            *last &= (1 << rest) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(
            spans in 1u32..300,
            one in prop::collection::btree_set(0u32..300, 0..60),
            other in prop::collection::btree_set(0u32..300, 0..60),
            at in 0u32..400,
        ) {
            let within = |set: &BTreeSet<u32>| -> BTreeSet<u32> { set.iter().copied().filter(|span| *span < spans).collect() };
            let make = |members: &BTreeSet<u32>| {
                let mut set = SpanSet::none(spans as usize);
                members.iter().for_each(|span| set.insert(*span));
                set
            };
            let all = |set: &SpanSet| set.iter().collect::<BTreeSet<u32>>();
            let (set, members) = (make(&one), within(&one));
            prop_assert_eq!(all(&set), members.clone());
            prop_assert_eq!(set.count() as usize, members.len());
            prop_assert_eq!(set.is_empty(), members.is_empty());
            prop_assert_eq!(set.contains(at), members.contains(&at));
            prop_assert_eq!(set.before(at) as usize, members.range(..at).count());
            prop_assert_eq!(set.at_or_after(at), members.range(at..).next().copied());
            prop_assert_eq!(set.last_before(at), members.range(..at).next_back().copied());
            let mut both = set.clone();
            both.and(&make(&other));
            prop_assert_eq!(all(&both), members.intersection(&other).copied().collect::<BTreeSet<_>>());
            let mut either = set.clone();
            either.or(&make(&other));
            prop_assert_eq!(all(&either), members.union(&within(&other)).copied().collect::<BTreeSet<_>>());
            let mut rest = set.clone();
            rest.invert();
            prop_assert_eq!(all(&rest), (0..spans).filter(|span| !members.contains(span)).collect::<BTreeSet<_>>());
        }
    }
}
