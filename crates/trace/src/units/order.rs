//! Sorting that costs little code: for lists of which nobody waits.
//!
//! The standard sort is compiled anew for every type and comparison, 5 to 10 KB each, and what the viewer weighs is
//! what its first visitor waits for. Here one sort of numbers serves all: it finds where each item goes, and only the
//! moving is compiled for its type. It takes about twice the time, so the columns of a trace are not sorted with it.

use std::cmp::Ordering;

/// Stable sorting of anything that lies in a row.
pub trait Order<T> {
    /// Orders by a comparison.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Orders by a key; it is asked for more than once.
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }

    /// Orders by the items' own order.
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

impl<T> Order<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut places =
            sorted(self.len(), &mut |one, other| compare(&self[one as usize], &self[other as usize]));
        // `places[i]` says which item goes to `i`. Each cycle is followed once; a place that is done names itself.
        for start in 0..places.len() {
            let mut at = start;
            loop {
                let from = places[at] as usize;
                places[at] = at as u32;
                if from == start {
                    break;
                }
                self.swap(at, from);
                at = from;
            }
        }
    }
}

/// The numbers below `len` (the first 2^32 of them) in the order of what they stand for. Deliberately not generic.
fn sorted(len: usize, compare: &mut dyn FnMut(u32, u32) -> Ordering) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..u32::try_from(len).unwrap_or(u32::MAX)).collect();
    order_numbers(&mut numbers, compare);
    numbers
}

/// Stable sorting of numbers of things; the one sort that everything here goes through.
#[inline(never)]
pub fn order_numbers(numbers: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    numbers.sort_by(|one, other| compare(*one, *other));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_orders_as_the_standard_sort_does(mut items: Vec<(u8, u16)>) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            items.order_by_key(|(key, _)| *key);
            prop_assert_eq!(&items, &expected);
            expected.sort_by_key(|item| std::cmp::Reverse(item.1));
            items.order_by(|one, other| other.1.cmp(&one.1));
            prop_assert_eq!(&items, &expected);
            expected.sort();
            items.order();
            prop_assert_eq!(&items, &expected);
        }
    }

    #[test]
    fn what_is_moved_need_not_be_copied() {
        let mut names: Vec<String> = ["c", "a", "b", "a"].map(String::from).into();
        names.order();
        assert_eq!(names, ["a", "a", "b", "c"]);
        Vec::<String>::new().order();
    }
}
