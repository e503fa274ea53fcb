//! Trace formats: lenient streaming readers, detected by content; writers for Jaeger JSON and OTLP JSON.

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
pub mod protobuf;
mod reader;
mod sniff;
mod span_context;
mod times;
mod trace_element;
mod unsupported;
pub mod write;
pub mod zipkin;

pub use reader::Reader;
pub use unsupported::UnsupportedInput;

use std::borrow::Cow;
use std::fmt;

/// Warning of a span whose ids and times could be read, but not all of its contents.
const UNREADABLE_PART: &str = "a part of this span cannot be read";

/// Warning of a span of which the member `part` was skipped.
fn unreadable_part(part: &str) -> Cow<'static, str> {
    if part.is_empty() {
        Cow::Borrowed(UNREADABLE_PART)
    } else {
        Cow::Owned(format!("its `{part}` cannot be read"))
    }
}

/// An input format.
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
    /// Display name.
    pub fn name(self) -> &'static str {
        match self {
            Format::JaegerJson => "Jaeger JSON",
            Format::OtlpJson => "OTLP JSON",
            Format::ZipkinJson => "Zipkin JSON",
            Format::OtlpProtobuf => "OTLP protobuf",
        }
    }
}

/// A span in a request, with what it belongs to, each as the bytes of an object or message.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanParts<'a> {
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

/// Why an input could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The format it was taken for.
    pub format: String,
    /// Byte offset (after decompression) at which reading stopped; `None` where all of it is something else than a trace, and
    /// `why` says what in a sentence.
    pub at: Option<u64>,
    /// What is wrong and what to try.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at byte {at}: {}", self.format, self.why),
            None => f.write_str(&self.why),
        }
    }
}

impl std::error::Error for Unreadable {}

/// Progress of a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadProgress {
    /// Bytes consumed (before decompression).
    pub bytes: u64,
    /// Spans read.
    pub spans: u64,
}

/// Why a span, resource or scope could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Byte offset in the argument.
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
