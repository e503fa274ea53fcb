//! Detects the format from the first bytes.

use super::encoding::Layer;
use super::otlp_proto::wire::Wire;
use super::otlp_proto::{has_length_as_brace, is_request};
use super::unsupported::UnsupportedInput;

/// Number of bytes after white space that are sufficient; fewer are used only at the end of the input.
const ENOUGH: usize = 64;
/// Leading white space and zeros beyond this size are dropped.
const MUCH_NOISE: usize = 1 << 10;

/// The kind of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// JSON.
    Json,
    /// Text that may contain JSON.
    Text,
    /// OTLP protobuf; whether messages are length-delimited.
    Protobuf(bool),
    /// An encoding to decode first.
    Layer,
    /// Unsupported.
    Unsupported(UnsupportedInput),
}

/// Detects the kind of an input that starts with `bytes`; `None` if there are too few. Only a fixed number of bytes
/// is considered, so that the result does not depend on chunk sizes.
pub(super) fn sniff(bytes: &[u8]) -> Option<InputKind> {
    let noise = bytes.len() - leading_noise(bytes).len();
    if noise >= MUCH_NOISE {
        return binary(&bytes[..MUCH_NOISE]);
    }
    bytes.get(..noise + ENOUGH).map(classify)
}

/// Number of first bytes that can be dropped after [`sniff`] returned `None`.
pub(super) fn skippable(bytes: &[u8]) -> usize {
    let noise = bytes.len() - leading_noise(bytes).len();
    if noise >= MUCH_NOISE { noise } else { 0 }
}

fn binary(bytes: &[u8]) -> Option<InputKind> {
    if Layer::detect(bytes).is_some() {
        return Some(InputKind::Layer);
    }
    // Protobuf before text: its first byte is a line break in JSON.
    if is_request(bytes) {
        return Some(InputKind::Protobuf(false));
    }
    None
}

/// Classifies `bytes`.
pub(super) fn classify(bytes: &[u8]) -> InputKind {
    if let Some(kind) = binary(bytes) {
        return kind;
    }
    let text = leading_noise(bytes);
    match text {
        [] => return InputKind::Unsupported(UnsupportedInput::Empty),
        // The length of a request can be one of these.
        [b'{' | b'[', ..] if has_length_as_brace(bytes) => return InputKind::Protobuf(true),
        [b'{' | b'[', ..] => return InputKind::Json,
        // Lines of syslog start with a number in angle brackets.
        [b'<', next, ..] if !next.is_ascii_digit() => return InputKind::Unsupported(UnsupportedInput::Html),
        _ => {}
    }
    let mut wire = Wire::new(bytes);
    if let Ok(len) = wire.varint()
        && len > 0
        && is_request(wire.rest())
    {
        return InputKind::Protobuf(true);
    }
    let archive = [&b"PK\x03\x04"[..], b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"7z\xbc\xaf"];
    if archive.iter().any(|magic| bytes.starts_with(magic)) {
        return InputKind::Unsupported(UnsupportedInput::Archive);
    }
    let printable = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t');
    if text.iter().all(printable) {
        InputKind::Text
    } else {
        InputKind::Unsupported(UnsupportedInput::Binary)
    }
}

/// Skips byte order mark, white space and zeros.
fn leading_noise(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [b' ' | b'\n' | b'\r' | b'\t' | 0 | 0x1e, rest @ ..] | [0xef, 0xbb, 0xbf, rest @ ..] => rest,
            _ => return bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_before_json_is_not_taken_for_protobuf() {
        for text in [
            "\n{\"data\":[]}",
            "\n\n\n\n\n{\"data\":[]}",
            "\n \n\t{\"data\":[]}",
            "\n  \n  {  }",
            "\n\t\n\r\n{}",
            "{\n  \"data\": []}",
            "{\r\n\r\n\t\"data\": []}",
            "{\n\n\n\n\n\n\n\n\n\n\n}",
            "[\n\n\t{}]",
        ] {
            assert_eq!(classify(text.as_bytes()), InputKind::Json, "{text:?}");
        }
        assert_eq!(classify(b"\xef\xbb\xbf\0\0 []"), InputKind::Json);
    }

    #[test]
    fn requests_are_known_with_and_without_their_length() {
        let request = [0x0a, 15, 0x12, 9, 0x12, 0, 0x12, 3, 0x2a, 1, b'n', 0x0a, 0, 0x0a, 2, 0x10, 5];
        assert_eq!(classify(&request), InputKind::Protobuf(false));
        let delimited = [&[request.len() as u8][..], &request].concat();
        assert_eq!(classify(&delimited), InputKind::Protobuf(true));
        for length in [b'{', b'['] {
            let name = vec![b'n'; usize::from(length) - 8];
            let scope = [&[0x12, length - 4, 0x12, length - 6, 0x2a, length - 8][..], &name].concat();
            let delimited = [&[length, 0x0a, length - 2][..], &scope].concat();
            assert_eq!(classify(&delimited), InputKind::Protobuf(true), "{delimited:?}");
        }
    }

    #[test]
    fn the_rest_is_named() {
        for (bytes, unsupported) in [
            (&b""[..], UnsupportedInput::Empty),
            (b" \n\0", UnsupportedInput::Empty),
            (b"<!doctype html>", UnsupportedInput::Html),
            (b"PK\x03\x04....", UnsupportedInput::Archive),
            (b"\x7fELF\x02\x01\x01\0\0\0", UnsupportedInput::Binary),
        ] {
            assert_eq!(classify(bytes), InputKind::Unsupported(unsupported), "{bytes:?}");
        }
    }
}
