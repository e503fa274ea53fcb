//! Requests over HTTP, and what their answers mean.

use crate::builder::Builder;
use crate::intake::{Batch, Intake, Request};
use crate::invalid::Invalid;
use crate::retry::Outcome;
use std::error::Error;

/// The most bytes of an answer that are read.
const ANSWER: usize = 64 << 10;

pub(crate) struct Sender {
    client: reqwest::Client,
}

impl Sender {
    /// A client with one pool of connections. Redirects are not followed: they would carry the key to another host.
    pub(crate) fn new(settings: &Builder) -> Result<Self, Invalid> {
        // Another provider that the program has installed is used instead.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("spandrel-logship/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| {
                Invalid::new("api_url", format!("no HTTP client can be made: {}", error_chain(&why)))
            })?;
        Ok(Sender { client })
    }

    /// Sends a batch once; makes what it needs first where the intake says that it does not exist.
    pub(crate) async fn send(&self, intake: &Intake, batch: &Batch) -> Outcome {
        let outcome = self.post(intake, intake.request(batch)).await;
        let Outcome::Missing(why) = outcome else { return outcome };
        for request in intake.preparations() {
            match self.post(intake, request).await {
                Outcome::Accepted { .. } => {}
                Outcome::Missing(why) => return Outcome::Refused(why),
                other => return other,
            }
        }
        match self.post(intake, intake.request(batch)).await {
            Outcome::Missing(_) => Outcome::Later { after: None, why },
            other => other,
        }
    }

    async fn post(&self, intake: &Intake, request: Result<Request, String>) -> Outcome {
        let request = match request {
            Ok(request) => request,
            Err(why) => return Outcome::Refused(why),
        };
        let mut builder = self.client.post(request.url).body(request.body);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let failed = |why: reqwest::Error| Outcome::Later { after: None, why: error_chain(&why) };
        let mut response = match builder.send().await {
            Ok(response) => response,
            // A request that cannot be written will not be written later.
            Err(why) if why.is_builder() => return Outcome::Refused(error_chain(&why)),
            Err(why) => return failed(why),
        };
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() < ANSWER => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(why) => return failed(why),
            }
        }
        intake.outcome(status, retry_after.as_deref(), &String::from_utf8_lossy(&body))
    }
}

/// An error with its causes, without the URL, which may carry a key.
fn error_chain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut text = match error {
        error if error.is_connect() => "cannot connect".to_owned(),
        error if error.is_body() || error.is_decode() => "the answer broke off".to_owned(),
        _ => "the request failed".to_owned(),
    };
    let mut cause = error.source();
    while let Some(why) = cause {
        let why_text = why.to_string();
        if !text.contains(&why_text) {
            text.push_str(": ");
            text.push_str(&why_text);
        }
        cause = why.source();
    }
    text
}
