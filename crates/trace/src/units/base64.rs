//! Bytes as text: base64.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padded or not, and bits after the last byte are ignored, as Go's and JavaScript's readers do.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Reads base64, standard or URL-safe, padded or not. `None` for anything else.
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let alphabet = if text.iter().any(|byte| b"-_".contains(byte)) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}

/// Writes standard base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_every_variant_and_written_in_one() {
        for bytes in [&b""[..], b"\0", b"\0\x01", b"\0\x01\xff", b"\xfb\xff\xfe\xfd"] {
            let text = base64_encode(bytes);
            assert_eq!(text.len() % 4, 0);
            assert_eq!(base64_decode(text.as_bytes()).as_deref(), Some(bytes));
            assert_eq!(base64_decode(text.trim_end_matches('=').as_bytes()).as_deref(), Some(bytes));
        }
        assert_eq!(base64_encode(b"\0\x01\xff"), "AAH/");
        assert_eq!(base64_decode(b"-_8"), base64_decode(b"+/8="));
        assert_eq!(base64_decode(b"a"), None);
        assert_eq!(base64_decode(b"not base64!"), None);
    }
}
