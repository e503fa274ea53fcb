//! The first look at a span: what can be drawn, and nothing else.

use super::facts::{Facts, each_tag};
use super::hints;
use super::member::Member;
use super::references::{Reference, References, names_trace, parent, reference, span_of};
use super::times::{Moment, duration, duration_text, moment, times};
use crate::build::TraceBuilder;
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_of, numeric, text};
use crate::model::{DecodeCache, DecodeHints, Flags, PrefixCache, SpanKind, StatusCode};
use crate::units::SpanId;

/// What a first look finds; texts still stand in the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct First<'a> {
    /// Trace, as written; `None` where the span does not say.
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
    /// What it names as its parent is its trace.
    pub parent_is_trace: Option<IdText<'a>>,
    /// Its members are named as in Jaeger's inner model, not as in its API.
    pub is_model: bool,
}

/// Reads the span at the cursor; event times and further parents go to the builder at once.
pub(super) fn first<'a>(
    cursor: &mut Cursor<'a>,
    memory: &mut DecodeCache,
    hints: &mut DecodeHints,
    builder: &mut TraceBuilder,
) -> Scan<First<'a>> {
    let mut span = First::default();
    let (mut start, mut length, mut flags) = (Moment::default(), &b""[..], &b"0"[..]);
    let mut facts = Facts::default();
    let mut named_parent = IdText::default();
    let mut references = References::default();
    let DecodeCache { members, attributes } = memory;
    let origin = cursor.at;
    hints::begin(hints);
    cursor.known_object(members, Member::number, |cursor, member| {
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
            Member::References => each_of(cursor, "references", |cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = ids::id(cursor, "parentSpanID")?,
            Member::Start => start = moment(cursor, "startTime")?,
            Member::Duration => length = duration_text(cursor)?,
            Member::Flags => flags = numeric(cursor)?,
            Member::Tags => each_tag(cursor, attributes, "tags", |at, tag| {
                facts.look(tag);
                hints::tag(hints, at - origin, tag);
            })?,
            Member::Logs => {
                let at = cursor.at;
                each_of(cursor, "logs", |cursor| log(cursor, &mut facts, attributes, builder))?;
                hints::logs(hints, at - origin, cursor.at - at);
            }
            Member::ProcessKey => span.process = text(cursor, "processID")?,
            Member::Process => {
                span.own_process = Some(cursor.value()?).filter(|process| process.starts_with(b"{"))
            }
            Member::Warnings => each_of(cursor, "warnings", |cursor| {
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
    span.kind = facts.kind;
    span.status = facts.status();
    if span.status == StatusCode::Error {
        span.flags.set(Flags::OWN_ERROR);
    }
    if cursor.take_damage() {
        span.flags.set(Flags::WARNED);
        hints.give_up();
    }
    let is_plain = settle(references.all(), &mut span, builder);
    if span.parent.is_none() && !named_parent.is_empty() {
        span.parent = named_parent.span().0;
    }
    if is_plain && named_parent.is_empty() {
        let (parent, start, end) = (span.parent, span.start, span.end);
        hints::settle(hints, &hints::Settled { parent, start, end, flags });
    } else {
        hints.give_up();
    }
    Ok(span)
}

/// When a log was, and whether it says that the span failed.
fn log(
    cursor: &mut Cursor<'_>,
    facts: &mut Facts,
    prefixes: &mut PrefixCache,
    builder: &mut TraceBuilder,
) -> Scan<()> {
    let mut time = 0;
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = moment(cursor, "logs")?.unix,
            b"fields" => each_tag(cursor, prefixes, "logs", |_, tag| facts.look_at_field(tag))?,
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
