//! OTLP JSON turned into OTLP protobuf, read by the trace crate's reader: what a file may hold, a body may hold.
//!
//! A member that cannot be read is left out: the span keeps a warning (Jaeger's attribute `@jaeger@warnings`) and the
//! sender is informed. One span is in memory at a time.

use super::memory::MemoryReservation;
use super::span_writer::{self, SpanWriter};
use super::{PartialSuccess, Refusal};
use crate::wire::{put_bytes, put_varint};
use spandrel_trace::format::{Malformed, SpanParts, otlp_json};

/// Bytes that are taken for each place where a value can start (a comma or an opening bracket): the value as it is read,
/// in lists that double as they grow, and as it is written.
const VALUE: usize = 256;
/// Bytes that are taken for each byte of text: texts as they are read and as they are written.
const TEXT: usize = 4;
/// Bytes of the length of a message that was opened: up to 32 GiB.
const LENGTH: usize = 5;

/// Turns an `ExportTraceServiceRequest` in JSON into one in protobuf, and says what could not be taken over. `Err` where
/// it is none, where no span of it can be taken over, or where the memory does not suffice.
pub fn to_protobuf(
    json: &[u8],
    reserved: &mut MemoryReservation,
) -> Result<(Vec<u8>, PartialSuccess), Refusal> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    reserved.take(json.len() / 2)?;
    let out = Vec::with_capacity(json.len() / 2);
    let taken = out.capacity();
    let partial_success = PartialSuccess::default();
    let mut writer =
        Writer { json, out, taken, reserved, resource: None, scope: None, kept: false, partial_success };
    let mut written = Ok(());
    otlp_json::split(json, |parts| {
        if written.is_ok() {
            written = writer.span(parts);
        }
    })
    .map_err(|error| malformed(error, 0))?;
    written?;
    if writer.partial_success.rejected > 0 && !writer.kept {
        return Err(Refusal::Malformed(writer.partial_success.text()));
    }
    writer.close_scope();
    writer.close_resource();
    Ok((writer.out, writer.partial_success))
}

/// An error that counts its bytes from byte `start` of the body.
fn malformed(Malformed { at, why }: Malformed, start: usize) -> Refusal {
    Refusal::Malformed(format!("OTLP JSON: {}", Malformed { at: start + at, why }))
}

/// A message that is open: what it was read from, its schema URL, and where its fields start in the output.
struct Open {
    source: *const [u8],
    schema: String,
    start: usize,
}

impl Open {
    fn is(&self, source: &[u8], schema: &str) -> bool {
        std::ptr::eq(self.source, source) && self.schema == schema
    }
}

struct Writer<'a> {
    json: &'a [u8],
    out: Vec<u8>,
    /// Bytes of the output that were taken.
    taken: usize,
    reserved: &'a mut MemoryReservation,
    resource: Option<Open>,
    scope: Option<Open>,
    /// Whether a span was written.
    kept: bool,
    partial_success: PartialSuccess,
}

