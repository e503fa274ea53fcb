//! Detects and repairs faults in a trace: parents and times. Works on columns, without recursion.

mod parents;
mod times;
mod warning_count;

pub use parents::{Parents, SpanRelation, parents};
pub use times::{SpanTimes, give_starts, skew};
pub use warning_count::WarningCount;

/// "No span" in columns of indices.
pub const NONE: u32 = u32::MAX;
