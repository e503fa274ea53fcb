//! What bytes are, by their first few.

use super::encoding::Layer;
use super::otlp_proto::is_request;
use super::otlp_proto::wire::Wire;
use super::refused::Refused;

/// Bytes behind white space that are enough to tell; fewer are enough only at the end of the input.
const ENOUGH: usize = 64;
/// As much white space and zeros are dropped as they come.
const MUCH_NOISE: usize = 1 << 10;

/// What bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// JSON.
    Json,
    /// Text, in which JSON may stand behind or between other lines.
    Text,
    /// OTLP protobuf; whether each message has its length in front.
    Protobuf(bool),
    /// Something that is undone first.
    Layer,
    /// Not read.
    Refused(Refused),
}

/// Says what the input is that begins with `bytes`, or that there are too few of them to tell. It looks at the
/// same bytes however many more there are, so that the answer does not depend on how they come.
pub(super) fn sniff(bytes: &[u8]) -> Option<Looks> {
    let noise = bytes.len() - leading_noise(bytes).len();
    if noise >= MUCH_NOISE {
        return binary(&bytes[..MUCH_NOISE]);
    }
    bytes.get(..noise + ENOUGH).map(looks)
}

/// How many of the first bytes say nothing and need not be kept, when [`sniff`] could not tell.
pub(super) fn droppable(bytes: &[u8]) -> usize {
    let noise = bytes.len() - leading_noise(bytes).len();
    if noise >= MUCH_NOISE { noise } else { 0 }
}

fn binary(bytes: &[u8]) -> Option<Looks> {
    if Layer::detect(bytes).is_some() {
        return Some(Looks::Layer);
    }
    // Protobuf before text: its first byte is a new line to JSON. Its frame is checked further than white space goes.
    if is_request(bytes) {
        return Some(Looks::Protobuf(false));
    }
    None
}

/// Says what `bytes` look like.
pub(super) fn looks(bytes: &[u8]) -> Looks {
    if let Some(looks) = binary(bytes) {
        return looks;
    }
    let text = leading_noise(bytes);
    match text {
        [] => return Looks::Refused(Refused::Empty),
        [b'{' | b'[', ..] => return Looks::Json,
        // Lines of syslog begin with a number in such brackets.
        [b'<', next, ..] if !next.is_ascii_digit() => return Looks::Refused(Refused::Html),
        _ => {}
    }
    let mut wire = Wire::new(bytes);
    if let Ok(len) = wire.varint()
        && len > 0
        && is_request(&bytes[wire.at..])
    {
        return Looks::Protobuf(true);
    }
    let archive = [&b"PK\x03\x04"[..], b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"7z\xbc\xaf"];
    if archive.iter().any(|magic| bytes.starts_with(magic)) {
        return Looks::Refused(Refused::Archive);
    }
    let printable = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t');
    if text.iter().all(printable) { Looks::Text } else { Looks::Refused(Refused::Binary) }
}

/// Without byte order mark, white space and zeros.
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
        ] {
            assert_eq!(looks(text.as_bytes()), Looks::Json, "{text:?}");
        }
        assert_eq!(looks(b"\xef\xbb\xbf\0\0 []"), Looks::Json);
    }

    #[test]
    fn requests_are_known_with_and_without_their_length() {
        let request = [0x0a, 15, 0x12, 9, 0x12, 0, 0x12, 3, 0x2a, 1, b'n', 0x0a, 0, 0x0a, 2, 0x10, 5];
        assert_eq!(looks(&request), Looks::Protobuf(false));
        let delimited = [&[request.len() as u8][..], &request].concat();
        assert_eq!(looks(&delimited), Looks::Protobuf(true));
    }

    #[test]
    fn the_rest_is_named() {
        for (bytes, refused) in [
            (&b""[..], Refused::Empty),
            (b" \n\0", Refused::Empty),
            (b"<!doctype html>", Refused::Html),
            (b"PK\x03\x04....", Refused::Archive),
            (b"\x7fELF\x02\x01\x01\0\0\0", Refused::Binary),
        ] {
            assert_eq!(looks(bytes), Looks::Refused(refused), "{bytes:?}");
        }
    }
}