impl Writer<'_> {
    /// Writes a span below its resource and scope.
    fn span(&mut self, parts: SpanParts<'_>) -> Result<(), Refusal> {
        if parts.span == b"null" {
            return Ok(());
        }
        self.resource(&parts)?;
        self.scope(&parts)?;
        self.paying_for(parts.span, |writer| {
            let before = writer.out.len();
            let start = open(&mut writer.out, 2);
            let mut span = SpanWriter::new(&mut writer.out);
            otlp_json::emit_span(parts.span, &mut span)
                .map_err(|error| malformed(error, place(writer.json, parts.span)))?;
            span.finish();
            let (id, refused, warnings) = (span.id, span.refused.take(), std::mem::take(&mut span.warnings));
            match refused {
                Some(why) => {
                    writer.out.truncate(before);
                    writer.partial_success.rejected += 1;
                    writer.partial_success.add(format_args!("a span was rejected: {why}"));
                }
                None => {
                    writer.kept = true;
                    close(&mut writer.out, start);
                    warnings
                        .iter()
                        .for_each(|said| writer.partial_success.add(format_args!("span {id}: {said}")));
                }
            }
            Ok(())
        })
    }

    fn resource(&mut self, parts: &SpanParts<'_>) -> Result<(), Refusal> {
        let (source, schema) = (parts.resource, parts.resource_schema);
        if self.resource.as_ref().is_some_and(|open| open.is(source, schema)) {
            return Ok(());
        }
        self.close_scope();
        self.close_resource();
        self.resource = Some(Open { source, schema: schema.to_owned(), start: open(&mut self.out, 1) });
        self.paying_for(source, |writer| {
            if is_there(source) {
                let (resource, left_out) = otlp_json::read_resource(source)
                    .map_err(|error| malformed(error, place(writer.json, source)))?;
                let start = open(&mut writer.out, 1);
                span_writer::resource(&mut writer.out, &resource);
                close(&mut writer.out, start);
                writer.left_out("a resource", left_out);
            }
            Ok(())
        })
    }

    fn scope(&mut self, parts: &SpanParts<'_>) -> Result<(), Refusal> {
        let (source, schema) = (parts.scope, parts.scope_schema);
        if self.scope.as_ref().is_some_and(|open| open.is(source, schema)) {
            return Ok(());
        }
        self.close_scope();
        self.scope = Some(Open { source, schema: schema.to_owned(), start: open(&mut self.out, 2) });
        self.paying_for(source, |writer| {
            if is_there(source) {
                let (scope, left_out) = otlp_json::read_scope(source)
                    .map_err(|error| malformed(error, place(writer.json, source)))?;
                let start = open(&mut writer.out, 1);
                span_writer::scope(&mut writer.out, &scope);
                close(&mut writer.out, start);
                writer.left_out("a scope", left_out);
            }
            Ok(())
        })
    }

    fn left_out(&mut self, of: &str, member: Option<&str>) {
        if let Some(member) = member {
            self.partial_success.add(format_args!("the `{member}` of {of} cannot be read"));
        }
    }

    /// Takes what reading and writing `text` needs for so long, then what the output grew by.
    fn paying_for(
        &mut self,
        text: &[u8],
        work: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let values = text.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
        let needed = values.saturating_mul(VALUE).saturating_add(text.len().saturating_mul(TEXT));
        self.reserved.take(needed)?;
        work(self)?;
        self.reserved.release(needed);
        let more = self.out.capacity().saturating_sub(self.taken);
        self.taken += more;
        self.reserved.take(more)
    }

    fn close_scope(&mut self) {
        self.scope.take().into_iter().for_each(|open| self.end(open));
    }

    fn close_resource(&mut self) {
        self.resource.take().into_iter().for_each(|open| self.end(open));
    }

    fn end(&mut self, open: Open) {
        if !open.schema.is_empty() {
            put_bytes(&mut self.out, 3, open.schema.as_bytes());
        }
        close(&mut self.out, open.start);
    }
}

/// Where `part` starts in `json`, of which it is a part.
fn place(json: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - json.as_ptr() as usize
}

/// Whether a resource or scope was given.
fn is_there(source: &[u8]) -> bool {
    !matches!(source, b"" | b"null")
}

/// Starts a message as field `number` whose length is not known yet; answers where it starts.
fn open(out: &mut Vec<u8>, number: u32) -> usize {
    put_varint(out, u64::from(number) << 3 | 2);
    out.extend_from_slice(&[0; LENGTH]);
    out.len()
}

