//! Takes a record: a JSON object, which becomes one span of OTLP protobuf.

use super::answer::time;
use super::error::Error;
use super::ids;
use crate::ingest::memory::MemoryReservation;
use crate::ingest::span_writer::{self, SpanWriter};
use crate::ingest::{Intake, Refusal, blocking, http};
use crate::jaeger::json;
use crate::wire::{put_bytes, put_length};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::value::RawValue;
use spandrel_trace::format::eval_track::{self, RecordPlace, SCOPE};
use spandrel_trace::model::record::Scope;
use spandrel_trace::units::{SpanId, TraceId};

/// Bytes of an id at most.
const LONGEST_ID: usize = 512;
/// Bytes that are taken for each byte of a record while its span is written: the record as a value, as an attribute and
/// as a part of the span.
const COPIES: usize = 4;
/// Bytes of a record whose members may become attributes of their own, and bytes that are taken for each of them: values
/// as they are read, in lists that double as they grow.
const MEMBERS: usize = 256 << 10;
const VALUE: usize = 64;
/// Records smaller than this are turned into spans where they arrive; bigger ones on a thread that may block.
const INLINE: usize = 64 << 10;

/// Takes a record, under the id of the path, else of the record, else a new one. Answers when it is on disk.
pub async fn take(intake: &Intake, id: Option<String>, request: Request) -> Result<Response<Body>, Error> {
    let traceparent = traceparent(request.headers());
    let counted = |refusal: Refusal| {
        intake.count(&refusal);
        Error::from(refusal)
    };
    let (body, mut reserved) = http::receive(intake, request).await.map_err(counted)?;
    let is_small = body.len() < INLINE;
    let work = move || {
        let taken = convert(&body, id, &traceparent, &mut reserved);
        reserved.release(body.capacity());
        taken.map(|taken| (taken, reserved))
    };
    let converted = if is_small { work() } else { blocking(work).await.map_err(counted)? };
    let (taken, reserved) = converted.map_err(|problem| match problem {
        Problem::Refusal(refusal) => counted(refusal),
        Problem::Invalid(error) => {
            intake.count(&Refusal::Malformed(String::new()));
            error
        }
    })?;
    // A record that was cut would be none.
    intake.take_whole(taken.message, reserved).await.map_err(counted)?;
    let answer = serde_json::json!({
        "id": taken.id,
        "trace_id": TraceId(taken.trace).to_string(),
        "span_id": SpanId(taken.span).to_string(),
        "received_at": time(taken.received),
    });
    Ok(json(StatusCode::OK, answer.to_string()))
}

/// The `traceparent` of a request, if there is one.
fn traceparent(headers: &HeaderMap) -> String {
    let value = headers.get("traceparent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Longer than any that this version of the recommendation knows, by far.
    if value.len() > 256 { String::new() } else { value.to_owned() }
}

enum Problem {
    Refusal(Refusal),
    Invalid(Error),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Refusal(refusal)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Invalid(error)
    }
}

/// A record that is ready to be stored.
struct ConvertedRecord {
    id: String,
    trace: u128,
    span: u64,
    received: u64,
    /// An `ExportTraceServiceRequest`, whose bytes were taken from the room.
    message: Vec<u8>,
}

fn convert(
    body: &[u8],
    id: Option<String>,
    traceparent: &str,
    reserved: &mut MemoryReservation,
) -> Result<ConvertedRecord, Problem> {
    let record = object(body)?;
    let place: &[&str] = if id.is_some() { &["path", "trace_id"] } else { &["body", "id"] };
    let received = ids::receive();
    let id = id.or_else(|| eval_track::id_of(record)).unwrap_or_else(|| ids::new_id(received));
    if id.len() > LONGEST_ID {
        let message = format!("String should have at most {LONGEST_ID} characters");
        return Err(Error::invalid("string_too_long", place, message, None).into());
    }
    let (trace, span) = (ids::trace_of(&id), ids::span_of(&id, received, record));
    let needed = record.len() * COPIES + record.len().min(MEMBERS) * VALUE;
    reserved.take(needed)?;
    let place = RecordPlace {
        id: &id,
        trace: TraceId(trace),
        trace_text: "",
        span: SpanId(span),
        received,
        traceparent,
    };
    let message = message(&place, record);
    reserved.release(needed);
    reserved.take(message.capacity())?;
    Ok(ConvertedRecord { id, trace, span, received, message })
}

