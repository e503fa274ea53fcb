//! Ids, times, durations, counts: parsing and formatting; the error that is shown to users; seeded hash tables.

mod base64;
mod bytes;
mod bytes_equal;
mod calendar_time;
mod column;
mod duration;
mod go_duration;
mod id;
mod name;
mod number;
pub mod number_bytes;
mod problem;
mod seed;
mod sort_by_number;
mod time;

pub use base64::{base64_decode, base64_encode};
pub use bytes::bytes;
pub use bytes_equal::bytes_equal;
pub use calendar_time::CalendarTime;
pub use column::ColumnMut;
pub use duration::{duration, duration_exact};
pub use go_duration::{GoDurationError, parse_go_duration, print_go_duration};
pub use id::{SpanId, TraceId, parse_hex, short_id};
pub use name::{NO_NAME, display_name, is_blank_name, split_name};
pub use number::{RateUnit, compact, count, percent, unbroken};
pub use problem::{Problem, ProblemKind};
pub use seed::{SeededMap, SeededSet, SeededState, are_hashes_seeded, seed_hashes};
pub use sort_by_number::{sort_by_number, sort_by_number_descending};
pub use time::{date_time, month_name, parse_rfc3339, rfc3339};
