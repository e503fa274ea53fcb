//! Traces drawn in ASCII, for tests.
//!
//! One line per span, nested by indentation (two spaces per level); one character is a millisecond:
//!
//! ```text
//! gateway: POST /orders (server)      [==========]
//!   order: create !                     [=======]
//!     payment: charge (client) !         [==*=]     id=c0 http.status_code=402 amount=9.5
//!   email: send                                     [==]
//! ```
//!
//! * `service: operation` up to the first of ` (`, ` !` and ` [`; `(kind)`; `!` for an error.
//! * `[` is the start, `]` the end; `|` alone a span of zero length; `*` between them an event.
//! * after the bar: `id=` and `parent=` in hexadecimal override the default ids (the first line's id is
//!   1, the next one's 2, …; a parent may be missing), `end=none` leaves out the end, everything else is an attribute: an integer, a double,
//!   `true`, `false` or text without spaces.
//! * A line `trace 0a` starts a further trace; the first is trace 1 unless such a line comes first. Empty
//!   lines and lines that start with `#` are left out.
//!
//! Traces start at [`START`]: column 0 is that instant, so a trace starts where its first bar does.

// Invalid drawings fail the test that has them.
#![allow(clippy::panic)]

use crate::build::TraceBuilder;
use crate::model::record::{Attribute, AttributeValue, Event, Resource, SpanRecord};
use crate::model::{SpanKind, StatusCode, Trace};
use crate::units::{SpanId, TraceId};

/// Time of column 0: 2023-11-14T22:13:20Z.
pub const START: u64 = 1_700_000_000_000_000_000;
/// Duration of a column.
pub const COLUMN: u64 = 1_000_000;

/// The one trace drawn.
pub fn trace(drawing: &str) -> Trace {
    let mut all = traces(drawing);
    assert_eq!(all.len(), 1, "one trace should be drawn");
    all.remove(0)
}

