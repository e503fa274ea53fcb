//! Limits on what one request may hold: spans, attributes, the size of their values and how deeply these nest. What is
//! beyond is left out of the request before it is stored, counted where OTLP has a count for it, and reported to the sender.
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`, `logs/v1/logs.proto`, `common/v1/common.proto`, `resource/v1/resource.proto`.

use super::memory::MemoryReservation;
use super::{PartialSuccess, Refusal};
use crate::wire::{Edit, TypedField, Walk, WireError, WireField, edit, put_bytes, put_number};

/// What one request may hold; `None` for as much as fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestLimits {
    /// Spans.
    pub spans: Option<u64>,
    /// Attributes of one span, event, link, resource or scope.
    pub attributes: Option<u64>,
    /// Bytes of one attribute's value.
    pub value_bytes: Option<usize>,
    /// Lists and maps within one another.
    pub nesting: Option<usize>,
}

/// A message with attributes: the numbers of the fields with the attributes, with the count of those that were dropped,
/// and with nested messages that have both.
struct Shape {
    attributes: u32,
    dropped: u32,
    members: &'static [(u32, Shape)],
}

const RESOURCE: Shape = Shape { attributes: 1, dropped: 2, members: &[] };
const SCOPE: Shape = Shape { attributes: 3, dropped: 4, members: &[] };
const EVENT: Shape = Shape { attributes: 3, dropped: 4, members: &[] };
const LINK: Shape = Shape { attributes: 4, dropped: 5, members: &[] };
const SPAN: Shape = Shape { attributes: 9, dropped: 10, members: &[(11, EVENT), (13, LINK)] };
const LOG_RECORD: Shape = Shape { attributes: 6, dropped: 7, members: &[] };
/// Fields in which a resource has its scopes: 1000 is where they stood before they were called scopes.
const SCOPES: [u32; 2] = [2, 1000];

/// What was left out.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct DroppedCounts {
    spans: u64,
    /// Attributes beyond the most.
    pub attributes: u64,
    /// Texts that were cut.
    pub cut: u64,
    /// Values that are larger than allowed and cannot be cut.
    pub too_big: u64,
    /// Values that are nested deeper than allowed.
    pub too_deep: u64,
}

impl RequestLimits {
    /// Whether there is no limit.
    pub fn is_unlimited(&self) -> bool {
        *self == RequestLimits::default()
    }

    /// An `ExportTraceServiceRequest` without what is beyond the limits, and what that was. `None` where all of it is
    /// within them.
    pub fn apply(
        &self,
        request: &[u8],
        reserved: &mut MemoryReservation,
        partial_success: &mut PartialSuccess,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        self.apply_to(&SPAN, request, reserved, partial_success)
    }

    /// As [`RequestLimits::apply`], for an `ExportLogsServiceRequest`. The limit on spans is none on log records.
    pub fn apply_to_logs(
        &self,
        request: &[u8],
        reserved: &mut MemoryReservation,
        partial_success: &mut PartialSuccess,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        RequestLimits { spans: None, ..*self }.apply_to(&LOG_RECORD, request, reserved, partial_success)
    }

    /// Both requests have the same numbers down to their spans or log records, of which `item` is the shape.
    fn apply_to(
        &self,
        item: &Shape,
        request: &[u8],
        reserved: &mut MemoryReservation,
        partial_success: &mut PartialSuccess,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        if self.is_unlimited() {
            return Ok(None);
        }
        // Each of the levels around a span is copied into the next.
        let needed = request.len().saturating_mul(3);
        reserved.take(needed)?;
        let (mut left_out, mut items) = (DroppedCounts::default(), 0);
        let changed = edit(request, |number, field| match number {
            1 => self.resource(field.bytes(1)?, item, &mut items, &mut left_out),
            _ => Ok(Edit::Keep),
        })?;
        reserved.release(needed);
        reserved.take(changed.as_ref().map_or(0, Vec::capacity))?;
        self.say(&left_out, partial_success);
        Ok(changed)
    }

    fn resource(
        &self,
        message: &[u8],
        item: &Shape,
        items: &mut u64,
        left_out: &mut DroppedCounts,
    ) -> Result<Edit, WireError> {
        let changed = edit(message, |number, field| match number {
            1 => self.attributes(field.bytes(1)?, &RESOURCE, left_out).map(Edit::of),
            number if SCOPES.contains(&number) => self.scope(field.bytes(number)?, item, items, left_out),
            _ => Ok(Edit::Keep),
        })?;
        Ok(Edit::of(changed))
    }

    fn scope(
        &self,
        message: &[u8],
        item: &Shape,
        items: &mut u64,
        left_out: &mut DroppedCounts,
    ) -> Result<Edit, WireError> {
        let changed = edit(message, |number, field| match number {
            1 => self.attributes(field.bytes(1)?, &SCOPE, left_out).map(Edit::of),
            2 => {
                *items += 1;
                if self.spans.is_some_and(|most| *items > most) {
                    left_out.spans += 1;
                    return Ok(Edit::Remove);
                }
                self.attributes(field.bytes(2)?, item, left_out).map(Edit::of)
            }
            _ => Ok(Edit::Keep),
        })?;
        Ok(Edit::of(changed))
    }

    /// A message with attributes. Shapes are constants of two levels, so this recursion is too.
    fn attributes(
        &self,
        message: &[u8],
        shape: &Shape,
        left_out: &mut DroppedCounts,
    ) -> Result<Option<Vec<u8>>, WireError> {
        let (mut count, mut dropped, mut known) = (0, 0, 0);
        let mut changed = edit(message, |number, field| {
            if number == shape.attributes {
                count += 1;
                let edit = if self.attributes.is_some_and(|most| count > most) {
                    left_out.attributes += 1;
                    Edit::Remove
                } else {
                    self.attribute(field.bytes(number)?, left_out)?
                };
                dropped += u64::from(matches!(edit, Edit::Remove));
                return Ok(edit);
            }
            if number == shape.dropped {
                known = field.number(number)?;
            }
            match shape.members.iter().find(|(of, _)| *of == number) {
                Some((_, member)) => self.attributes(field.bytes(number)?, member, left_out).map(Edit::of),
                None => Ok(Edit::Keep),
            }
        })?;
        if let Some(changed) = &mut changed
            && dropped > 0
        {
            // Of a number that is there twice the last counts.
            put_number(changed, shape.dropped, known.saturating_add(dropped).min(u64::from(u32::MAX)));
        }
        Ok(changed)
    }

    /// A `KeyValue`.
    fn attribute(&self, attribute: &[u8], left_out: &mut DroppedCounts) -> Result<Edit, WireError> {
        let mut is_removed = false;
        let changed = edit(attribute, |number, field| {
            if number != 2 {
                return Ok(Edit::Keep);
            }
            let value = field.bytes(2)?;
            if let Some(most) = self.nesting
                && is_deeper(value, most)?
            {
                left_out.too_deep += 1;
                is_removed = true;
            } else if let Some(most) = self.value_bytes
                && value.len() > most
            {
                let cut = cut(value, most)?;
                left_out.cut += u64::from(cut.is_some());
                return Ok(cut.map_or_else(
                    || {
                        left_out.too_big += u64::from(content(value) > most);
                        is_removed |= content(value) > most;
                        Edit::Keep
                    },
                    Edit::Replace,
                ));
            }
            Ok(Edit::Keep)
        })?;
        Ok(if is_removed { Edit::Remove } else { Edit::of(changed) })
    }

    /// Adds what was left out to the answer's `partial_success`.
    pub fn say(&self, left_out: &DroppedCounts, partial_success: &mut PartialSuccess) {
        partial_success.rejected += left_out.spans;
        let mut say = |count: u64, what: std::fmt::Arguments<'_>| {
            if count > 0 {
                partial_success.add(format_args!("{count} {what}"));
            }
        };
        let (spans, attributes) = (self.spans.unwrap_or(0), self.attributes.unwrap_or(0));
        let (bytes, nesting) = (self.value_bytes.unwrap_or(0), self.nesting.unwrap_or(0));
        say(left_out.spans, format_args!("spans beyond the first {spans} of the request (--max-spans)"));
        say(left_out.attributes, format_args!("attributes beyond the first {attributes} (--max-attributes)"));
        say(left_out.cut, format_args!("texts cut after {bytes} bytes (--max-attribute-size)"));
        say(left_out.too_big, format_args!("values of more than {bytes} bytes (--max-attribute-size)"));
        say(left_out.too_deep, format_args!("values nested deeper than {nesting} (--max-nesting)"));
    }
}

/// Bytes of what is in an `AnyValue`.
fn content(value: &[u8]) -> usize {
    match Walk::new(value).next() {
        Ok(Some((_, WireField::Bytes(content)))) => content.len(),
        _ => 0,
    }
}

/// An `AnyValue` whose text or bytes are cut, texts between two characters; `None` where it is neither, or not too long.
fn cut(value: &[u8], most: usize) -> Result<Option<Vec<u8>>, WireError> {
    let Some((number @ (1 | 7), WireField::Bytes(content))) = Walk::new(value).next()? else {
        return Ok(None);
    };
    if content.len() <= most {
        return Ok(None);
    }
    let mut end = most;
    // A byte that continues a character is 10xxxxxx.
    while number == 1 && end > 0 && content[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let mut out = Vec::with_capacity(end + 8);
    put_bytes(&mut out, number, &content[..end]);
    Ok(Some(out))
}

/// Whether lists and maps of an `AnyValue` are deeper within one another than `most`.
fn is_deeper(value: &[u8], most: usize) -> Result<bool, WireError> {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        let mut walk = Walk::new(value);
        while let Some((number, field)) = walk.next()? {
            if !matches!(number, 5 | 6) {
                continue;
            }
            if depth == most {
                return Ok(true);
            }
            let mut members = Walk::new(field.bytes(number)?);
            while let Some((member, field)) = members.next()? {
                match (number, member) {
                    (5, 1) => open.push((field.bytes(1)?, depth + 1)),
                    (6, 1) => {
                        let mut pair = Walk::new(field.bytes(1)?);
                        while let Some((part, field)) = pair.next()? {
                            if part == 2 {
                                open.push((field.bytes(2)?, depth + 1));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::span::Event;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use proptest::prelude::*;
    use prost::Message;

    fn pair(key: &str, value: Any) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
    }

    fn text(key: &str, value: &str) -> KeyValue {
        pair(key, Any::StringValue(value.to_owned()))
    }

    fn list(depth: usize) -> Any {
        let mut value = Any::IntValue(1);
        for _ in 0..depth {
            value = Any::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(value) }] });
        }
        value
    }

    fn request(resource: Vec<KeyValue>, spans: Vec<Span>) -> ExportTraceServiceRequest {
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource = Some(Resource { attributes: resource, ..Resource::default() });
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
        }
    }

    fn apply(
        most: RequestLimits,
        request: &ExportTraceServiceRequest,
    ) -> (ExportTraceServiceRequest, PartialSuccess) {
        let (bytes, mut partial_success) = (request.encode_to_vec(), PartialSuccess::default());
        let changed =
            most.apply(&bytes, &mut Memory::new(1 << 20).reservation(), &mut partial_success).unwrap();
        assert_eq!(changed.is_none(), partial_success.text().is_empty());
        (ExportTraceServiceRequest::decode(changed.unwrap_or(bytes).as_slice()).unwrap(), partial_success)
    }

    #[test]
    fn attributes_beyond_the_most_are_dropped_and_counted_where_they_were() {
        let many = |count: usize| (0..count).map(|n| text(&n.to_string(), "x")).collect::<Vec<_>>();
        let event = Event { attributes: many(4), dropped_attributes_count: 7, ..Event::default() };
        let span = Span { attributes: many(5), events: vec![event], ..Span::default() };
        let most = RequestLimits { attributes: Some(3), ..RequestLimits::default() };
        let (out, partial_success) = apply(most, &request(many(3), vec![span, Span::default()]));
        let span = &out.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!((span.attributes.len(), span.dropped_attributes_count), (3, 2));
        assert_eq!((span.events[0].attributes.len(), span.events[0].dropped_attributes_count), (3, 8));
        assert_eq!(out.resource_spans[0].resource.as_ref().unwrap().dropped_attributes_count, 0);
        assert_eq!(
            (partial_success.rejected, partial_success.text().as_str()),
            (0, "3 attributes beyond the first 3 (--max-attributes)")
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_large_or_deep_values_dropped() {
        let attributes = vec![
            text("short", "äöü"),
            text("long", "aäöü"),
            pair("bytes", Any::BytesValue(vec![1; 9])),
            pair("deep", list(3)),
            pair("number", Any::IntValue(i64::MIN)),
        ];
        let span = Span { attributes, ..Span::default() };
        let most = RequestLimits { value_bytes: Some(6), nesting: Some(2), ..RequestLimits::default() };
        let (out, partial_success) = apply(most, &request(vec![pair("large", list(5))], vec![span]));
        let span = &out.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(span.attributes[..2], [text("short", "äöü"), text("long", "aäö")]);
        assert_eq!(span.attributes[2], pair("bytes", Any::BytesValue(vec![1; 6])));
        assert_eq!(span.attributes[3], pair("number", Any::IntValue(i64::MIN)));
        assert_eq!(span.dropped_attributes_count, 1);
        let said = partial_success.text();
        assert!(
            said.contains("2 texts cut after 6 bytes") && said.contains("2 values nested deeper than 2"),
            "{said}"
        );
    }

    #[test]
    fn spans_beyond_the_most_are_rejected() {
        let spans = (1..=5).map(|id| Span { span_id: vec![id; 8], ..Span::default() }).collect();
        let (out, partial_success) =
            apply(RequestLimits { spans: Some(3), ..RequestLimits::default() }, &request(vec![], spans));
        let kept: Vec<u8> =
            out.resource_spans[0].scope_spans[0].spans.iter().map(|span| span.span_id[0]).collect();
        assert_eq!((kept, partial_success.rejected), (vec![1, 2, 3], 2));
    }

    proptest! {
        #[test]
        fn what_is_within_the_limits_stays_to_the_bit_and_nothing_beyond_is_left(
            values in prop::collection::vec(("[a-z]{1,3}", "\\PC{0,12}", 0..4usize), 0..9),
            attributes in 1..6u64, bytes in 1..14usize, nesting in 0..4usize,
        ) {
            let pairs: Vec<_> = values.iter()
                .map(|(key, value, depth)| if *depth == 0 { text(key, value) } else { pair(key, list(*depth)) })
                .collect();
            let most = RequestLimits { attributes: Some(attributes), value_bytes: Some(bytes), nesting: Some(nesting), spans: None };
            let request = request(vec![], vec![Span { attributes: pairs.clone(), ..Span::default() }]);
            let (out, partial_success) = apply(most, &request);
            let span = &out.resource_spans[0].scope_spans[0].spans[0];
            prop_assert!(span.attributes.len() as u64 <= attributes);
            prop_assert_eq!(span.attributes.len() + span.dropped_attributes_count as usize, pairs.len());
            for attribute in &span.attributes {
                if let Some(Any::StringValue(text)) = &attribute.value.as_ref().unwrap().value {
                    prop_assert!(text.len() <= bytes);
                }
            }
            if partial_success.text().is_empty() {
                prop_assert_eq!(&out, &request);
            }
            let (again, _) = apply(most, &out);
            prop_assert_eq!(again, out, "what was limited is within the limits");
        }
    }
}
