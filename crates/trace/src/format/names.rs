//! Interns operation names.

use super::json::{Raw, unescape};
use crate::build::TraceBuilder;

/// Unescapes and interns a name.
pub(super) fn name_of(raw: Raw<'_>, builder: &mut TraceBuilder) -> u32 {
    match std::str::from_utf8(raw.bytes) {
        Ok(text) if !raw.escaped => builder.text(text),
        _ => builder.text(&unescape(raw)),
    }
}
