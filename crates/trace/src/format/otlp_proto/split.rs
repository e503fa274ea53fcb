//! Splits a request into spans, whatever the order of its fields.

use super::wire::message;
use crate::format::json::{Scan, Stop};
use crate::format::protobuf::WireField;
use crate::format::{Malformed, SpanParts};

/// Calls `each` with each span of an `ExportTraceServiceRequest` in order.
pub fn split<'a>(request: &'a [u8], mut each: impl FnMut(SpanParts<'a>)) -> Result<(), Malformed> {
    let result = message(request, |number, field| match number {
        1 => resource_spans(sub_message(field)?, &mut each),
        _ => Ok(()),
    });
    checked(result, request)
}

pub(super) fn checked(result: Scan<()>, bytes: &[u8]) -> Result<(), Malformed> {
    result.map_err(|stop| match stop {
        Stop::More => Malformed { at: bytes.len(), why: "the message ends too early".into() },
        Stop::Bad(why, at) => Malformed { at, why: why.into() },
    })
}

fn sub_message(field: WireField<'_>) -> Scan<&[u8]> {
    match field {
        WireField::Bytes(bytes) => Ok(bytes),
        _ => Err(Stop::Bad("a message should be here", 0)),
    }
}

/// A schema URL; empty if it is not a string, which does not affect the spans.
fn schema(field: WireField<'_>) -> &str {
    std::str::from_utf8(field.bytes_or_empty()).unwrap_or_default()
}

fn resource_spans<'a>(bytes: &'a [u8], each: &mut dyn FnMut(SpanParts<'a>)) -> Scan<()> {
    let mut parts = SpanParts::default();
    message(bytes, |number, field| {
        match number {
            1 => parts.resource = sub_message(field)?,
            3 => parts.resource_schema = schema(field),
            _ => {}
        }
        Ok(())
    })?;
    message(bytes, |number, field| match number {
        2 => scope_spans(sub_message(field)?, parts, each),
        _ => Ok(()),
    })
}

fn scope_spans<'a>(
    bytes: &'a [u8],
    mut parts: SpanParts<'a>,
    each: &mut dyn FnMut(SpanParts<'a>),
) -> Scan<()> {
    message(bytes, |number, field| {
        match number {
            1 => parts.scope = sub_message(field)?,
            3 => parts.scope_schema = schema(field),
            _ => {}
        }
        Ok(())
    })?;
    message(bytes, |number, field| {
        if number == 2 {
            each(SpanParts { span: sub_message(field)?, ..parts });
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_behind_its_spans_is_found() {
        // resource_spans { scope_spans { spans {} spans { name: "n" } scope {} } resource { 0x10 0x05 } }
        let request = [0x0a, 15, 0x12, 9, 0x12, 0, 0x12, 3, 0x2a, 1, b'n', 0x0a, 0, 0x0a, 2, 0x10, 5];
        let mut spans = Vec::new();
        split(&request, |parts| {
            assert_eq!(parts.resource, [0x10, 5]);
            spans.push(parts.span.to_vec());
        })
        .unwrap();
        assert_eq!(spans, [vec![], vec![0x2a, 1, b'n']]);
        // resource_spans { schema_url: not UTF-8  scope_spans { schema_url: 5  spans {} } }
        let odd = [0x0a, 9, 0x1a, 1, 0xff, 0x12, 4, 0x18, 5, 0x12, 0];
        let mut spans = 0;
        split(&odd, |parts| spans += usize::from(parts.resource_schema.is_empty())).unwrap();
        assert_eq!(spans, 1, "a schema URL that cannot be read takes no span away");
        assert!(split(&request[..16], |_| ()).is_err());
        assert!(split(b"", |_| ()).is_ok());
        assert!(split(b"hello, this is text", |_| ()).is_err());
    }
}
