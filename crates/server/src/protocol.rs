//! HTTP/1.1 and HTTP/2 over a client's stream, with their limits.

use crate::serve::Connected;
use axum::Router;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::time::Duration;

/// Bytes that a connection buffers in each direction; also the most that a request's head may take.
const BUFFER: usize = 64 << 10;
/// Calls under way on one gRPC connection.
const STREAMS: u32 = 64;
/// How often a gRPC client is asked whether it is still there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// HTTP/1.1, as browsers and senders of OTLP/HTTP speak it. The head of a request may take `time`, and so may a
/// connection be idle between two.
pub fn http(
    stream: Box<dyn Connected>,
    router: Router,
    time: Duration,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(time).max_buf_size(BUFFER);
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}

/// HTTP/2, as gRPC clients speak it.
pub fn grpc<F>(
    stream: Box<dyn Connected>,
    answer: impl Fn(Request<Incoming>) -> F + Send + 'static,
) -> impl GracefulConnection<Error = hyper::Error> + Send
where
    F: Future<Output = Response<tonic::body::Body>> + Send + 'static,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_send_buf_size(BUFFER)
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    let service = hyper::service::service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    builder.serve_connection(TokioIo::new(stream), service)
}
