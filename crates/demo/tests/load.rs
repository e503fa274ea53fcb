//! Load against the services: nothing is lost, and every trace is complete.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spandrel_demo::load::{Mode, Plan, SPANS_OF_AN_ORDER, run};
use stage::{Stage, hex};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_a_load_is_a_complete_trace() {
    let stage = Stage::open().await;
    let plan = Plan {
        gateway: stage.gateway(),
        mode: Mode::Stress,
        requests: 200,
        rate: 100.0,
        ramp_up: Duration::from_secs(1),
        users: 20,
        seed: 7,
    };
    let measured = run(&plan, &|_| {}).await.unwrap();
    assert_eq!((measured.requests, measured.succeeded), (200, 200), "{:?}", measured.errors);
    assert!(measured.took >= plan.start_of(199));
    assert!(measured.from_intended_start.p50 >= measured.from_sending.min);
    let Stage { demo, receiver, .. } = stage;
    assert!(demo.close().await.is_empty());
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let spans = receiver.spans();
    let producers: BTreeMap<&[u8], &[u8]> = spans
        .iter()
        .filter(|received| received.span.kind() == SpanKind::Producer)
        .map(|received| (received.span.trace_id.as_slice(), received.span.span_id.as_slice()))
        .collect();
    let consumers: Vec<&Span> = spans
        .iter()
        .map(|received| &received.span)
        .filter(|span| span.kind() == SpanKind::Consumer)
        .collect();
    assert_eq!((producers.len(), consumers.len()), (200, 200));
    for consumer in &consumers {
        let producer = producers[consumer.trace_id.as_slice()];
        assert_eq!(consumer.parent_span_id, producer);
        assert_eq!(
            (&*consumer.links[0].trace_id, &*consumer.links[0].span_id),
            (&*consumer.trace_id, producer)
        );
    }
    // Receipts are sent at the same time, and not more than the consumer takes at once.
    let at_once = consumers.iter().map(|at| {
        let at = at.start_time_unix_nano;
        consumers
            .iter()
            .filter(|span| (span.start_time_unix_nano..span.end_time_unix_nano).contains(&at))
            .count()
    });
    let most = at_once.max().unwrap();
    assert!((2..=32).contains(&most), "{most} at once");
    for received in &spans {
        let (spans, roots) = counts.entry(hex(&received.span.trace_id)).or_default();
        *spans += 1;
        *roots += usize::from(received.span.parent_span_id.is_empty());
    }
    assert_eq!(measured.traces.len(), 200);
    for trace in &measured.traces {
        assert_eq!(counts.get(trace), Some(&(SPANS_OF_AN_ORDER, 1)), "{trace}");
    }
}
