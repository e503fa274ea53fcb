//! Forwarding: whatever is received goes on to any number of targets. For each, and each signal that it gets, there is a
//! queue on disk (`queue`, `queue_file`), into which a request is put before it is acknowledged, and a thread (`sender`)
//! that takes requests out of it, applies the target's rules (`prepare`, `rewrite`, `rules`, `tail`, `redact`), makes batches (`batch`) and sends them
//! (`delivery`). See docs/adr/0024.

mod backoff;
mod batch;
mod clock;
mod delivery;
mod packed;
mod prepare;
mod queue;
mod queue_file;
mod redact;
mod rewrite;
mod rules;
mod sender;
mod status;
mod tail;

pub use delivery::DeliveryError;
pub use packed::{CompressedRequest, plain_bytes};
pub use queue_file::{QueueError, Totals};
pub use status::{Counts, Status};

use crate::config::forward::Forward;
pub use crate::config::forward::Signal;
use crate::machine;
use delivery::Delivery;
use queue::Queue;
use sender::Sender;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// Priority of sending: packing for a target takes more time than taking in, which must not wait for it.
const NICE: i32 = 10;

/// Directory of the queues, below that of the store.
const DIRECTORY: &str = "forward";

/// Why forwarding did not start.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The queue cannot be opened.
    #[error("cannot open the queue of target {name}: {error}")]
    Queue {
        /// The target.
        name: String,
        /// Why.
        error: QueueError,
    },
    /// There can be no connection.
    #[error("cannot send to target {name}: {error}")]
    Delivery {
        /// The target.
        name: String,
        /// Why.
        error: DeliveryError,
    },
    /// The thread cannot be started.
    #[error("forwarding cannot start: {0}")]
    Io(#[from] std::io::Error),
}

/// A target of one signal.
pub struct Target {
    /// Its name.
    pub name: String,
    /// What it gets.
    pub signal: Signal,
    /// Bytes that its queue may take.
    pub most: u64,
    /// What is known of it.
    pub status: Arc<Status>,
    queue: Arc<Queue>,
}

impl Target {
    /// What is wrong, in words.
    pub fn problems(&self) -> Vec<String> {
        self.status.problems(&self.name, self.signal.unit())
    }

    /// How long the oldest request has waited, seconds.
    pub fn delay(&self) -> u64 {
        self.status.oldest().map_or(0, |oldest| self.queue.now().saturating_sub(oldest) / 1000)
    }
}

/// All targets. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Forwarding(Arc<Inner>);

struct Inner {
    targets: Vec<Target>,
    stop: watch::Sender<bool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Forwarding {
    /// Opens the queues below a directory and starts to send. Blocks.
    pub fn start(settings: &[Forward], directory: &Path) -> Result<Self, ForwardError> {
        let (stop, stopped) = watch::channel(false);
        let directory = directory.join(DIRECTORY);
        if !settings.is_empty() {
            std::fs::create_dir_all(&directory)?;
        }
        name_forgotten(settings, &directory);
        let (mut targets, mut threads) = (Vec::new(), Vec::new());
        for (settings, signal) in settings.iter().flat_map(of_signals) {
            let name = settings.name.0.clone();
            let status = Arc::new(Status::default());
            let most = settings.queue.bytes.0;
            let queue = Queue::open(&directory.join(file_of(&name, signal)), most, status.clone())
                .map_err(|error| ForwardError::Queue { name: name.clone(), error })?;
            let target = Target { name, signal, most, status, queue: Arc::new(queue) };
            threads.push(spawn(settings, &target, stopped.clone())?);
            targets.push(target);
        }
        Ok(Forwarding(Arc::new(Inner { targets, stop, threads: Mutex::new(threads) })))
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.0.targets.is_empty()
    }

    /// Whether there is a target that gets these.
    pub fn takes(&self, signal: Signal) -> bool {
        self.0.targets.iter().any(|target| target.signal == signal)
    }

    /// All targets, once for each signal that they get.
    pub fn targets(&self) -> &[Target] {
        &self.0.targets
    }

    /// Queues a request for all targets of its signal. When this ends it is on disk, or counted as dropped: whether it can be forwarded
    /// is nothing that its sender could change.
    pub async fn put(&self, packed: CompressedRequest) {
        if packed.count == 0 {
            return;
        }
        let packed = Arc::new(packed);
        let targets = self.0.targets.iter().filter(|target| target.signal == packed.signal);
        let puts = targets.map(|target| async {
            match target.queue.put(packed.clone()).await {
                Ok(()) | Err(QueueError::NotWritten) => {}
                Err(error) => target.status.queue_fails(u64::from(packed.count), &error.to_string()),
            }
        });
        futures_util::future::join_all(puts).await;
    }

    /// Ends sending, soon, and closes the queues. What was not delivered stays in them. Blocks.
    pub fn stop(&self) {
        let _ = self.0.stop.send(true);
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic there has been printed already.
            let _ = thread.join();
        }
        self.0.targets.iter().for_each(|target| target.queue.close());
    }
}

/// Starts the thread of a target. It has a runtime of its own, so that its work never delays requests that come in.
fn spawn(
    settings: &Forward,
    target: &Target,
    stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, ForwardError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (settings, name, signal) = (settings.clone(), target.name.clone(), target.signal);
    let (queue, status) = (target.queue.clone(), target.status.clone());
    let delivery = {
        let _inside = runtime.enter();
        Delivery::new(&settings, signal)
            .map_err(|error| ForwardError::Delivery { name: name.clone(), error })?
    };
    let builder = std::thread::Builder::new().name(format!("forward {name}"));
    let thread = builder.spawn(move || {
        machine::yield_to_others(NICE);
        let sender = Sender { name, signal, settings, queue, status, delivery, stopped };
        runtime.block_on(sender.run());
        runtime.shutdown_background();
    });
    Ok(thread?)
}

/// Settings once for each of their signals.
fn of_signals(settings: &Forward) -> impl Iterator<Item = (&Forward, Signal)> {
    settings.signals.iter().map(move |signal| (settings, *signal))
}

/// The name of a queue's file. No target's name has a point in it.
fn file_of(name: &str, signal: Signal) -> String {
    match signal {
        Signal::Traces => format!("{name}.sqlite"),
        Signal::Logs => format!("{name}.logs.sqlite"),
    }
}

/// Says which queues belong to no target any more: what is in them is not sent.
fn name_forgotten(settings: &[Forward], directory: &Path) {
    for file in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = file.path();
        let is_queue = path.extension().is_some_and(|extension| extension == "sqlite");
        let name = file.file_name().to_string_lossy().into_owned();
        let mut known = settings.iter().flat_map(of_signals);
        if is_queue && known.all(|(settings, signal)| file_of(&settings.name.0, signal) != name) {
            let (name, signals) = match name.strip_suffix(".logs.sqlite") {
                Some(name) => (name, " with signals = [\"logs\"]"),
                None => (name.trim_end_matches(".sqlite"), ""),
            };
            let path = path.display();
            tracing::warn!("{path} is the queue of no target: name one {name:?}{signals}, or delete it");
        }
    }
}
