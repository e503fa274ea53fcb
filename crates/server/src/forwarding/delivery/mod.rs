//! One request to a target, and what its answer means. Source of the rules: the OTLP specification,
//! <https://opentelemetry.io/docs/specs/otlp/>, sections "Failures" and "Partial Success".

mod answer;
mod grpc;
mod http;
mod log_json;
mod trust;

use super::batch::Batch;
use crate::config::forward::{Forward, Protocol, Signal};
use axum::http::{HeaderMap, HeaderName};
use bytes::Bytes;
use std::time::Duration;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target took it.
    Taken {
        /// Spans of it that the target did not keep.
        rejected: u64,
        /// What the target says about that.
        remark: String,
    },
    /// It may be taken another time.
    Again {
        /// The time to wait, if the target says one.
        after: Option<Duration>,
        /// What happened.
        why: String,
    },
    /// It will never be taken.
    Refused(String),
}

/// Why there can be no connection to a target.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The file of certificates cannot be read.
    #[error("the certificates in {file} cannot be read: {why}")]
    Certificates {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// The HTTP client cannot be made.
    #[error("cannot make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
    /// The gRPC client cannot be made.
    #[error("cannot make a gRPC client: {0}")]
    Grpc(#[from] tonic::transport::Error),
}

/// A request as it is sent, made once for all attempts.
#[derive(Clone, Debug)]
pub struct EncodedRequest {
    /// Spans in it.
    pub spans: u64,
    /// Its body.
    pub body: Bytes,
}

/// The way to a target. Cheap to clone.
#[derive(Clone)]
pub enum Delivery {
    /// OTLP over HTTP.
    Http(http::Http),
    /// OTLP over gRPC.
    Grpc(grpc::Grpc),
}

impl Delivery {
    /// The way that a target's settings describe for a signal. Within a runtime, for gRPC connects in the background.
    pub fn new(settings: &Forward, signal: Signal) -> Result<Self, DeliveryError> {
        Ok(match settings.protocol {
            Protocol::Grpc => Delivery::Grpc(grpc::Grpc::new(settings, signal)?),
            Protocol::HttpProtobuf | Protocol::HttpJson => Delivery::Http(http::Http::new(settings, signal)?),
        })
    }

    /// Makes the body of a batch. Takes time; an error is for good.
    pub fn pack(&self, batch: Batch) -> Result<EncodedRequest, String> {
        let body = match self {
            Delivery::Http(http) => http.body(batch.bytes)?,
            Delivery::Grpc(_) => batch.bytes.into(),
        };
        Ok(EncodedRequest { spans: batch.spans, body })
    }

    /// Sends a request.
    pub async fn send(&self, body: Bytes) -> Outcome {
        match self {
            Delivery::Http(http) => http.send(body).await,
            Delivery::Grpc(grpc) => grpc.send(body).await,
        }
    }
}

/// The headers of every request to a target.
fn headers(settings: &Forward) -> HeaderMap {
    let named = |(name, value): (&String, &crate::config::forward::Header)| {
        // Names were checked when the settings were read.
        Some((HeaderName::try_from(name.as_str()).ok()?, value.0.clone()))
    };
    settings.headers.iter().filter_map(named).collect()
}

/// An error with its causes, which say what really happened.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
