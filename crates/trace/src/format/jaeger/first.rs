//! The first look at a span: what can be drawn, and nothing else.

use super::facts::{Facts, tag};
use super::member::Member;
use super::references::{Reference, References, parent, reference, span_of};
use super::{microseconds, noted, times};
use crate::build::TraceBuilder;
use crate::format::ids;
use crate::format::json::{Cursor, Raw, Scan};
use crate::format::otlp_json::numeric;
use crate::model::{Flags, Heads, Memory, Notes, SpanKind, StatusCode};
use crate::units::SpanId;

/// What a first look finds; texts still stand in the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct First<'a> {
    /// Trace, as written; `None` where the span does not say.
    pub trace: Option<Raw<'a>>,
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
    /// Its members are named as in Jaeger's inner model, not as in its API.
    pub is_model: bool,
}

/// Reads the span at the cursor; event times and further parents go to the builder at once.
pub fn first<'a>(
    cursor: &mut Cursor<'a>,
    memory: &mut Memory,
    notes: &mut Notes,
    builder: &mut TraceBuilder,
) -> Scan<First<'a>> {
    let mut span = First::default();
    let (mut start, mut duration, mut flags) = (0, 0, &b"0"[..]);
    let mut facts = Facts::default();
    let mut named_parent = Raw::default();
    let mut references = References::default();
    let Memory { members, attributes } = memory;
    let origin = cursor.at;
    noted::begin(notes);
    cursor.known_object(members, Member::number, |cursor, member| {
        match Member::of(member) {
            Member::Trace => {
                span.trace = cursor.string_or_skip()?.filter(|raw| !raw.bytes.is_empty()).or(span.trace);
            }
            Member::Id => {
                let (id, foreign) = ids::span_id(cursor.string_or_skip()?.unwrap_or_default().bytes);
                span.id = id;
                if !foreign.is_empty() {
                    notes.give_up();
                }
            }
            Member::Name => span.name = cursor.string_or_skip()?.unwrap_or_default(),
            Member::References => cursor.array(|cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = cursor.string_or_skip()?.unwrap_or_default(),
            Member::Start => start = microseconds(cursor)?,
            Member::Duration => duration = microseconds(cursor)?,
            Member::Flags => flags = numeric(cursor)?,
            Member::Tags => cursor.array(|cursor| {
                let at = cursor.at - origin;
                let tag = tag(cursor, attributes)?;
                facts.look(&tag);
                noted::tag(notes, at, &tag);
                Ok(())
            })?,
            Member::Logs => {
                let at = cursor.at;
                cursor.array(|cursor| log(cursor, &mut facts, attributes, builder))?;
                noted::logs(notes, at - origin, cursor.at - at);
            }
            Member::ProcessKey => span.process = cursor.string_or_skip()?.unwrap_or_default(),
            Member::Process => {
                span.own_process = Some(cursor.value()?).filter(|process| process.starts_with(b"{"))
            }
            Member::Warnings => cursor.array(|cursor| {
                span.flags.set(Flags::WARNED);
                notes.give_up();
                cursor.skip()
            })?,
            other => {
                span.is_model |= other == Member::ModelId;
                cursor.skip()?;
            }
        }
        Ok(())
    })?;
    (span.start, span.end) = times(start, duration);
    span.kind = facts.kind;
    span.status = facts.status();
    if span.status == StatusCode::Error {
        span.flags.set(Flags::OWN_ERROR);
    }
    if std::mem::take(&mut cursor.damaged) {
        span.flags.set(Flags::WARNED);
        notes.give_up();
    }
    let is_plain = settle(references.all(), &mut span, builder);
    if span.parent.is_none() && !named_parent.bytes.is_empty() {
        span.parent = ids::span_id(named_parent.bytes).0;
    }
    if is_plain && named_parent.bytes.is_empty() {
        let (parent, start, end) = (span.parent, span.start, span.end);
        noted::settle(notes, &noted::Settled { parent, start, end, flags });
    } else {
        notes.give_up();
    }
    Ok(span)
}

/// When a log was, and whether it says that the span failed.
fn log(
    cursor: &mut Cursor<'_>,
    facts: &mut Facts,
    heads: &mut Heads,
    builder: &mut TraceBuilder,
) -> Scan<()> {
    let mut time = 0;
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = microseconds(cursor)?,
            b"fields" => cursor.array(|cursor| {
                facts.look_at_field(&tag(cursor, heads)?);
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    builder.event(time.max(0) as u64);
    Ok(())
}

/// What the references say of the span; whether there is nothing to it but a parent, or none.
fn settle(all: &[Reference<'_>], span: &mut First<'_>, builder: &mut TraceBuilder) -> bool {
    if all.is_empty() {
        return true;
    }
    let own = span.trace.map(|raw| raw.bytes);
    match parent(all, own) {
        Some(chosen) => {
            let (parent, foreign) = span_of(&all[chosen]);
            span.parent = parent;
            let is_plain = all.len() == 1 && all[chosen].child;
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
