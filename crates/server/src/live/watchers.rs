//! Clients of the live endpoint, and the task that sends them summaries. The task runs while there is at least one
//! client.

use crate::jaeger::summary::summarise;
use crate::jaeger_v3::{Search, summary_json};
use crate::store::{ChangedTraces, Store};
use axum::response::sse::Event;
use futures_util::stream::{Stream, unfold};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Clients that may be connected at the same time.
const MAX_WATCHERS: usize = 64;
/// Time between two messages to a client.
const PERIOD: Duration = Duration::from_millis(500);
/// Time for reading traces before a message; traces that remain are counted as skipped.
const READING: Duration = Duration::from_millis(250);
/// Traces with more spans are skipped, since each would be read again for every message while it grows.
const MOST_SPANS: u64 = 50_000;
/// Summaries in one message, so that the memory of queued messages is bounded.
const SUMMARIES: usize = 100;
/// Messages queued for a slow client; one more closes its stream.
const WAITING: usize = 16;

/// The live endpoint of one store. Clones share their clients.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    store: Store,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watchers: Vec<Arc<Watcher>>,
    /// Whether the task is running.
    running: bool,
    /// Whether the server is stopping.
    closed: bool,
}

struct Watcher {
    search: Search,
    messages: Mutex<Option<mpsc::Sender<String>>>,
    /// Set when the stream was closed because the client was too slow.
    slow: AtomicBool,
}

impl Live {
    /// No clients yet.
    pub fn new(store: Store) -> Self {
        Live(Arc::new(Inner { store, state: Mutex::default() }))
    }

    /// Number of connected clients.
    pub fn watchers(&self) -> usize {
        self.state().watchers.iter().filter(|watcher| watcher.is_connected()).count()
    }

    /// Closes all streams; the server is stopping.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.watchers.drain(..).for_each(|watcher| drop(watcher.sender().take()));
    }

    /// Connects a client that receives the traces that a search would find; `None` if there are too many clients.
    pub fn watch(
        &self,
        search: Search,
    ) -> Option<impl Stream<Item = Result<Event, Infallible>> + Send + use<>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let watcher =
            Arc::new(Watcher { search, messages: Mutex::new(Some(sender)), slow: AtomicBool::new(false) });
        let mut state = self.state();
        state.watchers.retain(|watcher| watcher.is_connected());
        if state.closed || state.watchers.len() >= MAX_WATCHERS {
            return None;
        }
        state.watchers.push(watcher.clone());
        if !std::mem::replace(&mut state.running, true) {
            self.0.store.changes().watch(true);
            tokio::spawn(send_summaries(self.clone()));
        }
        Some(unfold((Some(receiver), watcher), |(receiver, watcher)| async move {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(message) => {
                    let event = Event::default().event("summaries").data(message);
                    Some((Ok(event), (Some(receiver), watcher)))
                }
                None => {
                    let slow = watcher.slow.load(Ordering::Relaxed);
                    let reason = if slow { "the reader is too slow" } else { "the server stops" };
                    let reason = serde_json::json!({ "reason": reason }).to_string();
                    Some((Ok(Event::default().event("end").data(reason)), (None, watcher)))
                }
            }
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connected clients; `None` ends the task if there are none.
    fn connected(&self) -> Option<Vec<Arc<Watcher>>> {
        let mut state = self.state();
        state.watchers.retain(|watcher| watcher.is_connected());
        if state.watchers.is_empty() {
            state.running = false;
            self.0.store.changes().watch(false);
            return None;
        }
        Some(state.watchers.clone())
    }
}

impl Watcher {
    fn sender(&self) -> MutexGuard<'_, Option<mpsc::Sender<String>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_connected(&self) -> bool {
        self.sender().as_ref().is_some_and(|sender| !sender.is_closed())
    }

    fn send(&self, message: String) {
        let mut sender = self.sender();
        let full = sender.as_ref().is_some_and(|sender| {
            matches!(sender.try_send(message), Err(mpsc::error::TrySendError::Full(_)))
        });
        if full {
            self.slow.store(true, Ordering::Relaxed);
            *sender = None;
        }
    }
}

async fn send_summaries(live: Live) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(watchers) = live.connected() else { return };
        let changed = live.0.store.changes().take();
        if changed == ChangedTraces::default() {
            continue;
        }
        let store = live.0.store.clone();
        // A panic has been printed; the next traces may be read.
        let _ = tokio::task::spawn_blocking(move || send_changes(&store, &changed, &watchers)).await;
    }
}

/// Reads each changed trace once, and sends its summary to the clients whose search finds it.
fn send_changes(store: &Store, changed: &ChangedTraces, watchers: &[Arc<Watcher>]) {
    let start = Instant::now();
    let (mut skipped, mut summaries_of) =
        (changed.left_out, vec![Vec::<(u64, Value)>::new(); watchers.len()]);
    for trace in &changed.traces {
        let is_big = store.spans_in_memory(*trace).is_none_or(|spans| spans > MOST_SPANS);
        if is_big || start.elapsed() > READING {
            skipped += 1;
            continue;
        }
        // The store counts spans that cannot be read.
        let Ok(Some(stored)) = store.trace(*trace) else { continue };
        let mut summary = None;
        for (watcher, own) in watchers.iter().zip(&mut summaries_of) {
            let Search { criteria, test, .. } = &watcher.search;
            if stored.has_a_span(criteria, &**test) {
                let summary = summary.get_or_insert_with(|| summarise(&stored));
                if summary.spans > 0 {
                    own.push((summary.start_unix, summary_json(summary)));
                }
            }
        }
    }
    for (watcher, mut own) in watchers.iter().zip(summaries_of) {
        own.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
        let more = own.len().saturating_sub(SUMMARIES) as u64;
        let summaries: Vec<Value> = own.into_iter().take(SUMMARIES).map(|(_, summary)| summary).collect();
        if !summaries.is_empty() || skipped > 0 {
            watcher
                .send(serde_json::json!({ "summaries": summaries, "skipped": skipped + more }).to_string());
        }
    }
}
