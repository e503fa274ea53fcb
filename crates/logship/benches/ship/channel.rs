//! The least that any shipper does: a channel of fixed length, which drops what does not fit, and one task that packs what
//! waits as JSON and posts it.

use crate::{CAPACITY, TOGETHER};
use spandrel_logship::Record;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// The channel and its task.
pub struct Channel {
    pub records: ChannelSender,
    sent: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<()>,
}

#[derive(Clone)]
pub struct ChannelSender {
    records: mpsc::Sender<Record>,
    dropped: Arc<AtomicU64>,
}

impl ChannelSender {
    pub fn send(&self, record: Record) {
        if self.records.try_send(record).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn send_waiting(&self, record: Record) {
        if self.records.blocking_send(record).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Channel {
    pub fn new(url: &str) -> Result<Self, Box<dyn Error>> {
        let (records, mut waiting) = mpsc::channel::<Record>(CAPACITY);
        let sent = Arc::new(AtomicU64::new(0));
        let (url, count) = (url.to_owned(), sent.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = reqwest::Client::builder().build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let mut batch = Vec::with_capacity(TOGETHER);
                while waiting.recv_many(&mut batch, TOGETHER).await > 0 {
                    let objects: Vec<_> = batch.drain(..).map(|record| object(&record)).collect();
                    let number = objects.len() as u64;
                    if client.post(&url).json(&objects).send().await.is_ok() {
                        count.fetch_add(number, Ordering::Relaxed);
                    }
                }
            });
        });
        let records = ChannelSender { records, dropped: Arc::default() };
        Ok(Channel { records, sent, thread })
    }

    /// Ends it; what was shipped and what was dropped.
    pub fn close(self) -> Result<(u64, u64), Box<dyn Error>> {
        let dropped = self.records.dropped.clone();
        drop(self.records);
        self.thread.join().map_err(|_| "the task failed")?;
        Ok((self.sent.load(Ordering::Relaxed), dropped.load(Ordering::Relaxed)))
    }
}

fn object(record: &Record) -> serde_json::Value {
    let attributes: serde_json::Map<String, serde_json::Value> = record.attributes.iter().cloned().collect();
    serde_json::json!({
        "timestamp": record.time,
        "message": record.message,
        "level": record.severity.name(),
        "attributes": attributes,
    })
}
