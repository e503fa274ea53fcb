//! Words that are comparisons with a field, such as `service=cart`: what they find beside what Jaeger finds.

use super::compare::Comparison;
use super::field::FieldType;
use super::field_reader::FieldReader;
use super::op::Operator;
use super::run::condition;
use super::text_search::folded;
use super::tree::Condition;
use super::value::FieldValue;
use super::words::{FieldWord, FindWords};
use crate::model::{SpanSet, StrIx};
use rustc_hash::FxHashMap;

/// The spans whose field has the value of one of the words.
pub(super) fn search_fields(reader: &FieldReader<'_>, words: &FindWords) -> SpanSet {
    let mut set = SpanSet::none(reader.outline.len());
    for word in &words.fields {
        let name = word.field.to_string().to_lowercase();
        if !words.except.iter().any(|except| name.contains(except)) {
            set.or(&search_field(reader, word));
        }
    }
    set
}

fn search_field(reader: &FieldReader<'_>, word: &FieldWord) -> SpanSet {
    let (field, value) = (&word.field, &word.value);
    if field.class() != FieldType::Text {
        return condition(reader, &Condition::Compare(field.clone(), Operator::Equal, vec![value.clone()]));
    }
    let mut set = SpanSet::none(reader.outline.len());
    let starts = |text: &str| folded(text).starts_with(&value.text);
    let mut id = Comparison::new(Operator::Equal, std::slice::from_ref(value));
    // Results for interned strings.
    let mut known: FxHashMap<(usize, StrIx), bool> = FxHashMap::default();
    let mut room = String::new();
    reader.each(field, &mut |span, found| {
        let holds = match found {
            FieldValue::Id(..) => id.holds(found),
            FieldValue::Interned(table, text) => {
                *known.entry((table.number, text)).or_insert_with(|| starts(table.strings.get(text)))
            }
            other => starts(other.text(&mut room)),
        };
        if holds {
            set.insert(span);
        }
    });
    set
}
