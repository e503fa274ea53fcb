//! Completion of search texts: fields, operators, and values of the trace.

use super::field::{Field, FieldType, KNOWN, Owner, is_reserved};
use super::field_reader::FieldReader;
use super::op::Operator;
use super::token::{Kind, Token, is_word, quote, tokens};
use super::tree::RELATIONS;
use super::value::{FieldValue, TABLES};
use crate::model::{AttributeOwner, Trace};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Maximum number of completions.
const MOST: usize = 50;

/// Type of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CompletionKind {
    /// A built-in field.
    Field,
    /// The key of an attribute.
    Key,
    /// A comparison operator.
    Operator,
    /// A value of the field.
    Value,
    /// A keyword or function.
    Word,
}

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// Type.
    pub offer: CompletionKind,
    /// The text to insert.
    pub text: String,
    /// A description; empty if none is needed.
    pub about: String,
    /// Number of occurrences in the trace; 0 if it is not counted.
    pub count: u32,
}

/// Completions that replace the bytes `from..to` of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completions {
    /// Start of the replaced bytes.
    pub from: u32,
    /// End of the replaced bytes.
    pub to: u32,
    /// Best first: prefix matches before others, then by frequency.
    pub items: Vec<Completion>,
}

/// What the grammar allows next.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// A condition.
    Operand,
    /// After a field's name: an operator, or the next condition if the name is a flag or a word.
    Name(Field),
    /// After `in`.
    List(Field),
    /// A value, and whether it is in a list.
    Value(Field, bool),
    /// After a value in a list.
    Listed(Field),
    /// A field's name and a closing parenthesis.
    Has,
    /// `and`, `or`, or another condition.
    Joint,
}

/// The state after a token. `before` is the preceding token.
fn step(place: Place, text: &str, token: &Token, function: Option<&str>) -> Place {
    let word = if token.kind == Kind::Word { &text[token.at..token.end] } else { "" };
    let is = |words: &[&str]| words.iter().any(|one| one.eq_ignore_ascii_case(word));
    match (place, &token.kind) {
        (Place::Name(field), Kind::Sign(_)) => Place::Value(field, false),
        (Place::Name(field), Kind::Word) if is(&["contains"]) => Place::Value(field, false),
        (Place::Name(field), Kind::Word) if is(&["in"]) => Place::List(field),
        (Place::Name(_), Kind::Open) if function == Some("has") => Place::Has,
        (Place::List(field), Kind::Open) => Place::Value(field, true),
        (Place::Value(field, true), Kind::Word | Kind::Quoted(_)) => Place::Listed(field),
        (Place::Listed(field), Kind::Comma) => Place::Value(field, true),
        (Place::Value(_, false), Kind::Word | Kind::Quoted(_)) => Place::Joint,
        (Place::Has, Kind::Word | Kind::Quoted(_)) => Place::Has,
        // "x not in (…)"
        (Place::Name(field), Kind::Word) if is(&["not"]) => Place::Name(field),
        (_, Kind::Close) => Place::Joint,
        (_, Kind::Open | Kind::Sign(_) | Kind::Comma) => Place::Operand,
        (_, Kind::Word) if is_reserved(word) => Place::Operand,
        (_, Kind::Word) => match word.trim_start_matches('!') {
            "" => Place::Operand,
            name => Place::Name(Field::parse(name)),
        },
        (_, Kind::Quoted(key)) => Place::Name(Field::Key(Owner::Any, key.clone())),
    }
}

