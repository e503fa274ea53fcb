//! A set of the spans that may have rows, one bit a span.

use crate::model::{Outline, SpanIx};

/// See the module. Counts are kept beside the bits, so that "is anything in this subtree" needs no walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    words: Vec<u64>,
    /// How many bits are set before each word; one longer than `words`.
    before: Vec<u32>,
}

impl Shown {
    /// These spans, and with `ancestors` those above them as well.
    pub fn of(outline: &Outline, spans: impl IntoIterator<Item = SpanIx>, ancestors: bool) -> Self {
        let mut words = vec![0; outline.len().div_ceil(64)];
        for span in spans.into_iter().filter(|span| (*span as usize) < outline.len()) {
            let mut next = Some(span);
            // What is set already has its ancestors set: every span is walked over once.
            while let Some(span) = next.filter(|span| !is_set(&words, *span)) {
                set(&mut words, span);
                next = if ancestors { outline.parent_of(span) } else { None };
            }
        }
        Self::counted(words)
    }

    /// `of` (or all spans) less those of `services` and all that is below those.
    pub(super) fn without(outline: &Outline, services: &[String], of: Option<&Shown>) -> Self {
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
        Shown { words, before }
    }

    /// How many spans.
    pub fn len(&self) -> usize {
        self.before.last().copied().unwrap_or(0) as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `span` is one of them.
    pub fn has(&self, span: SpanIx) -> bool {
        is_set(&self.words, span)
    }

    /// Whether any of `spans` is one of them.
    pub fn any(&self, spans: std::ops::Range<SpanIx>) -> bool {
        spans.start < spans.end && self.rank(spans.end) > self.rank(spans.start)
    }

    /// The first of `spans` that is one of them, or their end.
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

    /// How many of them are before `span`.
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
