//! Traces of the simulated services: a file that grows as their spans arrive, opened and kept like any other.

use super::Data;
use crate::io::demo::now_unix;
use crate::io::engine::{ArrivingSpans, SimulatedReply};
use crate::io::{clock, file, file_store};
use crate::state::tasks::spawn;
use js_sys::Array;
use leptos::prelude::*;
use spandrel_simulation::SimulatedRequest;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::{Problem, ProblemKind};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::File;

/// Name of the file.
const NAME: &str = "simulated traces";
/// Bytes of spans that are held at most; the oldest traces are dropped first.
const MAX_BYTES: u32 = 32 << 20;
/// Milliseconds between two looks at what has arrived.
const STEP: u32 = 250;

#[derive(Default)]
pub(super) struct SimulatedTraces {
    /// The file of the time before the page was loaded anew.
    earlier: Option<File>,
    /// The spans of each request.
    traces: Vec<Vec<ArrivingSpans>>,
    /// The number of the opening in which they were shown last; 0 before the first.
    opening: u32,
    /// How many parts had arrived then.
    shown: u32,
    is_kept: bool,
    /// Whether a task opens the file again as it grows.
    is_growing: bool,
}

impl SimulatedTraces {
    fn add(&mut self, spans: Vec<ArrivingSpans>) {
        self.traces.push(spans);
        let bytes = |traces: &[Vec<ArrivingSpans>]| -> u32 {
            traces.iter().flatten().map(|spans| spans.otlp.length()).sum()
        };
        while self.traces.len() > 1 && bytes(&self.traces) > MAX_BYTES {
            self.traces.remove(0);
        }
    }

    /// What has arrived, and whether that is everything.
    fn arrived(&self, now: u64) -> (Array, bool) {
        let parts: Array = self.earlier.iter().map(JsValue::from).collect();
        let mut is_all = true;
        for spans in self.traces.iter().flatten() {
            if spans.arrived_unix <= now {
                parts.push(&spans.otlp);
            } else {
                is_all = false;
            }
        }
        (parts, is_all)
    }
}

impl Data {
    /// Sends a request to the simulated services. `None` if the worker has stopped.
    pub async fn simulate(&self, request: &SimulatedRequest) -> Option<SimulatedReply> {
        let engine = self.inner.with_value(|inner| inner.engine.clone());
        engine.simulate(request).await
    }

    /// Opens the spans of a request, together with those before, as far as they have arrived; what arrives later follows by
    /// itself.
    pub async fn open_simulated(&self, spans: Vec<ArrivingSpans>) -> Result<(), Problem> {
        self.restore_files(None).await;
        let is_open = untrack(|| self.files().is_some_and(|files| files.name == NAME));
        self.inner.update_value(|inner| {
            let is_first = inner.simulated.traces.is_empty();
            if is_first && is_open {
                let part = inner.source.as_ref().map(|source| source.payload.get(0));
                inner.simulated.earlier = part.and_then(|part| part.dyn_into().ok());
                inner.simulated.is_kept = true;
            }
            inner.simulated.add(spans);
        });
        self.open_arrived(is_open).await?;
        let is_growing =
            self.inner.try_update_value(|inner| std::mem::replace(&mut inner.simulated.is_growing, true));
        if is_growing == Some(false) {
            let data = *self;
            // Not of the page: its trace is completed also if another page is shown meanwhile.
            spawn(async move {
                data.grow().await;
                data.inner.update_value(|inner| inner.simulated.is_growing = false);
            });
        }
        Ok(())
    }

    /// Opens the file again whenever more has arrived, until everything is there or other files are opened.
    async fn grow(self) {
        loop {
            clock::sleep(STEP).await;
            let (parts, is_all) = self.inner.with_value(|inner| inner.simulated.arrived(now_unix()));
            let (opening, shown) =
                self.inner.with_value(|inner| (inner.simulated.opening, inner.simulated.shown));
            let is_open = untrack(|| self.files().is_some_and(|files| files.opening == opening));
            let is_shown = parts.length() == shown;
            let is_complete = is_all && is_shown;
            if !is_open || is_complete || (!is_shown && self.open_arrived(true).await.is_err()) {
                return;
            }
        }
    }

    /// Opens what has arrived. `is_open` says that the open file is an earlier state of it.
    async fn open_arrived(&self, is_open: bool) -> Result<(), Problem> {
        let (parts, _) = self.inner.with_value(|inner| inner.simulated.arrived(now_unix()));
        let Some(file) = file::from_parts(NAME, &parts) else {
            let happened = "The browser refused to create a file of the spans.";
            return Err(Problem::new(ProblemKind::Unsupported, "open the simulated trace", happened));
        };
        let files = self.open(NAME.to_owned(), Array::of1(&file), None).await?;
        let was_kept = self.inner.try_update_value(|inner| {
            inner.simulated.opening = files.opening;
            inner.simulated.shown = parts.length();
            std::mem::replace(&mut inner.simulated.is_kept, true)
        });
        let traces: Vec<String> = files.traces.iter().map(TraceSummary::key).collect();
        if is_open && was_kept == Some(true) {
            file_store::keep_grown(&[file], &traces).await;
        } else {
            file_store::keep(&[file], &traces).await;
        }
        Ok(())
    }
}
