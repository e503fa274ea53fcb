//! Jaeger's find on columns: evaluated once per distinct string, then per span.

use super::field_reader::FieldReader;
use super::text_search::{containing, folded};
use super::words::FindWords;
use crate::model::{
    AttributeOwner, Cell, Flags, SpanColumns, SpanIx, SpanKind, SpanSet, StatusCode, StrIx, ValueRef,
};
use crate::units::SpanId;
use std::ops::Range;

/// Names of kind, status and scope in newer Jaeger versions.
const KINDS: [&str; 3] = ["kind", "span.kind", "span_kind"];
const STATUSES: [&str; 3] = ["status", "status_code", "status.code"];
const SCOPES: [&str; 3] = ["scope", "instrumentation_scope", "instrumentation.scope"];

/// The search words, prepared for matching.
struct WordMatcher<'a> {
    words: &'a FindWords,
    /// Words that are span ids.
    ids: Vec<SpanId>,
    /// Words split at each `=`: suffix of a key, and prefix of its value.
    pairs: Vec<(&'a str, &'a str)>,
    /// Whether a word may be part of an integer.
    integers: bool,
    /// Whether a word may be part of a double.
    doubles: bool,
    /// Whether a word is part of "false", and of "true".
    flags: [bool; 2],
}

impl<'a> WordMatcher<'a> {
    fn new(words: &'a FindWords) -> Self {
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

    fn contains_word(&self, folded: &str) -> bool {
        self.words.wanted.iter().any(|word| folded.contains(word))
    }

    fn is_excluded(&self, key: &str) -> bool {
        self.words.except.iter().any(|except| key.contains(except))
    }

    fn matches_pair(&self, key: &str, value: &str) -> bool {
        self.pairs.iter().any(|(end, start)| key.ends_with(end) && value.starts_with(start))
    }

    /// `service.name=…`, which Jaeger does not support.
    fn matches_service(&self, service: &str) -> bool {
        let named =
            |(key, start): &(&str, &str)| *key == "service.name" && folded(service).starts_with(start);
        !service.is_empty() && !self.is_excluded("service.name") && self.pairs.iter().any(named)
    }

    /// `status=error`, `kind:client`: newer Jaeger versions have several names for status, kind and scope, and search
    /// the word after the sign anywhere in the value.
    fn matches_named(&self, names: &[&str], value: &str) -> bool {
        let value = folded(value);
        let named = |word: &String| {
            let behind = |name: &&str| word.strip_prefix(*name)?.strip_prefix(['=', ':']);
            names.iter().filter_map(behind).any(|part| !part.is_empty() && value.contains(part))
        };
        let excluded = names.iter().any(|name| self.is_excluded(name));
        !value.is_empty() && !excluded && self.words.wanted.iter().any(named)
    }

    /// Matches a tag by key and value.
    fn matches_tag(&self, key: &str, value: &str) -> bool {
        let (key, value) = (folded(key), folded(value));
        !self.is_excluded(&key)
            && (self.contains_word(&key) || self.contains_word(&value) || self.matches_pair(&key, &value))
    }
}

/// Cached result for a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyMatch {
    Unknown,
    Excluded,
    Matches,
    /// The key does not match; its values may.
    NoMatch,
    /// The key does not match, but ends like the key of a pair; its values may match.
    PairStart,
}

/// Matches rows of one table of columns, caching results.
struct RowMatcher<'a> {
    matcher: &'a WordMatcher<'a>,
    columns: &'a SpanColumns,
    texts: Vec<bool>,
    keys: Vec<KeyMatch>,
    /// Cached results for small integers: 0 unknown, 1 false, 2 true.
    integers: Vec<u8>,
    room: String,
}

/// Integers below this are cached: status codes, ports, counts.
const SMALL: usize = 1 << 16;

