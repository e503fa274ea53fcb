//! Runs a plan: each request starts at its time, whatever became of those before it, and is measured from that time on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::activity::request;
use super::histogram::{Latencies, Percentiles};
use super::mix::Mix;
use super::plan::{Plan, Progress};
use super::verify::Verified;

/// Requests under way at most; one that has to wait for a place is measured from its intended start all the same.
const UNDER_WAY: usize = 1_000;
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Traces of the slowest requests that are named.
const SLOWEST: usize = 5;

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Requests that were made.
    pub requests: u64,
    /// Answers below 400, and those that were meant to fail.
    pub succeeded: u64,
    /// Other answers and failures, by kind: `HTTP 502 payment_failed`, `timeout`, `connection`.
    pub errors: BTreeMap<String, u64>,
    /// Latencies from the intended start.
    pub from_intended_start: Percentiles,
    /// Latencies from when a request was sent.
    pub from_sending: Percentiles,
    /// How long the run took.
    pub took: Duration,
    /// Latency and trace id of the slowest requests, the slowest first.
    pub slowest: Vec<(Duration, String)>,
    /// The ids of all traces.
    pub traces: Vec<String>,
    /// What became of the traces, where they were read back.
    pub verified: Option<Verified>,
}

/// One request that is done.
struct Done {
    intended: Duration,
    sent: Duration,
    outcome: Result<(), String>,
    trace_id: Option<String>,
}

/// Runs a plan to its end.
///
/// # Errors
/// Where the HTTP client cannot start.
pub async fn run(plan: &Plan, progress: Progress<'_>) -> Result<Measured, reqwest::Error> {
    crate::runtime::install_tls();
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .user_agent(concat!("spandrel-load/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let places = Arc::new(Semaphore::new(UNDER_WAY));
    let mut mix = Mix::new(plan.mode, plan.seed, plan.users);
    let mut under_way: JoinSet<Done> = JoinSet::new();
    let mut measuring = Measuring::new();
    let start = Instant::now();
    for number in 0..plan.requests {
        let intended = start + plan.start_of(number);
        // Done requests are counted while the next one is waited for.
        while let Some(wait) = intended.checked_duration_since(Instant::now()) {
            tokio::select! {
                () = tokio::time::sleep(wait) => break,
                Some(done) = under_way.join_next() => measuring.add(done, progress),
            }
        }
        let planned = mix.next();
        let sending = request(&client, &plan.gateway, &planned);
        let places = Arc::clone(&places);
        under_way.spawn(async move {
            // The semaphore is never closed.
            let _place = places.acquire().await;
            let sent = Instant::now();
            let (outcome, trace_id) = send(sending, planned.may_fail).await;
            Done { intended: intended.elapsed(), sent: sent.elapsed(), outcome, trace_id }
        });
    }
    while let Some(done) = under_way.join_next().await {
        measuring.add(done, progress);
    }
    Ok(measuring.finish(start.elapsed()))
}

async fn send(request: reqwest::RequestBuilder, may_fail: bool) -> (Result<(), String>, Option<String>) {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => return (Err("timeout".into()), None),
        Err(error) if error.is_connect() => return (Err("connection".into()), None),
        Err(_) => return (Err("request".into()), None),
    };
    let status = response.status();
    // 00-<trace id>-<span id>-<flags>
    let trace_id = response.headers().get("traceresponse").and_then(|value| value.to_str().ok());
    let trace_id = trace_id.and_then(|value| value.split('-').nth(1)).map(str::to_owned);
    let body = response.bytes().await;
    let outcome = match body {
        Err(_) => Err("answer cut off".to_owned()),
        Ok(_) if may_fail || status.as_u16() < 400 => Ok(()),
        Ok(bytes) => {
            let details: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let code = details["code"].as_str().unwrap_or_default();
            Err(format!("HTTP {} {code}", status.as_u16()).trim_end().to_owned())
        }
    };
    (outcome, trace_id)
}

struct Measuring {
    measured: Measured,
    intended: Latencies,
    sent: Latencies,
}

impl Measuring {
    fn new() -> Self {
        Self { measured: Measured::default(), intended: Latencies::new(), sent: Latencies::new() }
    }

    fn add(&mut self, done: Result<Done, tokio::task::JoinError>, progress: Progress<'_>) {
        let measured = &mut self.measured;
        measured.requests += 1;
        progress(measured.requests);
        let Ok(done) = done else {
            *measured.errors.entry("task".into()).or_default() += 1;
            return;
        };
        self.intended.record(done.intended);
        self.sent.record(done.sent);
        match done.outcome {
            Ok(()) => measured.succeeded += 1,
            Err(kind) => *measured.errors.entry(kind).or_default() += 1,
        }
        let Some(trace_id) = done.trace_id else { return };
        measured.traces.push(trace_id.clone());
        measured.slowest.push((done.intended, trace_id));
        if measured.slowest.len() > 4 * SLOWEST {
            shorten(&mut measured.slowest);
        }
    }

    fn finish(mut self, took: Duration) -> Measured {
        shorten(&mut self.measured.slowest);
        Measured {
            from_intended_start: self.intended.percentiles(),
            from_sending: self.sent.percentiles(),
            took,
            ..self.measured
        }
    }
}

fn shorten(slowest: &mut Vec<(Duration, String)>) {
    slowest.sort_by(|one, other| other.cmp(one));
    slowest.truncate(SLOWEST);
}
