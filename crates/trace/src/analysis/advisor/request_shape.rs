//! The shape of a statement or name: what is left when numbers and literals are taken out.

use rustc_hash::FxHasher;
use std::hash::Hasher as _;

/// Bytes of a text that are looked at: the start of a statement tells its shape.
const MOST: usize = 4_096;

/// What a statement or name is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestText {
    /// A hash of the text in lower case without numbers, literals and repeated spaces; never 0.
    pub hash: u64,
    /// Whether parameters were sent apart from it (`?`, `$1`, `%s`, `:name`), so that the text is not the whole request.
    pub has_placeholders: bool,
    /// Whether it starts with a verb that changes something, or ends or starts a transaction.
    pub writes: bool,
}

/// Verbs with which statements and commands start that are no reading of data.
const WRITES: [&str; 24] = [
    "insert", "update", "delete", "merge", "replace", "create", "drop", "alter", "truncate", "begin",
    "start", "commit", "rollback", "set", "call", "incr", "decr", "del", "hset", "lpush", "rpush", "expire",
    "setex", "publish",
];

/// The shape of a text.
pub fn shape_of(text: &str) -> RequestText {
    let mut end = text.len().min(MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = text[..end].trim().as_bytes();
    let mut shape = RequestText::default();
    let verb = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    shape.writes = WRITES.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(&bytes[..verb]));
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let len = match byte {
            b'\'' => literal(&bytes[at..]),
            b'0'..=b'9' => number(&bytes[at..]),
            // A hexadecimal id has digits in it; a word of the letters a to f has none.
            b'a'..=b'f' | b'A'..=b'F' if out.last().is_none_or(|last| !last.is_ascii_alphanumeric()) => {
                let len = number(&bytes[at..]);
                if len >= 8 && bytes[at..at + len].iter().any(u8::is_ascii_digit) { len } else { 0 }
            }
            b'$' if next.is_ascii_digit() => {
                shape.has_placeholders = true;
                1 + number(&bytes[at + 1..])
            }
            b'%' if next == b's' => {
                shape.has_placeholders = true;
                2
            }
            b'?' => {
                shape.has_placeholders = true;
                1
            }
            b':' if next.is_ascii_alphabetic()
                && bytes.get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace) =>
            {
                shape.has_placeholders = true;
                1 + bytes[at + 1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count()
            }
            _ => 0,
        };
        match len {
            0 if byte.is_ascii_whitespace() => {
                if out.last() != Some(&b' ') {
                    out.push(b' ');
                }
                at += 1;
            }
            0 => {
                out.push(byte.to_ascii_lowercase());
                at += 1;
            }
            _ => {
                // A list of literals is as one: `IN (1, 2, 3)`.
                if out.ends_with(b"?, ") {
                    out.truncate(out.len() - 2);
                } else if out.ends_with(b"?,") {
                    out.pop();
                } else {
                    out.push(b'?');
                }
                at += len;
            }
        }
    }
    let mut hasher = FxHasher::default();
    hasher.write(&out);
    shape.hash = hasher.finish().max(1);
    shape
}

/// The length of a literal in single quotes; two of them within it are one.
fn literal(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'\'', Some(b'\'')) => at += 2,
            (b'\'', _) => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a number, of a hexadecimal id or of a UUID: as long as its characters go on.
fn number(bytes: &[u8]) -> usize {
    let len = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'.').count();
    // `550e8400-e29b-…`: groups of hexadecimal digits.
    let is_group =
        |at: usize| bytes.get(at) == Some(&b'-') && bytes.get(at + 4).is_some_and(u8::is_ascii_hexdigit);
    if len == 8 && is_group(8) {
        return bytes.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'-').count();
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_numbers_are_no_part_of_the_shape() {
        let same = [
            ("SELECT * FROM t WHERE id = 17", "select *  from t\nwhere id = 99"),
            ("SELECT * FROM t WHERE name = 'it''s'", "SELECT * FROM t WHERE name = 'x'"),
            ("SELECT a FROM t WHERE id IN (1, 2, 3)", "SELECT a FROM t WHERE id IN (4,5)"),
            ("SELECT a FROM t WHERE id = ?", "SELECT a FROM t WHERE id = $1"),
            ("GET /users/17", "GET /users/4711"),
            ("GET /u/550e8400-e29b-41d4-a716-446655440000", "GET /u/c0ffee00-e29b-41d4-a716-446655440fff"),
            ("item deadbeef01", "item 0badcafe99"),
        ];
        for (one, other) in same {
            assert_eq!(shape_of(one).hash, shape_of(other).hash, "{one} / {other}");
        }
        let different = [
            ("SELECT a FROM t", "SELECT b FROM t"),
            ("GET /users/17", "GET /orders/17"),
            ("cafe", "face"),
            ("accede", "decade"),
        ];
        for (one, other) in different {
            assert_ne!(shape_of(one).hash, shape_of(other).hash, "{one} / {other}");
        }
    }

    #[test]
    fn placeholders_and_writes_are_told() {
        for text in ["SELECT 1 WHERE a = ?", "x = $12", "x = %s", "x = :name"] {
            assert!(shape_of(text).has_placeholders, "{text}");
        }
        for text in ["SELECT a::int", "SELECT 1", "12:30"] {
            assert!(!shape_of(text).has_placeholders, "{text}");
        }
        for (text, writes) in
            [("UPDATE t", true), ("commit", true), ("SELECT", false), ("updated", false), ("", false)]
        {
            assert_eq!(shape_of(text).writes, writes, "{text}");
        }
        let long = "ö".repeat(9_000);
        assert_ne!(shape_of(&long).hash, 0);
    }
}
