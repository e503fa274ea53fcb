//! Regular expressions with linear matching time.

use regex_lite::{Regex, RegexBuilder};

/// Maximum size of a compiled expression in bytes.
const LARGEST: usize = 1 << 16;

/// Compiles an expression; the error describes what is wrong.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| error.to_string())
}
