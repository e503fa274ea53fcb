//! Indexes the attributes of open traces in the background, and warms the worker up before the first trace comes.

use super::Worker;
use super::timer::YieldTimer;
use crate::io::clock;
use futures_channel::oneshot;
use js_sys::Array;
use spandrel_trace::engine::WarmUp;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Bytes indexed between two checks whether to yield.
const SLICE: usize = 256 << 10;

/// Whether the readers have run, so that the browser has compiled and optimised their code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WarmUpState {
    /// Not started.
    #[default]
    Cold,
    /// Reading a sample.
    Running,
    /// Bytes of a real trace have come, which warm the readers better than a sample.
    Superseded,
}

impl Worker {
    /// Reads a sample while the first response is awaited. Not earlier: the page is being built then, by code that the
    /// browser compiles for both threads in one place.
    pub(super) fn warm_up(self: &Rc<Self>) {
        if self.warm_up.get() != WarmUpState::Cold {
            return;
        }
        self.warm_up.set(WarmUpState::Running);
        let worker = self.clone();
        spawn_local(async move {
            let mut warm_up = WarmUp::default();
            clock::yield_to_event_loop().await;
            while worker.warm_up.get() == WarmUpState::Running && !warm_up.step() {
                clock::yield_to_event_loop().await;
            }
        });
    }

    /// Starts indexing, in slices between messages; sends `indexed` when it is done. Does not start before the page has
    /// received the outlines that were sent: with two cores the first paint needs the second one.
    pub(super) fn index(self: &Rc<Self>) {
        if self.engine.borrow().is_searchable() {
            // Nothing was left to index, or a question has had it indexed.
            return self.finish_indexing();
        }
        if self.unacknowledged.get() > 0 || self.is_indexing.replace(true) {
            return;
        }
        let worker = self.clone();
        spawn_local(async move {
            let mut timer = YieldTimer::default();
            while !worker.engine.borrow_mut().work(SLICE) {
                timer.yield_if_due().await;
            }
            worker.is_indexing.set(false);
            worker.finish_indexing();
        });
    }

    /// Resumes the questions that wait for the index. Sends `indexed` if a trace was opened since the last time.
    fn finish_indexing(&self) {
        if self.is_index_new.replace(false) {
            self.post(&Array::of2(&0.into(), &"indexed".into()));
        }
        for waiting in self.waiting_for_index.take() {
            // The question may have been cancelled.
            let _ = waiting.send(());
        }
    }

    /// Waits until all open traces are indexed. An answer before that would be incomplete and delay the index.
    pub(super) async fn indexed(&self) {
        if !self.engine.borrow().is_searchable() {
            let (done, waiting) = oneshot::channel();
            self.waiting_for_index.borrow_mut().push(done);
            // The sender is dropped with the worker only.
            let _ = waiting.await;
        }
    }
}
