//! Reads the traces of a load of orders back from the query API, and says which of them are not complete.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::{JoinError, JoinSet};

use super::plan::Progress;
use super::read_back::{FoundSpan, ORDER, crosses, is_linked_across_the_queue, one_root, read};

/// Spans of an order that succeeds at the first attempt.
pub const SPANS_OF_AN_ORDER: usize = 27;

/// Traces that are read at the same time.
const AT_ONCE: usize = 8;
/// Pause before what was not complete is read again.
const PAUSE: Duration = Duration::from_millis(250);
/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A trace that is not what a good order is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incomplete {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// What is wrong with it.
    pub why: String,
}

/// What was read back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verified {
    /// Traces with all spans of an order, one root, all services, and a link across the queue.
    pub complete: u64,
    /// The others.
    pub incomplete: Vec<Incomplete>,
}

/// The index of a trace, and what is wrong with it.
type Looked = (usize, Result<(), String>);

/// Reads traces of good orders from the base URL of a Jaeger (or Spandrel) until all are complete, or until no further one
/// has become complete for `patience`.
///
/// # Errors
/// Where the HTTP client cannot start.
pub async fn verify(
    jaeger: &str,
    traces: &[String],
    patience: Duration,
    progress: Progress<'_>,
) -> Result<Verified, reqwest::Error> {
    crate::runtime::install_tls();
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
    let mut waiting = traces.to_vec();
    let mut complete = 0;
    let mut last_progress = Instant::now();
    loop {
        let incomplete = incomplete(&client, jaeger, &waiting).await;
        if incomplete.len() < waiting.len() {
            complete += (waiting.len() - incomplete.len()) as u64;
            last_progress = Instant::now();
            progress(complete);
        }
        if incomplete.is_empty() || last_progress.elapsed() >= patience {
            return Ok(Verified { complete, incomplete });
        }
        waiting = incomplete.into_iter().map(|trace| trace.trace_id).collect();
        tokio::time::sleep(PAUSE).await;
    }
}

/// Those of the traces that are not complete now, in their order.
async fn incomplete(client: &reqwest::Client, jaeger: &str, traces: &[String]) -> Vec<Incomplete> {
    let mut whys = vec![Some(String::from("it could not be read")); traces.len()];
    let mut reading = JoinSet::new();
    for (index, trace_id) in traces.iter().enumerate() {
        if reading.len() >= AT_ONCE {
            note(&mut whys, reading.join_next().await);
        }
        let (client, jaeger, trace_id) = (client.clone(), jaeger.to_owned(), trace_id.clone());
        reading.spawn(async move {
            let spans = read(&client, &jaeger, &trace_id).await;
            (index, spans.and_then(|spans| is_complete(&spans)))
        });
    }
    while let Some(done) = reading.join_next().await {
        note(&mut whys, Some(done));
    }
    let named = |(trace_id, why): (&String, Option<String>)| {
        Some(Incomplete { trace_id: trace_id.clone(), why: why? })
    };
    traces.iter().zip(whys).filter_map(named).collect()
}

/// Keeps what became of one trace, by its index.
fn note(whys: &mut [Option<String>], done: Option<Result<Looked, JoinError>>) {
    if let Some(Ok((index, outcome))) = done
        && let Some(why) = whys.get_mut(index)
    {
        *why = outcome.err();
    }
}

/// # Errors
/// What is not as in a good order.
fn is_complete(spans: &[FoundSpan]) -> Result<(), String> {
    if spans.len() != SPANS_OF_AN_ORDER {
        return Err(format!("{} spans and not {SPANS_OF_AN_ORDER}", spans.len()));
    }
    one_root(spans)?;
    crosses(spans, &ORDER)?;
    is_linked_across_the_queue(spans)?;
    match spans.iter().find(|span| span.is_error) {
        Some(span) => Err(format!("`{}` of {} is an error", span.name, span.service)),
        None => Ok(()),
    }
}
