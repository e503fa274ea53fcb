//! Bytes as text: base64.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads base64, standard or URL-safe, padded or not. `None` for anything else.
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &text[..text.len() - padding];
    if padding > 2 || body.len() % 4 == 1 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in body {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

/// Writes standard base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            if digit <= chunk.len() {
                text.push(ALPHABET[(word >> (18 - 6 * digit)) as usize & 63] as char);
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_all_its_dresses_and_written_in_one() {
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
