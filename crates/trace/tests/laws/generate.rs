//! Any spans at all.

use proptest::prelude::*;
use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};
use spandrel_trace::units::{SpanId, TraceId};

/// Text with everything that needs escaping.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z.]{0,12}",
        any::<String>(),
        "[\"\\\\/\u{0}-\u{1f}é🎉\u{2028}]{0,8}",
        "[a-z]{1,20}".prop_map(|text| text.repeat(30)),
    ]
}

/// Doubles that serde_json reads exactly (by default it is off by a bit for others), and infinity.
/// The writer has a test of its own for all doubles.
fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<i32>().prop_map(|whole| f64::from(whole) / 64.0),
        prop::sample::select(vec![1e300, -1e22, 0.5, f64::INFINITY]),
    ]
}

fn plain() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        Just(AttributeValue::Empty),
        text().prop_map(AttributeValue::String),
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::Int),
        double().prop_map(AttributeValue::Double),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(AttributeValue::Bytes),
    ]
}

pub fn value() -> impl Strategy<Value = AttributeValue> {
    plain().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::Array),
            prop::collection::vec((text(), inner), 0..4).prop_map(|members| {
                AttributeValue::Map(
                    members.into_iter().map(|(key, value)| Attribute { key, value }).collect(),
                )
            }),
        ]
    })
}

pub fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    prop::collection::vec((text(), value()), 0..5)
        .prop_map(|list| list.into_iter().map(|(key, value)| Attribute { key, value }).collect())
}

/// A valid time, or none.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0u64), 1u64..=i64::MAX as u64]
}

fn event() -> impl Strategy<Value = Event> {
    (time(), text(), attributes(), any::<u32>()).prop_map(
        |(time_unix, name, attributes, dropped_attributes)| Event {
            time_unix,
            name,
            attributes,
            dropped_attributes,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (any::<u128>(), any::<u64>(), text(), attributes(), any::<u32>(), any::<u32>()).prop_map(
        |(trace, span, trace_state, attributes, dropped_attributes, flags)| Link {
            trace_id: TraceId(trace),
            span_id: SpanId(span),
            trace_state,
            attributes,
            dropped_attributes,
            flags,
        },
    )
}

/// Arbitrary spans that OTLP can represent.
pub fn span() -> impl Strategy<Value = SpanRecord> {
    let ids = (any::<u128>(), any::<u64>(), any::<u64>());
    let texts = (text(), text(), text(), any::<u32>());
    let enums = (0u64..6, 0u64..3);
    let lists = (
        attributes(),
        prop::collection::vec(event(), 0..3),
        prop::collection::vec(link(), 0..3),
        (any::<u32>(), any::<u32>(), any::<u32>()),
    );
    (ids, texts, enums, (time(), time()), lists).prop_map(|(ids, texts, enums, times, lists)| SpanRecord {
        trace_id: TraceId(ids.0),
        span_id: SpanId(ids.1),
        parent_span_id: SpanId(ids.2),
        name: texts.0,
        trace_state: texts.1,
        status_message: texts.2,
        flags: texts.3,
        kind: SpanKind::from_number(enums.0),
        status: StatusCode::from_number(enums.1),
        start_unix: times.0,
        end_unix: times.1,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        dropped_attributes: lists.3.0,
        dropped_events: lists.3.1,
        dropped_links: lists.3.2,
        ..SpanRecord::default()
    })
}
