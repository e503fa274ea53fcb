//! Captures the calls of an HTTP service.

use crate::body::{RequestBody, ResponseBody};
use crate::client::Client;
use crate::http_call::SharedCall;
use crate::open_call::OpenCall;
use crate::record::CallState;
use http::{Method, Request, Response, request};
use http_body::Body;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower::{Layer, Service};

/// What a function says of the head of a request.
type OfHead<T> = Arc<dyn Fn(&request::Parts) -> T + Send + Sync>;

/// Captures every call of a service; made by [`Client::capture_response`].
#[derive(Clone)]
pub struct CaptureLayer {
    client: Client,
    name: OfHead<String>,
    only: OfHead<bool>,
}

impl Client {
    /// A layer that captures the calls of an HTTP service: method, path, status, the start of both bodies
    /// ([`ClientBuilder::body_limit`]), start and end, error, and the caller's `traceparent`. Of the headers only
    /// `Content-Type` is recorded. Bodies pass through as they come; a response that is dropped before its end is recorded
    /// as cancelled, a panic or a status of 500 and above as an error.
    ///
    /// [`ClientBuilder::body_limit`]: crate::ClientBuilder::body_limit
    pub fn capture_response(&self) -> CaptureLayer {
        CaptureLayer {
            client: self.clone(),
            name: Arc::new(|head| format!("{} {}", head.method, head.uri.path())),
            only: Arc::new(|_| true),
        }
    }
}

impl CaptureLayer {
    /// Names calls by the head of their request, such as by the route that was matched; by method and path unless set.
    #[must_use]
    pub fn named(mut self, name: impl Fn(&request::Parts) -> String + Send + Sync + 'static) -> Self {
        self.name = Arc::new(name);
        self
    }

    /// Captures only calls of which `only` says so.
    #[must_use]
    pub fn only(mut self, only: impl Fn(&request::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.only = Arc::new(only);
        self
    }
}

impl<S> Layer<S> for CaptureLayer {
    type Service = CaptureService<S>;

    fn layer(&self, inner: S) -> CaptureService<S> {
        CaptureService { inner, layer: self.clone() }
    }
}

/// A service whose calls are captured.
#[derive(Clone)]
pub struct CaptureService<S> {
    inner: S,
    layer: CaptureLayer,
}

impl<S, B, A> Service<Request<B>> for CaptureService<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<A>, Error: Display>,
    A: Body,
{
    type Response = Response<ResponseBody<A>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let is_head = head.method == Method::HEAD;
        let CaptureLayer { client, name, only } = &self.layer;
        let open = only(&head).then(|| OpenCall::start(client.clone(), name(&head)));
        let call = SharedCall::start(open, &mut head, client.body_limit());
        let request = Request::from_parts(head, RequestBody::new(body, call.clone()));
        ResponseFuture { inner: self.inner.call(request), call, is_head }
    }
}

pin_project_lite::pin_project! {
    /// A response of a captured service.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        call: SharedCall,
        is_head: bool,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            this.call.lock().give_up();
        }
    }
}

impl<F, A, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<A>, E>>,
    A: Body,
    E: Display,
{
    type Output = Result<Response<ResponseBody<A>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.call.lock().running(true);
        let polled = this.inner.poll(context);
        this.call.lock().running(false);
        Poll::Ready(match ready!(polled) {
            Ok(response) => {
                let (head, body) = response.into_parts();
                this.call.lock().answered(head.status, &head.headers);
                Ok(Response::from_parts(head, ResponseBody::new(body, this.call.clone(), *this.is_head)))
            }
            Err(error) => {
                this.call.lock().end(CallState::Error, Some(error.to_string()));
                Err(error)
            }
        })
    }
}