/// All traces drawn, in order.
pub fn traces(drawing: &str) -> Vec<Trace> {
    let mut builder = TraceBuilder::new(None);
    let mut number = TraceId(1);
    let mut resources: Vec<(String, u32)> = Vec::new();
    let mut above: Vec<SpanId> = Vec::new();
    let mut next = 1;
    let lines = drawing.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    // Drawings are indented in tests: the least indented line determines the margin.
    let margin = lines.clone().map(indent).min().unwrap_or(0);
    for line in lines {
        let line = &line[margin..];
        if let Some(id) = line.strip_prefix("trace ") {
            number = TraceId::parse(id.trim()).unwrap_or_else(|| panic!("not a trace id: {line}"));
            above.clear();
            continue;
        }
        let depth = indent(line) / 2;
        assert!(depth <= above.len(), "nothing stands above {line:?}");
        above.truncate(depth);
        let (service, mut span) = draw(line);
        span.trace_id = number;
        let parent = above.last().copied().unwrap_or_default();
        if span.span_id.is_none() {
            span.span_id = SpanId(next);
        }
        if span.parent_span_id.is_none() {
            span.parent_span_id = parent;
        }
        next += 1;
        above.push(span.span_id);
        let known = resources.iter().find(|(name, _)| *name == service).map(|(_, resource)| *resource);
        let resource = known.unwrap_or_else(|| {
            let resource = builder.resource(resource(&service));
            resources.push((service, resource));
            resource
        });
        builder.record(resource, u32::MAX, &span);
    }
    builder.finish().traces
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn resource(service: &str) -> Resource {
    let mut resource = Resource::default();
    if !service.is_empty() {
        resource.attributes.push(attribute("service.name", AttributeValue::String(service.to_owned())));
        resource.find_service();
    }
    resource
}

fn attribute(key: &str, value: AttributeValue) -> Attribute {
    Attribute { key: key.to_owned(), value }
}

/// Parses a line into service and span.
fn draw(line: &str) -> (String, SpanRecord) {
    let start = line.find(['[', '|']).unwrap_or_else(|| panic!("no bar in {line:?}"));
    let end = match line.as_bytes()[start] {
        b'[' => {
            line[start..].find(']').map(|len| start + len).unwrap_or_else(|| panic!("no end in {line:?}"))
        }
        _ => start,
    };
    let at = |column: usize| START + column as u64 * COLUMN;
    let mut span = SpanRecord { start_unix: at(start), end_unix: at(end), ..SpanRecord::default() };
    for (column, mark) in line.bytes().enumerate().take(end).skip(start) {
        if mark == b'*' {
            span.events.push(Event { time_unix: at(column), name: "event".to_owned(), ..Event::default() });
        }
    }
    let mut head = line[..start].trim();
    if let Some(rest) = head.strip_suffix('!') {
        span.status = StatusCode::Error;
        head = rest.trim_end();
    }
    if let Some((rest, kind)) = head.strip_suffix(')').and_then(|head| head.rsplit_once(" (")) {
        span.kind = SpanKind::from_name(kind);
        assert_ne!(span.kind, SpanKind::Unspecified, "no kind is called {kind:?}");
        head = rest.trim_end();
    }
    let (service, name) = head.split_once(": ").unwrap_or((head.trim_end_matches(':'), ""));
    span.name = name.to_owned();
    for word in line[end + 1..].split_whitespace() {
        let (key, value) = word.split_once('=').unwrap_or((word, "true"));
        let id = || SpanId::parse(value).unwrap_or_else(|| panic!("not a span id: {word}"));
        match key {
            "id" => span.span_id = id(),
            "parent" => span.parent_span_id = id(),
            "end" if value == "none" => span.end_unix = 0,
            _ => span.attributes.push(attribute(key, typed(value))),
        }
    }
    (service.to_owned(), span)
}

fn typed(text: &str) -> AttributeValue {
    if let Ok(flag) = text.parse() {
        return AttributeValue::Bool(flag);
    }
    if let Ok(whole) = text.parse() {
        return AttributeValue::Int(whole);
    }
    match text.parse() {
        Ok(real) if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            AttributeValue::Double(real)
        }
        _ => AttributeValue::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    #[test]
    fn a_drawing_is_the_trace_that_it_shows() {
        let trace = trace(
            "
            gateway: POST /orders (server)      [==========]
              order: create !                     [=======]
                payment: charge (client) !         [==*=]     id=c0 http.status_code=402 amount=9.5
              email: send                                     [==]
            ",
        );
        let outline = trace.outline();
        assert_eq!(outline.depth, [0, 1, 2, 1]);
        assert_eq!(outline.duration, 17 * COLUMN);
        assert_eq!((outline.start[2], outline.duration_of(2)), (3 * COLUMN, 5 * COLUMN));
        assert_eq!(outline.events_of(2), [6 * COLUMN]);
        assert_eq!(
            (outline.service_of(3), outline.name_of(3), outline.id[2]),
            ("email", "send", SpanId(0xc0))
        );
        assert!(outline.flags[0].has(Flags::ERROR_BELOW) && outline.flags[2].has(Flags::OWN_ERROR));
        let record = trace.record(2);
        assert_eq!(record.kind, SpanKind::Client);
        assert_eq!(record.attributes[0].value, AttributeValue::Int(402));
        assert_eq!(record.attributes[1].value, AttributeValue::Double(9.5));
    }

    #[test]
    fn what_is_broken_can_be_drawn_too() {
        let traces = traces(
            "
            # an orphan, a span without length, a span that begins before its parent
            trace 0a
            a: one      [====]
            b: lost       |          parent=ff
            trace 0b
            a: one         [====]
              b: early  [==]
            ",
        );
        assert_eq!(traces.len(), 2);
        assert!(traces[0].outline().flags[1].has(Flags::ORPHAN));
        assert_eq!(traces[0].outline().duration_of(1), 0);
        assert!(traces[1].outline().flags[1].has(Flags::CLOCK_SKEW));
        assert_eq!(traces[1].outline().start, [3 * COLUMN, 0]);
    }
}
