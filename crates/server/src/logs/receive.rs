//! The HTTP side of taking logs in: `POST /v1/logs` (OTLP), `/api/v2/logs` (Datadog), `/loki/api/v1/push`, `/` with
//! `X-Amz-Target` (CloudWatch Logs), `/api/logs` (JSON). The same limits hold as for spans; an answer of success means
//! that the lines are on disk.

use super::json_body::{Read, parse, parse_values};
use super::line::LogLine;
use super::payloads::{self, CloudWatch};
use super::store::LogStore;
use super::{limit, loki, otlp, otlp_request, payloads::objects};
use crate::forwarding::{CompressedRequest, Signal};
use crate::ingest::http::{self, Media};
use crate::ingest::limit::RequestLimits;
use crate::ingest::memory::MemoryReservation;
use crate::ingest::{Intake, PartialSuccess, Refusal, answer, blocking};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

/// The way in for logs. It shares limits and memory with that of spans.
#[derive(Clone)]
pub struct LogIntake {
    intake: Intake,
    store: LogStore,
}

impl LogIntake {
    /// A way into the store.
    pub fn new(intake: Intake, store: LogStore) -> Self {
        LogIntake { intake, store }
    }

    /// What the gRPC service calls with each message.
    pub fn take_protobuf(&self) -> crate::ingest::grpc::TakeLogs {
        let logs = self.clone();
        Arc::new(move |request, reserved| {
            let logs = logs.clone();
            Box::pin(async move { logs.protobuf(request, reserved).await })
        })
    }

    async fn protobuf(
        &self,
        request: Vec<u8>,
        mut reserved: MemoryReservation,
    ) -> Result<PartialSuccess, Refusal> {
        let limits = self.intake.request_limits();
        let (lines, partial_success, request, reserved) = blocking(move || -> Result<_, Refusal> {
            let (mut request, mut partial_success) = (request, PartialSuccess::default());
            if let Some(limited) = limits.apply_to_logs(&request, &mut reserved, &mut partial_success)? {
                reserved.release(request.capacity());
                request = limited;
            }
            let (lines, of_ids) = otlp::from_protobuf(&request, &mut reserved)?;
            partial_success.merge(of_ids);
            Ok((lines, partial_success, request, reserved))
        })
        .await??;
        self.store(lines, Some(request), reserved).await?;
        Ok(partial_success)
    }

    /// Keeps lines that did not arrive as OTLP in protobuf, within the limits on attributes; answers what these left out.
    async fn keep(
        &self,
        mut lines: Vec<LogLine>,
        reserved: MemoryReservation,
    ) -> Result<PartialSuccess, Refusal> {
        let limits = RequestLimits { spans: None, ..self.intake.request_limits() };
        let mut partial_success = PartialSuccess::default();
        if !limits.is_unlimited() {
            (lines, partial_success) = blocking(move || {
                let partial_success = limit::apply(&limits, &mut lines);
                (lines, partial_success)
            })
            .await?;
        }
        self.store(lines, None, reserved).await?;
        Ok(partial_success)
    }

    /// As [`LogIntake::keep`], for clients whose answer has no place for what was left out: it is logged.
    async fn keep_and_warn(&self, lines: Vec<LogLine>, reserved: MemoryReservation) -> Result<(), Refusal> {
        self.intake.warn_of_limits("Log lines", &self.keep(lines, reserved).await?);
        Ok(())
    }

    /// Stores lines and queues them for the targets of forwarding: the request, if it was OTLP in protobuf. When this
    /// ends they are on disk.
    async fn store(
        &self,
        lines: Vec<LogLine>,
        request: Option<Vec<u8>>,
        mut reserved: MemoryReservation,
    ) -> Result<(), Refusal> {
        let forwarding = self.intake.forwarding();
        if !forwarding.takes(Signal::Logs) {
            return Ok(self.store.append(lines).await?);
        }
        let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let (lines, packed, _room) = blocking(move || -> Result<_, Refusal> {
            let request = match request {
                Some(request) => request,
                None => {
                    reserved.take(lines.iter().map(LogLine::weight).sum())?;
                    otlp_request::request(&lines)
                }
            };
            Ok((lines, CompressedRequest::new(Signal::Logs, count, request), reserved))
        })
        .await??;
        self.store.append(lines).await?;
        forwarding.put(packed).await;
        Ok(())
    }

    /// `POST /v1/logs`.
    async fn otlp(&self, request: Request) -> Response<Body> {
        if request.method() != Method::POST {
            return http::post_only();
        }
        let Some(media) = Media::of(request.headers()) else { return http::unsupported() };
        let taken = async {
            let (bytes, reserved) = http::receive(&self.intake, request).await?;
            if media != Media::Json {
                return self.protobuf(bytes, reserved).await;
            }
            let (lines, mut partial_success, reserved) = blocking(move || -> Result<_, Refusal> {
                let mut reserved = reserved;
                let value = parse(&bytes, &mut reserved)?;
                let (lines, partial_success) = otlp::from_json(value, &mut reserved)?;
                Ok((lines, partial_success, reserved))
            })
            .await??;
            partial_success.merge(self.keep(lines, reserved).await?);
            Ok(partial_success)
        };
        match taken.await {
            Ok(partial_success) if media == Media::Json => {
                http::typed(StatusCode::OK, media, answer::done_json(&partial_success).into())
            }
            Ok(partial_success) => http::typed(StatusCode::OK, media, answer::done(&partial_success).into()),
            Err(refusal) => {
                self.intake.count(&refusal);
                http::refuse(&refusal, media)
            }
        }
    }

