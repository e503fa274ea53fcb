//! Spans that a reloaded trace has gained.

use crate::model::{Outline, SpanIx};
use crate::units::SpanId;
use rustc_hash::FxHashSet;

/// The spans of `after` that are not in `before`, ascending; compared by id.
pub fn added(before: &Outline, after: &Outline) -> Vec<SpanIx> {
    // Fast path: new spans are mostly inserted without reordering the others.
    let mut known = before.id.iter().peekable();
    let mut new = Vec::new();
    for (span, id) in after.id.iter().enumerate() {
        if known.next_if_eq(&id).is_none() {
            new.push(span as SpanIx);
        }
    }
    if known.peek().is_none() {
        return new;
    }
    // A late parent has reordered spans, or spans are gone.
    let known: FxHashSet<SpanId> = before.id.iter().copied().collect();
    new.retain(|span| !known.contains(&after.id[*span as usize]));
    new
}

/// Whether two versions of a trace are displayed the same: same spans, tree, times and errors.
pub fn is_same(one: &Outline, other: &Outline) -> bool {
    (one.start_unix, &one.id, &one.end, &one.flags, &one.event_time)
        == (other.start_unix, &other.id, &other.end, &other.flags, &other.event_time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outline(ids: &[u64]) -> Outline {
        Outline { id: ids.iter().copied().map(SpanId).collect(), ..Outline::default() }
    }

    #[test]
    fn what_came_in_between_and_what_was_moved_by_it() {
        assert_eq!(added(&outline(&[1, 2, 3]), &outline(&[1, 7, 2, 3, 8])), [1, 4]);
        assert_eq!(added(&outline(&[1, 2, 3]), &outline(&[1, 3, 9, 2])), [2], "moved is not new");
        assert_eq!(added(&outline(&[1, 2, 3]), &outline(&[1, 3, 9])), [2], "one has gone");
        assert_eq!(added(&outline(&[1, 2]), &outline(&[1, 2])), [0; 0]);
        assert_eq!(added(&outline(&[]), &outline(&[5])), [0]);
    }

    #[test]
    fn a_span_that_has_failed_meanwhile_is_a_change() {
        let (one, mut other) = (outline(&[1, 2]), outline(&[1, 2]));
        assert!(is_same(&one, &other));
        other.flags = vec![crate::model::Flags::OWN_ERROR];
        assert!(!is_same(&one, &other));
        assert!(!is_same(&one, &outline(&[2, 1])));
    }

    proptest! {
        #[test]
        fn it_finds_what_a_set_finds(before in prop::collection::hash_set(0u64..40, 0..30), after in prop::collection::hash_set(0u64..40, 0..30)) {
            let (one, other): (Vec<u64>, Vec<u64>) = (before.iter().copied().collect(), after.iter().copied().collect());
            let new: Vec<u64> = added(&outline(&one), &outline(&other)).into_iter().map(|at| other[at as usize]).collect();
            let expected: Vec<u64> = other.iter().copied().filter(|id| !before.contains(id)).collect();
            prop_assert_eq!(new, expected);
        }
    }
}
