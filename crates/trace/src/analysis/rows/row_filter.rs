//! The set of spans that may have rows, as a bit set with ranks.

use crate::model::{Outline, SpanIx};

/// A bit set with prefix counts, so that testing a subtree takes constant time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    words: Vec<u64>,
    /// Number of bits set before each word; one longer than `words`.
    before: Vec<u32>,
}

impl RowFilter {
    /// A set of spans, with their ancestors if `ancestors` is set.
    pub fn of(outline: &Outline, spans: impl IntoIterator<Item = SpanIx>, ancestors: bool) -> Self {
        let mut words = vec![0; outline.len().div_ceil(64)];
        for span in spans.into_iter().filter(|span| (*span as usize) < outline.len()) {
            let mut next = Some(span);
            // Ancestors of a member are members, so each span is visited once.
            while let Some(span) = next.filter(|span| !is_set(&words, *span)) {
                set(&mut words, span);
                next = if ancestors { outline.parent_of(span) } else { None };
            }
        }
        Self::counted(words)
    }

    /// `of` (or all spans) without the spans of `services` and their descendants.
    pub(super) fn without(outline: &Outline, services: &[String], of: Option<&RowFilter>) -> Self {
        let mut words = vec![0; outline.len().div_ceil(64)];
        let left_out = outline.strings_that(services);
        let mut span = 0;
        while (span as usize) < outline.len() {
            if left_out[outline.service[span as usize] as usize] {
                span = outline.subtree_end[span as usize];
                continue;
            }
            if of.is_none_or(|of| of.has(span)) {
                set(&mut words, span);
            }
            span += 1;
        }
        Self::counted(words)
    }

    fn counted(words: Vec<u64>) -> Self {
        let mut before = Vec::with_capacity(words.len() + 1);
        let mut sum = 0;
        for word in &words {
            before.push(sum);
            sum += word.count_ones();
        }
        before.push(sum);
        RowFilter { words, before }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.before.last().copied().unwrap_or(0) as usize
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `span` is a member.
    pub fn has(&self, span: SpanIx) -> bool {
        is_set(&self.words, span)
    }

    /// Whether any of `spans` is a member.
    pub fn any(&self, spans: std::ops::Range<SpanIx>) -> bool {
        spans.start < spans.end && self.rank(spans.end) > self.rank(spans.start)
    }

    /// The first member in `spans`, or the end of the range.
    pub(super) fn next(&self, spans: std::ops::Range<SpanIx>) -> SpanIx {
        let mut from = spans.start;
        while from < spans.end {
            let Some(word) = self.words.get(from as usize / 64) else { break };
            let rest = word >> (from % 64);
            if rest != 0 {
                return (from + rest.trailing_zeros()).min(spans.end);
            }
            from = (from / 64 + 1) * 64;
        }
        spans.end
    }

    /// Number of members before `span`.
    fn rank(&self, span: SpanIx) -> u32 {
        let word = span as usize / 64;
        let within = self.words.get(word).map_or(0, |bits| (bits & !(u64::MAX << (span % 64))).count_ones());
        self.before.get(word).copied().unwrap_or(0) + within
    }
}

fn is_set(words: &[u64], span: SpanIx) -> bool {
    words.get(span as usize / 64).is_some_and(|word| word >> (span % 64) & 1 == 1)
}

fn set(words: &mut [u64], span: SpanIx) {
    if let Some(word) = words.get_mut(span as usize / 64) {
        *word |= 1 << (span % 64);
    }
}
