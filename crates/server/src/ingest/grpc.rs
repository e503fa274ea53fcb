//! OTLP over gRPC: `Export` of the services of traces and of logs, plain or gzip.
//!
//! The message is read as an HTTP body is, under the same limits on memory and time: tonic's codec would read and
//! inflate it before either could be counted.

use super::memory::MemoryReservation;
use super::{Intake, PartialSuccess, Refusal, answer, blocking, body, encoding};
use crate::config::tokens::Scope;
use crate::guard::{Access, Guard};
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use bytes::{BufMut, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use tonic::{Code, Status};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const EXPORT_LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
/// Bytes before a message: whether it is compressed, and its length.
pub const PREFIX: usize = 5;

/// Takes a message of the logs service; `Ok` means that its lines are on disk.
pub type TakeLogs = Arc<
    dyn Fn(
            Vec<u8>,
            MemoryReservation,
        ) -> Pin<Box<dyn Future<Output = Result<PartialSuccess, Refusal>> + Send>>
        + Send
        + Sync,
>;

/// The services of traces and of logs.
#[derive(Clone)]
pub struct TraceService {
    intake: Intake,
    logs: TakeLogs,
    guard: Guard,
}

/// What a call exports.
#[derive(Clone, Copy)]
enum Signal {
    Traces,
    Logs,
}

impl TraceService {
    /// A service that hands to this intake what the guard lets in.
    pub fn new(intake: Intake, logs: TakeLogs, guard: Guard) -> Self {
        TraceService { intake, logs, guard }
    }

    /// Answers one call.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<tonic::body::Body> {
        // No browser speaks this protocol without TLS; a proxy in front that lets one through changes nothing here.
        if let Some(why) = self.guard.refuses(request.uri(), request.headers()) {
            return Status::permission_denied(why).into_http();
        }
        let access = self.guard.access(request.headers(), Scope::Ingest);
        match access {
            Access::Allowed => {}
            Access::Otherwise | Access::OtherTenant => {
                return Status::permission_denied(access.why()).into_http();
            }
            Access::Nothing => return Status::unauthenticated(access.why()).into_http(),
        }
        let signal = match request.uri().path() {
            EXPORT => Signal::Traces,
            EXPORT_LOGS => Signal::Logs,
            _ => {
                let served = "only TraceService/Export and LogsService/Export are served";
                return Status::unimplemented(served).into_http();
            }
        };
        match self.export(request, signal).await {
            Ok(partial_success) => done(&partial_success),
            Err(status) => {
                let mut response = status.into_http();
                response.headers_mut().insert("grpc-accept-encoding", HeaderValue::from_static("gzip"));
                response
            }
        }
    }

    async fn export(&self, request: Request<Incoming>, signal: Signal) -> Result<PartialSuccess, Status> {
        let encoding = encoding_of(request.headers())?;
        let mut reserved = self.intake.reservation();
        let read =
            body::read(self.intake.limits(PREFIX), &mut request.into_body(), None, &mut reserved).await;
        let taken = match read {
            Ok(message) => match framed(&message)? {
                Message { compressed: true, .. } if encoding.is_none() => {
                    return Err(Status::internal("a compressed message without grpc-encoding"));
                }
                Message { compressed, .. } => {
                    let encoding = if compressed { encoding } else { None };
                    self.take(message, encoding, reserved, signal).await
                }
            },
            Err(refusal) => Err(refusal),
        };
        taken.map_err(|refusal| {
            self.intake.count(&refusal);
            let code = Code::from(answer::code(&refusal) as i32);
            // Details are for `RetryInfo`, which makes exporters retry.
            let details = refusal.retry_after().map(|_| answer::status(&refusal)).unwrap_or_default();
            Status::with_details(code, refusal.to_string(), details.into())
        })
    }

    async fn take(
        &self,
        mut bytes: Vec<u8>,
        encoding: Option<String>,
        mut reserved: MemoryReservation,
        signal: Signal,
    ) -> Result<PartialSuccess, Refusal> {
        let limit = self.intake.max_request;
        let (plain, reserved) = match encoding {
            Some(encoding) => {
                blocking(move || -> Result<_, Refusal> {
                    let plain = encoding::decode(&bytes[PREFIX..], &encoding, limit, &mut reserved)?;
                    reserved.release(bytes.capacity());
                    Ok((plain, reserved))
                })
                .await??
            }
            None => {
                bytes.drain(..PREFIX);
                (bytes, reserved)
            }
        };
        match signal {
            Signal::Traces => self.intake.take(plain, reserved).await,
            Signal::Logs => (self.logs)(plain, reserved).await,
        }
    }
}

