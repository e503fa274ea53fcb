//! Compresses blobs with LZ4 if that makes them smaller.

use super::StoreError;

/// Compresses; returns the original length and the compressed bytes, or 0 and the unchanged bytes.
pub fn pack(bytes: Vec<u8>) -> (u32, Vec<u8>) {
    let Ok(plain) = u32::try_from(bytes.len()) else { return (0, bytes) };
    let packed = lz4_flex::block::compress(&bytes);
    if packed.len() < bytes.len() { (plain, packed) } else { (0, bytes) }
}

/// As [`pack`], with memory that is used again.
pub fn pack_with(bytes: &[u8], scratch: &mut Vec<u8>) -> (u32, Vec<u8>) {
    let most = lz4_flex::block::get_maximum_output_size(bytes.len());
    if scratch.len() < most {
        scratch.resize(most, 0);
    }
    match (u32::try_from(bytes.len()), lz4_flex::block::compress_into(bytes, scratch)) {
        (Ok(plain), Ok(length)) if length < bytes.len() => (plain, scratch[..length].to_vec()),
        _ => (0, bytes.to_vec()),
    }
}

/// Reverses [`pack`], appending to `out`.
pub fn unpack_into(plain: usize, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), StoreError> {
    if plain == 0 {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let start = out.len();
    out.resize(start + plain, 0);
    match lz4_flex::block::decompress_into(bytes, &mut out[start..]) {
        Ok(length) if length == plain => Ok(()),
        _ => Err(StoreError::Damaged("a blob cannot be unpacked")),
    }
}

/// Reverses [`pack`].
pub fn unpack(plain: u32, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    if plain == 0 {
        return Ok(bytes);
    }
    lz4_flex::block::decompress(&bytes, plain as usize)
        .map_err(|_| StoreError::Damaged("a blob cannot be unpacked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let repeated = b"span ".repeat(1000);
        let (plain, packed) = pack(repeated.clone());
        assert!(packed.len() < repeated.len() / 10);
        assert_eq!(unpack(plain, packed).ok(), Some(repeated.clone()));
        let (plain, packed) = pack(vec![1, 2, 3]);
        assert_eq!((plain, packed.as_slice()), (0, &[1, 2, 3][..]));
        assert!(unpack(1000, vec![255; 3]).is_err());
        let mut scratch = Vec::new();
        for bytes in [repeated, vec![1, 2, 3], vec![7; 100_000], Vec::new()] {
            assert_eq!(pack_with(&bytes, &mut scratch), pack(bytes));
        }
    }
}
