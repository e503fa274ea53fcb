//! Lists of span ids in an address: hexadecimal, separated by dots.

use spandrel_trace::units::SpanId;

/// Parses a list; invalid ids are skipped.
pub(super) fn ids(text: &str) -> Vec<SpanId> {
    text.split(['.', ',']).filter_map(SpanId::parse).collect()
}

/// Writes a list.
pub(super) fn print_ids(ids: &[SpanId]) -> String {
    ids.iter().map(|id| format!("{:x}", id.0)).collect::<Vec<_>>().join(".")
}
