//! The thread of a target: takes what waits in its queue, makes batches, sends them until they are taken or refused for
//! good, then deletes them from the queue. Nothing else waits for it.

use super::backoff;
use super::delivery::{Delivery, EncodedRequest, Outcome};
use super::prepare::{Preparation, Prepared};
use super::queue::{Queue, ReadLimits};
use super::queue_file::{Entry, QueueError};
use super::status::Status;
use crate::config::forward::{Forward, Signal};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes of requests, before packing, that are prepared together.
const TOGETHER: u64 = 8 << 20;
/// How long requests under way may take when the server stops.
const STOP_TIME: Duration = Duration::from_millis(1500);
/// The least time between two looks at a queue in which nothing is ready.
const LEAST_WAIT: Duration = Duration::from_millis(20);
/// Status 500 is final after so many attempts: the target may never be able to read what it is sent.
const MOST_ERRORS: u32 = 10;

/// What sends to one target.
pub struct Sender {
    /// Its name.
    pub name: String,
    /// What it gets.
    pub signal: Signal,
    /// Its settings.
    pub settings: Forward,
    /// What waits.
    pub queue: Arc<Queue>,
    /// What is known of it.
    pub status: Arc<Status>,
    /// The way to it.
    pub delivery: Delivery,
    /// Becomes true when the server stops.
    pub stopped: watch::Receiver<bool>,
}

impl Sender {
    /// Sends until the server stops. What was not delivered by then stays in the queue.
    pub async fn run(self) {
        let mut stopped = self.stopped.clone();
        let stop = async {
            // An error means that the server is gone.
            let _ = stopped.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(STOP_TIME).await;
        };
        tokio::select! {
            () = self.send_all() => {}
            () = stop => {}
        }
    }

    async fn send_all(&self) {
        let mut preparation = Preparation::of(&self.settings, self.signal);
        let mut through = 0;
        loop {
            self.wait_for_work().await;
            if *self.stopped.borrow() {
                return;
            }
            let until = self.queue.now().saturating_sub(preparation.wait());
            let round = self.round(&mut preparation, through, until).await;
            match round {
                Ok(Some(last)) => through = last,
                Ok(None) => tokio::time::sleep(self.settings.batch.delay.0.max(LEAST_WAIT)).await,
                Err(QueueError::Closed) => return,
                Err(error) => {
                    self.status.queue_fails(0, &error.to_string());
                    tokio::time::sleep(self.settings.retry.most.0.max(LEAST_WAIT)).await;
                }
            }
            if *self.stopped.borrow() {
                return;
            }
        }
    }