    /// Takes JSON that `read` understands, whatever the type of the body says.
    async fn json(&self, request: Request, read: Read) -> Result<(), Refusal> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_lines = content_type.is_some_and(|name| name.contains("ndjson") || name.contains("jsonl"));
        let (bytes, reserved) = http::receive(&self.intake, request).await?;
        // No lines are lines, too.
        if is_lines && bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let (lines, reserved) = blocking(move || -> Result<_, Refusal> {
            let mut reserved = reserved;
            Ok((parse_values(&bytes, read, &mut reserved)?, reserved))
        })
        .await??;
        self.keep_and_warn(lines, reserved).await
    }

    /// Takes Loki's protobuf. That it is packed with Snappy is part of the format, whether a header says so or not.
    async fn snappy(&self, mut request: Request) -> Result<(), Refusal> {
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"snappy")) {
            request.headers_mut().remove(header::CONTENT_ENCODING);
        }
        let limit = self.intake.max_request;
        let (bytes, reserved) = http::receive(&self.intake, request).await?;
        let (lines, reserved) = blocking(move || -> Result<_, Refusal> {
            let mut reserved = reserved;
            Ok((loki::from_snappy(&bytes, limit, &mut reserved)?, reserved))
        })
        .await??;
        self.keep_and_warn(lines, reserved).await
    }

    /// Answers a refusal as the intake does that the client expects.
    fn refused(&self, refusal: &Refusal) -> Response<Body> {
        self.intake.count(refusal);
        let status =
            StatusCode::from_u16(answer::http_status(refusal)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "errors": [refusal.to_string()], "message": refusal.to_string() }).to_string();
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(seconds) = refusal.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// `POST /v1/logs`.
pub async fn otlp(State(logs): State<LogIntake>, request: Request) -> Response<Body> {
    logs.otlp(request).await
}

/// `POST /api/v2/logs`: Datadog answers 202 and an empty object.
pub async fn datadog(State(logs): State<LogIntake>, request: Request) -> Response<Body> {
    match logs.json(request, objects).await {
        Ok(()) => (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], "{}").into_response(),
        Err(refusal) => logs.refused(&refusal),
    }
}

/// `POST /loki/api/v1/push`, in JSON or in protobuf with Snappy: Loki answers 204.
pub async fn loki(State(logs): State<LogIntake>, request: Request) -> Response<Body> {
    let taken = match Media::of(request.headers()) {
        Some(Media::Json) => logs.json(request, loki::from_json).await,
        Some(Media::Protobuf | Media::RegisteredProtobuf) => logs.snappy(request).await,
        None => return http::unsupported(),
    };
    match taken {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => logs.refused(&refusal),
    }
}

/// `POST /api/logs`: JSON objects, in an array or one on each line.
pub async fn generic(State(logs): State<LogIntake>, request: Request) -> Response<Body> {
    match logs.json(request, objects).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => logs.refused(&refusal),
    }
}

/// `POST /` with `X-Amz-Target`: the signature is not checked, for it says who pays.
pub async fn cloudwatch(State(logs): State<LogIntake>, request: Request) -> Response<Body> {
    let target =
        request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).map(str::to_owned);
    let Some(target) = target.filter(|target| target.starts_with("Logs_")) else {
        return http::plain(StatusCode::NOT_FOUND, "404 page not found");
    };
    let taken = async {
        let (bytes, reserved) = http::receive(&logs.intake, request).await?;
        let (asked, reserved) = blocking(move || -> Result<_, Refusal> {
            let mut reserved = reserved;
            let asked = payloads::cloudwatch(&target, parse(&bytes, &mut reserved)?)?;
            if let CloudWatch::Put(lines) = &asked {
                reserved.take(lines.iter().map(LogLine::weight).sum())?;
            }
            Ok((asked, reserved))
        })
        .await??;
        match asked {
            CloudWatch::Put(lines) => logs.keep_and_warn(lines, reserved).await.map(|()| true),
            CloudWatch::Nothing => Ok(true),
            CloudWatch::Unknown => Ok(false),
        }
    };
    let reply = |status: StatusCode, body: Value| {
        (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
    };
    match taken.await {
        Ok(true) => reply(StatusCode::OK, json!({})),
        Ok(false) => reply(StatusCode::BAD_REQUEST, json!({ "__type": "UnknownOperationException" })),
        Err(refusal) => {
            logs.intake.count(&refusal);
            let (status, kind) = match refusal.retry_after() {
                Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableException"),
                None => (StatusCode::BAD_REQUEST, "InvalidParameterException"),
            };
            reply(status, json!({ "__type": kind, "message": refusal.to_string() }))
        }
    }
}
