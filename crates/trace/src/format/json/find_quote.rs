//! Finds the end of a string, several bytes at a time.

/// Number of bytes per step.
#[cfg(target_feature = "simd128")]
pub(super) const WIDE: usize = 16;
#[cfg(not(target_feature = "simd128"))]
pub(super) const WIDE: usize = 8;

/// Index of the first quote or backslash.
#[cfg(target_feature = "simd128")]
#[inline(always)]
pub(super) fn find_quote(bytes: &[u8; WIDE]) -> Option<usize> {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    let word = u64x2(u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(rest));
    let hits = u8x16_bitmask(v128_or(u8x16_eq(word, u8x16_splat(b'"')), u8x16_eq(word, u8x16_splat(b'\\'))));
    (hits != 0).then(|| hits.trailing_zeros() as usize)
}

/// Index of the first quote or backslash.
#[cfg(not(target_feature = "simd128"))]
#[inline(always)]
pub(super) fn find_quote(bytes: &[u8; WIDE]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    /// Sets the highest bit of the bytes of `word` that equal `byte`; exact up to the first.
    fn marks(word: u64, byte: u8) -> u64 {
        let difference = word ^ (LOW * byte as u64);
        difference.wrapping_sub(LOW) & !difference & (LOW << 7)
    }
    let word = u64::from_le_bytes(*bytes);
    let hits = marks(word, b'"') | marks(word, b'\\');
    (hits != 0).then(|| hits.trailing_zeros() as usize / 8)
}