/// The text of the object that a body is.
fn object(body: &[u8]) -> Result<&str, Error> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(Error::invalid("missing", &["body"], "Field required", None));
    }
    // Checks that it is JSON of any depth and UTF-8, and reads no value.
    let value: &RawValue = serde_json::from_slice(body).map_err(|error| {
        let lines = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
        let at = lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
        Error::not_json(at, error.to_string())
    })?;
    if !value.get().starts_with('{') {
        return Err(Error::invalid("dict_type", &["body"], "Input should be a valid dictionary", None));
    }
    Ok(value.get())
}

/// A request of OTLP with the span that the record is.
fn message(place: &RecordPlace<'_>, record: &str) -> Vec<u8> {
    let (mut resource, mut scope, mut span) = (Vec::new(), Vec::new(), Vec::new());
    let mut writer = SpanWriter::new(&mut span);
    let said = eval_track::emit_span(place, record, &mut writer);
    writer.finish();
    span_writer::resource(&mut resource, &said);
    span_writer::scope(&mut scope, &Scope { name: SCOPE.to_owned(), ..Scope::default() });
    // Field numbers: opentelemetry-proto `trace/v1/trace.proto`.
    let mut of_scope = Vec::new();
    put_bytes(&mut of_scope, 1, &scope);
    put_length(&mut of_scope, 2, span.len());
    let mut of_resource = Vec::new();
    put_bytes(&mut of_resource, 1, &resource);
    put_length(&mut of_resource, 2, of_scope.len() + span.len());
    let mut message = Vec::new();
    put_length(&mut message, 1, of_resource.len() + of_scope.len() + span.len());
    for part in [of_resource, of_scope, span] {
        message.extend_from_slice(&part);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::memory::Memory;
    use crate::ingest::regroup::regroup;
    use axum::response::IntoResponse;

    fn reserved() -> MemoryReservation {
        Memory::new(16 << 20).reservation()
    }

    #[test]
    fn a_record_is_one_span_of_its_trace() {
        let taken = convert(br#" {"id":"a"} "#, None, "", &mut reserved()).ok().unwrap();
        assert_eq!((taken.id.as_str(), taken.trace), ("a", ids::trace_of("a")));
        let parts = regroup(&taken.message, &mut reserved()).unwrap();
        assert_eq!((parts.len(), parts[0].trace, parts[0].extent.spans), (1, taken.trace, 1));
        assert_eq!(
            (&*parts[0].operations[0].service, &*parts[0].operations[0].name),
            ("eval-track", "record")
        );
        assert_eq!(parts[0].extent.first_start, taken.received);
        let by_path = convert(br#"{"id":"a"}"#, Some("b".to_owned()), "", &mut reserved()).ok().unwrap();
        assert_eq!(by_path.id, "b");
        assert_eq!(convert(b"{}", None, "", &mut reserved()).ok().unwrap().id.len(), 26);
    }

    #[test]
    fn what_is_no_object_is_named_where_it_is_wrong() {
        for (body, kind) in [
            (&b""[..], "missing"),
            (b"[1]", "dict_type"),
            (b"7", "dict_type"),
            (b"{\"a\":1,}", "json_invalid"),
            (b"{\"a\":1} x", "json_invalid"),
            (b"{\"a\":\"\xff\"}", "json_invalid"),
            (b"{\"a\":NaN}", "json_invalid"),
        ] {
            let Err(Problem::Invalid(error)) = convert(body, None, "", &mut reserved()) else {
                panic!("{kind}")
            };
            assert!(format!("{error:?}").contains(kind), "{error:?}");
            assert_eq!(error.into_response().status(), 422);
        }
        let error = format!("{:?}", object(b"{\n \"a\": x}").unwrap_err());
        assert!(error.contains("Number(8)"), "{error}");
        assert!(convert(b"{}", Some("x".repeat(513)), "", &mut reserved()).is_err());
    }

    #[test]
    fn memory_is_taken_before_it_is_used_and_given_back() {
        let large = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(1 << 20));
        let refused = convert(large.as_bytes(), None, "", &mut Memory::new(4 << 20).reservation());
        assert!(matches!(refused, Err(Problem::Refusal(Refusal::TooMuch(_)))));
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(convert(deep.as_bytes(), None, "", &mut Memory::new(64 << 20).reservation()).is_ok());
    }
}
