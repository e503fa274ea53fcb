//! Streaming writers: Jaeger JSON and OTLP JSON, span by span.

mod compose;
mod export;
mod indented;
mod jaeger_json;
mod otlp_json;

pub use export::{Export, export};
pub use indented::Indenter;
pub use jaeger_json::JaegerJson;
pub use otlp_json::{Envelope, OtlpJson};
