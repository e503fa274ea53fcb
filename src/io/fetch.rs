//! HTTP requests with streamed response bodies, in a window or a worker.

pub mod early_request;

use gloo_net::http;
use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use spandrel_trace::source::Request;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader};

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
    builder.send().await.map(received).map_err(|error| error.to_string())
}

/// The response to a request that was sent already. The error is that of [`send`].
pub async fn sent(response: Promise) -> Result<Response, String> {
    let response =
        JsFuture::from(response).await.map_err(|error| String::from(Object::from(error).to_string()))?;
    let response: web_sys::Response = response.dyn_into().map_err(|_| "it was no request".to_owned())?;
    Ok(received(response.into()))
}

fn received(response: http::Response) -> Response {
    let headers = response.headers();
    let total = match headers.get("content-encoding") {
        Some(_) => None,
        None => headers.get("content-length").and_then(|length| length.parse().ok()),
    };
    Response { status: response.status(), total, body: Body::of(response.body()) }
}

/// Bytes of a body that are read at a time, at most.
const CHUNK: u32 = 1 << 20;

/// A body that is read in chunks.
pub struct Body {
    reader: Option<Reader>,
    /// Reused for every chunk.
    buffer: Vec<u8>,
}

/// Readers of bodies.
enum Reader {
    /// Reads into a buffer that is handed over and back, which is reused for every chunk.
    Reused { reader: ReadableStreamByobReader, buffer: ArrayBuffer },
    /// Creates a buffer for every chunk, where the browser has no other reader for the stream.
    Created(ReadableStreamDefaultReader),
}

impl Reader {
    fn of(stream: &ReadableStream) -> Option<Self> {
        // Safari has no such reader.
        match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Some(Reader::Reused { reader, buffer: ArrayBuffer::new(CHUNK) }),
            Err(_) => stream.get_reader().dyn_into().ok().map(Reader::Created),
        }
    }

    /// `{done, value}`, where the value is the bytes.
    async fn read(&self) -> Result<JsValue, JsValue> {
        let part = match self {
            Reader::Reused { reader, buffer } => reader.read_with_array_buffer_view(&Uint8Array::new(buffer)),
            Reader::Created(reader) => reader.read(),
        };
        JsFuture::from(part).await
    }
}

impl Body {
    /// The body of `stream`; empty for a response without one.
    pub fn of(stream: Option<ReadableStream>) -> Self {
        Self { reader: stream.and_then(|stream| Reader::of(&stream)), buffer: Vec::new() }
    }

    /// The next chunk; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, String> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let part = reader.read().await.map_err(|error| sentence(&error))?;
        if Reflect::get(&part, &"done".into()).is_ok_and(|done| done.is_truthy()) {
            return Ok(None);
        }
        let chunk = Reflect::get(&part, &"value".into()).unwrap_or_default();
        let chunk: Uint8Array = chunk.dyn_into().map_err(|_| "the body is not made of bytes".to_owned())?;
        if let Reader::Reused { buffer, .. } = reader {
            *buffer = chunk.buffer();
        }
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
