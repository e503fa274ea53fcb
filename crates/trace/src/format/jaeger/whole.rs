//! A whole span of Jaeger JSON, said piece by piece.

use super::facts::{Fact, Facts, Tag, each_tag};
use super::member::Member;
use super::references::{Reference, References, names_trace, parent, reference, span_of};
use super::times::{Moment, duration, duration_text, flags, moment, times};
use crate::format::enums;
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_of, numeric, text, unescape};
use crate::model::{DecodeCache, Piece, PrefixCache, Sink, SpanKind, ValueRef};
use crate::units::TraceId;

pub(super) fn span(cursor: &mut Cursor<'_>, memory: &mut DecodeCache, sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut length) = (Moment::default(), &b""[..]);
    let (mut own, mut references, mut named_parent) = (None, References::default(), IdText::default());
    let (mut facts, mut message) = (Facts::default(), Raw::default());
    let DecodeCache { members, attributes } = memory;
    cursor.known_object(members, Member::number, |cursor, member| {
        match Member::of(member) {
            Member::Trace => {
                let written = ids::id(cursor, "traceID")?;
                if !written.is_empty() {
                    let (id, text) = written.trace();
                    own = Some((id, written));
                    sink.piece(Piece::Trace(id, &text));
                }
            }
            Member::Id => {
                let (id, text) = ids::id(cursor, "spanID")?.span();
                sink.piece(Piece::Id(id, &text));
            }
            Member::Name => sink.piece(Piece::Name(&unescape(text(cursor, "operationName")?))),
            Member::References => each_of(cursor, "references", |cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = ids::id(cursor, "parentSpanID")?,
            Member::Flags => sink.piece(Piece::Flags(flags(numeric(cursor)?))),
            Member::Start => start = moment(cursor, "startTime")?,
            Member::Duration => length = duration_text(cursor)?,
            Member::Tags => tags(cursor, attributes, &mut facts, &mut message, sink)?,
            Member::Logs => logs(cursor, attributes, &mut facts, sink)?,
            Member::Warnings => each_of(cursor, "warnings", |cursor| {
                if let Some(raw) = cursor.string_or_skip()? {
                    sink.piece(Piece::Warning(&unescape(raw)));
                }
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let (start, end) = times(start.unix, duration(cursor, length, start.in_nanoseconds));
    sink.piece(Piece::Times(start, end));
    say_status(&facts, message, sink);
    say_references(references.all(), own, named_parent, sink);
    Ok(())
}

fn say_references(
    references: &[Reference<'_>],
    own: Option<(TraceId, IdText<'_>)>,
    named: IdText<'_>,
    sink: &mut dyn Sink,
) {
    let (id, own) = own.unzip();
    let chosen = parent(references, own);
    match chosen {
        Some(at) if own.is_some_and(|own| names_trace(&references[at], own)) => {
            let said = format!(
                "it names the trace {} as its parent; it is shown as a root",
                references[at].span.span().1
            );
            sink.piece(Piece::Warning(&said));
        }
        Some(at) => {
            let (id, text) = span_of(&references[at]);
            sink.piece(Piece::Parent(id, &text));
        }
        None => {
            let (id, text) = named.span();
            sink.piece(Piece::Parent(id, &text));
        }
    }
    // The parent first, as it is written; a CHILD_OF needs no link besides, unless it is named once more.
    let again = |parent: &Reference<'_>| {
        let same = |other: &&Reference<'_>| other.within(own) && span_of(other).0 == span_of(parent).0;
        references.iter().filter(same).count() > 1
    };
    let first = chosen.map(|at| &references[at]).filter(|parent| !parent.child || again(parent));
    let others = references.iter().enumerate().filter(|(at, _)| chosen != Some(*at)).map(|(_, other)| other);
    for reference in first.into_iter().chain(others) {
        let trace = match reference.trace {
            Some(written) if !written.is_empty() => written.trace().0,
            _ => id.unwrap_or_default(),
        };
        sink.piece(Piece::Link(trace, span_of(reference).0, "", 0, 0));
        let kind = if reference.child { "child_of" } else { "follows_from" };
        sink.piece(Piece::LinkAttribute("opentracing.ref_type", ValueRef::Str(kind)));
    }
}

/// Tags that have a place of their own in a span go there; the rest are attributes.
fn tags<'a>(
    cursor: &mut Cursor<'a>,
    prefixes: &mut PrefixCache,
    facts: &mut Facts,
    message: &mut Raw<'a>,
    sink: &mut dyn Sink,
) -> Scan<()> {
    each_tag(cursor, prefixes, "tags", |_, tag| say_tag(tag, facts, message, sink))
}

/// Says a tag where it belongs.
pub(super) fn say_tag<'a>(tag: &Tag<'a>, facts: &mut Facts, message: &mut Raw<'a>, sink: &mut dyn Sink) {
    if tag.fact == Fact::None || !takes_its_place(tag, facts, message, sink) {
        match tag.plain_text() {
            Some((key, text)) => sink.piece(Piece::PlainText(key, text)),
            None => tag.hand_over(&mut |key, value| sink.piece(Piece::Attribute(key, value))),
        }
    }
}

/// Kind and status, when all tags and logs were looked at.
pub(super) fn say_status(facts: &Facts, message: Raw<'_>, sink: &mut dyn Sink) {
    sink.piece(Piece::Kind(facts.kind));
    sink.piece(Piece::Status(facts.status(), &unescape(message)));
}

/// Whether all that a tag says has a place of its own.
fn takes_its_place<'a>(tag: &Tag<'a>, facts: &mut Facts, message: &mut Raw<'a>, sink: &mut dyn Sink) -> bool {
    facts.look(tag);
    let text = tag.text();
    match tag.fact {
        Fact::Kind => text.is_some_and(|text| {
            let kind = enums::kind(text.bytes).unwrap_or_default();
            kind != SpanKind::Unspecified && kind.name().as_bytes() == text.bytes
        }),
        Fact::Error => tag.is_flag(),
        Fact::StatusCode => text.is_some_and(|text| matches!(text.bytes, b"OK" | b"ERROR")),
        Fact::StatusDescription if text.is_some() => {
            *message = text.unwrap_or_default();
            true
        }
        Fact::TraceState if text.is_some() => {
            sink.piece(Piece::TraceState(&unescape(text.unwrap_or_default())));
            true
        }
        _ => false,
    }
}

/// All logs.
pub(super) fn logs(
    cursor: &mut Cursor<'_>,
    prefixes: &mut PrefixCache,
    facts: &mut Facts,
    sink: &mut dyn Sink,
) -> Scan<()> {
    each_of(cursor, "logs", |cursor| log(cursor, prefixes, facts, sink))
}

/// A log: its name is the field `event` where there is one and one only, else the field `message`, which stays.
fn log(
    cursor: &mut Cursor<'_>,
    prefixes: &mut PrefixCache,
    facts: &mut Facts,
    sink: &mut dyn Sink,
) -> Scan<()> {
    let (mut time, mut fields) = (0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = moment(cursor, "logs")?.unix,
            b"fields" => fields = Some(cursor.value()?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let fields = fields.unwrap_or(b"null");
    let (mut event, mut events, mut message) = (None, 0, None);
    cursor.again(fields, |cursor| {
        each_tag(cursor, prefixes, "logs", |_, tag| match tag.fact {
            Fact::Event => {
                events += 1;
                event = event.or(tag.text());
            }
            Fact::Message => message = message.or(tag.text()),
            _ => facts.look_at_field(tag),
        })
    })?;
    let name = event.or(message).unwrap_or_default();
    sink.piece(Piece::Event(time.max(0) as u64, &unescape(name), 0));
    let placed = events == 1 && event.is_some_and(|name| !name.bytes.is_empty());
    cursor.again(fields, |cursor| {
        each_tag(cursor, prefixes, "logs", |_, tag| {
            if !(placed && tag.fact == Fact::Event) {
                tag.hand_over(&mut |key, value| sink.piece(Piece::EventAttribute(key, value)));
            }
        })
    })
}
