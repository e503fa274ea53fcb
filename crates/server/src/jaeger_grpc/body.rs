//! The body of an answer over gRPC: messages with their prefixes, and trailers that say how it ended.

use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Writes one message with its prefix: not compressed, and its length.
pub fn put_message(out: &mut Output, message: &[u8]) -> Result<(), Failure> {
    let Ok(length) = u32::try_from(message.len()) else { return Err(Failure::Unavailable("too large")) };
    out.write_all(&[0])?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(message)?;
    Ok(())
}

/// An answer with these messages.
pub fn answer(messages: Body) -> Response<tonic::body::Body> {
    let mut response = Response::new(tonic::body::Body::new(Framed { messages, ended: false }));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

struct Framed {
    messages: Body,
    ended: bool,
}

impl HttpBody for Framed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.messages).poll_frame(context).map(|polled| match polled {
            Some(Ok(frame)) => Some(Ok(frame)),
            ended => {
                self.ended = true;
                let mut trailers = HeaderMap::new();
                // 13: internal. What was sent before is no whole answer.
                let status = if ended.is_none() { "0" } else { "13" };
                trailers.insert("grpc-status", HeaderValue::from_static(status));
                if ended.is_some() {
                    trailers.insert("grpc-message", HeaderValue::from_static("the answer broke off"));
                }
                Some(Ok(Frame::trailers(trailers)))
            }
        })
    }
}
