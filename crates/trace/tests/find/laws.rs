//! Any query on any trace finds what the naive finder finds.

use super::naive;
use proptest::prelude::*;
use spandrel_trace::analysis::query::{find, parse, read};
use spandrel_trace::build::TraceBuilder;
use spandrel_trace::format::Reader;
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode, Trace};
use spandrel_trace::units::{SpanId, TraceId};

/// A trace whose `Debug` output has its spans instead of its columns.
struct Shown(Trace);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let outline = self.0.outline();
        for span in 0..outline.len() as u32 {
            let (record, resource, scope) = (self.0.record(span), self.0.resource(span), self.0.scope(span));
            writeln!(
                f,
                "{span} below {:?}: {record:?} of {resource:?} by {scope:?}",
                outline.parent_of(span)
            )?;
        }
        Ok(())
    }
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x", "Xy", "a b", "5", "05", "5.0", "20ms", "true", "Pay é", "k", "", "k=5"])
        .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        4 => word().prop_map(AttributeValue::String),
        2 => (-3i64..60).prop_map(AttributeValue::Int),
        1 => (0i32..40).prop_map(|quarters| AttributeValue::Double(f64::from(quarters) / 4.0)),
        1 => any::<bool>().prop_map(AttributeValue::Bool),
        1 => Just(AttributeValue::Array(vec![AttributeValue::Int(5), AttributeValue::String("x".into())])),
        1 => Just(AttributeValue::Bytes(b"xyz".to_vec())),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    let key = prop::sample::select(vec!["k", "http.code", "message", "a key", "error"]);
    let attribute = (key, value()).prop_map(|(key, value)| Attribute { key: key.to_owned(), value });
    prop::collection::vec(attribute, 0..4)
}

fn span() -> impl Strategy<Value = SpanRecord> {
    let times = (1u64..40, 0u64..30);
    let enums = (0u64..6, 0u64..3);
    let event = (word(), attributes()).prop_map(|(name, attributes)| Event {
        time_unix: 20,
        name,
        attributes,
        ..Event::default()
    });
    let link = (1u128..3, 1u64..3, attributes()).prop_map(|(trace, span, attributes)| Link {
        trace_id: TraceId(trace),
        span_id: SpanId(span),
        attributes,
        ..Link::default()
    });
    let lists = (attributes(), prop::collection::vec(event, 0..2), prop::collection::vec(link, 0..2));
    let texts = (word(), word(), word());
    (1u64..20, 0u64..20, times, enums, lists, texts).prop_map(|(id, parent, times, enums, lists, texts)| {
        SpanRecord {
            trace_id: TraceId(0xab),
            span_id: SpanId(id),
            parent_span_id: SpanId(parent),
            start_unix: times.0,
            end_unix: times.0 + times.1,
            kind: SpanKind::from_number(enums.0),
            status: StatusCode::from_number(enums.1),
            attributes: lists.0,
            events: lists.1,
            links: lists.2,
            name: texts.0,
            status_message: texts.1,
            trace_state: texts.2,
            ..SpanRecord::default()
        }
    })
}

/// A trace made of whole spans, or read from bytes and interned afterwards.
fn trace() -> impl Strategy<Value = Shown> {
    let producer = (word(), attributes(), word(), attributes());
    let spans = prop::collection::vec((span(), 0u32..2), 1..12);
    (prop::collection::vec(producer, 2), spans, any::<bool>()).prop_map(|(producers, spans, from_bytes)| {
        let producers: Vec<(Resource, Scope)> = producers
            .into_iter()
            .map(|(service, mut attributes, name, scope)| {
                let named = Attribute { key: "service.name".into(), value: AttributeValue::String(service) };
                attributes.push(named);
                let mut resource = Resource { attributes, ..Resource::default() };
                resource.find_service();
                (resource, Scope { name, attributes: scope, ..Scope::default() })
            })
            .collect();
        if from_bytes {
            let mut writer = OtlpJson::new(Vec::new(), Envelope::Plain, false).unwrap();
            for (span, producer) in &spans {
                let (resource, scope) = &producers[*producer as usize];
                writer.span(resource, scope, span).unwrap();
            }
            let mut reader = Reader::new();
            reader.push(&writer.finish().unwrap()).unwrap();
            let mut trace = reader.finish().unwrap().traces.remove(0);
            while !trace.index_some(1) {}
            return Shown(trace);
        }
        let mut builder = TraceBuilder::new(None);
        let numbers: Vec<(u32, u32)> = producers
            .into_iter()
            .map(|(resource, scope)| (builder.resource(resource), builder.scope(scope)))
            .collect();
        for (span, producer) in &spans {
            let (resource, scope) = numbers[*producer as usize];
            builder.record(resource, scope, span);
        }
        Shown(builder.finish().traces.remove(0))
    })
}

