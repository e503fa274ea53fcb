//! Why a request to either of Jaeger's APIs is not answered. Each API says it in its own envelope.

use crate::store::StoreError;
use axum::http::StatusCode;

/// See the module.
pub enum Failure {
    /// What is asked for cannot be understood: why.
    Parameter(String),
    /// There is none, in the API's words.
    NotFound(&'static str),
    /// Nothing here answers that, in the API's words.
    Unavailable(&'static str),
    /// The store cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl Failure {
    /// Status and words.
    pub fn said(&self) -> (StatusCode, String) {
        match self {
            Failure::Parameter(message) => (StatusCode::BAD_REQUEST, message.clone()),
            Failure::NotFound(message) => (StatusCode::NOT_FOUND, (*message).to_owned()),
            Failure::Unavailable(message) => (StatusCode::NOT_IMPLEMENTED, (*message).to_owned()),
            Failure::Store(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}
