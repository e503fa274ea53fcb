//! Extraction of queries from parameters, and their refusal in the envelope of an API.

use super::failure::Failure;
use super::params::Params;
use super::text;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use std::marker::PhantomData;

/// A query that is read from parameters.
pub trait FromParams: Sized {
    /// How the API of this query reports failures.
    type Refusal: From<Failure> + IntoResponse;

    /// Reads it; the failure names the parameter.
    fn from_params(params: &Params) -> Result<Self, Failure>;
}

/// Extracts a query.
pub struct Query<T>(pub T);

impl<T: FromParams, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = T::Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, T::Refusal> {
        Ok(Query(T::from_params(&Params::of(parts.uri.query()))?))
    }
}

/// The body with which an API reports failures.
pub trait ErrorEnvelope {
    /// The body, in JSON.
    fn body(status: StatusCode, message: &str) -> String;
}

/// A failure in the envelope of an API.
pub struct Refusal<E>(Failure, PhantomData<E>);

impl<E, F: Into<Failure>> From<F> for Refusal<E> {
    fn from(failure: F) -> Self {
        Refusal(failure.into(), PhantomData)
    }
}

impl<E: ErrorEnvelope> IntoResponse for Refusal<E> {
    fn into_response(self) -> Response<Body> {
        let (status, message) = self.0.message();
        let mut response = text(status, format!("{}\n", E::body(status, &message)));
        self.0.put_retry_after(&mut response);
        response
    }
}
