//! Regular expressions that take time in proportion to the text, whatever they are.

use regex_lite::{Regex, RegexBuilder};

/// How large a compiled expression may be, in bytes: enough for anything typed by hand.
const LARGEST: usize = 1 << 16;

/// Compiles an expression; the error says in a word what is wrong with it.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| error.to_string())
}
