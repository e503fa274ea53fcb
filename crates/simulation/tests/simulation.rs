//! What the traces of the simulated services show: each fault is named first by the advisor's rule for it, and nothing is
//! named where there is no fault.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use spandrel_simulation::faults::FAULTS;
use spandrel_simulation::{SimulatedAnswer, SimulatedRequest, SimulatedSpan, Simulation, batches};
use spandrel_trace::analysis::advisor::{Finding, Severity, Thresholds, findings};
use spandrel_trace::format::Reader;
use spandrel_trace::model::record::SpanRecord;
use spandrel_trace::model::{SpanKind, StatusCode, Trace};
use spandrel_trace::units::{SpanId, TraceId};

const TRACE: TraceId = TraceId(0xa1);
const BROWSER: SpanId = SpanId(0xb2);
const START: u64 = 1_700_000_000_000_000_000;
const QUESTION: &str = "What is the critical path of a trace?";

fn request(path: &str, fault: Option<&str>, seed: u64) -> SimulatedRequest {
    let body = match path {
        "/ask" => json!({"question": QUESTION, "user_id": "demo-user"}).to_string(),
        "/orchestrate" => String::new(),
        _ => json!({
            "user_id": "demo-user",
            "items": [
                {"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2},
                {"id": "item-3", "name": "Bracket", "price": 12.5, "quantity": 1},
            ],
            "payment_method": "credit_card",
        })
        .to_string(),
    };
    SimulatedRequest {
        method: if path == "/orchestrate" { "GET" } else { "POST" }.into(),
        path: path.into(),
        body,
        fault: fault.map(str::to_owned),
        trace_id: TRACE,
        parent: BROWSER,
        start_unix: START,
        seed,
    }
}

fn answered(path: &str, fault: Option<&str>, seed: u64) -> (SimulatedAnswer, Vec<SimulatedSpan>) {
    Simulation::default().answer(&request(path, fault, seed))
}

/// The trace as the viewer reads it from all batches, with the browser's span as the root.
fn read(answer: &SimulatedAnswer, spans: &[SimulatedSpan]) -> Trace {
    let record = SpanRecord {
        trace_id: TRACE,
        span_id: BROWSER,
        name: "POST /demo".into(),
        kind: SpanKind::Client,
        start_unix: START,
        end_unix: answer.end_unix,
        status: if answer.status >= 400 { StatusCode::Error } else { StatusCode::Unset },
        ..SpanRecord::default()
    };
    let mut all = vec![SimulatedSpan { service: "browser", record, sent_unix: answer.end_unix }];
    all.extend_from_slice(spans);
    let mut reader = Reader::new();
    for batch in batches(&all) {
        reader.push(&batch.otlp).unwrap();
    }
    let opened = reader.finish().unwrap();
    let mut trace = opened.traces.into_iter().find(|trace| trace.outline().trace_id == TRACE).unwrap();
    trace.index_some(usize::MAX);
    trace
}

fn found(path: &str, fault: Option<&str>, seed: u64) -> Vec<Finding> {
    let (answer, spans) = answered(path, fault, seed);
    findings(&read(&answer, &spans), &Thresholds::default())
}

fn named<'a>(spans: &'a [SimulatedSpan], service: &str, name: &str) -> Vec<&'a SimulatedSpan> {
    spans.iter().filter(|span| span.service == service && span.record.name == name).collect()
}