/// Completions at the byte offset `cursor` of a text.
pub fn complete(trace: &Trace, text: &str, cursor: usize) -> Completions {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (mut before, _) = tokens(&text[..cursor]);
    let typed =
        before.pop_if(|token| token.end == cursor && matches!(token.kind, Kind::Word | Kind::Quoted(_)));
    // A quoted text that is closed before the cursor is complete.
    let closed = |token: &Token| cursor - token.at > 1 && text[..cursor].ends_with('"');
    let typed = match typed {
        Some(token) if matches!(token.kind, Kind::Quoted(_)) && closed(&token) => {
            before.push(token);
            None
        }
        typed => typed,
    };
    let mut place = Place::Operand;
    let mut last: Option<&Token> = None;
    for token in &before {
        let adjacent = last.filter(|last| last.kind == Kind::Word && last.end == token.at);
        place = step(place, text, token, adjacent.map(|last| &text[last.at..last.end]));
        last = Some(token);
    }
    let (from, part) = match &typed {
        Some(Token { kind: Kind::Quoted(part), at, .. }) => (*at, part.as_str()),
        Some(token) => {
            let word = &text[token.at..token.end];
            // `!` before a condition negates it.
            let part = match place {
                Place::Operand | Place::Joint => word.trim_start_matches('!'),
                _ => word,
            };
            (token.end - part.len(), part)
        }
        None => (cursor, ""),
    };
    let whole =
        typed.as_ref().and_then(|typed| tokens(text).0.into_iter().find(|token| token.at == typed.at));
    let mut offers = Offers { part: part.to_lowercase(), items: Vec::new() };
    offers.at(&FieldReader::of(trace), &place, !part.is_empty());
    Completions {
        from: from as u32,
        to: whole.map_or(cursor, |token| token.end.max(cursor)) as u32,
        items: offers.best(),
    }
}

struct Offers {
    /// The word before the cursor, in lower case.
    part: String,
    items: Vec<Completion>,
}

impl Offers {
    fn offer(&mut self, offer: CompletionKind, text: impl Into<String>, about: &str, count: u32) {
        let text = text.into();
        if text.to_lowercase().contains(&self.part) {
            self.items.push(Completion { offer, text, about: about.to_owned(), count });
        }
    }

    fn best(self) -> Vec<Completion> {
        let part = self.part;
        let mut items = self.items;
        items.sort_by_key(|item| {
            let starts = item.text.trim_start_matches('"').to_lowercase().starts_with(&part);
            let rank = match item.offer {
                CompletionKind::Field | CompletionKind::Operator | CompletionKind::Value => 0,
                CompletionKind::Key => 1,
                CompletionKind::Word => 2,
            };
            (!starts, rank, std::cmp::Reverse(item.count))
        });
        items.truncate(MOST);
        items
    }

    fn at(&mut self, reader: &FieldReader<'_>, place: &Place, typing: bool) {
        match place {
            Place::Operand => self.operands(reader),
            Place::Has => self.fields(reader),
            Place::Name(field) => {
                self.operators(field);
                self.joints();
                if typing {
                    self.operands(reader);
                }
            }
            Place::List(_) => self.offer(CompletionKind::Word, "(", "the values", 0),
            Place::Value(field, _) => self.values(reader, field),
            Place::Listed(_) => {
                self.offer(CompletionKind::Word, ",", "another value", 0);
                self.offer(CompletionKind::Word, ")", "end of the list", 0);
            }
            Place::Joint => {
                self.joints();
                if typing {
                    self.operands(reader);
                }
            }
        }
    }

    fn joints(&mut self) {
        self.offer(CompletionKind::Word, "and", "both must match", 0);
        self.offer(CompletionKind::Word, "or", "either may match", 0);
    }

    fn operands(&mut self, reader: &FieldReader<'_>) {
        self.fields(reader);
        self.offer(CompletionKind::Word, "not", "what follows must not match", 0);
        self.offer(CompletionKind::Word, "has(", "the attribute exists", 0);
        for (name, _, about) in RELATIONS {
            self.offer(CompletionKind::Word, format!("{name}("), about, 0);
        }
    }

    /// Built-in fields in their order, then keys by frequency.
    fn fields(&mut self, reader: &FieldReader<'_>) {
        for (name, _, _, about) in KNOWN {
            self.offer(CompletionKind::Field, name, about, 0);
        }
        for (key, count) in counted(keys(reader)) {
            self.offer(CompletionKind::Key, key, "", count);
        }
    }

    fn operators(&mut self, field: &Field) {
        let ops: &[(Operator, &str)] = match field.class() {
            FieldType::Text => &[
                (Operator::Equal, "is"),
                (Operator::Differs, "is something else"),
                (Operator::Contains, "contains, in any case"),
                (Operator::Matches, "matches a regular expression"),
                (Operator::MatchesNot, "does not match a regular expression"),
                (Operator::Among, "is one of"),
                (Operator::More, "is more than"),
                (Operator::AtLeast, "is at least"),
                (Operator::Less, "is less than"),
                (Operator::AtMost, "is at most"),
            ],
            FieldType::Choice(_) => &[
                (Operator::Equal, "is"),
                (Operator::Differs, "is something else"),
                (Operator::Among, "is one of"),
            ],
            FieldType::Number | FieldType::Time => &[
                (Operator::More, "is more than"),
                (Operator::AtLeast, "is at least"),
                (Operator::Less, "is less than"),
                (Operator::AtMost, "is at most"),
                (Operator::Equal, "is"),
                (Operator::Differs, "is something else"),
                (Operator::Among, "is one of"),
            ],
        };
        for (op, about) in ops {
            self.offer(CompletionKind::Operator, op.text(), about, 0);
        }
    }

