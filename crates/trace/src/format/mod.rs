//! Trace formats: read leniently and as a stream, sniffed by content; written as Jaeger and OTLP would.

mod blocks;
mod encoding;
mod enums;
pub mod eval_track;
mod ids;
mod jaeger;
mod json;
mod json_stream;
mod names;
pub mod otlp_json;
pub mod otlp_proto;
mod proto_stream;
mod reader;
mod refused;
mod sniff;
mod span_context;
mod times;
mod trace_element;
pub mod write;
pub mod zipkin;

pub use reader::Reader;
pub use refused::Refused;

use std::borrow::Cow;
use std::fmt;

/// Said of a span whose ids and times could be read, but not all that hangs on them.
const UNREADABLE_PART: &str = "a part of this span cannot be read";

/// What is said of a span of which `part` was left out.
fn unreadable_part(part: &str) -> Cow<'static, str> {
    if part.is_empty() {
        Cow::Borrowed(UNREADABLE_PART)
    } else {
        Cow::Owned(format!("its `{part}` cannot be read"))
    }
}

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Jaeger's query API and files: `{"data":[{"traceID", "spans", "processes"}]}`, one trace, an array.
    JaegerJson,
    /// OTLP as JSON: one object, an array, JSON lines, Jaeger's `{"result":…}`.
    OtlpJson,
    /// Zipkin's API and files, version 2: a list of spans, or of lists of them.
    ZipkinJson,
    /// OTLP as protobuf: `ExportTraceServiceRequest` or `TracesData`, one or length-delimited.
    OtlpProtobuf,
}

impl Format {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Format::JaegerJson => "Jaeger JSON",
            Format::OtlpJson => "OTLP JSON",
            Format::ZipkinJson => "Zipkin JSON",
            Format::OtlpProtobuf => "OTLP protobuf",
        }
    }
}

/// Where a span stands in a request: its own bytes and those of what it hangs below, each an object or a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// The resource; empty when there is none.
    pub resource: &'a [u8],
    /// Schema URL of the resource.
    pub resource_schema: &'a str,
    /// The scope; empty when there is none.
    pub scope: &'a [u8],
    /// Schema URL of the scope.
    pub scope_schema: &'a str,
    /// The span.
    pub span: &'a [u8],
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What it was taken for.
    pub format: String,
    /// Byte offset (after decompression) at which reading stopped.
    pub at: u64,
    /// What is wrong and what to try.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.format, self.at, self.why)
    }
}

impl std::error::Error for Unreadable {}

/// How far a reader has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken, as they came (compressed where they were).
    pub bytes: u64,
    /// Spans read.
    pub spans: u64,
}

/// Why one span, resource or scope could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Byte offset within what was given.
    pub at: usize,
    /// What is wrong.
    pub why: Cow<'static, str>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.why, self.at)
    }
}

impl std::error::Error for Malformed {}
