//! Scans a span for what the outline needs.

use super::hints;
use super::member::Member;
use super::references::{Reference, References, names_trace, parent, reference, span_of};
use super::tags::{KindAndStatus, each_tag};
use super::times::{JaegerTime, duration, duration_text, read_time, times};
use crate::build::TraceBuilder;
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_element, numeric, text};
use crate::model::{DecodeCache, DecodeHints, Flags, PrefixCache, SpanKind, StatusCode};
use crate::units::SpanId;

/// Result of the scan; strings are not unescaped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct JaegerScan<'a> {
    /// Trace id as written; `None` if absent.
    pub trace: Option<IdText<'a>>,
    /// Id.
    pub id: SpanId,
    /// Parent; 0 for none.
    pub parent: SpanId,
    /// Nanoseconds since the Unix epoch, 0 for none.
    pub start: u64,
    /// Nanoseconds since the Unix epoch, or the duration.
    pub end: u64,
    /// Operation name.
    pub name: Raw<'a>,
    /// Key of its process.
    pub process: Raw<'a>,
    /// A process within the span.
    pub own_process: Option<&'a [u8]>,
    /// Kind.
    pub kind: SpanKind,
    /// Status.
    pub status: StatusCode,
    /// Flags.
    pub flags: Flags,
    /// Its times are written in nanoseconds.
    pub in_nanoseconds: bool,
    /// Set if the parent id is the trace id.
    pub parent_is_trace: Option<IdText<'a>>,
    /// Whether members are named as in Jaeger's domain model instead of its API.
    pub is_model: bool,
}

/// Scans the span at the cursor; adds event times and further parents to the builder.
pub(super) fn scan_span<'a>(
    cursor: &mut Cursor<'a>,
    memory: &mut DecodeCache,
    hints: &mut DecodeHints,
    builder: &mut TraceBuilder,
) -> Scan<JaegerScan<'a>> {
    let mut span = JaegerScan::default();
    let (mut start, mut length, mut flags) = (JaegerTime::default(), &b""[..], &b"0"[..]);
    let mut kind_status = KindAndStatus::default();
    let mut named_parent = IdText::default();
    let mut references = References::default();
    let DecodeCache { members, attributes } = memory;
    let origin = cursor.at;
    hints::begin(hints);
    cursor.cached_object(members, Member::number, |cursor, member| {
        match Member::of(member) {
            Member::Trace => {
                span.trace = Some(ids::id(cursor, "traceID")?).filter(|id| !id.is_empty()).or(span.trace);
            }
            Member::Id => {
                let (id, foreign) = ids::id(cursor, "spanID")?.span();
                span.id = id;
                if !foreign.is_empty() {
                    hints.give_up();
                }
            }
            Member::Name => span.name = text(cursor, "operationName")?,
            Member::References => each_element(cursor, "references", |cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = ids::id(cursor, "parentSpanID")?,
            Member::Start => start = read_time(cursor, "startTime")?,
            Member::Duration => length = duration_text(cursor)?,
            Member::Flags => flags = numeric(cursor)?,
            Member::Tags => each_tag(cursor, attributes, "tags", |at, tag| {
                kind_status.add(tag);
                hints::tag(hints, at - origin, tag);
            })?,
            Member::Logs => {
                let at = cursor.at;
                each_element(cursor, "logs", |cursor| log(cursor, &mut kind_status, attributes, builder))?;
                hints::logs(hints, at - origin, cursor.at - at);
            }
            Member::ProcessKey => span.process = text(cursor, "processID")?,
            Member::Process => {
                span.own_process = Some(cursor.value()?).filter(|process| process.starts_with(b"{"))
            }
            Member::Warnings => each_element(cursor, "warnings", |cursor| {
                span.flags.set(Flags::WARNED);
                hints.give_up();
                cursor.skip()
            })?,
            other => {
                span.is_model |= other == Member::ModelId;
                cursor.skip()?;
            }
        }
        Ok(())
    })?;
    span.in_nanoseconds = start.in_nanoseconds;
    (span.start, span.end) = times(start.unix, duration(cursor, length, start.in_nanoseconds));
    span.kind = kind_status.kind;
    span.status = kind_status.status();
    if span.status == StatusCode::Error {
        span.flags.set(Flags::OWN_ERROR);
    }
    if cursor.take_damage() {
        span.flags.set(Flags::WARNED);
        hints.give_up();
    }
    let is_plain = resolve_references(references.all(), &mut span, builder);
    if span.parent.is_none() && !named_parent.is_empty() {
        span.parent = named_parent.span().0;
    }
    if is_plain && named_parent.is_empty() {
        let (parent, start, end) = (span.parent, span.start, span.end);
        hints::set_front(hints, &hints::SpanFront { parent, start, end, flags });
    } else {
        hints.give_up();
    }
    Ok(span)
}

/// Time of a log, and whether it reports an error.
fn log(
    cursor: &mut Cursor<'_>,
    kind_status: &mut KindAndStatus,
    prefixes: &mut PrefixCache,
    builder: &mut TraceBuilder,
) -> Scan<()> {
    let mut time = 0;
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = read_time(cursor, "logs")?.unix,
            b"fields" => each_tag(cursor, prefixes, "logs", |_, tag| kind_status.add_log_field(tag))?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    builder.event(time.max(0) as u64);
    Ok(())
}

/// Sets the parent from the references. Returns whether there is at most one reference, to the parent.
fn resolve_references(all: &[Reference<'_>], span: &mut JaegerScan<'_>, builder: &mut TraceBuilder) -> bool {
    if all.is_empty() {
        return true;
    }
    let own = span.trace;
    match parent(all, own) {
        Some(chosen) => {
            let (parent, foreign) = span_of(&all[chosen]);
            span.parent = parent;
            if let Some(trace) = own.filter(|own| names_trace(&all[chosen], *own)) {
                span.parent = SpanId(0);
                span.parent_is_trace = Some(trace);
                span.flags.set(Flags::WARNED);
                return false;
            }
            let is_plain = all.len() == 1 && all[chosen].child;
            if !all[chosen].child {
                span.flags.set(Flags::FOLLOWS_FROM);
            }
            if !is_plain {
                span.flags.set(Flags::HAS_LINKS);
            }
            for (at, other) in all.iter().enumerate() {
                if at != chosen && other.within(own) {
                    builder.other_parent(span_of(other).0);
                }
            }
            is_plain && foreign.is_empty()
        }
        None => {
            span.flags.set(Flags::HAS_LINKS);
            if all.iter().any(|reference| reference.child) {
                span.flags.set(Flags::ORPHAN);
            }
            false
        }
    }
}