/// What `grpc-encoding` names; `None` for no compression.
fn encoding_of(headers: &HeaderMap) -> Result<Option<String>, Status> {
    match headers.get("grpc-encoding").map(|value| value.to_str().unwrap_or_default()) {
        None | Some("identity") => Ok(None),
        Some("gzip") => Ok(Some("gzip".to_owned())),
        Some(other) => {
            Err(Status::unimplemented(format!("grpc-encoding {other} is not supported: use gzip")))
        }
    }
}

struct Message {
    compressed: bool,
}

/// Checks that a body is one message with its prefix, as a unary call has.
fn framed(body: &[u8]) -> Result<Message, Status> {
    let Some((prefix, message)) = body.split_first_chunk::<PREFIX>() else {
        return Err(Status::internal("a unary call needs a message"));
    };
    let [compressed, length @ ..] = *prefix;
    let length = u32::from_be_bytes(length) as usize;
    match message.len() {
        _ if compressed > 1 => Err(Status::internal("a message with an unknown flag")),
        more if more > length => Err(Status::internal("a unary call has one message")),
        less if less < length => Err(Status::internal("the message ends early")),
        _ => Ok(Message { compressed: compressed == 1 }),
    }
}

/// Reads the one message of a unary call, or of one that is answered by many.
pub async fn unary(
    request: Request<Incoming>,
    limits: body::Limits,
    mut reserved: MemoryReservation,
) -> Result<Vec<u8>, Status> {
    let encoding = encoding_of(request.headers())?;
    let refused =
        |refusal: Refusal| Status::new(Code::from(answer::code(&refusal) as i32), refusal.to_string());
    let read = body::read(limits, &mut request.into_body(), None, &mut reserved).await.map_err(refused)?;
    match (framed(&read)?.compressed, encoding) {
        (false, _) => Ok(read[PREFIX..].to_vec()),
        (true, Some(encoding)) => {
            encoding::decode(&read[PREFIX..], &encoding, limits.bytes, &mut reserved).map_err(refused)
        }
        (true, None) => Err(Status::internal("a compressed message without grpc-encoding")),
    }
}

/// `ExportTraceServiceResponse`, and trailers that say that all went well.
fn done(partial_success: &PartialSuccess) -> Response<tonic::body::Body> {
    let answer = answer::done(partial_success);
    let mut message = BytesMut::with_capacity(PREFIX + answer.len());
    message.put_u8(0);
    message.put_u32(answer.len() as u32);
    message.put_slice(&answer);
    let trailers = HeaderMap::from_iter([(
        axum::http::HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    )]);
    let body = Full::new(message.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(tonic::body::Body::new(body));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unary_call_has_one_whole_message() {
        let message =
            |flag: u8, bytes: &[u8]| [&[flag], &(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
        assert!(framed(&message(0, b"")).is_ok_and(|message| !message.compressed));
        assert!(framed(&message(1, b"x")).is_ok_and(|message| message.compressed));
        let two = [message(0, b"a"), message(0, b"b")].concat();
        for (body, why) in [
            (&two[..], "one message"),
            (&two[..5], "ends early"),
            (&two[..4], "needs a message"),
            (&[], "needs a message"),
            (&message(2, b"x"), "unknown flag"),
        ] {
            let refused = framed(body).err().unwrap();
            assert_eq!(refused.code(), Code::Internal);
            assert!(refused.message().contains(why), "{refused}");
        }
    }
}
