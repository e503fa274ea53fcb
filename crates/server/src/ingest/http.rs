//! OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, answered in the type that was sent.

use super::memory::MemoryReservation;
use super::{Intake, PartialSuccess, Refusal, answer, blocking, body, encoding, json};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use std::time::Duration;

const DRAIN_TIME: Duration = Duration::from_secs(10);

/// What a body is, and the answer to it.
#[derive(Clone, Copy, PartialEq)]
pub enum Media {
    /// JSON.
    Json,
    /// Protobuf.
    Protobuf,
    /// The same by its other name.
    RegisteredProtobuf,
}

impl Media {
    const ALL: [Media; 3] = [Media::Json, Media::Protobuf, Media::RegisteredProtobuf];

    fn name(self) -> &'static str {
        match self {
            Media::Json => "application/json",
            Media::Protobuf => "application/x-protobuf",
            Media::RegisteredProtobuf => "application/protobuf",
        }
    }

    /// What the request says that its body is.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let name = text(headers, header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|media| media.name().eq_ignore_ascii_case(name))
    }
}

/// Takes one export request, whatever its method and type.
pub async fn export(intake: &Intake, request: Request<Body>) -> Response<Body> {
    if request.method() != Method::POST {
        return post_only();
    }
    let Some(media) = Media::of(request.headers()) else { return unsupported() };
    match take(intake, request, media).await {
        Ok(partial_success) if media == Media::Json => {
            typed(StatusCode::OK, media, answer::done_json(&partial_success).into())
        }
        Ok(partial_success) => typed(StatusCode::OK, media, answer::done(&partial_success).into()),
        Err(refusal) => {
            intake.count(&refusal);
            refuse(&refusal, media)
        }
    }
}

/// Reads a request's body and undoes its compression. Its bytes are taken from the room that comes with it.
pub(crate) async fn receive(
    intake: &Intake,
    request: Request<Body>,
) -> Result<(Vec<u8>, MemoryReservation), Refusal> {
    let content_encoding = text(request.headers(), header::CONTENT_ENCODING).to_owned();
    let announced = text(request.headers(), header::CONTENT_LENGTH).parse::<usize>().ok();
    let mut body = request.into_body();
    let mut reserved = intake.reservation();
    let mut bytes = match body::read(intake.limits(0), &mut body, announced, &mut reserved).await {
        Ok(bytes) => bytes,
        Err(Refusal::TooSlow) => return Err(Refusal::TooSlow),
        Err(refusal) => {
            // A sender that is still writing would see a broken connection instead of the answer.
            let _ = tokio::time::timeout(DRAIN_TIME, drain(body, intake.max_request.saturating_mul(4))).await;
            return Err(refusal);
        }
    };
    let plain = content_encoding.is_empty() || content_encoding.eq_ignore_ascii_case("identity");
    let limit = intake.max_request;
    if !plain {
        (bytes, reserved) = blocking(move || -> Result<_, Refusal> {
            let plain = encoding::decode(&bytes, &content_encoding, limit, &mut reserved)?;
            reserved.release(bytes.capacity());
            Ok((plain, reserved))
        })
        .await??;
    }
    Ok((bytes, reserved))
}

async fn take(intake: &Intake, request: Request<Body>, media: Media) -> Result<PartialSuccess, Refusal> {
    let (mut bytes, mut reserved) = receive(intake, request).await?;
    let mut partial_success = PartialSuccess::default();
    if media == Media::Json {
        (bytes, partial_success, reserved) = blocking(move || -> Result<_, Refusal> {
            let (protobuf, partial_success) = json::to_protobuf(&bytes, &mut reserved)?;
            reserved.release(bytes.capacity());
            Ok((protobuf, partial_success, reserved))
        })
        .await??;
    }
    partial_success.merge(intake.take(bytes, reserved).await?);
    Ok(partial_success)
}

/// The answer to a body of another type.
pub fn unsupported() -> Response<Body> {
    plain(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "415 unsupported media type, supported: [application/json, application/x-protobuf]",
    )
}

/// Reads the rest of a body that is not wanted and forgets it, up to so many bytes.
async fn drain(mut body: Body, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len()));
        if left == 0 {
            return;
        }
    }
}

/// The answer to a request that was not taken.
pub fn refuse(refusal: &Refusal, media: Media) -> Response<Body> {
    let status =
        StatusCode::from_u16(answer::http_status(refusal)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match media {
        Media::Json => answer::status_json(refusal).into(),
        Media::Protobuf | Media::RegisteredProtobuf => answer::status(refusal).into(),
    };
    let mut response = typed(status, media, body);
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    if matches!(refusal, Refusal::Encoding(_)) {
        let supported = HeaderValue::from_static(encoding::SUPPORTED);
        response.headers_mut().insert(header::ACCEPT_ENCODING, supported);
    }
    response
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// An answer in plain text.
pub fn plain(status: StatusCode, body: &'static str) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, "text/plain")], body).into_response()
}

/// The answer to other methods than POST.
pub fn post_only() -> Response<Body> {
    let headers = [(header::ALLOW, "POST"), (header::CONTENT_TYPE, "text/plain")];
    (StatusCode::METHOD_NOT_ALLOWED, headers, "405 method not allowed, supported: [POST]").into_response()
}

/// An answer of the type that was sent.
pub fn typed(status: StatusCode, media: Media, body: Body) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, media.name())], body).into_response()
}
