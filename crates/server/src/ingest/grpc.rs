//! OTLP over gRPC: `opentelemetry.proto.collector.trace.v1.TraceService/Export`, gzip accepted.
//!
//! The request is taken as bytes (the codec does not build messages) and goes the way of an HTTP body.

use super::{Intake, Refusal, answer};
use crate::guard::Guard;
use axum::http::{HeaderValue, Request, Response};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Code, Status};

/// The trace service.
#[derive(Clone)]
pub struct TraceService {
    intake: Intake,
    guard: Guard,
}

impl TraceService {
    /// A service that hands to this intake what the guard lets in.
    pub fn new(intake: Intake, guard: Guard) -> Self {
        TraceService { intake, guard }
    }
}

impl NamedService for TraceService {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

type Answered<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl tower::Service<Request<tonic::body::Body>> for TraceService {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Answered<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        let intake = self.intake.clone();
        let authorized = self.guard.is_authorized(request.headers());
        Box::pin(async move {
            if !authorized {
                return Ok(Status::unauthenticated("the token is required (--token)").into_http());
            }
            if !request.uri().path().ends_with("/Export") {
                return Ok(Status::unimplemented("only Export is served").into_http());
            }
            let mut grpc = Grpc::new(Whole)
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(intake.max_request);
            let mut response = grpc.unary(Export { intake }, request).await;
            // A message over the limit comes back as OUT_OF_RANGE, which senders of OTLP try again for ever.
            if response.headers().get("grpc-status") == Some(&HeaderValue::from_static("11")) {
                response.headers_mut().insert("grpc-status", HeaderValue::from_static("8"));
            }
            Ok(response)
        })
    }
}

struct Export {
    intake: Intake,
}

impl UnaryService<Vec<u8>> for Export {
    type Response = Vec<u8>;
    type Future = Answered<tonic::Response<Vec<u8>>, Status>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        let intake = self.intake.clone();
        Box::pin(async move {
            let body = request.into_inner();
            let mut room = intake.room();
            let taken = match room.take(body.len()) {
                Ok(()) => intake.take(body, room).await,
                Err(refusal) => Err(refusal),
            };
            taken.map(|()| tonic::Response::new(answer::DONE.to_vec())).map_err(|refusal| {
                intake.count(&refusal);
                status_of(&refusal)
            })
        })
    }
}

fn status_of(refusal: &Refusal) -> Status {
    let code = Code::from(answer::code(refusal) as i32);
    Status::with_details(code, refusal.to_string(), answer::status(refusal).into())
}

/// A codec that leaves messages as they are.
struct Whole;

impl Codec for Whole {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Whole;
    type Decoder = Whole;

    fn encoder(&mut self) -> Whole {
        Whole
    }

    fn decoder(&mut self) -> Whole {
        Whole
    }
}

impl Encoder for Whole {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use bytes::BufMut;
        out.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Whole {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        use bytes::Buf;
        let mut message = vec![0; from.remaining()];
        from.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
