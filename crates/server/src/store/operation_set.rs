//! A set of operations of one segment, by number. A search compares it with the operations of every part, so it is a
//! bitmap.

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct OperationSet {
    words: Vec<u64>,
}

impl OperationSet {
    /// Adds an operation.
    pub fn insert(&mut self, number: u32) {
        let word = number as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (number % 64);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether one of these operations is in the set.
    pub fn has_any_of(&self, numbers: &[u32]) -> bool {
        numbers.iter().any(|number| {
            let word = self.words.get(*number as usize / 64);
            word.is_some_and(|word| word & 1 << (number % 64) != 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_inserted() {
        let mut set = OperationSet::default();
        assert!(set.is_empty() && !set.has_any_of(&[0, 63, 64, u32::MAX]));
        [0, 63, 64, 1000].into_iter().for_each(|number| set.insert(number));
        assert!(!set.is_empty());
        let found: Vec<u32> = (0..2000).filter(|number| set.has_any_of(&[*number])).collect();
        assert_eq!(found, [0, 63, 64, 1000]);
        assert!(
            set.has_any_of(&[5, 6, 64]) && !set.has_any_of(&[5, 6, 65, u32::MAX]) && !set.has_any_of(&[])
        );
    }
}
