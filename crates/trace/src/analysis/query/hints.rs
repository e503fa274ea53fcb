//! What a text may have meant whose names no span has, or that writes comparisons as other tools do.

use super::complete::keys;
use super::field::{ALIASES, BuiltinField, Field, KNOWN, Owner};
use super::field_reader::FieldReader;
use super::token::{is_sign, tokens};
use super::tree::{Condition, Step};
use crate::model::Trace;
use serde::{Deserialize, Serialize};

/// How many are named at most.
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
    /// A comparison in the notation of another tool.
    OtherNotation {
        /// The part of the text.
        found: String,
        /// The same as a query.
        instead: String,
    },
}

/// Operators that other tools write, with ours.
const OPERATORS: [(&str, &str); 19] = [
    ("<>", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("===", "="),
    (":", "="),
    ("is", "="),
    ("eq", "="),
    ("equals", "="),
    ("ne", "!="),
    ("gt", ">"),
    ("ge", ">="),
    ("gte", ">="),
    ("lt", "<"),
    ("le", "<="),
    ("lte", "<="),
    ("like", "contains"),
    ("ilike", "contains"),
    ("includes", "contains"),
    ("matches", "~"),
];

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

/// Unknown names are told of every query, of words only where they find nothing; so is the notation of other tools. `steps`
/// are those of a query, `words` what is looked for where the text is none.
pub(super) fn hints(
    trace: &Trace,
    text: &str,
    steps: &[Step],
    words: &[String],
    nothing: bool,
) -> Vec<FindHint> {
    let reader = FieldReader::of(trace);
    let mut hints = Vec::new();
    if nothing {
        hints.extend(other_notation(&reader, text));
    }
    let mut names: Vec<Field> = Vec::new();
    // Where all conditions have to hold and some span is found, all names are known.
    if hints.is_empty() && (nothing || !steps.iter().all(is_needed)) {
        names.extend(steps.iter().filter_map(field_of).cloned());
    }
    if nothing && hints.is_empty() {
        // Words are in lower case; keys are compared as they are written.
        let pairs = words.iter().filter_map(|word| word.split_once('='));
        let written = pairs.filter_map(|(name, _)| text.get(at(text, name)?..)?.get(..name.len()));
        names.extend(written.filter(|name| is_name(name)).map(Field::parse));
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
    hints.truncate(MOST);
    hints
}

/// Where a name in lower case stands in a text.
fn at(text: &str, name: &str) -> Option<usize> {
    // Other letters than those of ASCII may have another length in lower case; then nothing is told of them.
    text.to_ascii_lowercase().find(name)
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

/// The first comparison in the notation of another tool.
fn other_notation(reader: &FieldReader<'_>, text: &str) -> Option<FindHint> {
    let hint =
        |found: &str, instead: String| Some(FindHint::OtherNotation { found: found.to_owned(), instead });
    let bare = text.trim();
    if let Some(inner) = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return hint(bare, inner.trim().to_owned());
    }
    let words: Vec<&str> = bare.split_whitespace().collect();
    for three in words.windows(3) {
        let [name, operator, value] = three else { continue };
        let ours = OPERATORS.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(operator));
        if let Some((_, ours)) = ours.filter(|_| exists(reader, name)) {
            return hint(&three.join(" "), format!("{name} {ours} {value}"));
        }
    }
    for word in words {
        if let Some((name, value)) = word.split_once(':')
            && !value.is_empty()
            && exists(reader, name)
        {
            let operator =
                tokens(value).0.first().filter(|token| is_sign(&value[..token.end])).map(|t| t.end);
            let (operator, value) = value.split_at(operator.unwrap_or(0));
            let operator = if operator.is_empty() { "=" } else { operator };
            return hint(word, format!("{name} {operator} {value}"));
        }
        // Words are looked for in keys and values: `duration=5ms` is in neither.
        if let Some((name, value)) = word.split_once('=')
            && !value.is_empty()
            && matches!(Field::parse(name), Field::Builtin(known) if !is_pair_of_words(known))
        {
            return hint(word, format!("{name} = {value}"));
        }
    }
    None
}

/// Fields that are found by words too, as in Jaeger: `status=error`.
fn is_pair_of_words(known: BuiltinField) -> bool {
    matches!(known, BuiltinField::Kind | BuiltinField::Status)
}

/// Names that a trace has, the most frequent first: as they are written, and without signs and case.
fn candidates_of(reader: &FieldReader<'_>) -> Vec<(String, String)> {
    let mut counted: Vec<(String, u32)> = keys(reader).into_iter().collect();
    counted.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let known = KNOWN.iter().map(|(name, ..)| *name).chain(ALIASES.iter().map(|(name, _)| *name));
    let names = known.map(str::to_owned).chain(counted.into_iter().map(|(name, _)| name));
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
mod tests {
    use super::*;
    use crate::analysis::query::{find, hints, read};
    use crate::testing::trace;

    /// The hints for a text: `name → nearest`, or `found → instead`.
    fn hints_for(text: &str) -> Vec<String> {
        let trace = trace(
            "
            gateway: POST /orders (server)        [=========]  http.status_code=500 http.method=POST
              cart: get item (client)               [=*=]      http.status_code=200 db.system=redis
              cart: get all                           [==]     http.status_code=200 Retries=3
            ",
        );
        let reading = read(text).unwrap();
        let found = find(&trace, &reading);
        let hints = hints(&trace, text, &reading, &found).into_iter().map(|hint| match hint {
            FindHint::UnknownName { name, nearest } => format!("{name} → {}", nearest.unwrap_or_default()),
            FindHint::OtherNotation { found, instead } => format!("{found} → {instead}"),
        });
        hints.collect()
    }

    #[test]
    fn unknown_names_are_told_with_the_most_similar_one() {
        for (text, expected) in [
            ("http.statuscode = 500", &["http.statuscode → http.status_code"][..]),
            ("http.metod=GET", &["http.metod → http.method"]),
            ("HTTP.Status_Code > 300", &["HTTP.Status_Code → http.status_code"]),
            ("status_code = 500", &["status_code → http.status_code"]),
            ("span.http.method = GET", &["span.http.method → http.method"]),
            ("servce = cart and latency > 20ms", &["servce → service", "latency → "]),
            ("not has(db.sistem)", &["db.sistem → db.system"]),
            ("attribute.\"db system\" = x", &["attribute.\"db system\" → db.system"]),
            ("retries=4", &["retries → Retries"]),
            ("http.response.status_code >= 500", &["http.response.status_code → http.status_code"]),
            ("db.redis = 1", &["db.redis → "]),
            // These are understood, whether they find something or not.
            ("http.method = GET", &[]),
            ("http.method=POST", &[]),
            ("Retries=4", &[]),
            ("service = nobody", &[]),
            ("nothing at all", &[]),
            ("http.method=POST nothing=1", &[]),
        ] {
            assert_eq!(hints_for(text), expected, "{text}");
        }
    }

    #[test]
    fn other_notations_are_told_with_ours() {
        for (text, expected) in [
            ("status:error", &["status:error → status = error"][..]),
            ("http.status_code:>500", &["http.status_code:>500 → http.status_code > 500"]),
            ("duration gt 20s", &["duration gt 20s → duration > 20s"]),
            ("operation like nobody", &["operation like nobody → operation contains nobody"]),
            ("{ service = \"nobody\" }", &["{ service = \"nobody\" } → service = \"nobody\""]),
            ("duration=7s", &["duration=7s → duration = 7s"]),
            ("https://example.com:80", &[]),
            ("nobody is here", &[]),
        ] {
            assert_eq!(hints_for(text), expected, "{text}");
        }
    }

    #[test]
    fn a_typed_name_asks_for_its_field() {
        assert_eq!(has_field("http.method"), "has(http.method)");
        assert_eq!(has_field("my key"), "has(\"my key\")");
        assert_eq!(has_field(""), "");
    }
}
