//! What a text may have meant: names and values that no span has, and what other tools write.

mod notation;
mod values;

use super::complete::{counted, keys};
use super::field::{ALIASES, Field, KNOWN, Owner};
use super::field_reader::FieldReader;
use super::parse::parse;
use super::token::{Kind, Token, is_sign, tokens};
use super::tree::{Condition, Step};
use super::{SearchText, word};
use crate::model::Trace;
use notation::{comparison, conditions_as_words, list_without_parentheses, other_notation};
pub(super) use notation::{has_condition, spansets};
use serde::{Deserialize, Serialize};
use values::unknown_values;

/// Maximum number of hints.
const MOST: usize = 3;

/// A part of a text that is not understood as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FindHint {
    /// No span has an attribute of this name.
    UnknownName {
        /// The name as it is written.
        name: String,
        /// The most similar name that spans have, as it is written in a query.
        nearest: Option<String>,
    },
    /// No span has this value of a field.
    UnknownValue {
        /// The comparison as it is written.
        found: String,
        /// The same with the most similar value that spans have.
        instead: String,
    },
    /// A comparison in the notation of another tool.
    OtherNotation {
        /// The part of the text.
        found: String,
        /// The same as a query.
        instead: String,
    },
    /// Words that read like conditions: `not payment`.
    Words {
        /// The part of the text.
        found: String,
        /// The same as a query.
        instead: String,
    },
    /// Keys to exclude without a word to find: `-payment`.
    OnlyExcluded {
        /// The text.
        found: String,
        /// A query for the spans without these words.
        instead: String,
    },
    /// A text that finds nothing as words, and has a mistake as a query.
    Mistake {
        /// The text.
        found: String,
        /// What a query would have instead, see [`super::QueryError::expected`].
        expected: String,
    },
}

/// Prefixes of attributes in other tools.
const PREFIXES: [&str; 8] = [
    "span.",
    "tag.",
    "tags.",
    "attributes.",
    "attr.",
    "process.",
    "span.attributes.",
    "resource.attributes.",
];

/// Names that no span has are reported for every query, and for words that find nothing. `!…`, values, mistakes and most of
/// what other tools write are reported only if nothing was found.
pub(super) fn hints(trace: &Trace, text: &str, reading: &SearchText, nothing: bool) -> Vec<FindHint> {
    let reader = FieldReader::of(trace);
    let (steps, words): (&[Step], _) = match reading {
        SearchText::Query(query) => (query.steps(), None),
        SearchText::Words(words) => (&[], Some(words)),
    };
    let mut hints = Vec::new();
    let query = spansets(text).filter(|query| nothing || words.is_some() && has_condition(query));
    if let Some(instead) = query {
        hints.push(FindHint::OtherNotation { found: text.trim().to_owned(), instead });
    } else if let Some(words) = words {
        hints.extend(
            conditions_as_words(text, words, nothing)
                .or_else(|| list_without_parentheses(&reader, text, nothing)),
        );
    }
    if nothing && hints.is_empty() {
        hints.extend(other_notation(&reader, text));
    }
    let mut names: Vec<Field> = Vec::new();
    // Where all conditions have to hold and some span is found, all names are known.
    if hints.is_empty() && (nothing || !steps.iter().all(is_needed)) {
        names.extend(steps.iter().filter_map(field_of).cloned());
    }
    if nothing && hints.is_empty() {
        names.extend(words.iter().flat_map(|_| names_in_words(text)));
    }
    let mut candidates = None;
    for field in names {
        let Field::Key(_, key) = &field else { continue };
        if has_values(&reader, &field) {
            continue;
        }
        let candidates = candidates.get_or_insert_with(|| candidates_of(&reader));
        let nearest = nearest(candidates, key);
        let hint = FindHint::UnknownName { name: field.to_string(), nearest };
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    if nothing && hints.is_empty() {
        hints.extend(unknown_values(&reader, text, words.is_some()));
    }
    if nothing && hints.is_empty() && words.is_some() {
        hints.extend(mistake(&reader, text));
    }
    hints.truncate(MOST);
    hints
}

/// Names of comparisons in words: `name=value`, and `name>5` with another operator before digits.
fn names_in_words(text: &str) -> impl Iterator<Item = Field> {
    let name = |word| {
        let (name, sign, value) = comparison(word)?;
        let is_number = value.starts_with(|first: char| first.is_ascii_digit());
        (is_name(name) && (sign == "=" || is_sign(sign) && is_number)).then(|| Field::parse(name))
    };
    text.split_whitespace().filter_map(name)
}

fn field_of(step: &Step) -> Option<&Field> {
    match step {
        Step::Condition(Condition::Compare(field, ..) | Condition::Has(field)) => Some(field),
        _ => None,
    }
}

/// Whether a step lets no span through for which the condition before it does not hold.
fn is_needed(step: &Step) -> bool {
    matches!(step, Step::Condition(_) | Step::And | Step::Related(_))
}

fn has_values(reader: &FieldReader<'_>, field: &Field) -> bool {
    let mut any = false;
    reader.each(field, &mut |_, _| any = true);
    any
}

/// Whether a text can be the name of a field or attribute.
fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|letter: char| letter.is_alphabetic() || letter == '.');
    starts && text.chars().all(|letter| letter.is_alphanumeric() || "._-/".contains(letter))
}

