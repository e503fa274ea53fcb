//! Ids, times and numbers: how they are read and how people see them; and failures as people are told of them.

mod duration;
mod id;
mod number;
mod problem;

pub use duration::{duration, duration_exact};
pub use id::{SpanId, TraceId, parse_hex};
pub use number::{compact, count, percent, rate};
pub use problem::{Problem, ProblemKind};
