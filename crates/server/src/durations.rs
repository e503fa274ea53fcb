//! How long things take, as histograms for `/metrics`.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::Next;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::time::Instant;

/// A histogram of seconds: from half a millisecond to 16 seconds, each bucket twice the one before.
pub fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

/// Measures how long it takes until an answer starts.
pub async fn until_answered(
    State(histogram): State<Histogram>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let started = Instant::now();
    let response = next.run(request).await;
    histogram.observe(started.elapsed().as_secs_f64());
    response
}
