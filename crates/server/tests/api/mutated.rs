//! What a POST acknowledges, every query answers: bodies that were mutated at random or by hand are sent, and what was
//! taken of them is asked for in every way that there is, in answers below and above the size at which they are
//! streamed.

use crate::asking::{EVER, Random, accepted, ask_everything, spans_of, whole};
use crate::support::{Server, request, send, span, text};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message;

/// A span with something in every field, nested values included.
pub fn rich(trace: u128, id: u64) -> Span {
    let any = |value| AnyValue { value: Some(value) };
    let list =
        Any::ArrayValue(ArrayValue { values: vec![any(Any::IntValue(-1)), any(Any::DoubleValue(0.5))] });
    let map = Any::KvlistValue(KeyValueList { values: vec![text("inner", "value"), text("", "")] });
    let nested =
        |key: &str, value| KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() };
    let attributes = vec![text("text", "läuft"), nested("list", list), nested("map", map)];
    Span {
        parent_span_id: vec![9; 8],
        trace_state: "a=b".to_owned(),
        attributes: attributes.clone(),
        events: vec![Event {
            time_unix_nano: 7,
            name: "event".to_owned(),
            attributes: attributes.clone(),
            ..Event::default()
        }],
        links: vec![Link {
            trace_id: vec![3; 16],
            span_id: vec![4; 8],
            attributes: vec![text("why", "because")],
            ..Link::default()
        }],
        status: Some(Status { message: "no".to_owned(), code: 2 }),
        flags: 0x101,
        ..span(trace, id, "rich")
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A length-delimited field.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// Where an odd field is put: behind the other fields of which message.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Request,
    ResourceSpans,
    ScopeSpans,
    Span,
}

/// A request of one span with `extra` behind the fields of one of its messages.
fn odd_body(trace: u128, within: Within, extra: &[u8]) -> Vec<u8> {
    let extra = |here| if here == within { extra } else { &[] };
    let span = [&span(trace, 1, "odd").encode_to_vec(), extra(Within::Span)].concat();
    let scope = [&field(2, &span), extra(Within::ScopeSpans)].concat();
    let service = field(1, &field(1, &text("service.name", "odd").encode_to_vec()));
    let resource = [&service, &field(2, &scope), extra(Within::ResourceSpans)].concat();
    [&field(1, &resource), extra(Within::Request)].concat()
}

/// What mutations at random seldom hit.
fn odd_shapes() -> Vec<(&'static str, Within, Vec<u8>)> {
    use Within::{Request, ResourceSpans, ScopeSpans, Span};
    let group = || [varint(110 << 3 | 3), vec![0x08, 5], varint(110 << 3 | 4)].concat();
    // One more than the highest field number that there is.
    let beyond = || [varint(1 << 32), vec![1]].concat();
    let attribute = |value: &[u8]| field(9, &[field(1, b"k"), field(2, value)].concat());
    vec![
        ("a group in the request", Request, group()),
        ("a group in the resource spans", ResourceSpans, group()),
        ("a group in the scope spans", ScopeSpans, group()),
        ("a group in the span", Span, group()),
        ("a group in an attribute", Span, field(9, &group())),
        ("a status of a group", Span, field(15, &group())),
        ("a number of no field in the request", Request, beyond()),
        ("a number of no field in the resource spans", ResourceSpans, beyond()),
        ("a number of no field in the scope spans", ScopeSpans, beyond()),
        ("a number of no field in the span", Span, beyond()),
        ("a schema URL of the resource that is no text", ResourceSpans, field(3, b"\xff")),
        ("a schema URL of the scope that is no text", ScopeSpans, field(3, b"\xfe\xff")),
        ("a schema URL that is a number", ScopeSpans, vec![0x18, 5]),
        ("garbage in a list", Span, attribute(&field(5, &field(1, b"\x0a\x7f")))),
        ("garbage in a map", Span, attribute(&field(6, &field(1, b"\xff\xff")))),
        ("a list that is cut off", Span, attribute(&field(5, b"\x0a\x05x"))),
        ("garbage in an event", Span, field(11, &field(3, &field(2, &field(6, b"\x07"))))),
        ("garbage in the resource", ResourceSpans, field(1, &field(1, &field(2, &field(5, b"\x07"))))),
        ("garbage in the scope", ScopeSpans, field(1, b"\x0a\x7f")),
    ]
}

#[test]
fn what_is_acknowledged_is_answered_by_every_query() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &["--segment-size", "300K"]);
    let post = |body: &[u8]| {
        let headers = [("content-type", "application/x-protobuf")];
        send(&server.otlp_http, "POST", "/v1/traces", &headers, body)
    };
    for (number, (what, within, extra)) in odd_shapes().into_iter().enumerate() {
        let body = odd_body(0x0dd_0000 + number as u128, within, &extra);
        let before = accepted(&server);
        let answer = post(&body);
        assert!(matches!(answer.status, 200 | 400), "{what}: {}", answer.text());
        let taken = accepted(&server) - before;
        assert_eq!(taken, usize::from(answer.status == 200), "{what}");
    }
    ask_everything(&server, accepted(&server));

    let mut random = Random(0x5eed);
    let mut taken = 0;
    for number in 0..600u128 {
        let mut body = request("rich", vec![rich(number + 1, 1), rich(number + 1, 2)]).encode_to_vec();
        random.mutate(&mut body);
        let answer = post(&body);
        assert!(matches!(answer.status, 200 | 400), "{}", answer.text());
        taken += usize::from(answer.status == 200);
    }
    assert!((100..500).contains(&taken), "{taken} of 600 mutants were taken: some must be, not all");
    let weight = ask_everything(&server, accepted(&server));
    let tagged =
        whole(&format!("/api/v3/traces?{EVER}&query.attributes=%7B%22text%22:%22l%C3%A4uft%22%7D"), &server);
    assert!(spans_of(&tagged).len() > 100);
    assert!(weight < 2 << 20, "{weight} bytes are not streamed");

    // Above two megabytes of stored bytes answers are streamed.
    let mut heavy = rich(0xabcdef, 1);
    heavy.attributes.push(text("filler", &"0123456789".repeat(250_000)));
    assert_eq!(server.export(&request("rich", vec![heavy])).status, 200);
    let weight = ask_everything(&server, accepted(&server));
    assert!(weight > 2 << 20, "{weight} bytes are streamed");
}