    /// Waits until there is something in the queue, and then for more to send with it.
    async fn wait_for_work(&self) {
        let mut stopped = self.stopped.clone();
        let enough = async {
            while self.status.queue().requests == 0 {
                self.status.changed().await;
            }
            let more = async {
                while self.status.queue().spans < u64::from(self.settings.batch.spans.0) {
                    self.status.changed().await;
                }
            };
            // The time is over: what is there is sent.
            let _ = tokio::time::timeout(self.settings.batch.delay.0, more).await;
        };
        tokio::select! {
            () = enough => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Sends what arrived until then and is the oldest; answers the number of the last request of it. `None` where there is
    /// nothing, or the server stops.
    async fn round(
        &self,
        preparation: &mut Preparation,
        after: i64,
        until: u64,
    ) -> Result<Option<i64>, QueueError> {
        let most = (self.settings.queue.bytes.0 / 4).min(TOGETHER);
        let entries = self.queue.lend(after, ReadLimits { bytes: most, until }).await?;
        let Some(last) = entries.last().map(|entry| entry.number) else { return Ok(None) };
        self.status.set_oldest(entries.first().map_or(0, |entry| entry.arrived));
        let prepared = self.prepare(preparation, &entries)?;
        self.status.left_out(prepared.left_out.filtered, prepared.left_out.sampled_out);
        self.status.dropped_failed(prepared.unreadable);
        let mut parcels = VecDeque::new();
        for batch in prepared.batches {
            let spans = batch.spans;
            match self.delivery.pack(batch) {
                Ok(parcel) => parcels.push_back(parcel),
                Err(why) => self.refused(spans, &why),
            }
        }
        if !self.deliver(parcels).await {
            return Ok(None);
        }
        self.queue.done(last).await?;
        self.status.set_oldest(0);
        Ok(Some(last))
    }

    /// On this thread, which has nothing else to do.
    fn prepare(&self, preparation: &mut Preparation, entries: &[Entry]) -> Result<Prepared, QueueError> {
        let reader = self.queue.reader();
        let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        preparation.prepare(&reader, entries)
    }

    /// Sends until each was taken or refused for good; `false` when the server stops before.
    async fn deliver(&self, mut parcels: VecDeque<EncodedRequest>) -> bool {
        let (mut failures, mut errors) = (0u32, 0);
        let mut stopped = self.stopped.clone();
        while !parcels.is_empty() {
            let before = parcels.len();
            let Some((asked, why)) = self.attempt(&mut parcels, failures > 0).await else { break };
            failures = if parcels.len() < before { 1 } else { failures.saturating_add(1) };
            errors = if why.starts_with("500 ") { errors + 1 } else { 0 };
            if errors > MOST_ERRORS
                && let Some(parcel) = parcels.pop_front()
            {
                errors = 0;
                self.refused(parcel.spans, &why);
                continue;
            }
            let wait = backoff::wait(&self.settings.retry, failures, asked);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return false,
            }
        }
        parcels.is_empty()
    }

    /// Sends each request once and keeps those to be sent again. After a failure, one request is tried before the others.
    /// Returns the longest time that the target asks to wait, and the error; `None` if all were taken.
    async fn attempt(
        &self,
        parcels: &mut VecDeque<EncodedRequest>,
        is_cautious: bool,
    ) -> Option<(Option<Duration>, String)> {
        let mut at_once = if is_cautious { 1 } else { self.settings.connections.0 as usize };
        let mut running = JoinSet::new();
        let mut again: Option<(Option<Duration>, String)> = None;
        let mut unsent = Vec::new();
        loop {
            while again.is_none()
                && running.len() < at_once
                && let Some(parcel) = parcels.pop_front()
            {
                let delivery = self.delivery.clone();
                running.spawn(async move {
                    let outcome = delivery.send(parcel.body.clone()).await;
                    (parcel, outcome)
                });
            }
            let Some(ended) = running.join_next().await else { break };
            let (parcel, outcome) = match ended {
                Ok(ended) => ended,
                Err(error) => {
                    tracing::error!("sending to {} failed: {error}", self.name);
                    continue;
                }
            };
            match outcome {
                Outcome::Taken { rejected, remark } => {
                    at_once = self.settings.connections.0 as usize;
                    self.taken(&parcel, rejected, &remark);
                }
                Outcome::Refused(why) => {
                    at_once = self.settings.connections.0 as usize;
                    self.refused(parcel.spans, &why);
                }
                Outcome::Again { after, why } => {
                    if self.status.failed(&why) {
                        let unit = self.signal.unit();
                        tracing::warn!("target {} does not take {unit}, they wait on disk: {why}", self.name);
                    }
                    let longest = again.take().and_then(|(after, _)| after).max(after);
                    again = Some((longest, why));
                    unsent.push(parcel);
                }
            }
        }
        unsent.into_iter().rev().for_each(|parcel| parcels.push_front(parcel));
        again
    }

    fn taken(&self, parcel: &EncodedRequest, rejected: u64, remark: &str) {
        if let Some(failing) = self.status.took(parcel.spans, rejected) {
            tracing::info!(
                "target {} takes {} again, after {} s",
                self.name,
                self.signal.unit(),
                failing.since.elapsed().as_secs()
            );
        }
        if rejected > 0 {
            tracing::warn!(
                "target {} did not keep {rejected} of {} {}: {remark}",
                self.name,
                parcel.spans,
                self.signal.unit()
            );
        }
    }

    fn refused(&self, spans: u64, why: &str) {
        if self.status.refused(spans, why) {
            let unit = self.signal.unit();
            tracing::warn!("target {} refused {spans} {unit}, which are dropped: {why}", self.name);
        }
    }
}
