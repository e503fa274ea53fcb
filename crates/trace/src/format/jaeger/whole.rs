//! Emits all fields of a span.

use super::member::Member;
use super::references::{Reference, References, names_trace, parent, reference, span_of};
use super::tags::{KindAndStatus, Tag, TagMeaning, each_tag};
use super::times::{JaegerTime, duration, duration_text, flags, read_time, times};
use crate::format::enums;
use crate::format::ids::{self, IdText};
use crate::format::json::{Cursor, Raw, Scan, each_element, numeric, text, unescape};
use crate::model::{DecodeCache, Piece, PrefixCache, Sink, SpanKind, ValueRef};
use crate::units::TraceId;

pub(super) fn span(cursor: &mut Cursor<'_>, memory: &mut DecodeCache, sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut length) = (JaegerTime::default(), &b""[..]);
    let (mut own, mut references, mut named_parent) = (None, References::default(), IdText::default());
    let (mut kind_status, mut message) = (KindAndStatus::default(), Raw::default());
    let DecodeCache { members, attributes } = memory;
    cursor.cached_object(members, Member::number, |cursor, member| {
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
            Member::References => each_element(cursor, "references", |cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = ids::id(cursor, "parentSpanID")?,
            Member::Flags => sink.piece(Piece::Flags(flags(numeric(cursor)?))),
            Member::Start => start = read_time(cursor, "startTime")?,
            Member::Duration => length = duration_text(cursor)?,
            Member::Tags => tags(cursor, attributes, &mut kind_status, &mut message, sink)?,
            Member::Logs => logs(cursor, attributes, &mut kind_status, sink)?,
            Member::Warnings => each_element(cursor, "warnings", |cursor| {
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
    emit_status(&kind_status, message, sink);
    emit_references(references.all(), own, named_parent, sink);
    Ok(())
}

fn emit_references(
    references: &[Reference<'_>],
    own: Option<(TraceId, IdText<'_>)>,
    named: IdText<'_>,
    sink: &mut dyn Sink,
) {
    let (id, own) = own.unzip();
    let chosen = parent(references, own);
    match chosen {
        Some(at) if own.is_some_and(|own| names_trace(&references[at], own)) => {
            let warning = format!(
                "it names the trace {} as its parent; it is shown as a root",
                references[at].span.span().1
            );
            sink.piece(Piece::Warning(&warning));
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
    // The parent first, in any case; a `CHILD_OF` reference to it is not a link, too, unless it is repeated.
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

/// Emits tags: those that encode fields of the span as such, others as attributes.
fn tags<'a>(
    cursor: &mut Cursor<'a>,
    prefixes: &mut PrefixCache,
    kind_status: &mut KindAndStatus,
    message: &mut Raw<'a>,
    sink: &mut dyn Sink,
) -> Scan<()> {
    each_tag(cursor, prefixes, "tags", |_, tag| emit_tag(tag, kind_status, message, sink))
}

/// Emits a tag.
pub(super) fn emit_tag<'a>(
    tag: &Tag<'a>,
    kind_status: &mut KindAndStatus,
    message: &mut Raw<'a>,
    sink: &mut dyn Sink,
) {
    if tag.meaning == TagMeaning::None || !emit_span_field(tag, kind_status, message, sink) {
        match tag.plain_text() {
            Some((key, text)) => sink.piece(Piece::PlainText(key, text)),
            None => tag.emit(&mut |key, value| sink.piece(Piece::Attribute(key, value))),
        }
    }
}

/// Emits kind and status, after all tags and logs.
pub(super) fn emit_status(kind_status: &KindAndStatus, message: Raw<'_>, sink: &mut dyn Sink) {
    sink.piece(Piece::Kind(kind_status.kind));
    sink.piece(Piece::Status(kind_status.status(), &unescape(message)));
}

/// Whether a tag only encodes a field of the span.
fn emit_span_field<'a>(
    tag: &Tag<'a>,
    kind_status: &mut KindAndStatus,
    message: &mut Raw<'a>,
    sink: &mut dyn Sink,
) -> bool {
    kind_status.add(tag);
    let text = tag.text();
    match tag.meaning {
        TagMeaning::Kind => text.is_some_and(|text| {
            let kind = enums::kind(text.bytes).unwrap_or_default();
            kind != SpanKind::Unspecified && kind.name().as_bytes() == text.bytes
        }),
        TagMeaning::Error => tag.is_flag(),
        TagMeaning::StatusCode => text.is_some_and(|text| matches!(text.bytes, b"OK" | b"ERROR")),
        TagMeaning::StatusDescription if text.is_some() => {
            *message = text.unwrap_or_default();
            true
        }
        TagMeaning::TraceState if text.is_some() => {
            sink.piece(Piece::TraceState(&unescape(text.unwrap_or_default())));
            true
        }
        _ => false,
    }
}

/// Emits all logs.
pub(super) fn logs(
    cursor: &mut Cursor<'_>,
    prefixes: &mut PrefixCache,
    kind_status: &mut KindAndStatus,
    sink: &mut dyn Sink,
) -> Scan<()> {
    each_element(cursor, "logs", |cursor| log(cursor, prefixes, kind_status, sink))
}

/// Emits a log. Its name is the field `event` if there is exactly one, else the field `message`, which is kept as an
/// attribute.
fn log(
    cursor: &mut Cursor<'_>,
    prefixes: &mut PrefixCache,
    kind_status: &mut KindAndStatus,
    sink: &mut dyn Sink,
) -> Scan<()> {
    let (mut time, mut fields) = (0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = read_time(cursor, "logs")?.unix,
            b"fields" => fields = Some(cursor.value()?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let fields = fields.unwrap_or(b"null");
    let (mut event, mut events, mut message) = (None, 0, None);
    cursor.reread(fields, |cursor| {
        each_tag(cursor, prefixes, "logs", |_, tag| match tag.meaning {
            TagMeaning::Event => {
                events += 1;
                event = event.or(tag.text());
            }
            TagMeaning::Message => message = message.or(tag.text()),
            _ => kind_status.add_log_field(tag),
        })
    })?;
    let name = event.or(message).unwrap_or_default();
    sink.piece(Piece::Event(time.max(0) as u64, &unescape(name), 0));
    let placed = events == 1 && event.is_some_and(|name| !name.bytes.is_empty());
    cursor.reread(fields, |cursor| {
        each_tag(cursor, prefixes, "logs", |_, tag| {
            if !(placed && tag.meaning == TagMeaning::Event) {
                tag.emit(&mut |key, value| sink.piece(Piece::EventAttribute(key, value)));
            }
        })
    })
}
