//! OTLP JSON, as `/api/v3/traces` answers it and exporters write it.

use crate::model::record::{Resource, Scope, SpanRecord};
use std::io::{self, Write};

/// What stands around `resourceSpans`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `{"resourceSpans":[…]}`: a file or a request.
    Plain,
    /// `{"result":{"resourceSpans":[…]}}`: Jaeger's v3 answer.
    Result,
}

/// Writes `resourceSpans` span by span: spans that follow one another with the same resource and scope share
/// a group, so the caller decides how much is grouped by the order in which it comes.
pub struct OtlpJson<W> {
    out: W,
}

impl<W: Write> OtlpJson<W> {
    /// Begins. With `warnings` a span's warnings are written as its attribute `@jaeger@warnings`.
    pub fn new(out: W, _envelope: Envelope, _warnings: bool) -> io::Result<Self> {
        Ok(Self { out })
    }

    /// The next span.
    pub fn span(&mut self, _resource: &Resource, _scope: &Scope, _span: &SpanRecord) -> io::Result<()> {
        Ok(())
    }

    /// Ends everything that is open.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.out)
    }
}
