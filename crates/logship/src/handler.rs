//! The handler: what a program holds.

use crate::buffer::{Bounds, Buffer, Pushed};
use crate::builder::{Builder, ServiceType, WhenFull};
use crate::context::Context;
use crate::intake::Intake;
use crate::invalid::Invalid;
use crate::record::{Record, Severity};
use crate::shipper::{self, Flush, Shared, Undelivered, is_sender};
use crate::stats::{Counters, Stats, add};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How long [`Handler::close`] may take unless told otherwise.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// What became of the records of a closed handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReport {
    /// Records that were still in memory when the time was over, and are lost.
    pub unsent: usize,
    /// All counts.
    pub stats: Stats,
}

/// A log handler. Clones share one buffer, one thread and one pool of connections. When the last clone is dropped
/// without [`Handler::close`], what is in the buffer is still sent for a while, if the program runs so long.
#[derive(Clone)]
pub struct Handler(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    context: Arc<Context>,
    when_full: WhenFull,
    flushes: mpsc::UnboundedSender<Flush>,
    deadline: watch::Sender<Option<Instant>>,
    done: watch::Receiver<bool>,
}

impl Handler {
    /// A builder for a service.
    pub fn builder(service_type: ServiceType) -> Builder {
        Builder::new(service_type)
    }

    pub(crate) fn start(settings: Builder, bounds: Bounds, intake: Intake) -> Result<Self, Invalid> {
        let context = Arc::new(settings.context.clone());
        let shared = Arc::new(Shared { buffer: Buffer::new(bounds), counters: Counters::default() });
        let (flushes, received) = mpsc::unbounded_channel();
        let (deadline, closing) = watch::channel(None);
        let done = shipper::start(settings, intake, Arc::clone(&shared), received, closing)?;
        Ok(Handler(Arc::new(Inner { shared, context, when_full: bounds.when_full, flushes, deadline, done })))
    }

    /// The handler's context.
    pub fn context(&self) -> &Arc<Context> {
        &self.0.context
    }

    /// Takes a record. Returns at once, unless the buffer is full and the policy is [`WhenFull::Block`].
    pub fn emit(&self, record: Record) {
        if is_sender() {
            return;
        }
        add(&self.0.shared.counters.emitted, 1);
        let pushed = match self.0.when_full {
            WhenFull::DropOldest => self.0.shared.buffer.push(record),
            WhenFull::Block => self.0.shared.buffer.push_blocking(record),
        };
        self.count(&pushed);
    }

    /// Takes a record; waits asynchronously where `emit` would block.
    pub async fn emit_async(&self, record: Record) {
        if is_sender() {
            return;
        }
        add(&self.0.shared.counters.emitted, 1);
        let pushed = self.0.shared.buffer.push_async(record).await;
        self.count(&pushed);
    }

    fn count(&self, pushed: &Pushed) {
        let counters = &self.0.shared.counters;
        match pushed {
            Pushed::Stored { dropped: 0 } => {}
            Pushed::Stored { dropped } => add(&counters.full, *dropped),
            Pushed::Refused { closed: true } => add(&counters.closed, 1),
            Pushed::Full(_) | Pushed::Refused { closed: false } => add(&counters.full, 1),
        }
    }

    /// Emits a text of a severity.
    pub fn log(&self, severity: Severity, message: impl Into<String>) {
        self.emit(Record::new(severity, message));
    }

    /// Emits a text of severity debug.
    pub fn debug(&self, message: impl Into<String>) {
        self.log(Severity::Debug, message);
    }

    /// Emits a text of severity info.
    pub fn info(&self, message: impl Into<String>) {
        self.log(Severity::Info, message);
    }

    /// Emits a text of severity warning.
    pub fn warning(&self, message: impl Into<String>) {
        self.log(Severity::Warning, message);
    }

    /// Emits a text of severity error.
    pub fn error(&self, message: impl Into<String>) {
        self.log(Severity::Error, message);
    }

    /// Sends what is in the buffer now, and waits until it is sent or has failed as often as it may be repeated.
    ///
    /// # Errors
    /// Records that are still in the buffer, and why.
    pub fn flush(&self) -> Result<(), Undelivered> {
        let (answer, received) = std::sync::mpsc::sync_channel(1);
        let asked = self.0.flushes.send(Box::new(move |result| drop(answer.send(result))));
        let answered = asked.ok().and_then(|()| received.recv().ok());
        answered.unwrap_or_else(|| self.closed())
    }

    /// [`Handler::flush`] for asynchronous programs.
    ///
    /// # Errors
    /// Records that are still in the buffer, and why.
    pub async fn flush_async(&self) -> Result<(), Undelivered> {
        let (answer, received) = oneshot::channel();
        if self.0.flushes.send(Box::new(move |result| drop(answer.send(result)))).is_err() {
            return self.closed();
        }
        received.await.unwrap_or_else(|_| self.closed())
    }

    /// The answer to a flush when the sender has ended.
    fn closed(&self) -> Result<(), Undelivered> {
        match self.0.shared.buffer.held().0 {
            0 => Ok(()),
            records => Err(Undelivered { records, why: "the handler is closed".to_owned() }),
        }
    }

    /// Takes no more records, sends what there is within 10 s, and reports what could not be sent.
    pub fn close(&self) -> CloseReport {
        self.close_within(CLOSE_TIME)
    }

    /// [`Handler::close`] with another limit. May be called again, and on any clone.
    pub fn close_within(&self, time: Duration) -> CloseReport {
        self.begin_close(time);
        let mut waited = Duration::ZERO;
        // The thread ends by itself at the deadline; the margin is for a machine that has no time for it.
        let step = Duration::from_millis(2);
        while !*self.0.done.borrow() && waited < time + Duration::from_millis(250) {
            std::thread::sleep(step);
            waited += step;
        }
        self.report()
    }

    /// [`Handler::close`] for asynchronous programs.
    pub async fn close_async(&self) -> CloseReport {
        self.close_within_async(CLOSE_TIME).await
    }

    /// [`Handler::close_within`] for asynchronous programs.
    pub async fn close_within_async(&self, time: Duration) -> CloseReport {
        self.begin_close(time);
        // Fails only when the thread is gone, which is what is waited for.
        let _ = self.0.done.clone().wait_for(|done| *done).await;
        self.report()
    }

    fn begin_close(&self, time: Duration) {
        self.0.shared.buffer.close();
        let end = Instant::now() + time;
        self.0.deadline.send_modify(|deadline| {
            *deadline = Some(deadline.map_or(end, |earlier| earlier.min(end)));
        });
    }

    fn report(&self) -> CloseReport {
        CloseReport { unsent: self.0.shared.buffer.held().0, stats: self.stats() }
    }

    /// What the handler has done so far.
    pub fn stats(&self) -> Stats {
        self.0.shared.counters.read(self.0.shared.buffer.held())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.buffer.close();
        let end = Instant::now() + CLOSE_TIME;
        self.deadline.send_modify(|deadline| {
            deadline.get_or_insert(end);
        });
    }
}
