//! Splits a request into spans, whatever the order of its members.

use crate::format::json::{Cursor, Scan, Stop, unescape};
use crate::format::{Malformed, SpanParts};
use std::borrow::Cow;

/// Calls `each` with each span of a request (one object) in order. `Err` if it is not JSON, has a member of the wrong
/// type, or has members but no `resourceSpans`.
pub fn split(request: &[u8], mut each: impl FnMut(SpanParts<'_>)) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(request);
    let result = match cursor.peek() {
        Ok(b'{') => walk(&mut cursor, &mut each),
        Ok(_) => return Err(Malformed { at: cursor.at, why: "an object should start here".into() }),
        Err(stop) => Err(stop),
    };
    let is_request = result.map_err(|stop| malformed(stop, request.len()))?;
    match cursor.peek() {
        Ok(_) => Err(Malformed { at: cursor.at, why: "nothing should follow the object".into() }),
        Err(_) if !is_request => Err(Malformed { at: 0, why: "the object has no `resourceSpans`".into() }),
        Err(_) => Ok(()),
    }
}

pub(super) fn malformed(stop: Stop, len: usize) -> Malformed {
    match stop {
        Stop::More => Malformed { at: len, why: "the JSON ends too early".into() },
        Stop::Bad(why, at) => Malformed { at, why: why.into() },
    }
}

/// Splits the request at the cursor. Returns whether it is one: an empty object, or one with `resourceSpans`.
fn walk(cursor: &mut Cursor<'_>, each: &mut dyn FnMut(SpanParts<'_>)) -> Scan<bool> {
    let (mut is_empty, mut has_list) = (true, false);
    cursor.object(|cursor, key| {
        is_empty = false;
        match key.bytes {
            b"resourceSpans" | b"resource_spans" => {
                has_list = true;
                list(cursor, |cursor| resource_spans(cursor, each))
            }
            _ => cursor.skip(),
        }
    })?;
    Ok(is_empty || has_list)
}

/// A list or null; anything else is an error.
fn list<'a>(cursor: &mut Cursor<'a>, each: impl FnMut(&mut Cursor<'a>) -> Scan<()>) -> Scan<()> {
    match cursor.peek()? {
        b'[' => cursor.array(each),
        _ if cursor.literal(b"null").is_some() => Ok(()),
        _ => Err(Stop::Bad("a list should start here", cursor.at)),
    }
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Scan<Cow<'a, str>> {
    Ok(unescape(cursor.string_or_skip()?.unwrap_or_default()))
}

fn resource_spans(cursor: &mut Cursor<'_>, each: &mut dyn FnMut(SpanParts<'_>)) -> Scan<()> {
    let (mut resource, mut schema, mut scopes): (&[u8], _, _) = (b"", Cow::Borrowed(""), None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"resource" => resource = cursor.value()?,
            b"schemaUrl" | b"schema_url" => schema = text(cursor)?,
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"instrumentation_library_spans" => scopes = Some(within(cursor)?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let Some(mut scopes) = scopes else { return Ok(()) };
    list(&mut scopes, |cursor| {
        scope_spans(cursor, SpanParts { resource, resource_schema: &schema, ..SpanParts::default() }, each)
    })
}

/// A cursor at the value, which is skipped in the original.
fn within<'a>(cursor: &mut Cursor<'a>) -> Scan<Cursor<'a>> {
    let here = cursor.clone();
    cursor.skip()?;
    Ok(here)
}

fn scope_spans(
    cursor: &mut Cursor<'_>,
    above: SpanParts<'_>,
    each: &mut dyn FnMut(SpanParts<'_>),
) -> Scan<()> {
    let (mut scope, mut schema, mut spans): (&[u8], _, _) = (b"", Cow::Borrowed(""), None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"scope" | b"instrumentationLibrary" | b"instrumentation_library" => scope = cursor.value()?,
            b"schemaUrl" | b"schema_url" => schema = text(cursor)?,
            b"spans" => spans = Some(within(cursor)?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let Some(mut spans) = spans else { return Ok(()) };
    list(&mut spans, |cursor| {
        let span = cursor.value()?;
        each(SpanParts { scope, scope_schema: &schema, span, ..above });
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_handed_over_with_what_comes_before_and_after_them() {
        let request =
            br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}],"scope":{"name":"s"}}],
            "resource":{"attributes":[]},"schemaUrl":"u"},{"scope_spans":null}]}"#;
        let mut seen = Vec::new();
        split(request, |parts| {
            assert_eq!((parts.resource, parts.resource_schema), (&br#"{"attributes":[]}"#[..], "u"));
            assert_eq!(parts.scope, br#"{"name":"s"}"#);
            seen.push(String::from_utf8_lossy(parts.span).into_owned());
        })
        .unwrap();
        assert_eq!(seen, [r#"{"name":"a"}"#, r#"{"name":"b"}"#]);
    }

    #[test]
    fn what_is_no_request_is_refused_with_its_place() {
        assert!(split(b"{}", |_| ()).is_ok());
        assert!(split(b"{\"resource_spans\":null,\"future\":1}", |_| ()).is_ok());
        assert!(split(b"{\"data\":[]}", |_| ()).unwrap_err().why.contains("resourceSpans"));
        assert_eq!(split(b"{\"resourceSpans\":7}", |_| ()).unwrap_err().at, 17);
        assert_eq!(split(b"{\"resourceSpans\":nonsense}", |_| ()).unwrap_err().at, 17);
        assert_eq!(split(b"[]", |_| ()).unwrap_err().at, 0);
        assert_eq!(split(b"", |_| ()).unwrap_err().at, 0);
        assert_eq!(split(b"{} x", |_| ()).unwrap_err().at, 3);
        assert_eq!(split(b"{\"resourceSpans\":[", |_| ()).unwrap_err().at, 18);
    }
}
