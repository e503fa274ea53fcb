//! The thread that sends: takes records out of the buffer, packs them as the intake wants them, repeats what failed.

use crate::buffer::Buffer;
use crate::builder::Builder;
use crate::intake::{Batch, Intake};
use crate::invalid::Invalid;
use crate::rate::Bucket;
use crate::retry::{Backoff, Outcome};
use crate::sender::Sender;
use crate::stats::{Counters, add};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

thread_local! {
    /// Set on the thread that sends: what is logged there is not shipped, or sending would feed itself.
    static SENDS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread sends.
pub(crate) fn is_sender() -> bool {
    SENDS.get()
}

/// Records that a flush could not send. They stay in the buffer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{records} records could not be sent yet: {why}")]
pub struct Undelivered {
    /// Records that were in the buffer when the flush was asked for, and still are.
    pub records: usize,
    /// What went wrong last.
    pub why: String,
}

/// What the program's threads and the sending thread share.
pub(crate) struct Shared {
    pub(crate) buffer: Buffer,
    pub(crate) counters: Counters,
}

/// The answer to a request to flush.
pub(crate) type Flush = Box<dyn FnOnce(Result<(), Undelivered>) + Send>;

/// Starts the thread. The receiver says when it has ended.
pub(crate) fn start(
    settings: Builder,
    intake: Intake,
    shared: Arc<Shared>,
    flushes: mpsc::UnboundedReceiver<Flush>,
    closing: watch::Receiver<Option<std::time::Instant>>,
) -> Result<watch::Receiver<bool>, Invalid> {
    let thread = |why: std::io::Error| Invalid::new("thread", format!("cannot be started: {why}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(thread)?;
    let sender = Sender::new(&settings)?;
    let (finished, done) = watch::channel(false);
    let run = move || {
        SENDS.set(true);
        let now = runtime.block_on(async { Instant::now() });
        let mut shipper = Shipper {
            bucket: Bucket::new(settings.rate_limit.unwrap_or_else(|| intake.rate_limit()), now),
            interval: settings.flush_interval,
            max_retries: settings.max_retries,
            give_up_after: settings.give_up_after,
            backoff: settings.backoff,
            sender,
            intake,
            packed: VecDeque::new(),
            failing_since: None,
            shared: Arc::clone(&shared),
        };
        runtime.block_on(async {
            tokio::select! {
                () = shipper.run(flushes, closing.clone()) => {}
                () = deadline(closing) => {}
            }
        });
        let (unsent, _) = shared.buffer.held();
        add(&shared.counters.closed, unsent);
        let _ = finished.send(true);
        // Names that are still being resolved are not waited for.
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name("logship".to_owned()).spawn(run).map_err(thread)?;
    Ok(done)
}

/// Ends when the handler has been closed and its time is over.
async fn deadline(mut closing: watch::Receiver<Option<std::time::Instant>>) {
    loop {
        let end = *closing.borrow_and_update();
        match end {
            None => {
                if closing.changed().await.is_err() {
                    // All handles are gone; the last one set a deadline before.
                    if closing.borrow().is_none() {
                        return;
                    }
                }
            }
            Some(end) => {
                sleep_until(Instant::from_std(end)).await;
                let latest = *closing.borrow();
                if latest.is_none_or(|latest| latest <= end) {
                    return;
                }
            }
        }
    }
}

struct Shipper {
    sender: Sender,
    intake: Intake,
    bucket: Bucket,
    interval: Duration,
    max_retries: u32,
    give_up_after: Duration,
    backoff: Backoff,
    /// Batches of records that were taken out of the buffer, oldest first.
    packed: VecDeque<Batch>,
    /// Since when the first batch has been failing.
    failing_since: Option<Instant>,
    shared: Arc<Shared>,
}

/// What one step did.
enum Step {
    /// There is nothing to send.
    Empty,
    /// So many records were dealt with: accepted or given up for good.
    Dealt(usize),
    /// The first batch failed and stays.
    Failed(String),
}

impl Shipper {
    /// Sends until the handler is closed and all is sent.
    async fn run(
        &mut self,
        mut flushes: mpsc::UnboundedReceiver<Flush>,
        mut closing: watch::Receiver<Option<std::time::Instant>>,
    ) {
        let mut failures = 0;
        let mut next = Instant::now() + self.interval;
        let mut is_notified = false;
        loop {
            let mut asked = None;
            tokio::select! {
                biased;
                flush = flushes.recv(), if !flushes.is_closed() || !flushes.is_empty() => asked = flush,
                // A failing intake is not asked more often because more records wait.
                () = self.shared.buffer.wake.notified(), if failures == 0 => {}
                _ = closing.changed(), if !is_notified => is_notified = true,
                () = sleep_until(next) => {}
            }
            if let Some(answer) = asked {
                answer(self.flush().await);
                continue;
            }
            let failed = loop {
                match self.step().await {
                    Step::Empty => break false,
                    Step::Dealt(_) => failures = 0,
                    Step::Failed(_) => break true,
                }
            };
            if failed {
                next = Instant::now() + self.backoff.wait(self.max_retries + failures).min(self.backoff.most);
                failures += 1;
            } else {
                next = Instant::now() + self.interval;
                if self.shared.buffer.is_closed() && self.shared.buffer.held().0 == 0 {
                    return;
                }
            }
        }
    }

    /// Sends as many records as are in memory now.
    async fn flush(&mut self) -> Result<(), Undelivered> {
        let mut left = self.shared.buffer.held().0;
        while left > 0 {
            match self.step().await {
                Step::Empty => return Ok(()),
                Step::Dealt(count) => left = left.saturating_sub(count),
                Step::Failed(why) => return Err(Undelivered { records: left, why }),
            }
        }
        Ok(())
    }

    /// Sends one batch, with its repetitions.
    async fn step(&mut self) -> Step {
        if self.packed.is_empty() {
            let records = self.shared.buffer.take(self.intake.most_records());
            if records.is_empty() {
                return Step::Empty;
            }
            let packed = self.intake.pack(&records);
            let dropped = packed.dropped.records;
            if dropped > 0 {
                self.lose(dropped, &packed.dropped.why);
                self.shared.buffer.release(dropped, packed.dropped.bytes);
            }
            self.packed = packed.batches;
            if self.packed.is_empty() {
                return Step::Dealt(dropped);
            }
        }
        let mut last = String::new();
        let mut attempt = 0;
        while let Some(batch) = self.packed.front() {
            let wait = self.bucket.take(batch.plain, Instant::now());
            if !wait.is_zero() {
                sleep(wait).await;
            }
            let after = match self.sender.send(&self.intake, batch).await {
                Outcome::Accepted { rejected, why } => return self.accept(rejected, why),
                Outcome::Refused(why) => return self.give_up(&why, false),
                Outcome::Missing(why) | Outcome::Later { after: None, why } => {
                    last = why;
                    None
                }
                Outcome::Later { after, why } => {
                    last = why;
                    after
                }
            };
            self.note(&last);
            let since = *self.failing_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= self.give_up_after {
                return self.give_up(&last, true);
            }
            if attempt == self.max_retries {
                break;
            }
            sleep(after.unwrap_or_else(|| self.backoff.wait(attempt))).await;
            add(&self.shared.counters.retried, 1);
            attempt += 1;
        }
        Step::Failed(last)
    }

    fn accept(&mut self, rejected: usize, why: Option<String>) -> Step {
        self.failing_since = None;
        let Some(batch) = self.packed.pop_front() else { return Step::Empty };
        let rejected = rejected.min(batch.records);
        add(&self.shared.counters.requests, 1);
        add(&self.shared.counters.sent, batch.records - rejected);
        if rejected > 0 {
            self.lose(rejected, &why.unwrap_or_else(|| "rejected by the intake".to_owned()));
        }
        self.shared.buffer.release(batch.records, batch.weight);
        Step::Dealt(batch.records)
    }

    fn give_up(&mut self, why: &str, expired: bool) -> Step {
        self.failing_since = None;
        let Some(batch) = self.packed.pop_front() else { return Step::Empty };
        if expired {
            add(&self.shared.counters.expired, batch.records);
            self.note(why);
        } else {
            self.lose(batch.records, why);
        }
        self.shared.buffer.release(batch.records, batch.weight);
        Step::Dealt(batch.records)
    }

    fn lose(&self, records: usize, why: &str) {
        add(&self.shared.counters.refused, records);
        self.note(why);
    }

    /// Reports a problem once: a repetition of the same is counted only.
    fn note(&self, why: &str) {
        if self.shared.counters.fail(why) {
            tracing::warn!(target: "spandrel_logship", "log records cannot be sent: {why}");
        }
    }
}
