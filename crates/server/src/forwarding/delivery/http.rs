//! OTLP over HTTP, in protobuf or JSON.

use super::answer::{is_passing, partial_success, partial_success_json, retry_after};
use super::{DeliveryError, Outcome, headers, in_full, log_json, trust};
use crate::config::forward::{Compression, Forward, Protocol, Signal};
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use flate2::write::GzEncoder;
use spandrel_trace::format::otlp_proto;
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Resource, Scope};
use std::io::Write;
use std::time::Duration;

/// Bytes of an answer that are read.
const ANSWER: usize = 64 << 10;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection that is not used stays.
const IDLE: Duration = Duration::from_secs(30);

/// The way to a target.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    url: String,
    signal: Signal,
    headers: HeaderMap,
    is_json: bool,
    is_gzip: bool,
}

impl Http {
    /// The way that settings describe for a signal.
    pub fn new(settings: &Forward, signal: Signal) -> Result<Self, DeliveryError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .timeout(settings.timeout.0);
        if settings.endpoint.0.starts_with("https:") {
            builder = builder.tls_backend_preconfigured(trust::client(trust::roots(settings)?)?);
        }
        let (is_json, is_gzip) =
            (settings.protocol == Protocol::HttpJson, settings.compression == Compression::Gzip);
        let mut headers = headers(settings);
        let media = if is_json { "application/json" } else { "application/x-protobuf" };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        if is_gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if !headers.contains_key(header::USER_AGENT) {
            let agent = concat!("spandrel-server/", env!("CARGO_PKG_VERSION"));
            headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        }
        let url = settings.endpoint.url(signal);
        Ok(Http { client: builder.build()?, url, signal, headers, is_json, is_gzip })
    }

    /// The body of a request.
    pub fn body(&self, request: Vec<u8>) -> Result<Bytes, String> {
        let plain = match (self.is_json, self.signal) {
            (false, _) => request,
            (true, Signal::Traces) => json(&request)?,
            (true, Signal::Logs) => log_json::json(&request)?,
        };
        if !self.is_gzip {
            return Ok(plain.into());
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), flate2::Compression::fast());
        let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
        packed.map(Bytes::from).map_err(|error| error.to_string())
    }

    /// Sends a body.
    pub async fn send(&self, body: Bytes) -> Outcome {
        let request = self.client.post(&self.url).headers(self.headers.clone()).body(body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Again { after: None, why: in_full(&error.without_url()) },
        };
        let status = answer.status();
        let after =
            answer.headers().get(header::RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?));
        let text = start_of(answer).await;
        if status.is_success() {
            let (rejected, remark) =
                if self.is_json { partial_success_json(&text) } else { partial_success(&text) };
            return Outcome::Taken { rejected, remark };
        }
        let said: String =
            String::from_utf8_lossy(&text).chars().filter(|letter| !letter.is_control()).take(200).collect();
        let why = format!("{status}: {said}");
        if is_passing(status.as_u16()) { Outcome::Again { after, why } } else { Outcome::Refused(why) }
    }
}

/// The first bytes of an answer. Without the rest its connection cannot be used again, which costs only time.
async fn start_of(mut answer: reqwest::Response) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < ANSWER
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        text.extend_from_slice(&chunk);
    }
    text
}

/// A request in JSON.
fn json(request: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = OtlpJson::new(Vec::with_capacity(request.len() * 3), Envelope::Plain, false)
        .map_err(|error| error.to_string())?;
    let (mut resource, mut scope) = (Resource::default(), Scope::default());
    let (mut of_resource, mut of_scope) = (None, None);
    let mut failed = None;
    let mut add = |parts: spandrel_trace::format::SpanParts<'_>| -> Result<(), String> {
        // Parts of one resource are one and the same slice.
        if of_resource != Some(parts.resource.as_ptr_range()) {
            resource = otlp_proto::read_resource(parts.resource).map_err(|error| error.why.to_string())?;
            resource.schema_url = parts.resource_schema.to_owned();
            of_resource = Some(parts.resource.as_ptr_range());
        }
        if of_scope != Some(parts.scope.as_ptr_range()) {
            scope = otlp_proto::read_scope(parts.scope).map_err(|error| error.why.to_string())?;
            scope.schema_url = parts.scope_schema.to_owned();
            of_scope = Some(parts.scope.as_ptr_range());
        }
        let span = otlp_proto::read_span(parts.span).map_err(|error| error.why.to_string())?;
        out.span(&resource, &scope, &span).map_err(|error| error.to_string())
    };
    let walked = otlp_proto::split(request, |parts| {
        if failed.is_none() {
            failed = add(parts).err();
        }
    });
    walked.map_err(|error| error.why.to_string())?;
    failed.map_or(Ok(()), Err)?;
    out.finish().map_err(|error| error.to_string())
}
