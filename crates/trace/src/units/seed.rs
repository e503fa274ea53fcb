//! Hash tables for keys that senders choose, such as ids and texts.
//!
//! The hash is seeded, or a sender could choose keys of one hash and make every search a walk over all of them. By
//! itself it takes its seed from addresses and the clock, which in WebAssembly are the same for everybody: there the
//! program hands in random bits at its start ([`seed_hashes`]).

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SEED: OnceLock<SharedSeed> = OnceLock::new();

/// Seeds all hash tables that are made from now on with random bits. The first call counts; `false` for later ones.
pub fn seed_hashes(bits: u64) -> bool {
    SEED.set(SharedSeed::from_u64(bits)).is_ok()
}

/// Whether [`seed_hashes`] was called.
pub fn are_hashes_seeded() -> bool {
    SEED.get().is_some()
}

/// Makes seeded hashes. Two of them hash differently, so that the order of one table is no bad order for another.
#[derive(Clone)]
pub struct SeededState(SeedableRandomState);

impl SeededState {
    fn with(seed: &'static SharedSeed) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = u64::from(COUNT.fetch_add(1, Ordering::Relaxed));
        SeededState(SeedableRandomState::with_seed(count.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed))
    }
}

impl Default for SeededState {
    fn default() -> Self {
        match SEED.get() {
            Some(seed) => Self::with(seed),
            None => SeededState(SeedableRandomState::random()),
        }
    }
}

impl BuildHasher for SeededState {
    type Hasher = FoldHasher<'static>;

    #[inline]
    fn build_hasher(&self) -> FoldHasher<'static> {
        self.0.build_hasher()
    }
}

/// A map whose keys senders choose.
pub type SeededMap<K, V> = std::collections::HashMap<K, V, SeededState>;
/// A set whose elements senders choose.
pub type SeededSet<T> = std::collections::HashSet<T, SeededState>;

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::Hasher;

    #[test]
    fn hashes_follow_the_bits_that_are_handed_in() {
        let hash = |bits: u64| {
            let mut hasher = FoldHasher::with_seed(1, Box::leak(Box::new(SharedSeed::from_u64(bits))));
            hasher.write(b"checkout");
            hasher.finish()
        };
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
        // The only test that seeds: the others work before and after it.
        assert!(seed_hashes(0x1234_5678_9abc_def0));
        assert!(are_hashes_seeded() && !seed_hashes(7), "the first seed stays");
        let (one, another) = (SeededState::default(), SeededState::default());
        assert_ne!(one.hash_one("checkout"), another.hash_one("checkout"));
        assert_eq!(one.hash_one("checkout"), one.clone().hash_one("checkout"));
        let mut map = SeededMap::default();
        map.insert("a", 1);
        assert_eq!(map.get("a"), Some(&1));
    }
}
