//! HTTP requests with streamed response bodies, in a window or a worker.

use gloo_net::http;
use js_sys::{Reflect, Uint8Array};
use spandrel_trace::source::Request;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStream, ReadableStreamDefaultReader};

/// Status and body of a response.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Length of the body in bytes, if it is known and the body is not compressed.
    pub total: Option<u64>,
    /// The body.
    pub body: Body,
}

/// Sends a request. The error is the browser's message: no connection, blocked by CORS, or aborted.
pub async fn send(request: &Request, signal: Option<&AbortSignal>) -> Result<Response, String> {
    let mut builder = http::Request::get(&request.url).abort_signal(signal);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.send().await.map_err(|error| error.to_string())?;
    let headers = response.headers();
    let total = match headers.get("content-encoding") {
        Some(_) => None,
        None => headers.get("content-length").and_then(|length| length.parse().ok()),
    };
    Ok(Response { status: response.status(), total, body: Body::of(response.body()) })
}

/// A body that is read in chunks.
pub struct Body {
    reader: Option<ReadableStreamDefaultReader>,
    /// Reused for every chunk.
    buffer: Vec<u8>,
}

impl Body {
    /// The body of `stream`; empty for a response without one.
    pub fn of(stream: Option<ReadableStream>) -> Self {
        let reader = stream.and_then(|stream| stream.get_reader().dyn_into().ok());
        Self { reader, buffer: Vec::new() }
    }

    /// The next chunk; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, String> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let part = JsFuture::from(reader.read()).await.map_err(|error| sentence(&error))?;
        if Reflect::get(&part, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Ok(None);
        }
        let chunk = Reflect::get(&part, &"value".into()).unwrap_or_default();
        let chunk: Uint8Array = chunk.dyn_into().map_err(|_| "the body is not made of bytes".to_owned())?;
        self.buffer.resize(chunk.length() as usize, 0);
        chunk.copy_to(&mut self.buffer);
        Ok(Some(&self.buffer))
    }
}

/// The message of a JavaScript error.
pub fn sentence(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| "the connection broke".to_owned())
}
