//! The events of `tracing`, the records of `log` and those of a `Trace`, as they are sent.

#![allow(clippy::unwrap_used, clippy::panic)]

mod stand_in;

use opentelemetry::Context as Current;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use serde_json::{Value, json};
use spandrel_logship::{Handler, LogLayer, Logger, ServiceType, Trace};
use stand_in::{StandIn, answer};
use tracing_subscriber::layer::SubscriberExt;

/// What a server receives from a handler that a test uses.
fn sent(emit: impl FnOnce(&Handler)) -> Vec<Value> {
    let server = StandIn::start(|_, _| answer(200, ""));
    let handler =
        Handler::builder(ServiceType::Generic).api_url(server.url()).stage("handler's").build().unwrap();
    emit(&handler);
    assert_eq!(handler.close().unsent, 0);
    server.received().iter().flat_map(|request| request.json().as_array().unwrap().clone()).collect()
}

fn remote() -> SpanContext {
    let (trace, span) =
        (TraceId::from_hex(&"a1".repeat(16)).unwrap(), SpanId::from_hex(&"b2".repeat(8)).unwrap());
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default())
}

#[test]
fn events_of_tracing_carry_their_fields_those_of_their_spans_and_the_current_ids() {
    let records = sent(|handler| {
        let subscriber = tracing_subscriber::registry().with(LogLayer::new(handler));
        tracing::subscriber::with_default(subscriber, || {
            let _current = Current::new().with_remote_span_context(remote()).attach();
            let outer = tracing::info_span!("outer", order = 7, user = "ann", late = tracing::field::Empty);
            let _outer = outer.enter();
            outer.record("late", true);
            let _inner = tracing::info_span!("inner", user = "bob").entered();
            tracing::warn!(amount = 1.5, "paid {}", "late");
        });
    });
    let record = &records[0];
    assert_eq!((&record["message"], &record["level"]), (&json!("paid late"), &json!("warning")));
    assert_eq!(record["attributes"], json!({"amount": 1.5, "user": "bob", "order": 7, "late": true}));
    assert_eq!((&record["trace_id"], &record["span_id"]), (&json!("a1".repeat(16)), &json!("b2".repeat(8))));
    assert_eq!((&record["target"], &record["stage_name"]), (&json!("loggers"), &json!("handler's")));
}

#[test]
fn records_of_log_are_taken_up_to_the_level() {
    let records = sent(|handler| {
        Logger::new(handler, log::LevelFilter::Info).install().unwrap();
        log::error!(target: "billing", "no {}", "money");
        log::debug!("not taken");
        log::logger().flush();
    });
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((&record["message"], &record["level"]), (&json!("no money"), &json!("error")));
    assert_eq!(record["target"], "billing");
    assert!(record["filename"].as_str().unwrap().ends_with("loggers.rs"));
}

#[derive(Debug, thiserror::Error)]
#[error("the order failed")]
struct Outer(#[source] std::num::ParseIntError);

#[test]
fn a_trace_emits_all_severities_in_its_own_context() {
    let line = line!();
    let records = sent(|handler| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let trace = Trace::new(handler).with(|context| context.stage = Some("own".to_owned()));
        trace.debug("a");
        trace.info("b");
        trace.warning("c");
        trace.error("d");
        let failure = Outer("x".parse::<i32>().unwrap_err());
        trace.exception(&failure);
        runtime.block_on(async {
            trace.debug_async("e").await;
            trace.info_async("f").await;
            trace.warning_async("g").await;
            trace.error_async("h").await;
            trace.exception_async(&failure).await;
        });
    });
    let said: Vec<(&str, &str)> = records
        .iter()
        .map(|record| (record["level"].as_str().unwrap(), record["message"].as_str().unwrap()))
        .collect();
    let failed = ("error", "the order failed");
    assert_eq!(said[..5], [("debug", "a"), ("info", "b"), ("warning", "c"), ("error", "d"), failed]);
    assert_eq!(said[5..], [("debug", "e"), ("info", "f"), ("warning", "g"), ("error", "h"), failed]);
    assert!(records.iter().all(|record| record["stage_name"] == "own"));
    assert_eq!(records[4]["attributes"]["exception.causes"], json!(["invalid digit found in string"]));
    assert_eq!(records[0]["lineno"], line + 4, "the place is the caller's");
}
