//! The simulated services against the real ones: the same answers, and the same spans with the same attributes.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind as RealKind;
use serde_json::{Value, json};
use spandrel_simulation::faults::FAULTS;
use spandrel_simulation::{SimulatedAnswer, SimulatedRequest, SimulatedSpan, Simulation};
use stage::{Stage, Trace, answer, is_error, order};

/// What is compared of a span: service, name, kind, error, and the keys of its attributes, events included.
type Shape = (String, String, String, bool, BTreeSet<String>);
/// How many spans there are of each shape below each parent.
type Shapes = BTreeMap<(Shape, Option<(String, String)>), usize>;

/// Attributes of the real services that depend on how they are run.
const OF_THE_RUN: [&str; 3] = ["thread.id", "thread.name", "busy_ns"];

fn real_shapes(trace: &Trace) -> Shapes {
    let mut shapes = Shapes::new();
    for received in &trace.0 {
        let span = &received.span;
        let kind = format!("{:?}", RealKind::try_from(span.kind).unwrap()).to_lowercase();
        let attributes = span.attributes.iter().map(|one| one.key.clone());
        let in_events = span
            .events
            .iter()
            .flat_map(|event| event.attributes.iter().map(move |one| format!("{}/{}", event.name, one.key)));
        let links = span.links.iter().map(|_| "link".to_owned());
        let keys = attributes.chain(in_events).chain(links).filter(|key| !OF_THE_RUN.contains(&key.as_str()));
        let shape = (received.service.clone(), span.name.clone(), kind, is_error(received), keys.collect());
        let parent = trace.parent(received).map(|parent| (parent.service.clone(), parent.span.name.clone()));
        *shapes.entry((shape, parent)).or_default() += 1;
    }
    shapes
}

fn simulated_shapes(spans: &[SimulatedSpan], request: &SimulatedRequest) -> Shapes {
    let mut shapes = Shapes::new();
    let of_trace: Vec<&SimulatedSpan> =
        spans.iter().filter(|span| span.record.trace_id == request.trace_id).collect();
    for span in &of_trace {
        let record = &span.record;
        let attributes = record.attributes.iter().map(|one| one.key.clone());
        let in_events = record
            .events
            .iter()
            .flat_map(|event| event.attributes.iter().map(move |one| format!("{}/{}", event.name, one.key)));
        let links = record.links.iter().map(|_| "link".to_owned());
        let keys = attributes.chain(in_events).chain(links).collect();
        let is_error = format!("{:?}", record.status) == "Error";
        let kind = format!("{:?}", record.kind).to_lowercase();
        let shape = (span.service.to_owned(), record.name.clone(), kind, is_error, keys);
        let parent = of_trace
            .iter()
            .find(|one| one.record.span_id == record.parent_span_id)
            .map(|parent| (parent.service.to_owned(), parent.record.name.clone()));
        *shapes.entry((shape, parent)).or_default() += 1;
    }
    shapes
}

fn simulated(method: &str, path: &str, body: &Value, fault: Option<&str>) -> SimulatedRequest {
    let mut request = SimulatedRequest {
        method: method.into(),
        path: path.into(),
        fault: fault.map(str::to_owned),
        start_unix: 1_700_000_000_000_000_000,
        seed: 7,
        ..SimulatedRequest::default()
    };
    request.body = if body.is_null() { String::new() } else { body.to_string() };
    request.trace_id.0 = 0xa1;
    request
}

/// An answer without what differs from request to request.
fn comparable(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(members) = answer.as_object_mut() {
        for member in ["trace_id", "correlation_id", "total_time", "order_id"] {
            if let Some(value) = members.get_mut(member) {
                *value = json!("present");
            }
        }
    }
    answer
}

