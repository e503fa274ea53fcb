//! OTLP over HTTP: `POST /v1/traces`, protobuf or JSON, answered in the type that was sent.

use super::{Intake, Refusal, answer, blocking, body, encoding, json};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use std::time::Duration;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Takes one export request, whatever its method and type.
pub async fn export(intake: &Intake, request: Request<Body>) -> Response<Body> {
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed, supported: [POST]");
    }
    let content_type = text(request.headers(), header::CONTENT_TYPE);
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = match content_type.as_str() {
        JSON => true,
        PROTOBUF => false,
        _ => {
            return plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "415 unsupported media type, supported: [application/json, application/x-protobuf]",
            );
        }
    };
    match take(intake, request, is_json).await {
        Ok(()) if is_json => typed(StatusCode::OK, JSON, answer::DONE_JSON.into()),
        Ok(()) => typed(StatusCode::OK, PROTOBUF, answer::DONE.into()),
        Err(refusal) => {
            intake.count(&refusal);
            refuse(&refusal, is_json)
        }
    }
}

async fn take(intake: &Intake, request: Request<Body>, is_json: bool) -> Result<(), Refusal> {
    let content_encoding = text(request.headers(), header::CONTENT_ENCODING).to_owned();
    let announced = text(request.headers(), header::CONTENT_LENGTH).parse::<usize>().ok();
    let mut body = request.into_body();
    let mut room = intake.room();
    let mut bytes = match body::read(intake.limits(0), &mut body, announced, &mut room).await {
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
        (bytes, room) = blocking(move || -> Result<_, Refusal> {
            let plain = encoding::decode(&bytes, &content_encoding, limit, &mut room)?;
            room.give(bytes.capacity());
            Ok((plain, room))
        })
        .await??;
    }
    if is_json {
        (bytes, room) = blocking(move || -> Result<_, Refusal> {
            let protobuf = json::to_protobuf(&bytes, &mut room)?;
            room.give(bytes.capacity());
            Ok((protobuf, room))
        })
        .await??;
    }
    intake.take(bytes, room).await
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

fn refuse(refusal: &Refusal, is_json: bool) -> Response<Body> {
    let status =
        StatusCode::from_u16(answer::http_status(refusal)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if is_json {
        typed(status, JSON, answer::status_json(refusal).into())
    } else {
        typed(status, PROTOBUF, answer::status(refusal).into())
    };
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn plain(status: StatusCode, body: &'static str) -> Response<Body> {
    typed(status, "text/plain", body.into())
}

fn typed(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
