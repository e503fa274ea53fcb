//! Span kinds and status codes in all spellings: OTLP's numbers and names, Jaeger's names, enum names of SDKs.

use crate::model::{SpanKind, StatusCode};

/// A kind: `2`, `2.0`, `SPAN_KIND_SERVER`, `SpanKind.SERVER`, `kServer`, `Server`, …; `None` for anything else.
pub(super) fn kind(text: &[u8]) -> Option<SpanKind> {
    if let Some(number) = small_number(text) {
        return SpanKind::ALL.get(number).copied();
    }
    let name = bare_name(text, b"SPAN_KIND_", b"SpanKind.");
    if name.eq_ignore_ascii_case(b"UNSPECIFIED") || name.is_empty() {
        return Some(SpanKind::Unspecified);
    }
    SpanKind::ALL[1..].iter().copied().find(|kind| kind.name().as_bytes().eq_ignore_ascii_case(name))
}

/// A status: `2`, `2.0`, `STATUS_CODE_ERROR`, `StatusCode.ERROR`, `kError`, `error`, …; `None` for anything else.
pub(super) fn status(text: &[u8]) -> Option<StatusCode> {
    if let Some(number) = small_number(text) {
        return StatusCode::ALL.get(number).copied();
    }
    let name = bare_name(text, b"STATUS_CODE_", b"StatusCode.");
    if name.is_empty() {
        return Some(StatusCode::Unset);
    }
    StatusCode::ALL.into_iter().find(|code| code.name().as_bytes().eq_ignore_ascii_case(name))
}

/// Strips the prefix of the protocol, an SDK's enum or C++.
fn bare_name<'a>(text: &'a [u8], protocol: &[u8], class: &[u8]) -> &'a [u8] {
    let text = text.strip_prefix(protocol).or_else(|| text.strip_prefix(class)).unwrap_or(text);
    match text {
        [b'k', rest @ ..] if rest.first().is_some_and(u8::is_ascii_uppercase) => rest,
        _ => text,
    }
}

/// One digit, optionally followed by `.0`.
fn small_number(text: &[u8]) -> Option<usize> {
    let digit = match text {
        [digit] | [digit, b'.', b'0'] => digit,
        _ => return None,
    };
    digit.is_ascii_digit().then(|| usize::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_kind_and_a_status_are_one() {
        for text in ["2", "2.0", "SERVER", "server", "SpanKind.SERVER", "SPAN_KIND_SERVER", "kServer"] {
            assert_eq!(kind(text.as_bytes()), Some(SpanKind::Server), "{text}");
        }
        for text in ["2", "2.0", "ERROR", "Error", "STATUS_CODE_ERROR", "StatusCode.ERROR", "kError"] {
            assert_eq!(status(text.as_bytes()), Some(StatusCode::Error), "{text}");
        }
        assert_eq!(
            (kind(b""), kind(b"0"), kind(b"SPAN_KIND_UNSPECIFIED")),
            (Some(SpanKind::Unspecified), Some(SpanKind::Unspecified), Some(SpanKind::Unspecified))
        );
        assert_eq!((kind(b"6"), kind(b"boss"), kind(b"k")), (None, None, None));
        assert_eq!((status(b"3"), status(b"bad"), status(b"Unset")), (None, None, Some(StatusCode::Unset)));
    }
}
