//! Compares short byte strings eight bytes at a time. In WebAssembly the standard library compares byte by byte.

/// The first eight bytes as a number.
#[inline(always)]
fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// Up to seven bytes as a number. Equal for two inputs of one length only if the inputs are equal.
#[inline(always)]
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// Whether two byte strings are equal.
#[inline]
pub fn bytes_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // The last eight bytes may overlap with compared ones, which is faster than comparing the rest byte by byte.
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
            assert!(bytes_equal(&text[..len], &text.clone()[..len]));
            assert!(!bytes_equal(&text[..len], &text[..len + 1]));
            for at in 0..len {
                let mut other = text[..len].to_vec();
                other[at] ^= 0x40;
                assert!(!bytes_equal(&text[..len], &other), "{at} of {len}");
            }
        }
    }
}
