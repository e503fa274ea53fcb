//! What other tools write, and words that read like conditions.

use super::super::field::is_reserved;
use super::super::field::{Field, FieldType};
use super::super::field_reader::FieldReader;
use super::super::parse::parse;
use super::super::token::{is_sign, is_word, quote, tokens};
use super::super::tree::{Condition, Literal, Step};
use super::super::word;
use super::super::words::FindWords;
use super::{FindHint, exists};

/// Operators that other tools write, with ours.
const OPERATORS: [(&str, &str); 29] = [
    ("<>", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("===", "="),
    ("!==", "!="),
    ("=!", "!="),
    ("~=", "~"),
    (":=", "="),
    (">>", ">"),
    ("<<", "<"),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
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
    ("regexp", "~"),
];

/// Letters of operators in other tools.
const SIGNS: [char; 9] = ['=', '!', '<', '>', '~', ':', '≥', '≤', '≠'];

/// The name, the operator and the value of a word without blanks.
pub(super) fn comparison(word: &str) -> Option<(&str, &str, &str)> {
    let at = word.find(SIGNS).filter(|at| *at > 0)?;
    let (name, rest) = word.split_at(at);
    let end = rest.find(|letter| !SIGNS.contains(&letter))?;
    let (sign, value) = rest.split_at(end);
    Some((name, sign, value))
}

/// Words that ask for conditions: a negation, two words joined by `and`, and keys to exclude without a word to find.
pub(super) fn conditions_as_words(text: &str, words: &FindWords, nothing: bool) -> Option<FindHint> {
    let found = text.trim().to_owned();
    if words.wanted.is_empty() {
        let flag_or_text = |key: &String| match Field::parse(key) {
            field if field.is_flag() => format!("not {field}"),
            _ => format!("not {}", quote(key)),
        };
        let excluded = words.except.iter().filter(|key| !key.is_empty());
        let instead = excluded.map(flag_or_text).collect::<Vec<_>>().join(" and ");
        return (!instead.is_empty()).then_some(FindHint::OnlyExcluded { found, instead });
    }
    let query = parse(text).ok()?;
    let compares = query
        .steps
        .iter()
        .any(|step| matches!(step, Step::Condition(Condition::Compare(..) | Condition::Has(Field::Key(..)))));
    let (tokens, _) = tokens(text);
    let is = |at: usize, keywords: &[&str]| {
        let word = tokens.get(at).and_then(|token| word(text, token));
        word.is_some_and(|word| keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)))
    };
    let negates = |at: usize| is(at, &["not"]) && (at == 0 || is(at - 1, &["and", "or", "&&", "||"]));
    let joins = tokens.len() == 3 && is(1, &["and", "&&"]);
    let has_signs = nothing && (text.contains('(') || query.steps.contains(&Step::Not));
    (!compares && ((0..tokens.len()).any(negates) || joins || has_signs))
        .then(|| FindHint::Words { found, instead: query.to_string() })
}

/// `service in cart`, without parentheses. Reported where spans were found too, since `in` occurs in most texts, but only
/// for names that are no words of a language.
pub(super) fn list_without_parentheses(
    reader: &FieldReader<'_>,
    text: &str,
    nothing: bool,
) -> Option<FindHint> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let list = |at: usize| {
        let name = words[at];
        let rest = &words[at + 1..];
        let negated = usize::from(rest.first().is_some_and(|word| word.eq_ignore_ascii_case("not")));
        let operator = rest.get(negated).filter(|word| word.eq_ignore_ascii_case("in"))?;
        let value = rest.get(negated + 1).filter(|value| is_word(value))?;
        let is_meant = nothing || name.contains('.') || name == "service";
        let between = &rest[..=negated];
        (is_meant && exists(reader, name) && !Field::parse(name).is_flag()).then(|| FindHint::OtherNotation {
            found: format!("{name} {} {value}", between.join(" ")),
            instead: format!(
                "{name} {}{} ({value})",
                if negated == 1 { "not " } else { "" },
                operator.to_lowercase()
            ),
        })
    };
    (0..words.len()).find_map(list)
}

