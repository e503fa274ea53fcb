//! The values of a field for all spans as interned text, for table columns and colouring.

use super::field::Field;
use super::field_reader::FieldReader;
use super::value::{FieldValue, TABLES};
use crate::model::{SpanIx, Strings, Trace};
use crate::units::ColumnMut;
use serde::{Deserialize, Serialize};

/// The first value of a field of each span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// By span: 0 if it has none, else 1 + index of the text. Empty if no span has a value.
    #[serde(with = "crate::units::number_bytes")]
    number: Vec<u32>,
    /// All texts, concatenated.
    texts: String,
    /// End of each text.
    #[serde(with = "crate::units::number_bytes")]
    ends: Vec<u32>,
    /// Number of spans whose attributes are not searchable yet. If it is not 0, the column is empty, and should be
    /// requested again later.
    pub unsearched: u32,
}

impl Column {
    /// All columns of numbers, to transfer them.
    pub fn columns(&mut self) -> Vec<ColumnMut<'_>> {
        vec![ColumnMut::U32(&mut self.number), ColumnMut::U32(&mut self.ends)]
    }

    /// Number of distinct texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no span has a value.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The index of a span's text.
    pub fn number_of(&self, span: SpanIx) -> Option<u32> {
        self.number.get(span as usize)?.checked_sub(1)
    }

    /// The text with an index; empty if there is none.
    pub fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let Some(end) = self.ends.get(number) else { return "" };
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(start as usize..*end as usize).unwrap_or_default()
    }

    /// The text of a span.
    pub fn text_of(&self, span: SpanIx) -> Option<&str> {
        Some(self.text(self.number_of(span)?))
    }
}

/// The column of a field.
pub fn column(trace: &Trace, field: &Field) -> Column {
    let unsearched = if field.is_of_outline() { 0 } else { trace.unindexed_spans() as u32 };
    if unsearched > 0 {
        return Column { unsearched, ..Column::default() };
    }
    let reader = FieldReader::of(trace);
    let mut number = vec![0; reader.outline.len()];
    // The empty string is always interned first; it is removed if no span has it.
    let mut strings = Strings::default();
    let mut known: [Vec<u32>; TABLES] = Default::default();
    let mut room = String::new();
    reader.each(field, &mut |span, value| {
        let slot = &mut number[span as usize];
        if *slot != 0 {
            return;
        }
        *slot = match value {
            FieldValue::Interned(table, text) => {
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
