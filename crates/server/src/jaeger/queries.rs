//! Queries run on threads that may block, in classes that do not wait for each other: a search that reads many traces
//! never delays a list of services.

use super::answer::{Cancel, CancelOnDrop, Output, Slot, Watch};
use super::failure::Failure;
use super::memory::AnswerMemory;
use axum::body::Body;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// How long a query waits for others of its class.
const WAIT: Duration = Duration::from_secs(10);

/// What a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The index alone, or a small trace.
    Lookup,
    /// A large trace.
    Trace,
    /// Traces that the index names.
    Search,
    /// Traces that have to be read to know whether they match.
    Scan,
}

/// Limits on queries. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Queries {
    slots: [Arc<Semaphore>; 4],
    memory: AnswerMemory,
    time_limit: Duration,
}

impl Queries {
    /// `threads` is the number of processors; a query may run for `time_limit`; streamed answers may hold
    /// `answer_bytes` in memory together.
    pub fn new(threads: usize, time_limit: Duration, answer_bytes: usize) -> Self {
        let heavy = threads.clamp(2, 8);
        let slots = [4 * heavy, heavy, heavy, heavy].map(|slots| Arc::new(Semaphore::new(slots)));
        Queries { slots, memory: AnswerMemory::new(answer_bytes), time_limit }
    }

    /// Runs a query that writes its answer. Dropping the future, or the body that it gives, cancels the query at its
    /// next `check`.
    pub async fn run(
        &self,
        cost: Cost,
        work: impl FnOnce(&mut Output) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Body, Failure> {
        let slots = self.slots[cost as usize].clone();
        let permit = tokio::time::timeout(WAIT, slots.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Failure::Busy) };
        let slot = Slot { slots, permit: Some(permit) };
        let cancel = Arc::new(Cancel::default());
        let cancelled = CancelOnDrop(cancel.clone());
        let watch = Watch::new(cancel, Instant::now() + self.time_limit);
        let (head, answered) = oneshot::channel();
        let memory = self.memory.clone();
        tokio::task::spawn_blocking(move || {
            let mut out = Output::new(head, slot, memory, watch);
            let result = work(&mut out);
            out.finish(result);
        });
        match answered.await {
            Ok(answer) => Ok(answer?.into_body(cancelled)),
            Err(_) => Err(Failure::Panicked),
        }
    }
}
