//! A field as a column: one text a span, each distinct text once. For an extra column, or to colour by.

use super::facts::Facts;
use super::field::Field;
use super::said::{Said, TABLES};
use crate::model::{SpanIx, Strings, Trace};
use serde::{Deserialize, Serialize};

/// The first value that each span has of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// By span: 0 where it has none, else one more than the number of the text. Empty where no span has any.
    #[serde(with = "crate::units::number_bytes")]
    number: Vec<u32>,
    /// All texts, one after the other.
    texts: String,
    /// Where each text ends.
    #[serde(with = "crate::units::number_bytes")]
    ends: Vec<u32>,
    /// How many spans could not be asked yet, because their attributes are not searchable so far. As long as there are
    /// any nothing is said of the others: whoever asks asks again.
    pub unsearched: u32,
}

impl Column {
    /// How many distinct texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no span has a value.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of a span's text; spans with the same number have the same text.
    pub fn number_of(&self, span: SpanIx) -> Option<u32> {
        self.number.get(span as usize)?.checked_sub(1)
    }

    /// A text by its number; empty for a number that none has.
    pub fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let Some(end) = self.ends.get(number) else { return "" };
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start as usize..*end as usize).unwrap_or_default()
    }

    /// A span's text.
    pub fn text_of(&self, span: SpanIx) -> Option<&str> {
        Some(self.text(self.number_of(span)?))
    }
}

/// A field's column.
pub fn column(trace: &Trace, field: &Field) -> Column {
    let unsearched = if field.is_of_outline() { 0 } else { trace.unindexed_spans() as u32 };
    if unsearched > 0 {
        return Column { unsearched, ..Column::default() };
    }
    let facts = Facts::of(trace);
    let mut number = vec![0; facts.outline.len()];
    // The first text of all is the empty one: it is left out where no span has it.
    let mut strings = Strings::default();
    let mut known: [Vec<u32>; TABLES] = Default::default();
    let mut room = String::new();
    facts.each(field, &mut |span, said| {
        let slot = &mut number[span as usize];
        if *slot != 0 {
            return;
        }
        *slot = match said {
            Said::Kept(table, text) => {
                let known = &mut known[table.number];
                if known.is_empty() {
                    *known = vec![0; table.strings.len()];
                }
                let known = &mut known[text as usize];
                if *known == 0 {
                    *known = 1 + strings.intern(table.strings.get(text));
                }
                *known
            }
            other => 1 + strings.intern(other.text(&mut room)),
        };
    });
    let (texts, ends) = strings.parts();
    let mut column = Column { texts: texts.to_owned(), ends: ends.to_vec(), unsearched, number };
    if !column.number.contains(&1) {
        column.ends.remove(0);
        column.number.iter_mut().for_each(|number| *number = number.saturating_sub(1));
    }
    if column.ends.is_empty() {
        column.number = Vec::new();
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn a_column_has_each_text_once() {
        let trace = trace(
            "
            gateway: POST /orders (server)        [=========]  code=500
              cart: get item (client)               [=*=]      code=200
              cart: get all                           [==]     code=200 other=x
            ",
        );
        let texts = |name: &str| -> Vec<Option<String>> {
            let column = column(&trace, &Field::parse(name));
            (0..4).map(|span| column.text_of(span).map(str::to_owned)).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts("code"), [some("500"), some("200"), some("200"), None]);
        assert_eq!(texts("other"), [None, None, some("x"), None]);
        assert_eq!(texts("service"), [some("gateway"), some("cart"), some("cart"), None]);
        assert_eq!(texts("kind"), [some("server"), some("client"), some("unspecified"), None]);
        assert_eq!(texts("duration"), [some("10ms"), some("4ms"), some("3ms"), None]);
        assert_eq!(texts("status.message"), [None, None, None, None]);
        let code = column(&trace, &Field::parse("code"));
        assert_eq!((code.len(), code.number_of(1), code.number_of(2)), (2, Some(1), Some(1)));
        assert_eq!((code.text(1), code.text(9)), ("200", ""));
        assert!(column(&trace, &Field::parse("nothing")).is_empty());
    }
}