impl RowMatcher<'_> {
    /// Evaluates a key.
    #[cold]
    fn classify_key(&mut self, key: StrIx) -> KeyMatch {
        let text = folded(self.columns.strings().get(key));
        let found = if self.matcher.is_excluded(&text) {
            KeyMatch::Excluded
        } else if self.texts[key as usize] {
            KeyMatch::Matches
        } else if self.matcher.pairs.iter().any(|(end, _)| text.ends_with(end)) {
            KeyMatch::PairStart
        } else {
            KeyMatch::NoMatch
        };
        self.keys[key as usize] = found;
        found
    }

    /// Whether an attribute matches.
    #[inline(always)]
    fn matches_cell(&mut self, key: StrIx, value: Cell) -> bool {
        let known = match self.keys[key as usize] {
            KeyMatch::Unknown => self.classify_key(key),
            known => known,
        };
        match known {
            KeyMatch::Excluded => return false,
            KeyMatch::Matches => return true,
            KeyMatch::PairStart => {
                let columns = self.columns;
                let (key, value) = (columns.strings().get(key), columns.text(value));
                return self.matcher.matches_tag(key, &value);
            }
            KeyMatch::NoMatch | KeyMatch::Unknown => {}
        }
        match value {
            Cell::Str(text) => self.texts[text as usize],
            Cell::Bool(flag) => self.matcher.flags[usize::from(flag)],
            Cell::Int(number) => self.matcher.integers && self.integer_matches(number),
            Cell::Double(number) => {
                self.matcher.doubles && self.matcher.contains_word(&folded(&ValueRef::Double(number).text()))
            }
            Cell::Empty => false,
            Cell::Other(_) => self.matcher.contains_word(&folded(&self.columns.text(value))),
        }
    }

    fn integer_matches(&mut self, number: i64) -> bool {
        use std::fmt::Write;
        let small = usize::try_from(number).ok().filter(|small| *small < SMALL);
        if let Some(known) = small.map(|small| self.integers[small]).filter(|known| *known != 0) {
            return known == 2;
        }
        self.room.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.room, "{number}");
        let found = self.matcher.contains_word(&self.room);
        if let Some(small) = small {
            self.integers[small] = 1 + u8::from(found);
        }
        found
    }

    fn any_cell_matches(&mut self, of: AttributeOwner, mut range: Range<u32>) -> bool {
        let cells = self.columns.cells(of);
        range.any(|at| self.matches_cell(cells.key(at), cells.value(at)))
    }

    fn matches_row(&mut self, row: u32) -> bool {
        let columns = self.columns;
        let ranges = columns.row(row);
        if self.any_cell_matches(AttributeOwner::Span, ranges.attributes) {
            return true;
        }
        for event in ranges.events {
            let (name, cells) = columns.event(event);
            if self.event_name_matches(name, cells.clone())
                || self.any_cell_matches(AttributeOwner::Event, cells)
            {
                return true;
            }
        }
        let rare = columns.rare(row);
        !rare.id.is_empty() && self.matcher.words.wanted.iter().any(|word| word.eq_ignore_ascii_case(rare.id))
            || !rare.message.is_empty() && self.matcher.matches_tag("otel.status_description", rare.message)
            || !rare.trace_state.is_empty() && self.matcher.matches_tag("w3c.tracestate", rare.trace_state)
    }

    /// Jaeger has an event's name in the field `event`, unless it was taken from the field `message`.
    fn event_name_matches(&mut self, name: StrIx, mut cells: Range<u32>) -> bool {
        let columns = self.columns;
        let table = columns.cells(AttributeOwner::Event);
        let message =
            |at: u32| table.value(at) == Cell::Str(name) && columns.strings().get(table.key(at)) == "message";
        if name == 0 || cells.any(message) {
            return false;
        }
        self.matcher.matches_tag("event", columns.strings().get(name))
    }
}

/// The spans that match any of the words.
pub(super) fn search_words(reader: &FieldReader<'_>, words: &FindWords) -> SpanSet {
    let outline = reader.outline;
    let mut set = SpanSet::none(outline.len());
    if words.wanted.is_empty() {
        return set;
    }
    let matcher = WordMatcher::new(words);
    let texts = containing(&outline.strings, &words.wanted);
    let kinds: Vec<bool> = SpanKind::ALL
        .iter()
        .map(|kind| kind.name())
        .map(|name| {
            !name.is_empty()
                && (matcher.matches_tag("span.kind", name) || matcher.matches_named(&KINDS, name))
        })
        .collect();
    let statuses = StatusCode::ALL.map(|status| {
        let name = status.name();
        let tag = status != StatusCode::Unset && matcher.matches_tag("otel.status_code", name);
        tag || matcher.matches_named(&STATUSES, name)
    });
    let error = matcher.matches_tag("error", "true");
    let resources: Vec<bool> = reader
        .trace
        .resources()
        .iter()
        .map(|resource| {
            // Jaeger has the service's name, but not as a tag.
            let tags = resource.attributes.iter().filter(|attribute| attribute.key != "service.name");
            let mut tags = tags.map(|attribute| (&attribute.key, ValueRef::Nested(attribute.value.clone())));
            matcher.matches_service(&resource.service)
                || tags.any(|(key, value)| matcher.matches_tag(key, &value.text()))
        })
        .collect();
    let scopes: Vec<bool> = reader
        .trace
        .scopes()
        .iter()
        .map(|scope| {
            let named = !scope.name.is_empty() && matcher.matches_tag("otel.scope.name", &scope.name);
            named
                || matcher.matches_named(&SCOPES, &scope.name)
                || !scope.version.is_empty() && matcher.matches_tag("otel.scope.version", &scope.version)
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
            || matcher.ids.contains(&outline.id[span])
            || hit(&resources, reader.trace.resource_numbers(), span)
            || hit(&scopes, reader.trace.scope_numbers(), span)
        {
            set.insert(span as SpanIx);
        }
    }
    for part in reader.parts.iter().filter(|part| !part.rows.is_empty()) {
        let strings = part.columns.strings();
        let mut row_matcher = RowMatcher {
            matcher: &matcher,
            columns: part.columns,
            texts: containing(strings, &words.wanted),
            keys: vec![KeyMatch::Unknown; strings.len()],
            integers: vec![0; if matcher.integers { SMALL } else { 0 }],
            room: String::new(),
        };
        for (row, span) in &part.rows {
            if !set.contains(*span) && row_matcher.matches_row(*row) {
                set.insert(*span);
            }
        }
    }
    set
}
