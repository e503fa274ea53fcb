//! What bytes are, by their first few.

use super::otlp_proto::wire::Wire;
use super::refused::Refused;

/// Bytes behind white space that are enough to tell; fewer are enough only at the end of the input.
const ENOUGH: usize = 32;
/// More white space than any document starts with.
const TOO_MUCH_NOISE: usize = 64 << 10;

/// What bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// JSON.
    Json,
    /// OTLP protobuf; whether each message has its length in front.
    Protobuf(bool),
    /// Compressed with gzip.
    Gzip,
    /// Not read.
    Refused(Refused),
}

/// Says what the input is that starts with `bytes`, or that there are too few of them to tell. It looks at the
/// same bytes however many more there are, so that the answer does not depend on how they come.
pub(super) fn sniff(bytes: &[u8]) -> Option<Looks> {
    let noise = bytes.len() - leading_noise(bytes).len();
    if noise >= TOO_MUCH_NOISE {
        return Some(looks(&bytes[..TOO_MUCH_NOISE]));
    }
    bytes.get(..noise + ENOUGH).map(looks)
}

/// Says what `bytes` look like.
pub(super) fn looks(bytes: &[u8]) -> Looks {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Looks::Gzip;
    }
    // Protobuf first: its first byte is a new line to JSON. Its frame is checked further than white space goes.
    if is_request(bytes) {
        return Looks::Protobuf(false);
    }
    let text = leading_noise(bytes);
    match text.first() {
        None => return Looks::Refused(Refused::Empty),
        Some(b'{' | b'[') => return Looks::Json,
        Some(b'<') => return Looks::Refused(Refused::Html),
        _ => {}
    }
    let mut wire = Wire::new(bytes);
    if let Ok(len) = wire.varint()
        && len > 0
        && is_request(&bytes[wire.at..])
    {
        return Looks::Protobuf(true);
    }
    let archive =
        [&b"PK\x03\x04"[..], b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18", b"7z\xbc\xaf"];
    if archive.iter().any(|magic| bytes.starts_with(magic)) {
        return Looks::Refused(Refused::Archive);
    }
    let printable = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t');
    Looks::Refused(if text.iter().all(printable) { Refused::Text } else { Refused::Binary })
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

/// Whether these bytes can be a request: `resource_spans` holding a resource, scopes or a schema URL, each
/// within the one around it.
fn is_request(bytes: &[u8]) -> bool {
    let mut wire = Wire::new(bytes);
    let (Ok((1, 2)), Ok(outer)) = (wire.tag(), wire.varint()) else { return false };
    if outer == 0 {
        return bytes.len() == wire.at || bytes[wire.at] == 0x0a;
    }
    let end = (wire.at as u64).saturating_add(outer);
    if wire.at == bytes.len() {
        return false;
    }
    let (Ok((field @ (1..=3 | 1000), 2)), Ok(inner)) = (wire.tag(), wire.varint()) else { return false };
    if (wire.at as u64).saturating_add(inner) > end {
        return false;
    }
    // Scopes and schema URLs start with a byte that text does not have; a resource starts like an empty line,
    // so its first attribute is looked into: a key or a value within the attribute within the resource.
    let end = (wire.at as u64).saturating_add(inner);
    if field != 1 || inner == 0 || wire.at == bytes.len() {
        return true;
    }
    if bytes[wire.at] != 0x0a {
        return matches!(bytes[wire.at], 0x10 | 0x1a);
    }
    wire.at += 1;
    match wire.varint() {
        Ok(attribute) if (wire.at as u64).saturating_add(attribute) <= end => {
            attribute == 0 || bytes.get(wire.at).is_none_or(|tag| matches!(tag, 0x0a | 0x12))
        }
        Ok(_) => false,
        Err(_) => true,
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
            (b"404 page not found\n", Refused::Text),
            (b"PK\x03\x04....", Refused::Archive),
            (b"\x7fELF\x02\x01\x01\0\0\0", Refused::Binary),
        ] {
            assert_eq!(looks(bytes), Looks::Refused(refused), "{bytes:?}");
        }
    }
}
