//! Whether a span's name contains what varies from call to call.

use std::ops::Range;

/// From this length on, letters and digits in one word are a hexadecimal id.
const HEX: usize = 8;
/// From this length on, letters and digits in turn are a random id.
const RANDOM: usize = 16;
/// From this length on, digits are an id wherever they are; shorter ones may be a version or a status.
const NUMBER: usize = 5;

/// The first part of a name that looks like an id, a number, an IP address or a query string, as a range of bytes.
///
/// `GET /users/42`, `load 3f2504e0-4f89-11d3-9a0c-0305e82c3301`, `GET /find?name=x`; but not `GET /api/v2/users`,
/// `sha256`, `HTTP/1.1 GET` or `db-01:5432`.
pub fn varying_part(name: &str) -> Option<Range<usize>> {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'?' && bytes[at..].contains(&b'=') {
            return Some(at..bytes.len());
        }
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let len = |is_part: fn(&u8) -> bool| bytes[at..].iter().take_while(|byte| is_part(byte)).count();
        let uuid = len(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
        if is_uuid(&bytes[at..at + uuid]) {
            return Some(at..at + uuid);
        }
        let address = len(|byte| byte.is_ascii_digit() || *byte == b'.');
        if is_ip_address(&bytes[at..at + address]) {
            return Some(at..at + address);
        }
        let word = len(u8::is_ascii_alphanumeric);
        let before = at.checked_sub(1).map(|before| bytes[before]);
        if is_id(&bytes[at..at + word], before, bytes.get(at + word).copied()) {
            return Some(at..at + word);
        }
        at += word;
    }
    None
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36 && [8, 13, 18, 23].iter().all(|dash| bytes[*dash] == b'-')
}

fn is_ip_address(bytes: &[u8]) -> bool {
    let mut parts = bytes.split(|byte| *byte == b'.');
    bytes.iter().filter(|byte| **byte == b'.').count() == 3 && parts.all(|part| (1..=3).contains(&part.len()))
}

/// Whether a word between other characters is an id.
fn is_id(word: &[u8], before: Option<u8>, after: Option<u8>) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == word.len() {
        let is_segment =
            before == Some(b'/') && after.is_none_or(|after| matches!(after, b'/' | b'?' | b' '));
        // After a colon it may be a port, which has five digits at most.
        let is_port = before == Some(b':') && digits <= 5;
        return is_segment || (digits >= NUMBER && !is_port);
    }
    let is_hex = word.len() >= HEX && digits >= 2 && word.iter().all(u8::is_ascii_hexdigit);
    let turns = word.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    is_hex || (word.len() >= RANDOM && digits >= 4 && turns >= 4)
}

#[cfg(test)]
mod tests {
    use super::varying_part;

    #[test]
    fn ids_numbers_addresses_and_queries_vary() {
        for (name, part) in [
            ("GET /users/42", "42"),
            ("GET /users/42/orders", "42"),
            ("load 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
            ("GET /find?name=x", "?name=x"),
            ("order 1234567", "1234567"),
            ("job 5f1e9a0b77c3", "5f1e9a0b77c3"),
            ("connect 10.0.12.7", "10.0.12.7"),
            ("task a8Kd93Jx02mQz71b", "a8Kd93Jx02mQz71b"),
        ] {
            assert_eq!(varying_part(name).map(|range| &name[range]), Some(part), "{name}");
        }
    }

    #[test]
    fn versions_ports_status_codes_and_words_do_not() {
        for name in [
            "GET /api/v2/users/{id}",
            "GET /api/v2/users/:id",
            "HTTP/1.1 GET",
            "connect db-01:5432",
            "sha256 digest",
            "retry 3",
            "HTTP 404",
            "SQL SELECT",
            "Unicode2Utf8Converter",
            "grpc.health.v1.Health/Check",
            "why?",
            "deadbeef",
            "",
            "größe 7",
        ] {
            assert_eq!(varying_part(name), None, "{name}");
        }
    }
}
