//! The versions of a record, found among the spans of its trace.

use crate::facts::{facts_of, key_and_value, walk_attributes};
use crate::store::StoredTrace;
use crate::wire::{WireError, WireField};
use serde_json::value::RawValue;
use spandrel_trace::format::eval_track::{KIND, KIND_RECORD, RAW, RECEIVED, RECORD_ID, TRACEPARENT};

/// One version.
#[derive(Clone, Copy)]
pub struct Version<'s> {
    /// Id of the record.
    pub id: &'s str,
    /// Its span.
    pub span: u64,
    /// When it was received, nanoseconds since the Unix epoch.
    pub received: u64,
    /// The `traceparent` that came in a header; empty where none did.
    pub traceparent: &'s str,
    /// The record, a JSON object.
    pub data: &'s str,
}

/// The versions of the record that a trace is of, oldest first; one that came twice in a row is there once. Spans that
/// are none, as anybody can send them into any trace, are left out.
pub fn of(stored: &StoredTrace) -> Vec<Version<'_>> {
    let mut versions = Vec::new();
    stored.each(|parts| versions.extend(read(parts.span).ok().flatten()));
    // Stable: those of one time stay in the order in which they came.
    versions.sort_by_key(|version: &Version| version.received);
    if let Some(newest) = versions.last().copied() {
        versions.retain(|version| version.id == newest.id);
    }
    versions
        .dedup_by(|later, earlier| later.data == earlier.data && later.traceparent == earlier.traceparent);
    versions
}

fn read(span: &[u8]) -> Result<Option<Version<'_>>, WireError> {
    let (mut is_record, mut version) =
        (false, Version { id: "", span: facts_of(span)?.span, received: 0, traceparent: "", data: "" });
    walk_attributes(span, 9, &mut |attribute| {
        let (key, value) = key_and_value(attribute)?;
        match (str(key), value) {
            (KIND, Some((1, WireField::Bytes(kind)))) => is_record = kind == KIND_RECORD.as_bytes(),
            (RECORD_ID, Some((1, WireField::Bytes(id)))) => version.id = str(id),
            (RECEIVED, Some((3, WireField::Varint(received)))) => version.received = received,
            (TRACEPARENT, Some((1, WireField::Bytes(text)))) => version.traceparent = str(text),
            (RAW, Some((1, WireField::Bytes(data)))) => version.data = str(data),
            _ => {}
        }
        Ok::<_, WireError>(())
    })?;
    let is_object =
        || version.data.starts_with('{') && serde_json::from_str::<&RawValue>(version.data).is_ok();
    Ok((is_record && !version.id.is_empty() && is_object()).then_some(version))
}

fn str(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
