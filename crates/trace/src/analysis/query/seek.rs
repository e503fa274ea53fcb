//! Jaeger's find over the columns: every distinct text is looked at once, then every span.

use super::arena::{containing, folded};
use super::facts::{Facts, status_name};
use super::words::Words;
use crate::model::{
    AttributeOwner, Cell, Columns, Flags, SpanIx, SpanKind, SpanSet, StatusCode, StrIx, ValueRef,
};
use crate::units::SpanId;
use std::ops::Range;

/// What newer Jaegers call a kind, a status and a scope.
const KINDS: [&str; 3] = ["kind", "span.kind", "span_kind"];
const STATUSES: [&str; 3] = ["status", "status_code", "status.code"];
const SCOPES: [&str; 3] = ["scope", "instrumentation_scope", "instrumentation.scope"];

/// Words prepared for seeking.
struct Seeker<'a> {
    words: &'a Words,
    /// Ids that a word may be; leading zeros do not count.
    ids: Vec<SpanId>,
    /// Words with `=`, cut there in every way: the end of a key and the beginning of its value.
    pairs: Vec<(&'a str, &'a str)>,
    /// Words that may be part of an integer.
    integers: bool,
    /// Words that may be part of a double.
    doubles: bool,
    /// Whether a word is part of "false", of "true".
    flags: [bool; 2],
}

impl<'a> Seeker<'a> {
    fn new(words: &'a Words) -> Self {
        let any = |fits: fn(&str) -> bool| words.wanted.iter().any(|word| fits(word));
        let pairs = words
            .wanted
            .iter()
            .flat_map(|word| word.match_indices('=').map(|(at, _)| (&word[..at], &word[at + 1..])));
        Self {
            words,
            ids: words
                .wanted
                .iter()
                .filter_map(|word| SpanId::parse(word))
                .filter(|id| !id.is_none())
                .collect(),
            pairs: pairs.collect(),
            integers: any(|word| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')),
            doubles: any(|word| word.bytes().all(|byte| b"0123456789.-einfaty".contains(&byte))),
            flags: [any(|word| "false".contains(word)), any(|word| "true".contains(word))],
        }
    }

    fn in_text(&self, folded: &str) -> bool {
        self.words.wanted.iter().any(|word| folded.contains(word))
    }

    fn is_left_out(&self, key: &str) -> bool {
        self.words.except.iter().any(|except| key.contains(except))
    }

    fn in_pair(&self, key: &str, value: &str) -> bool {
        self.pairs.iter().any(|(end, start)| key.ends_with(end) && value.starts_with(start))
    }

    /// `service.name=…`, which Jaeger does not know.
    fn in_service(&self, service: &str) -> bool {
        let named =
            |(key, start): &(&str, &str)| *key == "service.name" && folded(service).starts_with(start);
        !service.is_empty() && !self.is_left_out("service.name") && self.pairs.iter().any(named)
    }

    /// `status=error`, `kind:client`: newer Jaegers have a status, a kind and a scope under several names, and look
    /// for what stands behind the sign anywhere in them.
    fn in_named(&self, names: &[&str], value: &str) -> bool {
        let value = folded(value);
        let named = |word: &String| {
            let behind = |name: &&str| word.strip_prefix(*name)?.strip_prefix(['=', ':']);
            names.iter().filter_map(behind).any(|part| !part.is_empty() && value.contains(part))
        };
        let left_out = names.iter().any(|name| self.is_left_out(name));
        !value.is_empty() && !left_out && self.words.wanted.iter().any(named)
    }

    /// A tag that is looked at as a whole.
    fn in_tag(&self, key: &str, value: &str) -> bool {
        let (key, value) = (folded(key), folded(value));
        !self.is_left_out(&key) && (self.in_text(&key) || self.in_text(&value) || self.in_pair(&key, &value))
    }
}

/// What is known of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Unknown,
    LeftOut,
    Found,
    /// Neither; its values may be.
    Other,
    /// Its values may be, and what it ends with may be the first half of a pair.
    Half,
}

/// A part of the trace and what is known of its texts.
struct Seeking<'a> {
    seeker: &'a Seeker<'a>,
    columns: &'a Columns,
    texts: Vec<bool>,
    keys: Vec<Key>,
    /// What is known of small integers: 0 nothing, 1 no, 2 yes.
    integers: Vec<u8>,
    room: String,
}

/// Integers below this are looked at once: status codes, ports, counts.
const SMALL: usize = 1 << 16;

