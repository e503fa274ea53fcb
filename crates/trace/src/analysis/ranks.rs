//! Ranks each span's duration among its peers: the spans of the trace with the same service, operation and kind.

use crate::model::{Outline, SpanIx, SpanKind, StrIx};
use rustc_hash::FxHashMap;

/// Minimum number of peers.
pub const FEW: usize = 5;

/// Rank of spans with too few peers.
pub const UNKNOWN: u8 = u8::MAX;

/// For every span the percentage of peers that took less time: 0 for the shortest and its ties, 99 for the longest of
/// a hundred. [`UNKNOWN`] if there are fewer than [`FEW`].
pub fn ranks(outline: &Outline) -> Vec<u8> {
    let mut ranks = vec![UNKNOWN; outline.len()];
    let (mut groups, sizes) = grouped(outline);
    let mut rest = groups.as_mut_slice();
    for size in sizes {
        let (group, others) = std::mem::take(&mut rest).split_at_mut(size);
        rest = others;
        if size < FEW {
            continue;
        }
        group.sort_unstable_by_key(|span| outline.duration_of(*span));
        let mut shorter = 0;
        for alike in group.chunk_by(|one, other| outline.duration_of(*one) == outline.duration_of(*other)) {
            let rank = (shorter as u64 * 100 / size as u64) as u8;
            alike.iter().for_each(|span| ranks[*span as usize] = rank);
            shorter += alike.len();
        }
    }
    ranks
}

/// All spans grouped by service, operation and kind, and the sizes of the groups.
fn grouped(outline: &Outline) -> (Vec<SpanIx>, Vec<usize>) {
    let mut places: FxHashMap<(StrIx, StrIx, SpanKind), usize> = FxHashMap::default();
    let mut sizes: Vec<usize> = Vec::new();
    let mut of_span: Vec<u32> = Vec::with_capacity(outline.len());
    for ((service, name), kind) in outline.service.iter().zip(&outline.name).zip(&outline.kind) {
        let group = *places.entry((*service, *name, *kind)).or_insert_with(|| sizes.len());
        match sizes.get_mut(group) {
            Some(size) => *size += 1,
            None => sizes.push(1),
        }
        of_span.push(group as u32);
    }
    let mut next: Vec<usize> = Vec::with_capacity(sizes.len());
    let mut sum = 0;
    for size in &sizes {
        next.push(sum);
        sum += size;
    }
    let mut spans = vec![0; outline.len()];
    for (span, group) in of_span.into_iter().enumerate() {
        let place = &mut next[group as usize];
        spans[*place] = span as SpanIx;
        *place += 1;
    }
    (spans, sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::forest::outlines;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rank_counts_those_of_its_like_that_took_less(mut outline in outlines(60), names in 1u32..4) {
            // Few names, so that many spans are alike.
            for span in 0..outline.len() {
                outline.name[span] %= names;
                outline.service[span] %= 2;
            }
            let ranks = ranks(&outline);
            prop_assert_eq!(ranks.len(), outline.len());
            for (span, rank) in ranks.into_iter().enumerate() {
                let of = |at: usize| (outline.service[at], outline.name[at], outline.kind[at]);
                let is_like = |other: &usize| of(*other) == of(span);
                let like: Vec<usize> = (0..outline.len()).filter(is_like).collect();
                let time = |span: usize| outline.duration_of(span as SpanIx);
                let shorter = like.iter().filter(|other| time(**other) < time(span)).count();
                let expected = if like.len() < FEW { UNKNOWN } else { (100 * shorter / like.len()) as u8 };
                prop_assert_eq!(rank, expected, "span {}", span);
            }
        }
    }

    #[test]
    fn nothing_has_no_ranks() {
        assert!(ranks(&Outline::default()).is_empty());
    }
}
