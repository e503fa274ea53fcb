//! Short texts compared and told apart, eight bytes at a time: what the standard library calls for it in wasm goes byte
//! by byte.

/// The first eight bytes as a number.
#[inline(always)]
fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// Whether both are the same bytes.
#[inline]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (mut one, mut other) = (one, other);
    while let (Some(left), Some(right)) = (word(one), word(other)) {
        if left != right {
            return false;
        }
        (one, other) = (&one[8..], &other[8..]);
    }
    one.iter().zip(other).all(|(left, right)| left == right)
}

/// A number that differs for nearly all different texts. Not for what an enemy chooses.
#[inline]
pub fn hash(text: &[u8]) -> u32 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = text.len() as u64;
    let mut rest = text;
    while let Some(next) = word(rest) {
        hash = mixed(hash ^ next);
        rest = &rest[8..];
    }
    let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    return mixed(hash ^ last) as u32;

    /// The upper half of a product depends on all bits, so it is what goes down.
    #[inline(always)]
    fn mixed(number: u64) -> u64 {
        let product = number.wrapping_mul(SPREAD);
        product ^ product >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_byte_counts() {
        let text: Vec<u8> = (0..40).collect();
        for len in 0..text.len() {
            assert!(same(&text[..len], &text.clone()[..len]));
            assert!(!same(&text[..len], &text[..len + 1]));
            for at in 0..len {
                let mut other = text[..len].to_vec();
                other[at] ^= 0x40;
                assert!(!same(&text[..len], &other), "{at} of {len}");
                assert_ne!(hash(&text[..len]), hash(&other), "{at} of {len}");
            }
        }
    }

    #[test]
    fn likely_texts_have_hashes_of_their_own() {
        let texts =
            (0..50_000).flat_map(|at| [format!("{at}"), format!("/items/{at}?page=1"), format!("{at:016x}")]);
        let hashes: HashSet<u32> = texts.map(|text| hash(text.as_bytes())).collect();
        // Among 150,000 random numbers of 32 bits about three are there twice.
        assert!(hashes.len() > 150_000 - 15, "{}", hashes.len());
    }
}
