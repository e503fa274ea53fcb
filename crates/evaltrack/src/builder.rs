//! Settings of a client.

use crate::client::Client;
use crate::sender::{Delivery, Shared};
use reqwest::header::{HeaderValue, InvalidHeaderValue};
use std::time::Duration;

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base is not an `http` or `https` URL.
    #[error("{0:?} is not the URL of a collector, such as http://127.0.0.1:16686/eval-track")]
    Base(String),
    /// The secret cannot stand in a header.
    #[error("the secret cannot stand in a header: {0}")]
    Secret(#[from] InvalidHeaderValue),
    /// No Tokio runtime runs here, so nothing could send.
    #[error("a client is built within a Tokio runtime")]
    Runtime(#[from] tokio::runtime::TryCurrentError),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// Settings of a [`Client`].
#[derive(Clone)]
pub struct ClientBuilder {
    base: String,
    secret: Option<String>,
    service: Option<String>,
    timeout: Duration,
    attempts: u32,
    backoff: Duration,
    queue: usize,
    queue_bytes: usize,
    body_limit: usize,
    lanes: usize,
}

impl Client {
    /// Settings of a client of the collector at `base`, to which `/traces` is added: `http://127.0.0.1:16686/eval-track`.
    pub fn builder(base: &str) -> ClientBuilder {
        ClientBuilder::new(base)
    }
}

impl ClientBuilder {
    fn new(base: &str) -> Self {
        ClientBuilder {
            base: base.to_owned(),
            secret: None,
            service: None,
            timeout: Duration::from_secs(10),
            attempts: 5,
            backoff: Duration::from_millis(200),
            queue: 2048,
            queue_bytes: 32 << 20,
            body_limit: 64 << 10,
            lanes: 4,
        }
    }

    /// The secret that the collector asks for in `x-eval-tracker-secret-key`.
    #[must_use]
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(secret.to_owned());
        self
    }

    /// The service that captured calls are calls of.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        self.service = Some(name.to_owned());
        self
    }

    /// How long one request may take; 10 seconds unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a record is sent at most (5 unless set), and the time before the second attempt (200 ms unless set). It
    /// doubles with every further one up to 10 seconds; a `Retry-After` of the collector is waited for, up to a minute.
    #[must_use]
    pub fn retry(mut self, attempts: u32, backoff: Duration) -> Self {
        (self.attempts, self.backoff) = (attempts.max(1), backoff);
        self
    }

    /// How many records (2048 unless set) and bytes of them (32 MiB unless set) wait at most. What is more is dropped and
    /// counted.
    #[must_use]
    pub fn queue(mut self, records: usize, bytes: usize) -> Self {
        (self.queue, self.queue_bytes) = (records, bytes);
        self
    }

    /// Bytes of each body, of arguments and of results that are captured; 64 KiB unless set. With 0 only sizes are.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How many requests are under way at once; 4 unless set. Records with the same id are sent in order.
    #[must_use]
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.lanes = requests.clamp(1, 64);
        self
    }

    /// Builds the client and starts its background tasks on the current Tokio runtime.
    pub fn build(self) -> Result<Client, BuildError> {
        let runtime = tokio::runtime::Handle::try_current()?;
        let wrong = || BuildError::Base(self.base.clone());
        let base: reqwest::Url = self.base.trim_end_matches('/').parse().map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(wrong());
        }
        let secret = match self.secret {
            Some(secret) => {
                let mut value = HeaderValue::from_str(&secret)?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        // Fails where it was done before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(self.timeout)
            .connect_timeout(self.timeout)
            // The secret goes to the collector alone.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let delivery = Delivery { http, base, secret, attempts: self.attempts, backoff: self.backoff };
        let shared = Shared::new(delivery, self.queue, self.queue_bytes);
        Ok(Client::start(&runtime, shared, self.lanes, self.service, self.body_limit))
    }
}
