//! What is known of an HTTP call, from the head of its request to the end of its response.

use crate::open_call::OpenCall;
use crate::prefix::Prefix;
use crate::record::CallState;
use http::{HeaderMap, HeaderName, StatusCode, header, request};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id under which a call is recorded: an extension of the request, for handlers that send more under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallId(pub String);

/// A call that the service, the bodies and the response share.
#[derive(Clone)]
pub(crate) struct SharedCall(Arc<Mutex<HttpCall>>);

/// What is known of a call.
pub(crate) struct HttpCall {
    /// `None` where the call is not captured.
    open: Option<OpenCall>,
    request: Map<String, Value>,
    request_type: String,
    pub(crate) request_body: Prefix,
    /// The status, once there is an answer.
    status: Option<StatusCode>,
    response_type: String,
    pub(crate) response_body: Prefix,
}

impl SharedCall {
    /// A call of which the head of the request is known; `open` where it is captured, with so many bytes of each body.
    pub(crate) fn start(mut open: Option<OpenCall>, head: &mut request::Parts, limit: usize) -> Self {
        let mut request = Map::new();
        if let Some(record) = open.as_mut().and_then(OpenCall::record) {
            record.traceparent = text(&head.headers, &TRACEPARENT);
            request.insert("method".to_owned(), head.method.as_str().into());
            request.insert("path".to_owned(), head.uri.path().into());
            if let Some(query) = head.uri.query() {
                request.insert("query".to_owned(), query.into());
            }
            head.extensions.insert(CallId(record.id.clone()));
        }
        let request_type = text(&head.headers, &header::CONTENT_TYPE).unwrap_or_default();
        let prefix = || Prefix::new(if open.is_some() { limit } else { 0 });
        let (request_body, response_body) = (prefix(), prefix());
        SharedCall(Arc::new(Mutex::new(HttpCall {
            open,
            request,
            request_type,
            request_body,
            status: None,
            response_type: String::new(),
            response_body,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HttpCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpCall {
    pub(crate) fn running(&mut self, running: bool) {
        if let Some(open) = &mut self.open {
            open.running = running;
        }
    }

    pub(crate) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.status = Some(status);
        self.response_type = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    }

    /// The future is gone. With an answer the body goes on; without one it panicked or was dropped.
    pub(crate) fn give_up(&mut self) {
        if self.status.is_some() {
            return;
        }
        let panicked = self.open.as_ref().is_some_and(|open| open.running);
        if panicked {
            self.end(CallState::Error, Some("panicked".to_owned()));
        } else {
            self.end(CallState::Cancelled, None);
        }
    }

    /// The whole answer was given.
    pub(crate) fn complete(&mut self) {
        match self.status {
            Some(status) if status.is_server_error() => self.end(CallState::Error, Some(status.to_string())),
            _ => self.end(CallState::Ok, None),
        }
    }

    /// Ends the call. The first end counts.
    pub(crate) fn end(&mut self, state: CallState, error: Option<String>) {
        let Some(mut open) = self.open.take() else { return };
        if let Some(record) = open.record() {
            let mut request = std::mem::take(&mut self.request);
            put_text(&mut request, "content_type", &self.request_type);
            self.request_body.describe(&self.request_type, &mut request);
            record.request = Some(request.into());
            record.response = self.status.map(|status| {
                let mut response = Map::from_iter([("status".to_owned(), status.as_u16().into())]);
                put_text(&mut response, "content_type", &self.response_type);
                self.response_body.describe(&self.response_type, &mut response);
                response.into()
            });
        }
        open.running = false;
        open.end(state, error);
    }
}

fn put_text(members: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        members.insert(key.to_owned(), text.into());
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
