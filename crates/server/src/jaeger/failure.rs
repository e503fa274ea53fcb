//! Why a query is not answered. Each API has an envelope of its own for it.

use crate::store::StoreError;
use axum::http::{HeaderValue, Response, StatusCode, header};
use std::io;

/// See the module.
#[derive(Debug)]
pub enum Failure {
    /// A parameter is missing or cannot be read: the message.
    Parameter(String),
    /// Nothing was found, in the API's words.
    NotFound(&'static str),
    /// Not available on this server, in the API's words.
    Unavailable(&'static str),
    /// The query waited too long for a slot or for memory.
    Busy,
    /// The query ran longer than its time limit.
    TimeLimit,
    /// The client has disconnected; this is not sent.
    Cancelled,
    /// The query panicked.
    Panicked,
    /// The store cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Cancelled,
            _ => Failure::Store(error.into()),
        }
    }
}

impl Failure {
    /// Status and message.
    pub fn message(&self) -> (StatusCode, String) {
        match self {
            Failure::Parameter(message) => (StatusCode::BAD_REQUEST, message.clone()),
            Failure::NotFound(message) => (StatusCode::NOT_FOUND, (*message).to_owned()),
            Failure::Unavailable(message) => (StatusCode::NOT_IMPLEMENTED, (*message).to_owned()),
            Failure::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "too many queries at once; try again later".to_owned())
            }
            Failure::TimeLimit => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the query exceeded its time limit; narrow its time range or filters".to_owned(),
            ),
            Failure::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "the query was cancelled".to_owned()),
            Failure::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned()),
            Failure::Store(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }

    /// Adds `Retry-After` where a later attempt can succeed.
    pub fn put_retry_after<B>(&self, response: &mut Response<B>) {
        let seconds = match self {
            Failure::Busy | Failure::Cancelled => "1",
            Failure::TimeLimit => "30",
            _ => return,
        };
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    }
}