#[test]
fn the_advisor_names_every_fault_first() {
    let mut complaints = Vec::new();
    for facts in FAULTS {
        let Some(rule) = facts.rule else { continue };
        let path = if facts.request == "POST /ask" { "/ask" } else { "/orders" };
        for seed in 0..20 {
            let found = found(path, Some(facts.name), seed);
            let first = found.first();
            if !first.is_some_and(|first| first.rule == rule && first.severity > Severity::Note) {
                let found = first.map(|first| (&first.rule, first.severity, &first.headline));
                complaints.push(format!("{} with seed {seed}: {rule} expected, {found:?} found", facts.name));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn without_a_fault_nothing_above_a_note_is_found() {
    for seed in 0..200 {
        for path in ["/orders", "/ask"] {
            let mut services = Simulation::default();
            if path == "/ask" {
                // The first time an answer is in no cache, which is a finding.
                services.answer(&request(path, None, seed));
            }
            let (answer, spans) = services.answer(&request(path, None, seed));
            let found = findings(&read(&answer, &spans), &Thresholds::default());
            let above: Vec<Finding> = found.into_iter().filter(|one| one.severity > Severity::Note).collect();
            assert!(above.is_empty(), "{path} with seed {seed}: {above:#?}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_spans_and_another_one_others() {
    assert_eq!(answered("/orders", None, 1), answered("/orders", None, 1));
    assert_ne!(answered("/orders", None, 1).1, answered("/orders", None, 2).1);
}

#[test]
fn every_span_lies_within_its_parent_and_the_answer_comes_after_the_gateway() {
    for path in ["/orders", "/ask", "/orchestrate", "/orders/simulate-error"] {
        let (answer, spans) = answered(path, None, 3);
        let mut ids: Vec<u64> = spans.iter().map(|span| span.record.span_id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), spans.len(), "{path}");
        for span in &spans {
            let record = &span.record;
            let parent = spans.iter().find(|one| one.record.span_id == record.parent_span_id);
            let Some(parent) = parent.map(|parent| &parent.record) else {
                assert_eq!((span.service, record.parent_span_id), ("gateway", BROWSER), "{path}");
                assert!(START < record.start_unix && record.end_unix < answer.end_unix, "{path}");
                continue;
            };
            assert!(
                parent.start_unix <= record.start_unix,
                "{path}: {} starts before its parent",
                record.name
            );
            // What was taken from the queue goes on after it was published.
            if record.kind != SpanKind::Consumer {
                assert!(record.end_unix <= parent.end_unix, "{path}: {} outlives its parent", record.name);
            }
        }
    }
}

#[test]
fn batches_are_json_lines_of_all_spans_in_the_order_in_which_they_ended() {
    let (answer, spans) = answered("/orders", Some("fan-out"), 1);
    let batches = batches(&spans);
    assert!(batches.len() > 2, "the trace grows");
    assert!(batches.windows(2).all(|pair| pair[0].arrived_unix < pair[1].arrived_unix));
    assert!(batches[0].arrived_unix > START && batches[0].arrived_unix < answer.end_unix);
    assert!(batches.iter().all(|batch| batch.otlp.iter().filter(|byte| **byte == b'\n').count() == 1));
    assert_eq!(read(&answer, &spans).outline().len(), spans.len() + 1);
}

#[test]
fn a_repeated_question_is_answered_from_the_cache() {
    let mut services = Simulation::default();
    let (first, all) = services.answer(&request("/ask", None, 1));
    let (second, few) = services.answer(&request("/ask", None, 2));
    let cached = |answer: &SimulatedAnswer| {
        serde_json::from_str::<Value>(&answer.body).unwrap()["cached"].as_bool().unwrap()
    };
    assert_eq!((cached(&first), cached(&second)), (false, true));
    assert_eq!(named(&all, "llm", "chat extractive-1").len(), 1);
    assert!(few.iter().all(|span| span.service != "llm"));
    let (third, cold) = services.answer(&request("/ask", Some("cache-cold"), 3));
    assert!(!cached(&third));
    assert_eq!(named(&cold, "cache", "DEL").len(), 1);
}

#[test]
fn an_error_marks_its_span_and_all_above_it() {
    let (answer, spans) = answered("/orders/simulate-error", None, 1);
    assert_eq!(answer.status, 502);
    let failed: Vec<(&str, &str)> = spans
        .iter()
        .filter(|span| span.record.status == StatusCode::Error)
        .map(|span| (span.service, span.record.name.as_str()))
        .collect();
    assert_eq!(
        failed,
        [
            ("gateway", "POST /orders/simulate-error"),
            ("gateway", "POST /orders"),
            ("order", "POST /orders"),
            ("order", "POST /payments"),
            ("payment", "POST /payments"),
            ("payment", "authorize payment"),
        ]
    );
    let exceptions =
        spans.iter().flat_map(|span| &span.record.events).filter(|event| event.name == "exception");
    assert_eq!(exceptions.count(), 1);
}

#[test]
fn five_failures_open_the_breaker_until_two_seconds_later() {
    let mut services = Simulation::default();
    for seed in 0..3 {
        services.answer(&request("/orders", Some("service-down"), seed));
    }
    let (refused, _) = services.answer(&request("/orders", None, 4));
    assert!(refused.body.contains("circuit_open"), "{}", refused.body);
    let later = SimulatedRequest { start_unix: START + 3_000_000_000, ..request("/orders", None, 5) };
    assert_eq!(services.answer(&later).0.status, 201);
}
