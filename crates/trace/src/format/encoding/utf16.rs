//! UTF-16, as some shells write redirected output.

use super::Step;
use super::input::Input;

/// The decoder; unpaired surrogates become U+FFFD.
#[derive(Debug)]
pub(in crate::format) struct Utf16 {
    /// Input.
    pub(super) input: Input,
    big_endian: bool,
}

impl Utf16 {
    /// Whether `head` looks like UTF-16: a byte order mark, or JSON's first character in two bytes.
    pub(super) fn detect(head: &[u8]) -> Option<Self> {
        let big_endian = match head {
            [0xff, 0xfe, ..] | [b'{' | b'[', 0, ..] => false,
            [0xfe, 0xff, ..] | [0, b'{' | b'[', 0, ..] => true,
            _ => return None,
        };
        Some(Utf16 { input: Input::default(), big_endian })
    }

    /// Appends the converted input.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> Step {
        let rest = self.input.rest();
        let unit = |pair: &[u8; 2]| match self.big_endian {
            true => u16::from_be_bytes(*pair),
            false => u16::from_le_bytes(*pair),
        };
        let pairs = rest.as_chunks().0;
        let mut count = pairs.len();
        // Keeps a high surrogate until the low one arrives.
        if !self.input.ended && pairs.last().is_some_and(|pair| (0xd800..0xdc00).contains(&unit(pair))) {
            count -= 1;
        }
        if count == 0 {
            let odd = self.input.ended && !rest.is_empty();
            return if odd { Step::CutOff } else { Step::NeedsInput };
        }
        let mut utf8 = [0; 4];
        for character in char::decode_utf16(pairs[..count].iter().map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
        self.input.take(2 * count);
        Step::Progress
    }
}
