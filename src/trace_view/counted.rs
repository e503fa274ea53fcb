//! Counts with what is counted.

use spandrel_trace::units::count;

/// `number` with what is counted: `1 span`, `1,284 spans`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}
