//! Operation names, numbered.

use super::json::{Raw, unescape};
use crate::build::TraceBuilder;

/// The number of a name that still stands in the bytes.
pub(super) fn name_of(raw: Raw<'_>, builder: &mut TraceBuilder) -> u32 {
    match std::str::from_utf8(raw.bytes) {
        Ok(text) if !raw.escaped => builder.text(text),
        _ => builder.text(&unescape(raw)),
    }
}
