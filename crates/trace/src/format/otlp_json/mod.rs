//! OTLP JSON, one object at a time: what a server takes apart and what the stream reader decodes on demand.
//!
//! Read leniently: lowerCamelCase or snake_case names, enums as numbers or names, 64-bit numbers in quotes or
//! not, ids in hexadecimal of either case or base64.

mod first;
mod links;
mod parents;
mod seen;
mod split;
mod value;
mod whole;

pub(super) use seen::{is_span, read_seen};
pub use split::split;
pub(super) use value::{say_warnings, warnings_key};
pub(super) use whole::decode;

use super::Malformed;
use super::json::{Cursor, Scan};
use crate::model::record::{Resource, Scope, SpanRecord};
use split::malformed;

/// Reads a span's object.
pub fn read_span(bytes: &[u8]) -> Result<SpanRecord, Malformed> {
    let mut record = SpanRecord::default();
    whole(bytes, |cursor| whole::span(cursor, &mut record))?;
    Ok(record)
}

/// Reads a resource's object.
pub fn read_resource(bytes: &[u8]) -> Result<Resource, Malformed> {
    let mut resource = Resource::default();
    whole(bytes, |cursor| whole::resource(cursor, &mut resource))?;
    Ok(resource)
}

/// Reads a scope's object.
pub fn read_scope(bytes: &[u8]) -> Result<Scope, Malformed> {
    let mut scope = Scope::default();
    whole(bytes, |cursor| whole::scope(cursor, &mut scope))?;
    Ok(scope)
}

/// As much of a resource's object as can be read.
pub(super) fn resource(bytes: &[u8]) -> Resource {
    let mut resource = Resource::default();
    let _ = whole::resource(&mut Cursor::patient(bytes, 0), &mut resource);
    resource
}

/// As much of a scope's object as can be read.
pub(super) fn scope(bytes: &[u8]) -> Scope {
    let mut scope = Scope::default();
    let _ = whole::scope(&mut Cursor::patient(bytes, 0), &mut scope);
    scope
}

fn whole(bytes: &[u8], read: impl FnOnce(&mut Cursor<'_>) -> Scan<()>) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(bytes);
    if cursor.peek() != Ok(b'{') {
        return Err(Malformed { at: cursor.at, why: "an object should begin here".into() });
    }
    read(&mut cursor).map_err(|stop| malformed(stop, bytes.len()))?;
    if cursor.damaged {
        return Err(Malformed { at: cursor.at, why: format!("`{}` cannot be read", cursor.part).into() });
    }
    Ok(())
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
    fn what_is_broken_says_where() {
        assert_eq!(read_span(b"[]").unwrap_err().at, 0);
        assert_eq!(read_span(br#"{"name":"n""#).unwrap_err().at, 11);
        assert_eq!(read_span(br#"{"name" "n"}"#).unwrap_err().at, 8);
    }
}
