//! Bodies that pass through unchanged while their start is kept.

use crate::http_call::SharedCall;
use crate::record::CallState;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project_lite::pin_project! {
    /// The body of a request to a captured service.
    pub struct RequestBody<B> {
        #[pin]
        inner: B,
        call: SharedCall,
    }
}

impl<B> RequestBody<B> {
    pub(crate) fn new(inner: B, call: SharedCall) -> Self {
        RequestBody { inner, call }
    }
}

impl<B: Body<Data = Bytes>> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            this.call.lock().request_body.push(data.chunk());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project_lite::pin_project! {
    /// The body of a captured response: the call ends when it ends.
    pub struct ResponseBody<B: Body> {
        #[pin]
        inner: B,
        call: SharedCall,
        // Whether this body is not sent: that of an answer to HEAD.
        unread: bool,
        // Bytes that were announced, and that went.
        announced: Option<u64>,
        sent: u64,
    }

    impl<B: Body> PinnedDrop for ResponseBody<B> {
        fn drop(this: Pin<&mut Self>) {
            // Servers do not ask again once all that was announced has come.
            if this.unread || this.inner.is_end_stream() || this.announced == Some(this.sent) {
                this.call.lock().complete();
            } else {
                this.call.lock().end(CallState::Cancelled, None);
            }
        }
    }
}

impl<B: Body> ResponseBody<B> {
    pub(crate) fn new(inner: B, call: SharedCall, unread: bool) -> Self {
        let announced = inner.size_hint().exact();
        ResponseBody { inner, call, unread, announced, sent: 0 }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes, Error: Display>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        let mut call = this.call.lock();
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    *this.sent += data.len() as u64;
                    call.response_body.push(data.chunk());
                }
            }
            Some(Err(error)) => call.end(CallState::Error, Some(format!("the response broke off: {error}"))),
            None => call.complete(),
        }
        drop(call);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
