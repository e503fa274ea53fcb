//! Hash tables whose keys come from senders, such as ids and strings.
//!
//! The hash is seeded: otherwise a sender could choose colliding keys, which makes each lookup linear. By default the
//! seed comes from addresses and the clock, which are predictable in WebAssembly, so the program sets random bits
//! when it starts ([`seed_hashes`]).

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SEED: OnceLock<SharedSeed> = OnceLock::new();

/// Sets the seed of all hash tables created from now on. Only the first call has an effect; later ones return
/// `false`.
pub fn seed_hashes(bits: u64) -> bool {
    SEED.set(SharedSeed::from_u64(bits)).is_ok()
}

/// Whether [`seed_hashes`] was called.
pub fn are_hashes_seeded() -> bool {
    SEED.get().is_some()
}

/// Builds seeded hashers. Each instance hashes differently, so that inserting in the iteration order of another table
/// does not degrade.
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

/// A map with keys that senders choose.
pub type SeededMap<K, V> = std::collections::HashMap<K, V, SeededState>;
/// A set with elements that senders choose.
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