impl Seeking<'_> {
    /// Looks at a key for the first time.
    #[cold]
    fn learn(&mut self, key: StrIx) -> Key {
        let text = folded(self.columns.strings().get(key));
        let found = if self.seeker.is_left_out(&text) {
            Key::LeftOut
        } else if self.texts[key as usize] {
            Key::Found
        } else if self.seeker.pairs.iter().any(|(end, _)| text.ends_with(end)) {
            Key::Half
        } else {
            Key::Other
        };
        self.keys[key as usize] = found;
        found
    }

    /// Whether a tag is found.
    #[inline(always)]
    fn cell(&mut self, key: StrIx, value: Cell) -> bool {
        let known = match self.keys[key as usize] {
            Key::Unknown => self.learn(key),
            known => known,
        };
        match known {
            Key::LeftOut => return false,
            Key::Found => return true,
            Key::Half => {
                let columns = self.columns;
                let (key, value) = (columns.strings().get(key), columns.text(value));
                return self.seeker.in_tag(key, &value);
            }
            Key::Other | Key::Unknown => {}
        }
        match value {
            Cell::Str(text) => self.texts[text as usize],
            Cell::Bool(flag) => self.seeker.flags[usize::from(flag)],
            Cell::Int(number) => self.seeker.integers && self.integer(number),
            Cell::Double(number) => {
                self.seeker.doubles && self.seeker.in_text(&folded(&ValueRef::Double(number).text()))
            }
            Cell::Empty => false,
            Cell::Other(_) => self.seeker.in_text(&folded(&self.columns.text(value))),
        }
    }

    fn integer(&mut self, number: i64) -> bool {
        use std::fmt::Write;
        let small = usize::try_from(number).ok().filter(|small| *small < SMALL);
        if let Some(known) = small.map(|small| self.integers[small]).filter(|known| *known != 0) {
            return known == 2;
        }
        self.room.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.room, "{number}");
        let found = self.seeker.in_text(&self.room);
        if let Some(small) = small {
            self.integers[small] = 1 + u8::from(found);
        }
        found
    }

    fn cells(&mut self, of: AttributeOwner, mut range: Range<u32>) -> bool {
        let cells = self.columns.cells(of);
        range.any(|at| self.cell(cells.key(at), cells.value(at)))
    }

    fn row(&mut self, row: u32) -> bool {
        let columns = self.columns;
        let look = columns.row(row);
        if self.cells(AttributeOwner::Span, look.attributes) {
            return true;
        }
        for event in look.events {
            let (name, cells) = columns.event(event);
            if self.event_name(name, cells.clone()) || self.cells(AttributeOwner::Event, cells) {
                return true;
            }
        }
        let rare = columns.rare(row);
        !rare.id.is_empty() && self.seeker.words.wanted.iter().any(|word| word.eq_ignore_ascii_case(rare.id))
            || !rare.message.is_empty() && self.seeker.in_tag("otel.status_description", rare.message)
            || !rare.trace_state.is_empty() && self.seeker.in_tag("w3c.tracestate", rare.trace_state)
    }

    /// An event's name is what Jaeger has in the field `event`, unless it was taken from the field `message`.
    fn event_name(&mut self, name: StrIx, mut cells: Range<u32>) -> bool {
        let columns = self.columns;
        let table = columns.cells(AttributeOwner::Event);
        let message =
            |at: u32| table.value(at) == Cell::Str(name) && columns.strings().get(table.key(at)) == "message";
        if name == 0 || cells.any(message) {
            return false;
        }
        self.seeker.in_tag("event", columns.strings().get(name))
    }
}

/// The spans in which some word is found.
pub(super) fn seek(facts: &Facts<'_>, words: &Words) -> SpanSet {
    let outline = facts.outline;
    let mut set = SpanSet::none(outline.len());
    if words.wanted.is_empty() {
        return set;
    }
    let seeker = Seeker::new(words);
    let texts = containing(&outline.strings, &words.wanted);
    let kinds: Vec<bool> = (0..6)
        .map(|kind| SpanKind::from_number(kind).name())
        .map(|name| !name.is_empty() && (seeker.in_tag("span.kind", name) || seeker.in_named(&KINDS, name)))
        .collect();
    let statuses = [StatusCode::Unset, StatusCode::Ok, StatusCode::Error].map(|status| {
        let name = status_name(status);
        let tag = status != StatusCode::Unset && seeker.in_tag("otel.status_code", name);
        tag || seeker.in_named(&STATUSES, name)
    });
    let error = seeker.in_tag("error", "true");
    let resources: Vec<bool> = facts
        .trace
        .resources()
        .iter()
        .map(|resource| {
            // Jaeger has the service's name, but not as a tag: its key is on every span.
            let tags = resource.attributes.iter().filter(|attribute| attribute.key != "service.name");
            let mut tags = tags.map(|attribute| (&attribute.key, ValueRef::Nested(attribute.value.clone())));
            seeker.in_service(&resource.service) || tags.any(|(key, value)| seeker.in_tag(key, &value.text()))
        })
        .collect();
    let scopes: Vec<bool> = facts
        .trace
        .scopes()
        .iter()
        .map(|scope| {
            let named = !scope.name.is_empty() && seeker.in_tag("otel.scope.name", &scope.name);
            named
                || seeker.in_named(&SCOPES, &scope.name)
                || !scope.version.is_empty() && seeker.in_tag("otel.scope.version", &scope.version)
        })
        .collect();
    let hit = |hits: &[bool], numbers: &[u32], span: usize| {
        numbers.get(span).and_then(|number| hits.get(*number as usize)).copied().unwrap_or_default()
    };
    for span in 0..outline.len() {
        if texts[outline.name[span] as usize]
            || texts[outline.service[span] as usize]
            || kinds[outline.kind[span] as usize]
            || statuses[outline.status[span] as usize]
            || error && outline.flags[span].has(Flags::OWN_ERROR)
            || seeker.ids.contains(&outline.id[span])
            || hit(&resources, facts.trace.resource_numbers(), span)
            || hit(&scopes, facts.trace.scope_numbers(), span)
        {
            set.insert(span as SpanIx);
        }
    }
    for part in facts.parts.iter().filter(|part| !part.rows.is_empty()) {
        let strings = part.columns.strings();
        let mut seeking = Seeking {
            seeker: &seeker,
            columns: part.columns,
            texts: containing(strings, &words.wanted),
            keys: vec![Key::Unknown; strings.len()],
            integers: vec![0; if seeker.integers { SMALL } else { 0 }],
            room: String::new(),
        };
        for (row, span) in &part.rows {
            if !set.contains(*span) && seeking.row(*row) {
                set.insert(*span);
            }
        }
    }
    set
}
