//! Short texts compared, eight bytes at a time: what the standard library calls for it in wasm goes byte
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

#[cfg(test)]
mod tests {
    use super::*;

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
            }
        }
    }
}
