//! Traces written as Jaeger's query API and OTLP JSON would say them; streaming, fed span by span.

mod compose;
mod export;
mod indented;
mod jaeger_json;
mod otlp_json;

pub use export::{Export, export};
pub use indented::Indenter;
pub use jaeger_json::JaegerJson;
pub use otlp_json::{Envelope, OtlpJson};
