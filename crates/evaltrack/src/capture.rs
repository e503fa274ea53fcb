//! Captures calls of async functions.

use crate::client::Client;
use crate::open_call::OpenCall;
use crate::prefix::bounded;
use crate::record::CallState;
use serde::Serialize;
use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl Client {
    /// Runs `call` and sends one record of it: its name, its arguments, what it returned or its error, start and end. A
    /// call that panics is recorded as failed, one that is dropped before it returned as cancelled. What `call` gives is
    /// given on unchanged.
    ///
    /// `args` are written at once; arguments and results of more than [`ClientBuilder::body_limit`] bytes are cut.
    ///
    /// [`ClientBuilder::body_limit`]: crate::ClientBuilder::body_limit
    pub fn capture<F, T, E>(
        &self,
        function_name: &str,
        args: &(impl Serialize + ?Sized),
        call: F,
    ) -> Captured<F>
    where
        F: Future<Output = Result<T, E>>,
        T: Serialize,
        E: Display,
    {
        let limit = self.body_limit();
        let mut open = OpenCall::start(self.clone(), function_name.to_owned());
        if let Some(record) = open.record() {
            record.args = Some(bounded(args, limit));
        }
        Captured { call, open, limit }
    }
}

pin_project_lite::pin_project! {
    /// A call of an async function that is captured; made by [`Client::capture`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Captured<F> {
        #[pin]
        call: F,
        open: OpenCall,
        limit: usize,
    }
}

impl<F> Captured<F> {
    /// Adds the W3C trace context of the call, so that the collector links its record with that trace.
    pub fn traceparent(mut self, traceparent: &str) -> Self {
        if let Some(record) = self.open.record() {
            record.traceparent = Some(traceparent.to_owned());
        }
        self
    }

    /// The id of the record; `None` once it is sent.
    pub fn id(&self) -> Option<&str> {
        self.open.id()
    }
}

impl<F, T, E> Future for Captured<F>
where
    F: Future<Output = Result<T, E>>,
    T: Serialize,
    E: Display,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        let this = self.project();
        // Where it is still set when the call is dropped, the function panicked.
        this.open.running = true;
        let polled = this.call.poll(context);
        this.open.running = false;
        let result = ready!(polled);
        match &result {
            Ok(value) => {
                if let Some(record) = this.open.record() {
                    record.response = Some(bounded(value, *this.limit));
                }
                this.open.end(CallState::Ok, None);
            }
            Err(error) => this.open.end(CallState::Error, Some(error.to_string())),
        }
        Poll::Ready(result)
    }
}
