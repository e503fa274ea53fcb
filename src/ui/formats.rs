//! The formats of trace files, as texts name them. The readers are in `crates/trace/src/format`.

/// What can be opened, in the middle of a sentence.
pub const FORMATS: &str = "Jaeger, Zipkin or OTLP JSON, JSON lines or OTLP protobuf, also with gzip or zstd";
