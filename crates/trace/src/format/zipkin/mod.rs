//! Zipkin JSON, version 2: a list of spans, or lists of them. Rare and small, so it is parsed with serde.
//!
//! Format: openzipkin/zipkin-api, `zipkin2-api.yaml`. The two spans of a call may share an id (`shared` in the
//! receiving one); both keep it, and `repair` and responses distinguish them by kind.

mod endpoint;
mod span;

pub use span::{ZipkinRefusal, read_span};

use super::Malformed;
use super::json::{Cursor, Scan, Stop};

/// Members of a span, of which one is the first.
const FIRST: [&[u8]; 14] = [
    b"traceId",
    b"id",
    b"parentId",
    b"name",
    b"kind",
    b"timestamp",
    b"duration",
    b"debug",
    b"shared",
    b"localEndpoint",
    b"remoteEndpoint",
    b"annotations",
    b"binaryAnnotations",
    b"tags",
];

/// Whether the object at the cursor may be a span.
pub(super) fn begins(cursor: &Cursor<'_>) -> Scan<bool> {
    let mut ahead = cursor.clone();
    ahead.at += 1;
    if ahead.peek()? != b'"' {
        return Ok(false);
    }
    Ok(FIRST.contains(&ahead.string()?.bytes))
}

/// Whether a complete object is a span of any version, by its id members.
pub(super) fn is_span(object: &[u8]) -> bool {
    let (mut trace, mut id) = (false, false);
    let walked = Cursor::new(object).object(|cursor, key| {
        trace |= key.bytes == b"traceId";
        id |= key.bytes == b"id";
        cursor.skip()
    });
    walked.is_ok() && trace && id
}

/// Calls `each` with each element of a list. `Err` if it is not a list, or not JSON.
pub fn split(list: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(list);
    let walked = match cursor.peek() {
        Ok(b'[') => cursor.array(|cursor| {
            each(cursor.value()?);
            Ok(())
        }),
        Ok(_) => return Err(Malformed { at: cursor.at, why: "a list should start here".into() }),
        Err(stop) => Err(stop),
    };
    match walked.and_then(|()| cursor.peek()) {
        Err(Stop::More)
            if list.get(cursor.at..).is_some_and(|rest| rest.trim_ascii().is_empty()) && walked.is_ok() =>
        {
            Ok(())
        }
        Err(Stop::More) => Err(Malformed { at: list.len(), why: "the JSON ends too early".into() }),
        Err(Stop::Bad(why, at)) => Err(Malformed { at, why: why.into() }),
        Ok(_) => Err(Malformed { at: cursor.at, why: "nothing should follow the list".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_apart_and_what_is_none_is_refused_with_its_place() {
        let mut seen = Vec::new();
        split(br#" [{"id":"1"}, {"id":"2"}] "#, |span| seen.push(String::from_utf8_lossy(span).into_owned()))
            .unwrap();
        assert_eq!(seen, [r#"{"id":"1"}"#, r#"{"id":"2"}"#]);
        assert!(split(b"[]", |_| ()).is_ok());
        assert_eq!(split(b"{}", |_| ()).unwrap_err().at, 0);
        assert_eq!(split(b"", |_| ()).unwrap_err().at, 0);
        assert_eq!(split(b"[{}", |_| ()).unwrap_err().at, 3);
        assert_eq!(split(b"[{} {}]", |_| ()).unwrap_err().at, 4);
        assert_eq!(split(b"[] x", |_| ()).unwrap_err().at, 3);
    }

    #[test]
    fn spans_are_known_by_their_ids() {
        assert!(is_span(br#"{"traceId":"1","id":"2"}"#));
        assert!(!is_span(br#"{"traceId":"1","spanId":"2"}"#));
        assert!(!is_span(br#"{"name":"x","context":{"traceId":"1","id":"2"}}"#));
        assert!(!is_span(br#"{"traceId":"1","id":"2""#));
        assert_eq!(begins(&Cursor::new(br#"{ "localEndpoint":{}"#)), Ok(true));
        assert_eq!(begins(&Cursor::new(br#"{"resourceSpans":["#)), Ok(false));
        assert_eq!(begins(&Cursor::lenient(br#"{"trac"#, 0)), Err(Stop::More));
    }
}
