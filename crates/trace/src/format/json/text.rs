//! Text in JSON: escapes undone, bytes that are not UTF-8 repaired, base64.

use super::Raw;
use std::borrow::Cow;

/// The text of a string; borrowed where nothing has to be changed. Half surrogates and bytes that are not
/// UTF-8 become U+FFFD, unknown escapes stay as they are.
pub fn unescape<'a>(raw: Raw<'a>) -> Cow<'a, str> {
    if !raw.escaped {
        return String::from_utf8_lossy(raw.bytes);
    }
    let mut text = String::with_capacity(raw.bytes.len());
    let mut rest = raw.bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.push_str(&String::from_utf8_lossy(&rest[..at]));
        rest = &rest[at + 1..];
        let Some((escape, after)) = rest.split_first() else { break };
        rest = after;
        match escape {
            b'n' => text.push('\n'),
            b't' => text.push('\t'),
            b'r' => text.push('\r'),
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'u' => text.push(code_point(&mut rest)),
            b'"' | b'\\' | b'/' => text.push(*escape as char),
            _ => {
                text.push('\\');
                rest = &raw.bytes[raw.bytes.len() - rest.len() - 1..];
            }
        }
    }
    text.push_str(&String::from_utf8_lossy(rest));
    Cow::Owned(text)
}

fn unit(rest: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(rest.get(..4)?).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn code_point(rest: &mut &[u8]) -> char {
    let Some(first) = unit(rest) else { return char::REPLACEMENT_CHARACTER };
    *rest = &rest[4..];
    if (0xd800..0xdc00).contains(&first)
        && rest.starts_with(b"\\u")
        && let Some(second) = unit(&rest[2..])
        && (0xdc00..0xe000).contains(&second)
    {
        *rest = &rest[6..];
        return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            .unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

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

    fn text(escaped: &str) -> String {
        unescape(Raw { bytes: escaped.as_bytes(), escaped: true }).into_owned()
    }

    #[test]
    fn escapes_are_undone_as_json_has_them() {
        assert_eq!(text(r#"a\n\t\"\\\/\u00e9\ud83c\udf89"#), "a\n\t\"\\/é🎉");
        assert_eq!(text(r"half \ud83c and \udf89 and \u12"), "half \u{fffd} and \u{fffd} and \u{fffd}12");
        assert_eq!(text(r"odd \é \q"), r"odd \é \q");
    }

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
