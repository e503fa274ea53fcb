//! JSON texts as clients write them: with a byte order mark, with escapes of unpaired surrogates, nested deeper than serde
//! reads.
//!
//! Languages whose strings are UTF-16 write an unpaired surrogate where they cut a text within a character; others write
//! bytes of another encoding.

use std::borrow::Cow;

/// A text without the byte order mark at its start.
pub fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json)
}

/// A copy in which U+FFFD stands for bytes that are no UTF-8 and for escapes of unpaired surrogates; `None` where there are
/// none. Lines in the copy are those of the text.
pub fn repaired(json: &[u8]) -> Option<Vec<u8>> {
    match String::from_utf8_lossy(json) {
        Cow::Borrowed(_) => replace_unpaired_surrogates(json),
        Cow::Owned(text) => Some(replace_unpaired_surrogates(text.as_bytes()).unwrap_or(text.into_bytes())),
    }
}

/// A copy in which escapes of unpaired surrogates are replaced by that of U+FFFD; `None` where there are none. Places in
/// the copy are those of the text.
fn replace_unpaired_surrogates(json: &[u8]) -> Option<Vec<u8>> {
    let (mut replaced, mut at) = (None, 0);
    while let Some(skipped) = json.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += skipped;
        let Some(first) = code_unit(json, at) else {
            at += 2;
            continue;
        };
        match char::decode_utf16([Some(first), code_unit(json, at + 6)].into_iter().flatten()).next() {
            Some(Ok(character)) => at += 6 * character.len_utf16(),
            _ => {
                let copy = replaced.get_or_insert_with(|| json.to_vec());
                copy[at..at + 6].copy_from_slice(br"\ufffd");
                at += 6;
            }
        }
    }
    replaced
}

/// The UTF-16 code unit whose escape is at `at`.
fn code_unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(br"\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// What serde's error says of a text that is nested deeper than it reads, in words; `None` for other errors.
pub fn nested_too_deeply(error: &str) -> Option<String> {
    let place = error.strip_prefix("recursion limit exceeded")?;
    Some(format!("JSON is nested too deeply, more than 127 lists and objects within one another,{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn replaced(json: &str) -> Option<String> {
        replace_unpaired_surrogates(json.as_bytes()).map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn only_escapes_of_unpaired_surrogates_are_replaced() {
        assert_eq!(replaced(r#"["\ud83c\udf89 \u00e9 \n \\ud83d"]"#), None);
        assert_eq!(replaced(r#""cut \ud83d""#).unwrap(), r#""cut \ufffd""#);
        assert_eq!(replaced(r#""\uDF89\ud83c\ud83c\udf89""#).unwrap(), r#""\ufffd\ufffd\ud83c\udf89""#);
        assert_eq!(replaced(r#""\\\ud83d\u0041""#).unwrap(), r#""\\\ufffd\u0041""#);
        assert_eq!(replaced(r"\"), None);
        assert_eq!(replaced(r"\ud83"), None);
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_replaced_too() {
        assert_eq!(repaired("[\"caf\u{e9}\"]".as_bytes()), None);
        assert_eq!(repaired(b"[\"caf\xe9 \\ud83d\"]").unwrap(), "[\"caf\u{fffd} \\ufffd\"]".as_bytes());
    }

    #[test]
    fn an_error_of_nesting_is_known_by_its_words() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Value>(&deep(127)).is_ok());
        let error = serde_json::from_str::<Value>(&deep(128)).unwrap_err().to_string();
        assert!(nested_too_deeply(&error).unwrap().ends_with("one another, at line 1 column 128"), "{error}");
        assert_eq!(nested_too_deeply(&serde_json::from_str::<Value>("[").unwrap_err().to_string()), None);
    }

    proptest! {
        #[test]
        fn every_text_of_utf_16_can_be_read_and_what_is_valid_stays(
            units in prop::collection::vec(prop_oneof![any::<u16>(), 0xd7f0..0xe010u16], 0..20),
        ) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escaped}\"").into_bytes();
            let changed = replace_unpaired_surrogates(&json);
            let expected = String::from_utf16_lossy(&units);
            prop_assert_eq!(changed.is_none(), String::from_utf16(&units).is_ok());
            prop_assert_eq!(serde_json::from_slice::<String>(&changed.unwrap_or(json)).unwrap(), expected);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'u')], 0..40)) {
            let _ = replace_unpaired_surrogates(&bytes);
        }
    }
}
