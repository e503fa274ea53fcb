//! Load against the services: nothing is lost, and every trace is complete.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::BTreeMap;
use std::time::Duration;

use spandrel_demo::load::{Mode, Plan, run};
use stage::{Stage, hex};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_a_load_is_a_complete_trace() {
    let stage = Stage::open().await;
    let plan = Plan {
        gateway: stage.gateway(),
        mode: Mode::Stress,
        requests: 200,
        rate: 40.0,
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
    for received in receiver.spans() {
        let (spans, roots) = counts.entry(hex(&received.span.trace_id)).or_default();
        *spans += 1;
        *roots += usize::from(received.span.parent_span_id.is_empty());
    }
    assert_eq!(measured.traces.len(), 200);
    for trace in &measured.traces {
        assert_eq!(counts.get(trace), Some(&(27, 1)), "{trace}");
    }
}
