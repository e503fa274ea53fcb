//! Those who watch, and the task that tells them. It runs while there is one.

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

/// Pages that may watch at the same time.
const MAX_WATCHERS: usize = 64;
/// How often they are told.
const PERIOD: Duration = Duration::from_millis(500);
/// How long traces may be read for that; the others are counted as skipped.
const READING: Duration = Duration::from_millis(250);
/// Spans of a trace from which on it is not read again and again while it grows.
const MOST_SPANS: u64 = 50_000;
/// Summaries that one watcher is told of at a time, so that what waits for slow readers is bounded.
const SUMMARIES: usize = 100;
/// Messages that wait for a slow reader; one more, and it is left alone.
const WAITING: usize = 16;

/// See the module. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    store: Store,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watchers: Vec<Arc<Watcher>>,
    /// Whether the task runs.
    running: bool,
    /// Whether the server stops.
    closed: bool,
}

struct Watcher {
    search: Search,
    messages: Mutex<Option<mpsc::Sender<String>>>,
    /// Why it is told nothing more.
    slow: AtomicBool,
}

impl Live {
    /// Nobody watches this store yet.
    pub fn new(store: Store) -> Self {
        Live(Arc::new(Inner { store, state: Mutex::default() }))
    }

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.state().watchers.iter().filter(|watcher| watcher.is_there()).count()
    }

    /// Ends all watching, for the server stops.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.watchers.drain(..).for_each(|watcher| drop(watcher.sender().take()));
    }

    /// Watches for traces that a search would find; `None` where too many do already.
    pub fn watch(
        &self,
        search: Search,
    ) -> Option<impl Stream<Item = Result<Event, Infallible>> + Send + use<>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let watcher =
            Arc::new(Watcher { search, messages: Mutex::new(Some(sender)), slow: AtomicBool::new(false) });
        let mut state = self.state();
        state.watchers.retain(|watcher| watcher.is_there());
        if state.closed || state.watchers.len() >= MAX_WATCHERS {
            return None;
        }
        state.watchers.push(watcher.clone());
        if !std::mem::replace(&mut state.running, true) {
            self.0.store.changes().watch(true);
            tokio::spawn(tell(self.clone()));
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

    /// Those who watch now; the task ends where nobody does.
    fn present(&self) -> Option<Vec<Arc<Watcher>>> {
        let mut state = self.state();
        state.watchers.retain(|watcher| watcher.is_there());
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

    fn is_there(&self) -> bool {
        self.sender().as_ref().is_some_and(|sender| !sender.is_closed())
    }

    fn tell(&self, message: String) {
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

async fn tell(live: Live) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(watchers) = live.present() else { return };
        let changed = live.0.store.changes().take();
        if changed == ChangedTraces::default() {
            continue;
        }
        let store = live.0.store.clone();
        // A panic has been printed; the next traces may be read.
        let _ = tokio::task::spawn_blocking(move || tell_of(&store, &changed, &watchers)).await;
    }
}

/// Reads the traces that changed, each once for all who watch.
fn tell_of(store: &Store, changed: &ChangedTraces, watchers: &[Arc<Watcher>]) {
    let start = Instant::now();
    let (mut skipped, mut told) = (changed.left_out, vec![Vec::<(u64, Value)>::new(); watchers.len()]);
    for trace in &changed.traces {
        let is_big = store.spans_in_memory(*trace).is_none_or(|spans| spans > MOST_SPANS);
        if is_big || start.elapsed() > READING {
            skipped += 1;
            continue;
        }
        // What cannot be read is counted by the store.
        let Ok(Some(stored)) = store.trace(*trace) else { continue };
        let mut summary = None;
        for (watcher, told) in watchers.iter().zip(&mut told) {
            let Search { criteria, test, .. } = &watcher.search;
            if stored.has_a_span(criteria, &**test) {
                let summary = summary.get_or_insert_with(|| summarise(&stored));
                if summary.spans > 0 {
                    told.push((summary.start_unix, summary_json(summary)));
                }
            }
        }
    }
    for (watcher, mut told) in watchers.iter().zip(told) {
        told.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
        let more = told.len().saturating_sub(SUMMARIES) as u64;
        let summaries: Vec<Value> = told.into_iter().take(SUMMARIES).map(|(_, summary)| summary).collect();
        if !summaries.is_empty() || skipped > 0 {
            watcher
                .tell(serde_json::json!({ "summaries": summaries, "skipped": skipped + more }).to_string());
        }
    }
}