/// Conditions that match some of the spans.
fn condition() -> impl Strategy<Value = String> {
    let keys = [
        "k",
        "http.code",
        "attribute.k",
        "resource.k",
        "scope.k",
        "event.message",
        "link.k",
        "\"a key\"",
        "event.\"a key\"",
        "service",
        "operation",
        "status.message",
        "tracestate",
        "event.name",
        "scope.name",
        "warning",
        "attribute.error",
    ];
    let texts = [
        "= x",
        "= 5",
        "= \"5\"",
        "!= x",
        "!= 5",
        "< 5",
        ">= 5.0",
        "> \"k\"",
        "<= 20ms",
        "= 20ms",
        "~ ^x",
        "!~ y",
        "contains X",
        "in (x, 5, 20ms)",
        "not in (\"a b\", true)",
        "~ \"é$\"",
        "contains \"[5\"",
    ];
    let whole = [
        "error",
        "error = below",
        "error != own",
        "error = false",
        "kind = server",
        "kind != client",
        "kind in (internal, unspecified)",
        "status = ok",
        "status != error",
        "duration > 9ns",
        "duration <= 20ns",
        "self < 5ns",
        "self >= 10ns",
        "critical",
        "critical = false",
        "critical_time > 5ns",
        "critical_time = 0ns and slack >= 10ns",
        "slack < 5ns",
        "percentile < 20",
        "percentile >= 50 and percentile < 90",
        "has(percentile)",
        "start < 9ns",
        "end > 30ns",
        "depth > 0",
        "depth = 1",
        "children",
        "children = 2",
        "descendants > 1",
        "events",
        "events < 1",
        "links",
        "links > 1",
        "warnings",
        "warnings > 1",
        "id = 5",
        "id != 0a",
        "id contains 1",
        "parent.id = 3",
        "parent.id != 3",
        "has(parent.id)",
        "trace = ab",
        "link.trace = 1",
        "link.span ~ 2$",
        "has(k)",
        "has(event.message)",
        "has(status.message)",
        "has(scope.name)",
        "x",
        "\"a b\"",
        "\"k=5\"",
        "\"e=x\"",
        "!error",
        "!x",
        "!(error)",
        "!has(k)",
        "!!children",
        "!k = x",
        "server",
        "ok",
        "true",
        "5",
        "\"é\"",
    ];
    prop_oneof![
        (prop::sample::select(keys.to_vec()), prop::sample::select(texts.to_vec()))
            .prop_map(|(key, text)| format!("{key} {text}")),
        prop::sample::select(whole.to_vec()).prop_map(str::to_owned),
    ]
}

fn query() -> impl Strategy<Value = String> {
    condition().prop_recursive(4, 12, 2, |inner| {
        let relation = prop::sample::select(vec!["under", "parent", "over", "child", "not "]);
        let joint = prop::sample::select(vec![" and ", " or ", " "]);
        prop_oneof![
            (relation, inner.clone()).prop_map(|(relation, one)| format!("{relation}({one})")),
            (inner.clone(), joint, inner).prop_map(|(one, joint, other)| format!("({one}){joint}({other})")),
        ]
    })
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "x",
        "XY",
        "5",
        "\"a b\"",
        "k=5",
        "e=x",
        "k=",
        "=5",
        "error",
        "true",
        "é",
        "server",
        "-k",
        "-message",
        "-error",
        "a",
        "0a",
        "\"[5\"",
        "eHl6",
        "service.name=x",
        "otel",
        "event",
        "event=x",
        "http.code=5",
        "-serv",
        "20m",
        "1.5",
        "-",
        "status=err",
        "status:unset",
        "kind=cli",
        "span_kind:o",
        "scope=x",
        "-kind",
        "service=x",
        "operation=pay",
        "name=a",
        "depth=1",
        "events=1",
        "percentile=0",
        "error=false",
        "error=below",
        "critical=true",
        "kind=server",
        "id=5",
        "id=x",
        "trace=ab",
        "link.span=2",
        "event.name=X",
        "status.message=x",
        "tracestate=5",
        "resource.k=5",
        "attribute.k=tr",
        "scope.k=x",
        "link.message=x",
        "-resource",
    ]);
    prop::collection::vec(word, 1..4).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn queries_find_what_the_naive_finder_finds(trace in trace(), query in query()) {
        let reading = parse(&query).map(spandrel_trace::analysis::query::SearchText::Query);
        let reading = reading.unwrap_or_else(|mistake| panic!("{query}: {mistake}"));
        let found: Vec<u32> = find(&trace.0, &reading).iter().collect();
        prop_assert_eq!(found, naive::find(&trace.0, &reading), "{}", query);
    }

    #[test]
    fn words_find_what_the_naive_finder_finds(trace in trace(), words in words()) {
        let reading = read(&words).unwrap();
        let found: Vec<u32> = find(&trace.0, &reading).iter().collect();
        prop_assert_eq!(found, naive::find(&trace.0, &reading), "{}", words);
    }
}
