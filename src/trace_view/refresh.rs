//! Reloading the trace: once, or automatically until no new spans arrive.

use super::counted::counted;
use super::session::Session;
use super::session::incremental_rows::compute_ahead;
use crate::state::data::Data;
use crate::state::tasks::{sleep, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::added::{added, is_same};
use spandrel_trace::units::{Problem, ProblemKind};
use std::sync::Arc;

/// How long new spans are highlighted, milliseconds.
const HIGHLIGHT: u32 = 2_000;
/// The longest pause between attempts while the server does not answer, milliseconds.
const LONGEST_WAIT: u32 = 15_000;

/// Schedule of automatic reloads: exponential backoff while nothing changes, and an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    unchanged: u32,
}

/// What to do after a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Reload again after so many milliseconds.
    Wait(u32),
    /// Stop: nothing changes any more.
    Stop,
}

impl Backoff {
    /// The first delay, milliseconds. Each reload without a change doubles it.
    const FIRST: u32 = 2_000;
    /// Reloads without a change after which it stops.
    const MOST: u32 = 4;

    /// What to do after a reload that `changed` the trace or did not.
    pub fn next(&mut self, changed: bool) -> Next {
        self.unchanged = if changed { 0 } else { self.unchanged + 1 };
        match self.unchanged {
            Self::MOST.. => Next::Stop,
            unchanged => Next::Wait(Self::FIRST << unchanged),
        }
    }
}

/// Reloads a trace. A `Copy` handle.
#[derive(Clone, Copy)]
pub struct Refresher {
    data: Data,
    session: Session,
    id: StoredValue<String>,
    /// Counts requests to reload now.
    requests: RwSignal<u32>,
    /// Whether it is being reloaded.
    pub is_loading: RwSignal<bool>,
    /// Whether it is reloaded automatically.
    pub is_live: RwSignal<bool>,
    /// Outcome of the last reload, in words.
    pub status: RwSignal<String>,
}

impl Refresher {
    /// For the trace with this id. It belongs to the current owner.
    pub fn new(data: Data, session: Session, id: StoredValue<String>) -> Self {
        let refresher = Refresher {
            data,
            session,
            id,
            requests: RwSignal::new(0),
            is_loading: RwSignal::new(false),
            is_live: RwSignal::new(false),
            status: RwSignal::default(),
        };
        Effect::new(move || {
            if refresher.requests.get() > 0 {
                spawn_scoped(async move {
                    // An error is in the status.
                    let _ = refresher.load().await;
                });
            }
        });
        Effect::new(move || {
            if refresher.is_live.get() {
                spawn_scoped(refresher.keep_loading());
            }
        });
        Effect::new(move || {
            if session.added.with(|added| !added.is_empty()) {
                spawn_scoped(async move {
                    sleep(HIGHLIGHT).await;
                    session.added.set(Arc::default());
                });
            }
        });
        refresher
    }

    /// Reloads the trace now.
    pub fn reload(self) {
        self.requests.update(|count| *count += 1);
    }

    async fn keep_loading(self) {
        let (mut backoff, mut failures) = (Backoff::default(), 0);
        loop {
            let changed = match self.load().await {
                Ok(changed) => changed,
                // The server may come back.
                Err(problem) if is_temporary(problem.kind) => {
                    self.status.set(format!("{}. Trying again…", failed(&problem).trim_end_matches('.')));
                    sleep((Backoff::FIRST << failures.min(4)).min(LONGEST_WAIT)).await;
                    failures += 1;
                    continue;
                }
                Err(_) => break,
            };
            failures = 0;
            match backoff.next(changed) {
                Next::Wait(milliseconds) => sleep(milliseconds).await,
                Next::Stop => {
                    self.status.set("No new spans for 30 s; live updates stopped".to_owned());
                    break;
                }
            }
        }
        self.is_live.set(false);
    }

    /// Reloads once. Whether the trace has changed.
    async fn load(self) -> Result<bool, Problem> {
        let (session, before) = (self.session, self.session.sent());
        self.is_loading.set(true);
        let answer = self.data.refresh(&self.id.get_value(), None).await;
        self.is_loading.set(false);
        match answer {
            Err(problem) => {
                self.status.set(failed(&problem));
                Err(problem)
            }
            Ok(outline) if is_same(&before, &outline) => {
                self.status.set("No new spans".to_owned());
                Ok(false)
            }
            Ok(outline) => {
                let new = added(&before, &outline);
                self.status.set(match new.len() {
                    0 => "Changed, no new spans".to_owned(),
                    count => counted(count, "new span", "new spans"),
                });
                compute_ahead(session, &outline).await;
                session.renew(outline);
                session.added.set(Arc::new(new));
                Ok(true)
            }
        }
    }
}

/// Whether a later attempt may be answered.
fn is_temporary(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Offline | ProblemKind::Interrupted)
}

fn failed(problem: &Problem) -> String {
    format!("Couldn't reload: {}", problem.happened)
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Next};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn delays_double_without_changes_until_it_stops() {
        let mut backoff = Backoff::default();
        let steps: Vec<Next> = [true, false, false, true, false, false, false, false]
            .map(|changed| backoff.next(changed))
            .into();
        let waits = [2_000, 4_000, 8_000, 2_000, 4_000, 8_000, 16_000].map(Next::Wait);
        assert_eq!(steps[..7], waits);
        assert_eq!(steps[7], Next::Stop);
    }
}
