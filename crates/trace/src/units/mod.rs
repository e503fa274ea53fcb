//! Ids, times and numbers: how they are read and how people see them; and failures as people are told of them.

mod base64;
mod bytes;
mod duration;
mod go_duration;
mod id;
pub mod longs;
mod moment;
mod name;
mod number;
mod problem;
mod same;
mod seed;
mod time;
pub mod words;

pub use base64::{base64_decode, base64_encode};
pub use bytes::bytes;
pub use duration::{duration, duration_exact};
pub use go_duration::{parse_go_duration, print_go_duration};
pub use id::{SpanId, TraceId, parse_hex};
pub use moment::Moment;
pub use name::{NO_NAME, display_name, is_blank_name, split_name};
pub use number::{compact, count, percent, rate};
pub use problem::{Problem, ProblemKind};
pub use same::same;
pub use seed::{SeededMap, SeededSet, SeededState, are_hashes_seeded, seed_hashes};
pub use time::{date_time, month_name, parse_rfc3339, rfc3339};
