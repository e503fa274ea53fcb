//! Case-insensitive search for words in all strings of a table at once.

use crate::model::Strings;
use std::borrow::Cow;

/// A text in lower case; borrowed if it is already.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        text.into()
    } else {
        text.to_lowercase().into()
    }
}

/// For each string whether it contains one of the words, which are in lower case.
pub(super) fn containing(strings: &Strings, words: &[String]) -> Vec<bool> {
    let mut hits = vec![false; strings.len()];
    for word in words {
        if word.is_ascii() {
            hit_ascii(strings, word.as_bytes(), &mut hits);
        } else {
            // Non-ASCII strings that change when lower-cased are searched one by one.
            for (text, hit) in strings.iter().zip(&mut hits) {
                *hit = *hit || !text.is_ascii() && text.to_lowercase().contains(word);
            }
        }
    }
    hits
}

/// ASCII characters by descending frequency in attributes; others are rarer.
const FREQUENT: &[u8] = b"0123456789eatinsorlcdpumhgfb./-_:vywkxzjq";

/// Marks the strings that contain an ASCII word in any case, searching all at once for the word's rarest character.
fn hit_ascii(strings: &Strings, word: &[u8], hits: &mut [bool]) {
    let (texts, ends) = strings.parts();
    let texts = texts.as_bytes();
    let rank = |byte: &u8| FREQUENT.iter().position(|frequent| frequent == byte).unwrap_or(FREQUENT.len());
    let Some((offset, rare)) = word.iter().enumerate().max_by_key(|(_, byte)| rank(byte)) else { return };
    let (mut at, mut text) = (offset, 0);
    while at < texts.len()
        && let Some(found) = memchr::memchr2(*rare, rare.to_ascii_uppercase(), &texts[at..])
    {
        at += found + 1;
        let start = at - 1 - offset;
        let end = start + word.len();
        if end > texts.len() {
            break;
        }
        if !texts[start..end].eq_ignore_ascii_case(word) {
            continue;
        }
        while ends[text] as usize <= start {
            text += 1;
        }
        let text_end = ends[text] as usize;
        if end <= text_end {
            hits[text] = true;
            at = at.max(text_end + offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_found_in_the_texts_that_contain_them(
            texts in prop::collection::vec("[aAbBeE0é.É ]{0,6}", 0..12),
            words in prop::collection::vec("[abe0é. ]{1,3}", 1..3),
        ) {
            let mut strings = Strings::default();
            texts.iter().for_each(|text| { strings.intern(text); });
            let found = containing(&strings, &words);
            for (text, found) in strings.iter().zip(found) {
                let expected = words.iter().any(|word| text.to_lowercase().contains(word));
                prop_assert_eq!(found, expected, "{}", text);
            }
        }
    }
}