    fn values(&mut self, reader: &FieldReader<'_>, field: &Field) {
        let mut counts = tally(reader, field, &self.part);
        if let FieldType::Choice(words) = field.class() {
            for word in words {
                counts.entry((*word).to_owned()).or_default();
            }
        }
        for (value, count) in counted(counts) {
            let bare = is_word(&value) && !is_reserved(&value);
            self.offer(CompletionKind::Value, if bare { value } else { quote(&value) }, "", count);
        }
    }
}

/// Values of a field that contain `part`, with frequencies.
pub(super) fn tally(reader: &FieldReader<'_>, field: &Field, part: &str) -> FxHashMap<String, u32> {
    let mut kept: [Vec<u32>; TABLES] = Default::default();
    let mut tables = [None; TABLES];
    let mut others: FxHashMap<String, u32> = FxHashMap::default();
    let mut room = String::new();
    // Durations are mostly distinct, so completions would not help.
    if field.class() != FieldType::Time {
        reader.each(field, &mut |_, said| match said {
            FieldValue::Interned(table, text) => {
                let counts = &mut kept[table.number];
                if counts.is_empty() {
                    *counts = vec![0; table.strings.len()];
                    tables[table.number] = Some(table.number);
                }
                counts[text as usize] += 1;
            }
            other => {
                let text = other.text(&mut room);
                match others.get_mut(text) {
                    Some(count) => *count += 1,
                    None => {
                        others.insert(text.to_owned(), 1);
                    }
                }
            }
        });
    }
    for table in tables.into_iter().flatten() {
        let strings = reader.table(table).strings;
        for (text, count) in strings.iter().zip(&kept[table]).filter(|(_, count)| **count > 0) {
            if part.is_empty() || text.to_lowercase().contains(part) {
                *others.entry(text.to_owned()).or_default() += count;
            }
        }
    }
    others
}

/// Sorts by descending frequency.
pub(super) fn counted(counts: FxHashMap<String, u32>) -> Vec<(String, u32)> {
    let mut counts: Vec<(String, u32)> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}

/// The keys of attributes of spans, resources and events as fields, and how often each occurs.
pub(super) fn keys(reader: &FieldReader<'_>) -> FxHashMap<String, u32> {
    let mut found: FxHashMap<String, u32> = FxHashMap::default();
    // Without prefix, a key refers to attributes of spans and resources.
    let mut add = |owner: Owner, key: &str, count: u32| {
        if count > 0 {
            *found.entry(Field::Key(owner, key.to_owned()).to_string()).or_default() += count;
        }
    };
    for part in reader.parts.iter().filter(|part| !part.rows.is_empty()) {
        let columns = part.columns;
        for (owner, of) in [(Owner::Any, AttributeOwner::Span), (Owner::Event, AttributeOwner::Event)] {
            let cells = columns.cells(of);
            let mut counts = vec![0u32; columns.strings().len()];
            let mut count = |at: u32| counts[cells.key(at) as usize] += 1;
            for (row, _) in &part.rows {
                let look = columns.row(*row);
                match of {
                    AttributeOwner::Span => look.attributes.for_each(&mut count),
                    _ => look.events.for_each(|event| columns.event(event).1.for_each(&mut count)),
                }
            }
            columns.strings().iter().zip(counts).for_each(|(key, count)| add(owner, key, count));
        }
    }
    let resources = reader.trace.resources();
    let mut counts = vec![0u32; resources.len()];
    for number in reader.trace.resource_numbers() {
        if let Some(count) = counts.get_mut(*number as usize) {
            *count += 1;
        }
    }
    for (resource, count) in resources.iter().zip(counts) {
        resource.attributes.iter().for_each(|attribute| add(Owner::Any, &attribute.key, count));
    }
    found
}

#[cfg(test)]
mod tests;
