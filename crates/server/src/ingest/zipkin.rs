//! Zipkin v2 in: `POST /api/v2/spans` with a list of spans in JSON, answered 202 when they are on disk, or with a text
//! that says why not. The spans become OTLP, so that everything after is the same for them.

use super::http::{receive, text};
use super::json_text::{nested_too_deeply, repaired, without_bom};
use super::memory::MemoryReservation;
use super::span_writer::{self, SpanWriter};
use super::{Intake, Refusal, answer, blocking};
use crate::wire::put_bytes;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use spandrel_trace::format::zipkin::{ZipkinRefusal, read_span, split};
use spandrel_trace::model::{Piece, Sink};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that are taken for each byte of a span while it is read.
const READING: usize = 16;

/// Takes one list of spans.
pub async fn spans(intake: &Intake, request: Request<Body>) -> Response<Body> {
    if request.method() != Method::POST {
        return super::http::post_only();
    }
    let media = text(request.headers(), header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if !media.is_empty() && !media.eq_ignore_ascii_case("application/json") {
        let why = format!("415 unsupported media type {media}, supported: [application/json]");
        return said(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
    }
    match take(intake, request).await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => {
            intake.count(&refusal);
            let status = StatusCode::from_u16(answer::http_status(&refusal));
            let mut response = said(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), refusal.to_string());
            if let Some(seconds) = refusal.retry_after() {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

async fn take(intake: &Intake, request: Request<Body>) -> Result<(), Refusal> {
    let (bytes, mut reserved) = receive(intake, request).await?;
    let (protobuf, reserved) = blocking(move || -> Result<_, Refusal> {
        let protobuf = to_protobuf(&bytes, now(), &mut reserved)?;
        reserved.release(bytes.capacity());
        Ok((protobuf, reserved))
    })
    .await??;
    intake.warn_of_limits("Zipkin spans", &intake.take(protobuf, reserved).await?);
    Ok(())
}

/// Turns a list of spans into an `ExportTraceServiceRequest` in protobuf. Spans that say no time start at `now`
/// (nanoseconds since the Unix epoch).
pub fn to_protobuf(json: &[u8], now: u64, reserved: &mut MemoryReservation) -> Result<Vec<u8>, Refusal> {
    let json = without_bom(json);
    let (mut by_resource, mut failed): (BTreeMap<Vec<u8>, Vec<u8>>, _) = (BTreeMap::new(), None);
    let mut count = 0;
    split(json, |object| {
        count += 1;
        if failed.is_none() {
            failed = add(object, now, &mut by_resource, reserved).err().map(|refusal| (count, refusal));
        }
    })
    .map_err(|error| Refusal::Malformed(format!("Zipkin JSON: {error}")))?;
    if let Some((number, refusal)) = failed {
        return Err(match refusal {
            Refusal::Malformed(why) => Refusal::Malformed(format!("Zipkin JSON: span {number}: {why}")),
            other => other,
        });
    }
    let length: usize = by_resource.iter().map(|(resource, spans)| resource.len() + spans.len() + 64).sum();
    reserved.take(2 * length)?;
    let mut out = Vec::with_capacity(length);
    for (resource, spans) in by_resource {
        let mut message = Vec::with_capacity(resource.len() + spans.len() + 32);
        put_bytes(&mut message, 1, &resource);
        put_bytes(&mut message, 2, &spans);
        put_bytes(&mut out, 1, &message);
    }
    Ok(out)
}

fn add(
    object: &[u8],
    now: u64,
    by_resource: &mut BTreeMap<Vec<u8>, Vec<u8>>,
    reserved: &mut MemoryReservation,
) -> Result<(), Refusal> {
    let reading = object.len().saturating_mul(READING).saturating_add(1024);
    reserved.take(reading)?;
    let read = read_span(object).or_else(|refusal| match repaired(object) {
        Some(replaced) => read_span(&replaced),
        None => Err(refusal),
    });
    let (resource, mut record) = read.map_err(|refusal| match refusal {
        ZipkinRefusal::Version1 => {
            let why = "this is a span of Zipkin's version 1, which belongs to /api/v1/spans and is not supported; \
                       send version 2";
            Refusal::Malformed(why.to_owned())
        }
        ZipkinRefusal::Malformed(why) => Refusal::Malformed(nested_too_deeply(&why).unwrap_or(why)),
    })?;
    if record.start_unix == 0 {
        record.end_unix = now.saturating_add(record.end_unix);
        record.start_unix = now;
    }
    let mut span = Vec::with_capacity(object.len());
    let mut writer = SpanWriter::new(&mut span);
    writer.piece(Piece::Name(&record.name));
    writer.piece(Piece::Kind(record.kind));
    record.emit(&mut writer);
    writer.finish();
    if let Some(why) = writer.refused.take() {
        return Err(Refusal::Malformed(why));
    }
    let mut of_resource = Vec::new();
    span_writer::resource(&mut of_resource, &resource);
    let spans = by_resource.entry(of_resource).or_default();
    let before = spans.capacity();
    put_bytes(spans, 2, &span);
    reserved.release(reading);
    reserved.take(spans.capacity() - before)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn said(status: StatusCode, why: String) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], why).into_response()
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use spandrel_trace::format::otlp_proto;

    fn convert(json: &str) -> Result<Vec<u8>, Refusal> {
        to_protobuf(json.as_bytes(), 7, &mut Memory::new(64 << 20).reservation())
    }

    #[test]
    fn spans_of_one_service_share_a_resource() {
        let span = |id: u32, service: &str| {
            format!(r#"{{"traceId":"a","id":"{id:x}","localEndpoint":{{"serviceName":"{service}"}}}}"#)
        };
        let json = format!(
            "[{},{},{},{{\"traceId\":\"a\",\"id\":\"9\"}}]",
            span(1, "x"),
            span(2, "y"),
            span(3, "x")
        );
        let mut seen = Vec::new();
        otlp_proto::split(&convert(&json).unwrap(), |parts| {
            let resource = otlp_proto::read_resource(parts.resource).unwrap();
            let span = otlp_proto::read_span(parts.span).unwrap();
            seen.push((resource.service, span.span_id.0, span.start_unix));
        })
        .unwrap();
        let expected = [("", 9, 7), ("x", 1, 7), ("x", 3, 7), ("y", 2, 7)];
        assert_eq!(seen, expected.map(|(service, id, start)| (service.to_owned(), id, start)));
    }

    #[test]
    fn a_list_with_a_span_that_cannot_be_read_is_refused_with_its_number() {
        let said = |json: &str| convert(json).unwrap_err().to_string();
        assert_eq!(convert("[]").unwrap(), b"");
        assert!(
            said(r#"[{"traceId":"1","id":"2"},{"traceId":"1"}]"#)
                .starts_with("Zipkin JSON: span 2: missing field")
        );
        assert!(said(r#"[{"traceId":"trace-1","id":"2"}]"#).contains("not hexadecimal"));
        assert!(said(r#"[{"traceId":"1","id":"2","binaryAnnotations":[]}]"#).contains("/api/v1/spans"));
        assert!(said("{}").contains("a list should start here"));
        assert!(said("[").contains("ends too early"));
    }

    #[test]
    fn unpaired_surrogates_are_replaced_and_nesting_that_is_too_deep_is_named() {
        let json = r#"[{"traceId":"1","id":"2","name":"good"},{"traceId":"1","id":"3","name":"cut \ud83d"}]"#;
        let mut names = Vec::new();
        otlp_proto::split(&convert(json).unwrap(), |parts| {
            names.push(otlp_proto::read_span(parts.span).unwrap().name);
        })
        .unwrap();
        assert_eq!(names, ["good", "cut \u{fffd}"]);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let json = format!(r#"[{{"traceId":"1","id":"2","tags":{{"a":{deep}}}}}]"#);
        let said = convert(&json).unwrap_err().to_string();
        assert!(said.starts_with("Zipkin JSON: span 1: JSON is nested too deeply"), "{said}");
    }

    #[test]
    fn what_is_built_is_bounded_by_the_memory_there_is() {
        let tags: Vec<String> = (0..50_000).map(|n| format!("\"{n}\":\"\"")).collect();
        let json = format!("[{{\"traceId\":\"1\",\"id\":\"2\",\"tags\":{{{}}}}}]", tags.join(","));
        let memory = Memory::new(1 << 20);
        let refused = to_protobuf(json.as_bytes(), 0, &mut memory.reservation());
        assert!(matches!(refused, Err(Refusal::TooMuch(_))), "{refused:?}");
        assert_eq!(memory.held(), 0);
        assert!(convert(&json).is_ok());
    }
}
