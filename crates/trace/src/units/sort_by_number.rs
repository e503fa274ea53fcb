//! Sorting by a number, with equals in the order in which they were. One sort of numbers serves all types: the standard
//! library's is compiled anew for each type and key, which takes several kilobytes each time.

/// Sorts by a number, the smallest first. Equals keep their order.
pub fn sort_by_number<T>(list: &mut [T], number: impl Fn(&T) -> u64) {
    let mut order: Vec<(u64, u32)> = list.iter().zip(0..).map(|(one, place)| (number(one), place)).collect();
    sort(&mut order);
    for start in 0..order.len() {
        // What belongs here is at another place until the cycle of places that starts here is closed.
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at].1, at as u32) as usize;
            if from == start {
                break;
            }
            list.swap(at, from);
            at = from;
        }
    }
}

/// Sorts by a number, the largest first. Equals keep their order.
pub fn sort_by_number_descending<T>(list: &mut [T], number: impl Fn(&T) -> u64) {
    sort_by_number(list, |one| u64::MAX - number(one));
}

/// Places make equal numbers differ, so that the order is one that a stable sort would give.
#[inline(never)]
fn sort(order: &mut [(u64, u32)]) {
    order.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_a_stable_sort(numbers in prop::collection::vec(0u64..9, 0..60)) {
            let mut list: Vec<(u64, String)> = numbers.iter().zip(0..).map(|(number, at)| (*number, format!("{at}"))).collect();
            let mut expected = list.clone();
            expected.sort_by_key(|(number, _)| *number);
            sort_by_number(&mut list, |(number, _)| *number);
            prop_assert_eq!(&list, &expected);
            expected.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
            sort_by_number_descending(&mut list, |(number, _)| *number);
            prop_assert_eq!(list, expected);
        }
    }
}
