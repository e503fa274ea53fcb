//! Ids, times and numbers: how they are read and how people see them.

mod id;

pub use id::{SpanId, TraceId, parse_hex};
