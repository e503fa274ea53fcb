//! Values that no span has, and the most similar ones that spans have.

use super::super::complete::{counted, tally};
use super::super::field::{Field, FieldType, is_reserved};
use super::super::field_reader::FieldReader;
use super::super::op::Operator;
use super::super::run::condition;
use super::super::token::{Kind, Token, is_word, quote, tokens};
use super::super::tree::{Condition, Literal};
use super::super::{are_adjacent, word};
use super::{FindHint, plain};

/// Maximum number of values that are compared with the one that was written, the most frequent first.
const MOST_VALUES: usize = 10_000;

/// A comparison with `=`, or a value of a list, as it is written.
struct WrittenValue<'a> {
    field: Field,
    /// What is replaced: from the name of the field to the end of the value, or the value of a list.
    found: &'a str,
    /// What of it is before the value.
    before: &'a str,
    value: Literal,
}

/// The values that a text compares with `=` or `in`. In words, no blanks are around the operator.
fn written_values(text: &str, is_words: bool) -> Vec<WrittenValue<'_>> {
    let (tokens, _) = tokens(text);
    let literal = |token: &Token| match &token.kind {
        Kind::Quoted(text) => Some(Literal { text: text.clone(), quoted: true }),
        _ => Some(Literal { text: word(text, token)?.to_owned(), quoted: false }),
    };
    let mut values = Vec::new();
    // The field whose list is open.
    let mut listed: Option<Field> = None;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        if word(text, token).is_some_and(|word| word.eq_ignore_ascii_case("in"))
            && next.is_some_and(|next| next.kind == Kind::Open)
        {
            let before = tokens[..at].iter().rev().filter_map(|token| word(text, token));
            listed = before
                .map(|word| word.trim_start_matches('!'))
                .find(|word| !is_reserved(word))
                .map(Field::parse);
        }
        match (&token.kind, &listed) {
            (Kind::Close, _) => listed = None,
            (Kind::Word | Kind::Quoted(_), Some(field)) if !word(text, token).is_some_and(is_reserved) => {
                let found = &text[token.at..token.end];
                values.extend(literal(token).map(|value| WrittenValue {
                    field: field.clone(),
                    found,
                    before: "",
                    value,
                }));
            }
            _ => {}
        }
        let [name, Token { kind: Kind::Sign(Operator::Equal), .. }, value] =
            &tokens[at..tokens.len().min(at + 3)]
        else {
            continue;
        };
        if is_words && !are_adjacent(&tokens[at..at + 3]) {
            continue;
        }
        if let (Some(name), Some(literal)) = (word(text, name), literal(value)) {
            let start = token.end - name.trim_start_matches('!').len();
            values.push(WrittenValue {
                field: Field::parse(&text[start..token.end]),
                found: &text[start..value.end],
                before: &text[start..value.at],
                value: literal,
            });
        }
    }
    values
}

/// Comparisons with values that no span has, with the most similar value.
pub(super) fn unknown_values(reader: &FieldReader<'_>, text: &str, is_words: bool) -> Vec<FindHint> {
    let hint = |written: WrittenValue<'_>| {
        let WrittenValue { field, found, before, value } = written;
        let equals = |op: Operator| Condition::Compare(field.clone(), op, vec![value.clone()]);
        let finds = |op: Operator| condition(reader, &equals(op)).count() > 0;
        let instead = match field.class() {
            // Hardly any two durations are equal.
            FieldType::Time if !is_words && !before.is_empty() && !finds(Operator::Equal) => {
                let op = [Operator::AtLeast, Operator::Less].into_iter().find(|op| finds(*op))?;
                format!("{field} {} {value}", op.text())
            }
            FieldType::Time | FieldType::Number => return None,
            FieldType::Choice(words) => {
                let known: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                format!("{before}{}", nearest_value(&known, &value)?)
            }
            FieldType::Text => {
                let counts = counted(tally(reader, &field, ""));
                let mut known: Vec<String> = counts.into_iter().map(|(value, _)| value).collect();
                let start = value.text.to_lowercase();
                let is_known = |known: &String| match is_words {
                    true => known.to_lowercase().starts_with(&start),
                    false => *known == value.text,
                };
                if known.iter().any(is_known) {
                    return None;
                }
                known.truncate(MOST_VALUES);
                let nearest = nearest_value(&known, &value)?;
                let is_bare = is_word(nearest) && !is_reserved(nearest);
                format!("{before}{}", if is_bare { nearest.to_owned() } else { quote(nearest) })
            }
        };
        Some(FindHint::UnknownValue { found: found.to_owned(), instead })
    };
    written_values(text, is_words).into_iter().filter_map(hint).collect()
}

/// The most similar of the values that spans have, the most frequent first: one that differs in signs or case, one that is a
/// few letters away, or one that contains the value. Numbers are not similar to each other.
fn nearest_value<'a>(known: &'a [String], value: &Literal) -> Option<&'a str> {
    let wanted = plain(&value.text);
    let letters = wanted.chars().count();
    if letters == 0 || value.number().is_some() || known.contains(&value.text) {
        return None;
    }
    let plainly: Vec<String> = known.iter().map(|known| plain(known)).collect();
    let same = plainly.iter().position(|known| *known == wanted);
    let close = || {
        let far = (letters / 4).max(1);
        let distances =
            plainly.iter().enumerate().filter(|(_, known)| known.chars().count().abs_diff(letters) <= far);
        let distances = distances.map(|(at, known)| (strsim::osa_distance(known, &wanted), at));
        distances.filter(|(distance, _)| *distance <= far).min().map(|(_, at)| at)
    };
    let around = || plainly.iter().position(|known| known.contains(&wanted));
    let similar = same.or_else(|| if letters < 3 { None } else { close().or_else(around) });
    similar.map(|at| known[at].as_str())
}
