//! Sends what waits in the queue, with retries.

use crate::counts::Counters;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// Where the API's clients put the secret.
pub(crate) const SECRET: HeaderName = HeaderName::from_static("x-eval-tracker-secret-key");
/// The longest time between two attempts that this client chooses, and the longest that a collector may ask for.
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How records are delivered.
pub(crate) struct Delivery {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) secret: Option<HeaderValue>,
    pub(crate) attempts: u32,
    pub(crate) backoff: Duration,
}

/// What a client and its background tasks share.
pub(crate) struct Shared {
    pub(crate) delivery: Delivery,
    pub(crate) counters: Counters,
    /// Room in the queue: records, and kibibytes of them.
    pub(crate) records: Arc<Semaphore>,
    pub(crate) kibibytes: Arc<Semaphore>,
    /// Whether what waits is given up.
    pub(crate) abandoned: watch::Sender<bool>,
}

/// A record that waits, with its room in the queue.
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) body: bytes::Bytes,
    pub(crate) _room: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// What a background task takes.
pub(crate) enum Message {
    /// A record to send.
    Record(Waiting),
    /// Answers when all records before it are done.
    Flush(oneshot::Sender<()>),
}

/// What came of one attempt.
enum Attempt {
    Sent,
    /// Another attempt can succeed; after this time if the collector says so.
    Again(Option<Duration>, String),
    Refused(String),
}

impl Shared {
    pub(crate) fn new(delivery: Delivery, records: usize, bytes: usize) -> Arc<Self> {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Arc::new(Shared {
            delivery,
            counters: Counters::default(),
            records: semaphore(records),
            kibibytes: semaphore(bytes.div_ceil(1024)),
            abandoned: watch::Sender::new(false),
        })
    }

    /// Room for a record, if there is any now.
    pub(crate) fn room(&self, bytes: usize) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let record = self.records.clone().try_acquire_owned().ok()?;
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).ok()?;
        Some((record, self.kibibytes.clone().try_acquire_many_owned(kibibytes).ok()?))
    }
}

/// Sends the records of one lane, one after the other, until the client is gone and all are done.
pub(crate) async fn run(shared: Arc<Shared>, mut messages: mpsc::UnboundedReceiver<Message>) {
    let mut abandoned = shared.abandoned.subscribe();
    while let Some(message) = messages.recv().await {
        match message {
            Message::Record(waiting) => {
                let sent = tokio::select! {
                    biased;
                    _ = abandoned.wait_for(|abandoned| *abandoned) => false,
                    sent = shared.deliver(&waiting) => sent,
                };
                let counters = &shared.counters;
                Counters::add(if sent { &counters.sent } else { &counters.failed });
            }
            Message::Flush(done) => {
                // Whoever waited may have given up.
                let _ = done.send(());
            }
        }
    }
}

impl Shared {
    /// Whether the collector took the record, in as many attempts as are allowed.
    async fn deliver(&self, waiting: &Waiting) -> bool {
        let mut backoff = self.delivery.backoff;
        for attempt in 1.. {
            match self.delivery.attempt(waiting).await {
                Attempt::Sent => return true,
                Attempt::Refused(why) => {
                    tracing::warn!("the collector refused record {}: {why}", waiting.id);
                    return false;
                }
                Attempt::Again(_, why) if attempt >= self.delivery.attempts => {
                    tracing::warn!("record {} is not sent after {attempt} attempts: {why}", waiting.id);
                    return false;
                }
                Attempt::Again(after, why) => {
                    tracing::debug!("record {} is sent again: {why}", waiting.id);
                    // Half of it to all of it, so that clients that failed together do not come together.
                    let jittered = backoff.mul_f64(0.5 + fastrand::f64() / 2.0);
                    let after = after.map(|after| after.min(LONGEST_RETRY_AFTER));
                    tokio::time::sleep(after.unwrap_or_default().max(jittered)).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                    Counters::add(&self.counters.retries);
                }
            }
        }
        false
    }
}

impl Delivery {
    /// A request to a path below the base, with query parameters.
    pub(crate) fn request<'q>(
        &self,
        method: reqwest::Method,
        below: &[&str],
        query: impl IntoIterator<Item = (&'static str, &'q str)>,
    ) -> reqwest::RequestBuilder {
        let mut url = self.base.clone();
        // It can be a base, which was checked when the client was built.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(below);
        }
        let mut query = query.into_iter().peekable();
        if query.peek().is_some() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        match &self.secret {
            Some(secret) => request.header(SECRET, secret),
            None => request,
        }
    }

    async fn attempt(&self, waiting: &Waiting) -> Attempt {
        // Dots are no segment of a path; the collector then takes the id from the body.
        let request = match waiting.id.as_str() {
            "" | "." | ".." => self.request(reqwest::Method::POST, &["traces"], []),
            id => self.request(reqwest::Method::PUT, &["traces", id], []),
        };
        let sent = request.header(CONTENT_TYPE, "application/json").body(waiting.body.clone()).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Attempt::Again(None, with_causes(&error)),
        };
        let status = response.status();
        if status.is_success() {
            return Attempt::Sent;
        }
        let again = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        if again {
            return Attempt::Again(after.map(Duration::from_secs), status.to_string());
        }
        Attempt::Refused(status.to_string())
    }
}

/// An error with its causes: by itself reqwest's says little.
pub(crate) fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
