//! Short texts compared and told apart, eight bytes at a time: what the standard library calls for it in wasm goes byte
//! by byte.

/// The first eight bytes as a number.
#[inline(always)]
fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// Up to seven bytes as a number; texts of the same length have the same one only if they are the same.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// Whether both are the same bytes.
#[inline]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // The last eight bytes, some of which may have been looked at already, are quicker than what is left one by one.
    let (Some(left), Some(right)) = (one.last_chunk(), other.last_chunk()) else {
        return short(one) == short(other);
    };
    if u64::from_le_bytes(*left) != u64::from_le_bytes(*right) {
        return false;
    }
    let (mut one, mut other) = (one, other);
    while one.len() > 8 && other.len() > 8 {
        if word(one) != word(other) {
            return false;
        }
        (one, other) = (&one[8..], &other[8..]);
    }
    true
}

/// A number that differs for nearly all different texts. Not for what an enemy chooses.
#[inline]
pub fn hash(text: &[u8]) -> u32 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(last) = text.last_chunk() else {
        return mixed(mixed(text.len() as u64) ^ short(text)) as u32;
    };
    let mut hash = text.len() as u64;
    let mut rest = text;
    while rest.len() > 8 {
        let Some(next) = word(rest) else { break };
        hash = mixed(hash ^ next);
        rest = &rest[8..];
    }
    return mixed(hash ^ u64::from_le_bytes(*last)) as u32;

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
