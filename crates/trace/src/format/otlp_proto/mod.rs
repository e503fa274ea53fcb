//! OTLP protobuf: splitting of requests for servers, decoding of single messages. Field numbers are those of
//! opentelemetry-proto 1.x (`trace/v1/trace.proto`, `common/v1/common.proto`).

mod recognise;
mod split;
mod whole;
pub(super) mod wire;

pub(super) use recognise::{has_length_as_brace, is_request};
pub use split::split;
pub(super) use whole::{decode, time};

use super::Malformed;
use crate::model::record::{Resource, Scope, SpanRecord};
use crate::model::{Piece, Sink};
use crate::units::TraceId;
use split::checked;

/// Reads a `Span`.
pub fn read_span(bytes: &[u8]) -> Result<SpanRecord, Malformed> {
    let mut record = SpanRecord::default();
    checked(whole::span(bytes, &mut record), bytes)?;
    Ok(record)
}

/// Checks that [`read_span`] succeeds, without building the record. Returns the trace id.
pub fn check_span(bytes: &[u8]) -> Result<TraceId, Malformed> {
    let mut check = Check(TraceId(0));
    checked(whole::span(bytes, &mut check), bytes)?;
    Ok(check.0)
}

/// A sink that keeps the trace id.
struct Check(TraceId);

impl Sink for Check {
    fn piece(&mut self, piece: Piece<'_>) {
        if let Piece::Trace(id, _) = piece {
            self.0 = id;
        }
    }

    fn reads_texts(&self) -> bool {
        false
    }
}

/// Reads a `Resource`.
pub fn read_resource(bytes: &[u8]) -> Result<Resource, Malformed> {
    let mut resource = Resource::default();
    checked(whole::resource(bytes, &mut resource), bytes)?;
    Ok(resource)
}

/// Reads an `InstrumentationScope`.
pub fn read_scope(bytes: &[u8]) -> Result<Scope, Malformed> {
    let mut scope = Scope::default();
    checked(whole::scope(bytes, &mut scope), bytes)?;
    Ok(scope)
}
