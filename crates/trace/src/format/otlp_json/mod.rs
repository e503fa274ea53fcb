//! OTLP JSON: splitting of requests for servers, decoding of single objects.
//!
//! Lenient: lowerCamelCase or snake_case names, enums as numbers or names, 64-bit numbers in quotes or not, ids in
//! hexadecimal of either case or base64.

mod add_span;
mod links;
mod parents;
mod scan;
mod split;
mod value;
mod whole;

pub(super) use add_span::{add_span, is_span};
pub use split::split;
pub(super) use value::{emit_warnings, warnings_key};
pub(super) use whole::decode;

use super::json::{Cursor, Scan};
use super::{Malformed, unreadable_part};
use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{Piece, Sink};
use split::malformed;

/// Emits the fields of a span's object. Members of the wrong type are skipped with a [`Piece::Warning`]; `Err` if the
/// object is not JSON.
pub fn emit_span(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Malformed> {
    let left_out = whole(bytes, |cursor| whole::span(cursor, sink))?;
    if let Some(member) = left_out {
        sink.piece(Piece::Warning(&unreadable_part(member)));
    }
    Ok(())
}

/// Reads a span's object, like [`emit_span`].
pub fn read_span(bytes: &[u8]) -> Result<SpanRecord, Malformed> {
    let mut record = SpanRecord::default();
    emit_span(bytes, &mut record)?;
    Ok(record)
}

/// Reads a resource's object. Returns the name of the first member that was skipped because of its type, if any.
pub fn read_resource(bytes: &[u8]) -> Result<(Resource, Option<&'static str>), Malformed> {
    let mut resource = Resource::default();
    let left_out = whole(bytes, |cursor| whole::resource(cursor, &mut resource))?;
    Ok((resource, left_out))
}

/// Reads a scope's object, like [`read_resource`].
pub fn read_scope(bytes: &[u8]) -> Result<(Scope, Option<&'static str>), Malformed> {
    let mut scope = Scope::default();
    let left_out = whole(bytes, |cursor| whole::scope(cursor, &mut scope))?;
    Ok((scope, left_out))
}

/// Reads a resource's object as far as possible.
pub(super) fn resource(bytes: &[u8]) -> Resource {
    let mut resource = Resource::default();
    let _ = whole::resource(&mut Cursor::lenient(bytes, 0), &mut resource);
    resource
}

/// Reads a scope's object as far as possible.
pub(super) fn scope(bytes: &[u8]) -> Scope {
    let mut scope = Scope::default();
    let _ = whole::scope(&mut Cursor::lenient(bytes, 0), &mut scope);
    scope
}

/// Reads a complete object. Returns the first skipped member.
fn whole(
    bytes: &[u8],
    read: impl FnOnce(&mut Cursor<'_>) -> Scan<()>,
) -> Result<Option<&'static str>, Malformed> {
    let mut cursor = Cursor::new(bytes);
    if cursor.peek() != Ok(b'{') {
        return Err(Malformed { at: cursor.at, why: "an object should start here".into() });
    }
    read(&mut cursor).map_err(|stop| malformed(stop, bytes.len()))?;
    Ok(cursor.damaged.then_some(cursor.part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::AttributeValue;
    use crate::model::{SpanKind, StatusCode};
    use crate::units::{SpanId, TraceId};

    #[test]
    fn events_and_links_without_attributes_are_there_all_the_same() {
        for attributes in ["", r#","attributes":null"#, r#","attributes":{}"#, r#","attributes":[]"#] {
            let span = read_span(
                format!(r#"{{"events":[{{"name":"e"{attributes}}}],"links":[{{"spanId":"0b"{attributes}}}],"name":"n"}}"#)
                    .as_bytes(),
            )
            .unwrap();
            assert_eq!(
                (span.events.len(), span.links.len(), span.name.as_str()),
                (1, 1, "n"),
                "{attributes}"
            );
        }
    }

    #[test]
    fn a_span_is_read_whole_in_any_order_of_its_members() {
        let span = read_span(
            br#"{"attributes":[{"value":{"intValue":"9007199254740993"},"key":"big"},{"key":"none","value":{}},
                {"key":"@jaeger@warnings","value":{"arrayValue":{"values":[{"stringValue":"w"},{"stringValue":"w"}]}}}],
                "events":[{"attributes":[{"key":"a","value":{"boolValue":true}}],"name":"e","timeUnixNano":"7"}],
                "status":{"message":"m","code":"STATUS_CODE_ERROR"},"kind":2,"trace_id":"0A","spanId":"0b",
                "start_time_unix_nano":5,"endTimeUnixNano":"6","name":"n\u00e9","flags":257,"unknown":[{}]}"#,
        )
        .unwrap();
        assert_eq!((span.trace_id, span.span_id), (TraceId(10), SpanId(11)));
        assert_eq!((span.start_unix, span.end_unix, span.flags), (5, 6, 257));
        assert_eq!(
            (span.kind, span.status, span.status_message.as_str()),
            (SpanKind::Server, StatusCode::Error, "m")
        );
        assert_eq!(span.attributes.len(), 2);
        assert_eq!(span.attributes[0].value, AttributeValue::Int(9_007_199_254_740_993));
        assert_eq!(span.attributes[1].value, AttributeValue::Empty);
        assert_eq!(span.events[0].name, "e");
        assert_eq!(span.events[0].attributes[0].value, AttributeValue::Bool(true));
        assert_eq!(span.warnings, ["w"]);
        assert_eq!(span.name, "né");
    }

    #[test]
    fn what_cannot_be_read_is_left_out_with_a_warning() {
        let span = read_span(br#"{"name":"n","endTimeUnixNano":"soon","events":7,"kind":"BOSS"}"#).unwrap();
        assert_eq!((span.name.as_str(), span.end_unix), ("n", 0));
        assert_eq!(span.warnings, ["its `endTimeUnixNano` cannot be read"]);
        let (resource, left_out) = read_resource(br#"{"attributes":7,"droppedAttributesCount":2}"#).unwrap();
        assert_eq!((resource.dropped_attributes, left_out), (2, Some("attributes")));
        assert_eq!(read_scope(br#"{"name":"s"}"#).unwrap().1, None);
    }

    #[test]
    fn errors_have_positions() {
        assert_eq!(read_span(b"[]").unwrap_err().at, 0);
        assert_eq!(read_span(br#"{"name":"n""#).unwrap_err().at, 11);
        assert_eq!(read_span(br#"{"name" "n"}"#).unwrap_err().at, 8);
    }
}
