//! Unescapes JSON strings and replaces invalid UTF-8.

use super::{Cursor, Raw};
use std::borrow::Cow;

/// Unescapes a string; borrowed if nothing changes. Unpaired surrogates and invalid UTF-8 become U+FFFD, unknown
/// escapes stay.
pub fn unescape<'a>(raw: Raw<'a>) -> Cow<'a, str> {
    if !raw.escaped {
        // Validation processes many bytes at a time, lossy conversion only one.
        return match std::str::from_utf8(raw.bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(raw.bytes),
        };
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

/// The text of a string value; empty for anything else.
pub fn text_of(value: &[u8]) -> String {
    match Cursor::new(value).string() {
        Ok(raw) => unescape(raw).into_owned(),
        Err(_) => String::new(),
    }
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
}