fn parsed(answer: &SimulatedAnswer) -> (u16, Value) {
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// Texts of statements of a trace.
fn statements(texts: impl Iterator<Item = String>) -> BTreeSet<String> {
    texts.filter(|text| !text.is_empty()).collect()
}

/// How the simulated answer and spans of a request differ from the real ones, after requests that went before. On a busy
/// machine real services miss their deadlines, so that a difference counts when it is there three times.
async fn compare(
    before: &[(&str, &str, Value)],
    method: &str,
    path: &str,
    body: Value,
    fault: Option<&str>,
) -> Option<String> {
    let mut difference = None;
    for _ in 0..3 {
        difference = compare_once(before, method, path, body.clone(), fault).await;
        if difference.is_none() {
            break;
        }
    }
    difference
}

async fn compare_once(
    before: &[(&str, &str, Value)],
    method: &str,
    path: &str,
    body: Value,
    fault: Option<&str>,
) -> Option<String> {
    let stage = Stage::open().await;
    let mut services = Simulation::default();
    for (method, path, body) in before {
        answer(stage.post(path).json(body)).await;
        services.answer(&simulated(method, path, body, None));
    }
    let request = if method == "GET" { stage.get(path) } else { stage.post(path).json(&body) };
    let request = request.header("user-agent", "browser");
    let request = match fault {
        Some(fault) => request.header("x-demo-fault", fault),
        None => request,
    };
    let (status, real) = answer(request).await;
    let asked = simulated(method, path, &body, fault);
    let (reply, spans) = services.answer(&asked);
    let (simulated_status, reply) = parsed(&reply);
    let what = format!("{method} {path} {fault:?} {body}");
    let (expected, given) = ((status, comparable(&real)), (simulated_status, comparable(&reply)));
    if expected != given {
        return Some(format!("{what}\nreal answer: {expected:#?}\nsimulated: {given:#?}"));
    }
    let id = json!({"trace_id": real["trace_id"].as_str().map(str::to_owned)});
    let trace = if id["trace_id"].is_string() {
        stage.close(&id).await
    } else {
        // An answer that does not name its trace: all spans are of it.
        let receiver = stage.receiver;
        stage.demo.close().await;
        Trace(receiver.spans())
    };
    let real_texts =
        statements(trace.0.iter().map(|received| receiver::text(&received.span.attributes, "db.query.text")));
    let texts = statements(
        spans
            .iter()
            .flat_map(|span| &span.record.attributes)
            .filter(|one| one.key == "db.query.text")
            .map(|one| format!("{:?}", one.value)),
    );
    let real_texts: BTreeSet<String> = real_texts.iter().map(|text| format!("String({text:?})")).collect();
    if texts != real_texts {
        return Some(format!("{what}\nreal statements: {real_texts:#?}\nsimulated: {texts:#?}"));
    }
    let (real, simulated) = (real_shapes(&trace), simulated_shapes(&spans, &asked));
    let missing: Vec<_> = real.iter().filter(|(shape, count)| simulated.get(shape) != Some(count)).collect();
    let extra: Vec<_> = simulated.iter().filter(|(shape, count)| real.get(shape) != Some(count)).collect();
    let differ = !missing.is_empty() || !extra.is_empty();
    differ.then(|| {
        format!(
            "{what}
real spans: {missing:#?}
simulated: {extra:#?}"
        )
    })
}

fn question() -> Value {
    json!({"question": "What is the critical path of a trace?", "user_id": "demo-user"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_questions_and_parallel_calls_have_the_same_answers_and_spans() {
    let mut differ = Vec::new();
    differ.extend(compare(&[], "POST", "/orders", order(), None).await);
    differ.extend(compare(&[], "POST", "/orders", json!({"user_id": 9, "amount": 99.99}), None).await);
    let mut unlisted = order();
    unlisted["items"][0]["id"] = json!("item-99");
    differ.extend(compare(&[], "POST", "/orders", unlisted, None).await);
    differ.extend(compare(&[], "POST", "/orders/simulate-error", order(), None).await);
    differ.extend(
        compare(&[], "POST", "/orders/simulate-error", json!({"payment_method": "invalid_method"}), None)
            .await,
    );
    differ
        .extend(compare(&[], "POST", "/orders/simulate-error", json!({"service": "inventory"}), None).await);
    differ.extend(compare(&[], "POST", "/ask", question(), None).await);
    differ.extend(compare(&[("POST", "/ask", question())], "POST", "/ask", question(), None).await);
    differ.extend(compare(&[], "GET", "/orchestrate", Value::Null, None).await);
    assert!(differ.is_empty(), "\n{}\n", differ.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_the_same_answers_and_spans() {
    let mut differ = Vec::new();
    for facts in FAULTS {
        match facts.request {
            "POST /ask" => {
                let known = [("POST", "/ask", question())];
                differ.extend(compare(&known, "POST", "/ask", question(), Some(facts.name)).await);
            }
            _ => differ.extend(compare(&[], "POST", "/orders", order(), Some(facts.name)).await),
        }
    }
    differ.extend(compare(&[], "GET", "/orchestrate", Value::Null, Some("service-down")).await);
    assert!(differ.is_empty(), "\n{}\n", differ.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_requests_are_refused_alike() {
    let mut differ = Vec::new();
    let changed = |change: fn(&mut Value)| {
        let mut order = order();
        change(&mut order);
        order
    };
    let orders = [
        changed(|order| order["items"][0]["quantity"] = json!(0)),
        changed(|order| order["items"][1]["quantity"] = json!(1_001)),
        changed(|order| order["items"][1]["quantity"] = json!(49)),
        changed(|order| order["items"][0]["price"] = json!(-1)),
        changed(|order| order["items"] = json!([])),
        changed(|order| order["user_id"] = json!(" ")),
        changed(|order| order["user_id"] = json!("x".repeat(201))),
        changed(|order| order["payment_method"] = json!("shells")),
        changed(|order| order["items"][0]["price"] = json!(9_999)),
        json!([]),
    ];
    for order in orders {
        differ.extend(compare(&[], "POST", "/orders", order, None).await);
    }
    differ.extend(compare(&[], "POST", "/ask", json!({"question": ""}), None).await);
    differ.extend(compare(&[], "POST", "/ask", json!({"question": "x".repeat(2_001)}), None).await);
    differ.extend(compare(&[], "POST", "/orders", order(), Some("gremlins")).await);
    assert!(differ.is_empty(), "\n{}\n", differ.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_the_same() {
    let stage = Stage::open().await;
    let mut services = Simulation::default();
    for path in ["/products", "/demo/faults", "/demo/links"] {
        let (status, real) = answer(stage.get(path)).await;
        let (reply, spans) = services.answer(&simulated("GET", path, &Value::Null, None));
        assert_eq!(parsed(&reply), (status, real), "{path}");
        assert!(spans.is_empty(), "{path}");
    }
    stage.demo.close().await;
}
