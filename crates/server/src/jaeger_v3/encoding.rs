//! The encoding of an answer: JSON, or protobuf if `Accept` names it.

use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use crate::jaeger::{Adjustment, for_each_span, otlp_messages};
use crate::store::Spans;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, header};
use spandrel_trace::format::write::{Envelope, OtlpJson};
use std::convert::Infallible;
use std::io::Write;

/// Encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The default.
    Json,
    /// `TracesData` of OTLP, and `jaeger.api_v3`'s other messages.
    Protobuf,
}

impl<S: Sync> FromRequestParts<S> for Encoding {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepted = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let types =
            accepted.flat_map(|value| value.split(',')).map(|entry| entry.split(';').next().unwrap_or(""));
        // The first that is known counts.
        let known = types.map(str::trim).find_map(|name| match name.to_ascii_lowercase().as_str() {
            "application/x-protobuf" | "application/protobuf" => Some(Encoding::Protobuf),
            "application/json" | "application/*" | "*/*" => Some(Encoding::Json),
            _ => None,
        });
        Ok(known.unwrap_or(Encoding::Json))
    }
}

impl Encoding {
    /// Sets the headers of an answer in this encoding.
    pub fn describe<B>(self, response: &mut Response<B>) {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("accept"));
        if self == Encoding::Protobuf {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        }
    }
}

/// Traces that are written one after the other.
pub enum Traces<'o> {
    /// `{"result":{"resourceSpans":[…]}}`.
    Json(Box<OtlpJson<&'o mut Output>>),
    /// `TracesData`.
    Protobuf(&'o mut Output),
}

impl<'o> Traces<'o> {
    /// Starts the answer.
    pub fn new(encoding: Encoding, out: &'o mut Output) -> Result<Self, Failure> {
        Ok(match encoding {
            Encoding::Json => Traces::Json(Box::new(OtlpJson::new(out, Envelope::Result, true)?)),
            Encoding::Protobuf => Traces::Protobuf(out),
        })
    }

    /// Writes a trace.
    pub fn write(&mut self, stored: &dyn Spans, answering: Adjustment) -> Result<(), Failure> {
        match self {
            Traces::Json(out) => {
                out.get_mut().weigh(stored.weight())?;
                let mut result = Ok(());
                for_each_span(stored, answering, |resource, scope, span| {
                    if result.is_ok() {
                        result = out.span(resource, scope, span);
                    }
                });
                Ok(result?)
            }
            Traces::Protobuf(out) => {
                out.weigh(stored.weight())?;
                otlp_messages::write(stored, answering, |message| Ok(out.write_all(message)?))
            }
        }
    }

    /// Ends it.
    pub fn finish(self) -> Result<(), Failure> {
        if let Traces::Json(out) = self {
            out.finish()?;
        }
        Ok(())
    }
}