/// The first comparison in the notation of another tool.
pub(super) fn other_notation(reader: &FieldReader<'_>, text: &str) -> Option<FindHint> {
    let hint =
        |found: &str, instead: String| Some(FindHint::OtherNotation { found: found.to_owned(), instead });
    let bare = text.trim();
    let words: Vec<&str> = bare.split_whitespace().collect();
    for three in words.windows(3) {
        let [name, operator, value] = three else { continue };
        let ours = OPERATORS.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(operator));
        let value = sql_value(value, operator);
        if let (Some((_, ours)), Some(value)) = (ours.filter(|_| exists(reader, name)), value) {
            return hint(&three.join(" "), format!("{name} {ours} {value}"));
        }
    }
    for word in words {
        let Some((name, sign, value)) = comparison(word).filter(|(name, ..)| exists(reader, name)) else {
            continue;
        };
        let ours = OPERATORS.iter().find(|(theirs, _)| *theirs == sign).map(|(_, ours)| *ours);
        // `name:>500`.
        let ours = ours.or_else(|| sign.strip_prefix(':').filter(|sign| is_sign(sign)));
        if let Some(ours) = ours {
            return hint(word, format!("{name} {ours} {value}"));
        }
        // Words are looked for in keys and values: `duration=5ms` is in neither.
        let literal = Literal { text: value.to_owned(), quoted: false };
        if sign == "=" && Field::parse(name).class() == FieldType::Time && literal.time().is_some() {
            return hint(word, format!("{name} = {value}"));
        }
    }
    let quoted = in_double_quotes(bare)?;
    if has_condition(&quoted) { hint(bare, quoted) } else { None }
}

/// A query for a text with TraceQL's braces: conditions on one span, or on two of which one is an ancestor of the other.
pub(in super::super) fn spansets(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if !inner.contains(['{', '}']) {
        return Some(inner.trim().to_owned()).filter(|inner| !inner.is_empty());
    }
    let (first, rest) = inner.split_once('}')?;
    let (operator, second) = rest.split_once('{')?;
    if second.contains(['{', '}']) {
        return None;
    }
    let (first, second) = (first.trim(), second.trim());
    let relation = match operator.trim() {
        ">>" => "under",
        ">" => "parent",
        "<<" => "over",
        "<" => "child",
        "||" | "&&" => return Some(format!("({first}) or ({second})")),
        _ => return None,
    };
    Some(format!("({second}) and {relation}({first})"))
}

/// Whether a text is a query that not only searches words.
pub(in super::super) fn has_condition(text: &str) -> bool {
    let is_other = |step: &Step| matches!(step, Step::Condition(Condition::Compare(..) | Condition::Has(_)));
    parse(text).is_ok_and(|query| query.steps.iter().any(is_other))
}

/// A value as SQL writes it, as ours: without single quotes, and for `like` without `%` around it.
fn sql_value(value: &str, operator: &str) -> Option<String> {
    let bare = match value.strip_prefix('\'') {
        Some(rest) => rest.strip_suffix('\'').filter(|rest| !rest.contains('\''))?,
        None => value,
    };
    let is_like = operator.to_ascii_lowercase().ends_with("like");
    let bare = if is_like { bare.trim_matches('%') } else { bare };
    let is_bare = bare == value || is_word(bare) && !is_reserved(bare);
    Some(if is_bare { bare.to_owned() } else { quote(bare) })
}

/// A text whose single quotes are double ones instead.
fn in_double_quotes(text: &str) -> Option<String> {
    let is_paired =
        text.matches('\'').count().is_multiple_of(2) && text.contains('\'') && !text.contains('"');
    is_paired.then(|| text.replace('\'', "\""))
}