/// Ends the message that starts there: fills in its length, padded to a varint of [`LENGTH`] bytes.
fn close(out: &mut [u8], start: usize) {
    let mut length = out.len() - start;
    for (at, byte) in out[start - LENGTH..start].iter_mut().enumerate() {
        *byte = (length & 0x7f) as u8 | if at + 1 < LENGTH { 0x80 } else { 0 };
        length >>= 7;
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use crate::facts::facts_of;
    use crate::ingest::regroup::regroup;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use prost::Message;
    use spandrel_trace::format::otlp_proto;

    fn reserved() -> MemoryReservation {
        Memory::new(64 << 20).reservation()
    }

    fn convert(json: &str) -> (ExportTraceServiceRequest, PartialSuccess) {
        let (protobuf, partial_success) = to_protobuf(json.as_bytes(), &mut reserved()).unwrap();
        (ExportTraceServiceRequest::decode(protobuf.as_slice()).unwrap(), partial_success)
    }

    /// A request of spans with these members.
    fn of_spans(spans: &str) -> String {
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
    }

    #[test]
    fn what_a_text_becomes_is_paid_for() {
        let list = |item: &str| format!("[{item}{}]", format!(",{item}").repeat(100_000));
        for value in [
            list("1"),
            format!(r#"{{"arrayValue":{{"values":{}}}}}"#, list("{}")),
            format!(r#"{{"kvlistValue":{{"values":{}}}}}"#, list("{}")),
        ] {
            let text = of_spans(&format!(r#"{{"attributes":[{{"key":"k","value":{value}}}]}}"#));
            let refused = to_protobuf(text.as_bytes(), &mut Memory::new(4 << 20).reservation());
            assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
            assert!(to_protobuf(text.as_bytes(), &mut reserved()).is_ok());
        }
        let spans = of_spans(&list("{}")[1..300_000]);
        let refused = to_protobuf(spans.as_bytes(), &mut Memory::new(600_000).reservation());
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
        assert!(to_protobuf(spans.as_bytes(), &mut reserved()).is_ok());
        let long = of_spans(&format!(r#"{{"name":"{}"}}"#, "long ".repeat(1 << 20)));
        assert!(
            to_protobuf(long.as_bytes(), &mut reserved()).is_ok(),
            "texts cost little more than they are long"
        );
    }

    #[test]
    fn names_numbers_and_order_are_read_leniently() {
        let (request, partial_success) = convert(
            r#"{"future":{"a":[1]},"resource_spans":[{"scopeSpans":[{"spans":[null,{
                "trace_id":"000102030405060708090A0B0C0D0E0F","spanId":"0000000000000001","name":"x",
                "kind":"SPAN_KIND_SERVER","startTimeUnixNano":1.7e18,"end_time_unix_nano":7,
                "attributes":[{"key":"i","value":{"intValue":"-9223372036854775808"}},{"key":"e","value":{}},
                    {"key":"l","value":{"arrayValue":{"values":[{"boolValue":false},{"doubleValue":"NaN"}]}}},
                    {"key":"b","value":{"bytesValue":"AAH/"}}],
                "status":{"code":"STATUS_CODE_ERROR","message":"why"},"flags":257}]}],
                "resource":{"attributes":[{"key":"service.name","value":{"string_value":"s"}}]},"schemaUrl":"u"},
                {"instrumentation_library_spans":[{"instrumentation_library":{"name":"l"},"spans":[{"name":"y"}]},
                    {"spans":[{"name":"z"}]}]}]}"#,
        );
        assert_eq!((partial_success.rejected, partial_success.text()), (0, String::new()));
        let resource = &request.resource_spans[0];
        assert_eq!((request.resource_spans.len(), resource.schema_url.as_str()), (2, "u"));
        assert_eq!(resource.resource.as_ref().unwrap().attributes[0].key, "service.name");
        let span = &resource.scope_spans[0].spans[0];
        assert_eq!(span.trace_id, (0..16).collect::<Vec<u8>>());
        assert_eq!(
            (span.kind, span.start_time_unix_nano, span.end_time_unix_nano),
            (2, 17 * 10u64.pow(17), 7)
        );
        assert_eq!((span.flags, span.status.as_ref().unwrap().code), (257, 2));
        let values: Vec<_> =
            span.attributes.iter().map(|a| a.value.as_ref().and_then(|v| v.value.clone())).collect();
        assert_eq!(values[0], Some(Any::IntValue(i64::MIN)));
        assert_eq!(values[1], None);
        assert_eq!(values[3], Some(Any::BytesValue(vec![0, 1, 255])));
        let Some(Any::ArrayValue(list)) = &values[2] else { panic!("not a list") };
        assert_eq!(list.values[0].value, Some(Any::BoolValue(false)));
        assert!(matches!(list.values[1].value, Some(Any::DoubleValue(number)) if number.is_nan()));
        let old = &request.resource_spans[1].scope_spans;
        assert_eq!((old.len(), old[0].scope.as_ref().unwrap().name.as_str()), (2, "l"));
        assert_eq!((old[0].spans[0].name.as_str(), old[1].spans[0].name.as_str()), ("y", "z"));
    }

    #[test]
    fn what_is_not_otlp_is_refused() {
        for json in [
            "",
            "{\"resourceSpans\":[",
            "{\"resourceSpans\":7}",
            "[]",
            "{} {}",
            r#"{"data":[]}"#,
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}"#,
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz0102030405060708090a0b0c0d0e0f"}]}]}]}"#,
        ] {
            assert!(
                matches!(to_protobuf(json.as_bytes(), &mut reserved()), Err(Refusal::Malformed(_))),
                "{json}"
            );
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place_in_the_body() {
        let body = of_spans(r#"{"name":"x"},{"name" "y"}"#);
        let Err(Refusal::Malformed(why)) = to_protobuf(body.as_bytes(), &mut reserved()) else { panic!() };
        assert!(why.ends_with(&format!("at byte {}", body.find(r#" "y""#).unwrap() + 1)), "{why}");
    }

    #[test]
    fn a_value_of_any_depth_is_taken() {
        for (open, close) in [(r#"{"arrayValue":{"values":["#, "]}}"), ("[", "]")] {
            let value = format!("{}{}", open.repeat(10_000), close.repeat(10_000));
            let attribute = format!(r#"{{"key":"k","value":{value}}}"#);
            let body = of_spans(&format!(r#"{{"name":"x","attributes":[{attribute}]}}"#));
            let (protobuf, _) = to_protobuf(body.as_bytes(), &mut reserved()).unwrap();
            let mut attributes = 0;
            otlp_proto::split(&protobuf, |parts| {
                attributes += otlp_proto::read_span(parts.span).unwrap().attributes.len();
            })
            .unwrap();
            assert_eq!((attributes, regroup(&protobuf, &mut reserved()).unwrap().len()), (1, 1));
        }
    }

    #[test]
    fn members_that_cannot_be_read_are_left_out_with_a_warning_on_the_span() {
        let (request, partial_success) = convert(&of_spans(
            r#"{"spanId":"0000000000000001","endTimeUnixNano":"soon","name":"x",
                "links":[{"traceId":"trace-1","spanId":"0000000000000002","attributes":[{"key":"k"}]},
                    {"traceId":"0a","spanId":"0000000000000003"}],
                "parentSpanId":"parent-1"},
               {"traceId":"trace-1","name":"rejected"},{"spanId":"span-1"},{"spanId":"0x0000000000000004"}"#,
        ));
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        assert_eq!((spans.len(), spans[1].span_id[7], partial_success.rejected), (2, 4, 2));
        assert_eq!((spans[0].links.len(), spans[0].links[0].attributes.len()), (1, 0));
        assert_eq!(spans[0].parent_span_id, b"");
        let warnings = spans[0].attributes[0].clone();
        assert_eq!(warnings.key, "@jaeger@warnings");
        let Some(Any::ArrayValue(list)) = warnings.value.unwrap().value else { panic!("not a list") };
        assert_eq!(list.values.len(), 3, "{list:?}");
        let said = partial_success.text();
        for part in ["span 0000000000000001: a link names \"trace-1\"", "`endTimeUnixNano`", "and 2 more"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn a_span_without_ids_is_taken() {
        let (bytes, _) = to_protobuf(of_spans(r#"{"name":"x"}"#).as_bytes(), &mut reserved()).unwrap();
        let parts = regroup(&bytes, &mut reserved()).unwrap();
        assert_eq!((parts.len(), parts[0].trace, parts[0].extent.spans), (1, 0, 1));
        assert!(facts_of(b"\x0a\x01x").is_err(), "a trace id of one byte");
    }
}