/// A field that the trace has: a known one, or an attribute of some span.
fn exists(reader: &FieldReader<'_>, name: &str) -> bool {
    is_name(name)
        && match Field::parse(name) {
            Field::Builtin(_) => true,
            field => has_values(reader, &field),
        }
}

/// What is wrong with a text as a query, if it has a comparison with a field of the trace.
fn mistake(reader: &FieldReader<'_>, text: &str) -> Option<FindHint> {
    let expected = parse(text).err()?.expected;
    let (tokens, _) = tokens(text);
    let compares = |two: &[Token]| {
        matches!(two[1].kind, Kind::Sign(_)) && word(text, &two[0]).is_some_and(|name| exists(reader, name))
    };
    tokens.windows(2).any(compares).then(|| FindHint::Mistake { found: text.trim().to_owned(), expected })
}

/// Names that a trace has, the most frequent first: as they are written, and without signs and case.
fn candidates_of(reader: &FieldReader<'_>) -> Vec<(String, String)> {
    let known = KNOWN.iter().map(|(name, ..)| *name).chain(ALIASES.iter().map(|(name, _)| *name));
    let names = known.map(str::to_owned).chain(counted(keys(reader)).into_iter().map(|(name, _)| name));
    names.map(|name| (plain(&name), name)).collect()
}

/// A name without signs, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The most similar name: one that differs in signs, case or a prefix of another tool; one that is a few letters away; one
/// that ends with the name; or one with more or fewer words, as other versions of the semantic conventions have:
/// `http.status_code` and `http.response.status_code`.
fn nearest(candidates: &[(String, String)], key: &str) -> Option<String> {
    let bare = key.trim_start_matches('.');
    let without_prefix = PREFIXES.iter().filter_map(|prefix| bare.strip_prefix(prefix));
    for name in without_prefix.chain([bare]) {
        let wanted = plain(name);
        if let Some((_, found)) = candidates.iter().find(|(plain, _)| *plain == wanted) {
            return Some(found.clone());
        }
    }
    let wanted = plain(bare);
    let far = (wanted.chars().count() / 4).max(1);
    let close = candidates.iter().map(|(plain, name)| (strsim::osa_distance(plain, &wanted), name));
    let close = close.filter(|(distance, _)| *distance <= far).min_by_key(|(distance, _)| *distance);
    if let Some((_, name)) = close {
        return Some(name.clone());
    }
    let ends = |(plain, _): &&(String, String)| wanted.len() >= 3 && plain.ends_with(&wanted);
    if let Some((_, name)) = candidates.iter().find(ends) {
        return Some(name.clone());
    }
    let wanted = parts(bare);
    let is_other_version = |name: &&String| {
        let parts = parts(name);
        wanted.len() > 1 && parts.len() > 1 && (are_within(&wanted, &parts) || are_within(&parts, &wanted))
    };
    candidates.iter().map(|(_, name)| name).find(is_other_version).cloned()
}

/// The words of a name, in lower case.
fn parts(name: &str) -> Vec<String> {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Whether `few` are among `many`, in the same order.
fn are_within(few: &[String], many: &[String]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|word| rest.any(|other| other == word))
}

/// How a name that a person typed is written in a query, and as what it is understood there.
pub fn has_field(name: &str) -> String {
    match Field::parse(name) {
        Field::Key(Owner::Any, key) if key.is_empty() => String::new(),
        field => format!("has({field})"),
    }
}

#[cfg(test)]
mod tests;
