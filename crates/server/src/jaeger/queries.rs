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

    /// Answers that are being streamed, and the bytes reserved for them.
    pub fn streams(&self) -> (usize, usize) {
        self.memory.held()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn queries(time_limit: Duration) -> Queries {
        Queries::new(2, time_limit, 1 << 20)
    }

    /// Runs until the query is to stop, and tells why it did.
    fn endless(ended: mpsc::Sender<Failure>) -> impl FnOnce(&mut Output) -> Result<(), Failure> + Send {
        move |out| loop {
            if let Err(failure) = out.watch().check() {
                let _ = ended.send(failure);
                return Err(Failure::TimeLimit);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_query_ends_when_its_client_goes_or_its_time_is_up() {
        let (ended, why) = mpsc::channel();
        let abandoned = queries(Duration::from_secs(600));
        let task = tokio::spawn({
            let (queries, ended) = (abandoned.clone(), ended.clone());
            async move { queries.run(Cost::Scan, endless(ended)).await }
        });
        while abandoned.slots[Cost::Scan as usize].available_permits() == 2 {
            tokio::task::yield_now().await;
        }
        task.abort();
        let why = tokio::task::spawn_blocking(move || (why.recv(), why)).await.unwrap();
        assert!(matches!(why.0, Ok(Failure::Cancelled)));

        let late = queries(Duration::from_millis(5)).run(Cost::Scan, endless(ended)).await;
        assert!(matches!(late, Err(Failure::TimeLimit)));
        assert!(matches!(why.1.try_recv(), Ok(Failure::TimeLimit)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn dear_queries_do_not_delay_cheap_ones() {
        let queries = queries(Duration::from_secs(600));
        let (ended, _) = mpsc::channel();
        let dear: Vec<_> = (0..8)
            .map(|_| {
                let (queries, ended) = (queries.clone(), ended.clone());
                tokio::spawn(async move { queries.run(Cost::Scan, endless(ended)).await })
            })
            .collect();
        while queries.slots[Cost::Scan as usize].available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        for cost in [Cost::Lookup, Cost::Trace, Cost::Search] {
            drop(queries.run(cost, |_| Ok(())).await.unwrap());
        }
        dear.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_that_does_not_read_keeps_no_slot() {
        use std::io::Write;
        let queries = queries(Duration::from_secs(600));
        let endless_answer = |out: &mut Output| loop {
            out.write_all(&[b' '; 1000])?;
        };
        let mut unread = Vec::new();
        for _ in 0..2 {
            unread.push(queries.run(Cost::Trace, endless_answer).await.ok());
            while queries.slots[Cost::Trace as usize].available_permits() < 2 {
                tokio::task::yield_now().await;
            }
        }
        drop(queries.run(Cost::Trace, |_| Ok(())).await.unwrap());
    }
}
