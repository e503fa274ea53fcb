//! Things kept by number. The standard map is compiled anew for every type, 2 to 3 KB each; here only numbers are
//! hashed, to where each thing lies in a row.

use rustc_hash::FxHashMap;

/// Things by number, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    places: FxHashMap<u64, u32>,
    things: Vec<(u64, T)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { places: FxHashMap::default(), things: Vec::new() }
    }
}

impl<T> Kept<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.things.clear();
    }

    /// What is kept for a number.
    pub fn get(&self, number: u64) -> Option<&T> {
        self.places.get(&number).and_then(|place| self.things.get(*place as usize)).map(|(_, thing)| thing)
    }

    /// What is kept for a number; made where there is none yet.
    pub fn of(&mut self, number: u64, make: impl FnOnce() -> T) -> &mut T {
        let next = self.things.len() as u32;
        let place = place(&mut self.places, number, next);
        if place == next {
            self.things.push((number, make()));
        }
        &mut self.things[place as usize].1
    }

    /// All of them with their numbers.
    pub fn iter(&self) -> std::slice::Iter<'_, (u64, T)> {
        self.things.iter()
    }
}

#[inline(never)]
fn place(places: &mut FxHashMap<u64, u32>, number: u64, next: u32) -> u32 {
    *places.entry(number).or_insert(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_first_kept_for_a_number_stays(numbers in prop::collection::vec(0u64..20, 0..100)) {
            let mut kept = Kept::default();
            let mut first = std::collections::BTreeMap::new();
            for (at, number) in numbers.iter().enumerate() {
                let expected = *first.entry(*number).or_insert(at);
                prop_assert_eq!(*kept.of(*number, || at), expected);
            }
            prop_assert_eq!(kept.len(), first.len());
            prop_assert!((0..20).all(|number| kept.get(number) == first.get(&number)));
            let came: Vec<usize> = kept.iter().map(|(_, at)| *at).collect();
            prop_assert!(came.is_sorted());
        }
    }

    #[test]
    fn what_is_forgotten_is_made_again() {
        let mut kept = Kept::default();
        kept.of(u64::MAX, || 1);
        kept.clear();
        assert!(kept.is_empty() && kept.get(u64::MAX).is_none());
        assert_eq!(*kept.of(u64::MAX, || 2), 2);
    }
}
