//! A whole span of Jaeger JSON, said piece by piece, and processes.

use super::facts::{Fact, Facts, Tag, tag};
use super::member::Member;
use super::references::{Reference, References, parent, reference, span_of};
use super::{flags, microseconds, noted, times};
use crate::format::json::{Cursor, Raw, Scan, unescape};
use crate::format::otlp_json::numeric;
use crate::format::{UNREADABLE_PART, ids};
use crate::model::record::{Attribute, AttributeValue, Resource};
use crate::model::{Heads, Memory, Piece, Sink, SpanKind, ValueRef};
use crate::units::TraceId;

/// What Jaeger calls the service of a resource that says nothing at all.
const NO_SERVICE: &str = "OTLPResourceNoServiceName";

/// Says what is in a span's bytes: as it was noted when it was looked at first, else from the beginning. Leaves out what
/// cannot be read, and says so.
pub fn decode(bytes: &[u8], notes: &[u64], memory: &mut Memory, sink: &mut dyn Sink) {
    if let Some((front, rest)) = noted::parts(notes) {
        return noted::decode(bytes, front, rest, &mut memory.attributes, sink);
    }
    let mut cursor = Cursor::patient(bytes, 0);
    if span(&mut cursor, memory, sink).is_err() || cursor.damaged {
        sink.piece(Piece::Warning(UNREADABLE_PART));
    }
}

fn span(cursor: &mut Cursor<'_>, memory: &mut Memory, sink: &mut dyn Sink) -> Scan<()> {
    let (mut start, mut duration) = (0, 0);
    let (mut own, mut references, mut named_parent) = (None, References::default(), Raw::default());
    let (mut facts, mut message) = (Facts::default(), Raw::default());
    let Memory { members, attributes } = memory;
    cursor.known_object(members, Member::number, |cursor, member| {
        match Member::of(member) {
            Member::Trace => {
                let raw = cursor.string_or_skip()?.unwrap_or_default();
                if !raw.bytes.is_empty() {
                    let (id, text) = ids::trace_id(raw.bytes);
                    own = Some((id, raw.bytes));
                    sink.piece(Piece::Trace(id, &text));
                }
            }
            Member::Id => {
                let (id, text) = ids::span_id(cursor.string_or_skip()?.unwrap_or_default().bytes);
                sink.piece(Piece::Id(id, &text));
            }
            Member::Name => sink.piece(Piece::Name(&unescape(cursor.string_or_skip()?.unwrap_or_default()))),
            Member::References => cursor.array(|cursor| {
                if let Some(reference) = reference(cursor)? {
                    references.push(reference);
                }
                Ok(())
            })?,
            Member::Parent => named_parent = cursor.string_or_skip()?.unwrap_or_default(),
            Member::Flags => sink.piece(Piece::Flags(flags(numeric(cursor)?))),
            Member::Start => start = microseconds(cursor)?,
            Member::Duration => duration = microseconds(cursor)?,
            Member::Tags => tags(cursor, attributes, &mut facts, &mut message, sink)?,
            Member::Logs => logs(cursor, attributes, &mut facts, sink)?,
            Member::Warnings => cursor.array(|cursor| {
                if let Some(raw) = cursor.string_or_skip()? {
                    sink.piece(Piece::Warning(&unescape(raw)));
                }
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let (start, end) = times(start, duration);
    sink.piece(Piece::Times(start, end));
    say_status(&facts, message, sink);
    say_references(references.all(), own, named_parent, sink);
    Ok(())
}

fn say_references(
    references: &[Reference<'_>],
    own: Option<(TraceId, &[u8])>,
    named: Raw<'_>,
    sink: &mut dyn Sink,
) {
    let (id, own) = own.unzip();
    let chosen = parent(references, own);
    match chosen {
        Some(at) => {
            let (id, text) = span_of(&references[at]);
            sink.piece(Piece::Parent(id, &text));
        }
        None => {
            let (id, text) = ids::span_id(named.bytes);
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
            Some(raw) if !raw.bytes.is_empty() => ids::trace_id(raw.bytes).0,
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
    heads: &mut Heads,
    facts: &mut Facts,
    message: &mut Raw<'a>,
    sink: &mut dyn Sink,
) -> Scan<()> {
    cursor.array(|cursor| {
        say_tag(&tag(cursor, heads)?, facts, message, sink);
        Ok(())
    })
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
            let kind = SpanKind::from_name(&unescape(text));
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
    heads: &mut Heads,
    facts: &mut Facts,
    sink: &mut dyn Sink,
) -> Scan<()> {
    cursor.array(|cursor| log(cursor, heads, facts, sink))
}

/// A log: its name is the field `event` where there is one and one only, else the field `message`, which stays.
fn log(cursor: &mut Cursor<'_>, heads: &mut Heads, facts: &mut Facts, sink: &mut dyn Sink) -> Scan<()> {
    let (mut time, mut fields) = (0, None);
    cursor.object(|cursor, key| {
        match key.bytes {
            b"timestamp" => time = microseconds(cursor)?,
            b"fields" => fields = Some(cursor.value()?),
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let fields = fields.unwrap_or(b"null");
    let (mut event, mut events, mut message) = (None, 0, None);
    cursor.again(fields, |cursor| {
        cursor.array(|cursor| {
            let tag = tag(cursor, heads)?;
            match tag.fact {
                Fact::Event => {
                    events += 1;
                    event = event.or(tag.text());
                }
                Fact::Message => message = message.or(tag.text()),
                _ => facts.look_at_field(&tag),
            }
            Ok(())
        })
    })?;
    let name = event.or(message).unwrap_or_default();
    sink.piece(Piece::Event(time.max(0) as u64, &unescape(name), 0));
    let placed = events == 1 && event.is_some_and(|name| !name.bytes.is_empty());
    cursor.again(fields, |cursor| {
        cursor.array(|cursor| {
            let tag = tag(cursor, heads)?;
            if !(placed && tag.fact == Fact::Event) {
                tag.hand_over(&mut |key, value| sink.piece(Piece::EventAttribute(key, value)));
            }
            Ok(())
        })
    })
}

/// Reads a process: its service becomes the attribute `service.name`.
pub fn process(bytes: &[u8]) -> Resource {
    let mut resource = Resource::default();
    let (mut attributes, mut heads) = (Vec::new(), Heads::default());
    let _ = Cursor::patient(bytes, 0).object(|cursor, key| {
        match key.bytes {
            b"serviceName" => {
                resource.service = unescape(cursor.string_or_skip()?.unwrap_or_default()).into_owned()
            }
            b"tags" => cursor.array(|cursor| {
                tag(cursor, &mut heads)?.hand_over(&mut |key, value| {
                    attributes.push(Attribute { key: key.to_owned(), value: value.to_value() });
                });
                Ok(())
            })?,
            _ => cursor.skip()?,
        }
        Ok(())
    });
    if resource.service == NO_SERVICE && attributes.is_empty() {
        resource.service = String::new();
    }
    if !resource.service.is_empty() && !attributes.iter().any(|attribute| attribute.key == "service.name") {
        let value = AttributeValue::String(resource.service.clone());
        resource.attributes.push(Attribute { key: "service.name".to_owned(), value });
    }
    resource.attributes.append(&mut attributes);
    resource
}
