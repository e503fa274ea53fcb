//! All events of a trace as a list. Events are referred to by their index in [`Outline::event_time`], which is in the
//! order of the spans, and within a span in that of the source.

use crate::model::json::text_of;
use crate::model::record::AttributeValue;
use crate::model::{
    AttributeOwner, AttributeTable, Cell, Outline, SpanColumns, SpanIx, SpanSet, StrIx, Trace,
};
use serde::{Deserialize, Serialize};

/// The fields of an event that are not in the outline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its index.
    pub event: u32,
    /// Name; for Jaeger's logs the field `event`, else `message`, else empty.
    pub name: String,
    /// Attributes as text, in the order of the source, each truncated to [`LONGEST`] bytes.
    pub attributes: Vec<(String, String)>,
}

/// Maximum length of a value in bytes.
pub const LONGEST: usize = 2_000;

/// The span of an event.
pub fn span_of_event(outline: &Outline, event: u32) -> SpanIx {
    (outline.event_start.partition_point(|first| *first <= event)).saturating_sub(1) as SpanIx
}

/// The events of the spans in `within`, or of all, by time, then by index. With `text` only those that contain it
/// case-insensitively: in the event's name, the key or value of an attribute or `key=value`, or the span's service or
/// operation. The second value is the number of spans whose events are missing because they are not searchable yet.
pub fn event_order(trace: &Trace, text: &str, within: Option<&SpanSet>) -> (Vec<u32>, u32) {
    let outline = trace.outline();
    let text = text.trim().to_lowercase();
    let is_wanted = |span: SpanIx| within.is_none_or(|within| within.contains(span));
    let mut events: Vec<u32> = Vec::new();
    let mut unsearched = 0;
    if text.is_empty() {
        for span in (0..outline.len() as SpanIx).filter(|span| is_wanted(*span)) {
            events.extend(outline.event_start[span as usize]..outline.event_start[span as usize + 1]);
        }
    } else {
        let named: Vec<bool> =
            outline.strings.iter().map(|name| name.to_lowercase().contains(&text)).collect();
        for part in &trace.parts() {
            let mut search = Search::new(part.columns, &text);
            for (row, span) in part.rows.iter().filter(|(_, span)| is_wanted(*span)) {
                let at = *span as usize;
                let all = named[outline.name[at] as usize] || named[outline.service[at] as usize];
                let of_row = part.columns.row(*row).events;
                let numbers = outline.event_start[at]..outline.event_start[at + 1];
                let found = numbers.zip(of_row).filter(|(_, event)| all || search.matches(*event));
                events.extend(found.map(|(number, _)| number));
            }
        }
        unsearched = trace.unindexed_spans() as u32;
    }
    // Indices are unique, so the order is total.
    events.sort_unstable_by_key(|event| (outline.event_time[*event as usize], *event));
    (events, unsearched)
}

/// The contents of events; unknown indices are skipped.
pub fn event_rows(trace: &Trace, events: &[u32]) -> Vec<EventRow> {
    let outline = trace.outline();
    let mut rows = Vec::with_capacity(events.len());
    // Caches the last span, because consecutive events often belong to one.
    let mut last = None;
    for event in events.iter().filter(|event| (**event as usize) < outline.event_time.len()) {
        let span = span_of_event(outline, *event);
        let record = match last.take() {
            Some((known, record)) if known == span => record,
            _ => trace.record_as_sent(span),
        };
        if let Some(found) = record.events.get((event - outline.event_start[span as usize]) as usize) {
            let text = |value: &AttributeValue| match value {
                AttributeValue::String(text) => cut(text.clone()),
                AttributeValue::Empty => String::new(),
                other => cut(text_of(other).trim_matches('"').to_owned()),
            };
            rows.push(EventRow {
                event: *event,
                name: found.name.clone(),
                attributes: found
                    .attributes
                    .iter()
                    .map(|attribute| (attribute.key.clone(), text(&attribute.value)))
                    .collect(),
            });
        }
        last = Some((span, record));
    }
    rows
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    text
}

/// Searches events for a text; results are cached per interned string.
struct Search<'a> {
    columns: &'a SpanColumns,
    cells: AttributeTable<'a>,
    text: &'a str,
    /// Key and value if the text contains `=`.
    both: bool,
    known: Vec<Option<bool>>,
}

impl<'a> Search<'a> {
    fn new(columns: &'a SpanColumns, text: &'a str) -> Self {
        let known = vec![None; columns.strings().len()];
        Search { columns, cells: columns.cells(AttributeOwner::Event), text, both: text.contains('='), known }
    }

    fn has(&mut self, text: StrIx) -> bool {
        let (columns, wanted) = (self.columns, self.text);
        *self.known[text as usize]
            .get_or_insert_with(|| columns.strings().get(text).to_lowercase().contains(wanted))
    }

    fn matches(&mut self, event: u32) -> bool {
        let (name, mut cells) = self.columns.event(event);
        self.has(name) || cells.any(|at| self.cell_matches(at))
    }

    fn cell_matches(&mut self, at: u32) -> bool {
        let (key, value) = (self.cells.key(at), self.cells.value(at));
        let found = self.has(key)
            || match value {
                Cell::Str(text) => self.has(text),
                other => self.columns.text(other).to_lowercase().contains(self.text),
            };
        found
            || self.both && {
                let key = self.columns.strings().get(key);
                format!("{key}={}", self.columns.text(value)).to_lowercase().contains(self.text)
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn events_are_in_the_order_of_their_times_and_found_by_text() {
        let mut trace = trace(
            "
            shop: order         [==*=======*=]    size=9
              Cart: get           [*=]
              bank: pay             [====]
              cart: put                  [*]
            ",
        );
        trace.index_some(usize::MAX);
        let outline = trace.outline().clone();
        let of = |text: &str, within: Option<&SpanSet>| {
            let (events, unsearched) = event_order(&trace, text, within);
            assert_eq!(unsearched, 0);
            events
        };
        let all = of("", None);
        assert_eq!(all, [0, 2, 3, 1]);
        let spans: Vec<SpanIx> = all.iter().map(|event| span_of_event(&outline, *event)).collect();
        assert_eq!(spans, [0, 1, 3, 0], "an event belongs to the span whose range has it");
        assert_eq!(of("CART", None), [2, 3], "service, in any case");
        assert_eq!(of("order", None), [0, 1], "operation");
        assert!(of("nothing of the kind", None).is_empty());
        let mut within = SpanSet::none(4);
        within.insert(0);
        assert_eq!(of("", Some(&within)), [0, 1]);
        let rows = event_rows(&trace, &all);
        assert_eq!(rows.iter().map(|row| row.event).collect::<Vec<_>>(), all);
        let name = rows[0].name.clone();
        assert_eq!(of(&name.to_uppercase(), None).len(), 4, "{name}");
        assert!(event_rows(&trace, &[99]).is_empty());
    }
}
