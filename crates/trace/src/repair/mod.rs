//! What is wrong with a trace as it was sent, and what is made of it; works on plain columns, never recursive.

mod parents;
mod times;
mod warning_count;

pub use parents::{Named, Parents, parents};
pub use times::{Timed, give_starts, skew};
pub use warning_count::WarningCount;

/// Stands for "no span" in columns of span numbers.
pub const NONE: u32 = u32::MAX;
