//! Colours of spans: a colour index for each, and a legend with counts.

mod scale;

pub use scale::{SCALE, STEPS};

use super::palette::{SLOTS, preferred, slots};
use crate::analysis::query::{Column, Field, equals};
use crate::model::{Flags, Outline, SpanIx, SpanKind, StatusCode};
use crate::units::sort_by_number_descending;
use std::sync::Arc;

/// Colour index of errors; those of services are below it.
pub const FAILED: u8 = SLOTS;

/// Colour index of spans without a value.
pub const COLOURLESS: u8 = SLOTS + 1;

/// Maximum number of legend entries, those with the most spans.
const MOST: usize = 100;

/// Colour indices of kinds: distinguishable, and unlike the colour of errors.
const KIND_COLOURS: [u8; SpanKind::ALL.len()] = [8, 2, 0, 4, 3, 5];

/// Colour indices of the statuses unset, ok and error.
const STATUS_COLOURS: [u8; StatusCode::ALL.len()] = [0, 2, FAILED];

/// A legend entry. Beyond twenty entries colours are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegendEntry {
    /// Colour index.
    pub colour: u8,
    /// Text; empty if the name is.
    pub words: String,
    /// Number of spans.
    pub spans: usize,
    /// A query for the spans.
    pub query: String,
}

/// A colouring of the spans of a trace, with legend.
#[derive(Clone, Debug, Default)]
pub struct Colouring {
    by: SpanColours,
    /// Legend entries: most spans first, or highest value first on a scale; errors last.
    pub legend: Vec<LegendEntry>,
    /// Number of entries beyond `MOST`.
    pub more: usize,
}

#[derive(Clone, Debug, Default)]
enum SpanColours {
    /// Not computed yet.
    #[default]
    Nothing,
    /// Slots by string index of the service's name.
    Service(Arc<Vec<u8>>),
    Kind,
    Status,
    /// Slots of values in the legend, by their index.
    Value(Arc<Column>, Vec<(u32, u8)>),
    /// Slots by span.
    Scale(Vec<u8>),
}

impl Colouring {
    /// By service; `slots` are colour indexes by string index of the service's name.
    pub fn by_service(outline: &Outline, slots: Arc<Vec<u8>>) -> Self {
        let mut counts = vec![0; outline.strings.len()];
        outline.service.iter().for_each(|service| counts[*service as usize] += 1);
        let (best, more) = best(&counts);
        let entry = |service: &u32| {
            let words = outline.strings.get(*service);
            let colour = slots.get(*service as usize).copied().unwrap_or(0);
            LegendEntry {
                colour,
                words: words.into(),
                spans: counts[*service as usize],
                query: is("service", words),
            }
        };
        let legend = best.iter().map(entry).collect();
        Colouring { by: SpanColours::Service(slots), legend, more }.with_failed(outline)
    }

    /// By kind.
    pub fn by_kind(outline: &Outline) -> Self {
        let mut counts = [0; SpanKind::ALL.len()];
        outline.kind.iter().for_each(|kind| counts[*kind as usize] += 1);
        let names = SpanKind::ALL.map(SpanKind::name_or_unspecified);
        let (best, more) = best(&counts);
        let entry = |kind: &u32| {
            let (kind, words) = (*kind as usize, names[*kind as usize]);
            LegendEntry {
                colour: KIND_COLOURS[kind],
                words: words.into(),
                spans: counts[kind],
                query: is("kind", words),
            }
        };
        let legend = best.iter().map(entry).collect();
        Colouring { by: SpanColours::Kind, legend, more }.with_failed(outline)
    }

    /// By status.
    pub fn by_status(outline: &Outline) -> Self {
        let mut counts = [0; STATUS_COLOURS.len()];
        outline.status.iter().for_each(|status| counts[*status as usize] += 1);
        let names = StatusCode::ALL.map(StatusCode::name);
        let entry = |status: &u32| {
            let (at, words) = (*status as usize, names[*status as usize]);
            LegendEntry {
                colour: STATUS_COLOURS[at],
                words: words.into(),
                spans: counts[at],
                query: is("status", words),
            }
        };
        let (best, more) = best(&counts);
        Colouring { by: SpanColours::Status, legend: best.iter().map(entry).collect(), more }
    }

    /// By the value of a field; `name` is its name in queries.
    pub fn by_value(outline: &Outline, name: &str, column: Arc<Column>) -> Self {
        let mut counts = vec![0; column.len()];
        let mut without = 0;
        for span in 0..outline.len() as SpanIx {
            match column.number_of(span).and_then(|number| counts.get_mut(number as usize)) {
                Some(count) => *count += 1,
                None => without += 1,
            }
        }
        let (best, more) = best(&counts);
        let texts: Vec<&str> = best.iter().map(|number| column.text(*number)).collect();
        let by: Vec<(u32, u8)> = best.iter().copied().zip(slots(&texts, |_| None)).collect();
        let entry = |(number, colour): &(u32, u8)| {
            let words = column.text(*number);
            LegendEntry {
                colour: *colour,
                words: words.into(),
                spans: counts[*number as usize],
                query: is(name, words),
            }
        };
        let mut legend: Vec<LegendEntry> = by.iter().map(entry).collect();
        if without > 0 {
            let query = format!("not has({})", Field::parse(name));
            legend.push(LegendEntry { colour: COLOURLESS, words: "no value".into(), spans: without, query });
        }
        Colouring { by: SpanColours::Value(column, by), legend, more }.with_failed(outline)
    }

    /// Adds a legend entry for errors, which have their own mark.
    fn with_failed(mut self, outline: &Outline) -> Self {
        let failed = outline.flags.iter().filter(|flags| flags.has(Flags::OWN_ERROR)).count();
        if failed > 0 {
            let query = is("status", "error");
            self.legend.push(LegendEntry { colour: FAILED, words: "error".into(), spans: failed, query });
        }
        self
    }

    /// The colour index of a span. Errors are marked beside it, so that bars keep their service's colour.
    pub fn slot(&self, outline: &Outline, span: SpanIx) -> u8 {
        let at = span as usize;
        match &self.by {
            SpanColours::Nothing => COLOURLESS,
            SpanColours::Service(slots) => slots.get(outline.service[at] as usize).copied().unwrap_or(0),
            SpanColours::Kind => KIND_COLOURS[outline.kind[at] as usize],
            SpanColours::Status => match outline.status[at] {
                StatusCode::Unset => STATUS_COLOURS[0],
                StatusCode::Ok => STATUS_COLOURS[1],
                StatusCode::Error => STATUS_COLOURS[2],
            },
            SpanColours::Value(column, slots) => match column.number_of(span) {
                None => COLOURLESS,
                Some(number) => match slots.iter().find(|(other, _)| *other == number) {
                    Some((_, slot)) => *slot,
                    None => preferred(column.text(number)),
                },
            },
            SpanColours::Scale(slots) => slots.get(at).copied().unwrap_or(COLOURLESS),
        }
    }
}

/// A query that a field has this value.
fn is(name: &str, value: &str) -> String {
    // Values of a column are text, but may be numbers, which need no quotes.
    let is_number = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
    equals(&Field::parse(name), value, !is_number)
}

/// The indices of the largest counts in descending order, and the number of others. One pass.
fn best(counts: &[usize]) -> (Vec<u32>, usize) {
    let mut best: Vec<u32> = Vec::new();
    let mut all = 0;
    for (number, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        all += 1;
        let is_better = best.last().is_none_or(|last| *count > counts[*last as usize]);
        if best.len() < MOST {
            best.push(number as u32);
            if best.len() == MOST {
                sort_by_number_descending(&mut best, |number| counts[*number as usize] as u64);
            }
        } else if is_better {
            let place = best.partition_point(|other| counts[*other as usize] >= *count);
            best.insert(place, number as u32);
            best.truncate(MOST);
        }
    }
    if best.len() < MOST {
        sort_by_number_descending(&mut best, |number| counts[*number as usize] as u64);
    }
    let more = all - best.len();
    (best, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::query::column;
    use crate::model::Trace;
    use crate::testing::trace;

    fn shop() -> Trace {
        trace(
            "
            gateway: POST /orders (server)        [=========]  code=500
              cart: get item (client)               [=*=]      code=200
              cart: get all                           [==]     code=200
              stock: reserve                          [!!]
            ",
        )
    }

    fn entries(colouring: &Colouring) -> Vec<(&str, usize, &str)> {
        let legend = colouring.legend.iter();
        legend.map(|one| (one.words.as_str(), one.spans, one.query.as_str())).collect()
    }

    #[test]
    fn services_have_entries_with_counts_and_queries() {
        let trace = shop();
        let outline = trace.outline();
        let slots = Arc::new((0..outline.strings.len() as u8).collect::<Vec<u8>>());
        let colouring = Colouring::by_service(outline, slots);
        assert_eq!(entries(&colouring)[0], ("cart", 2, "service = cart"));
        assert_eq!(colouring.slot(outline, 1), outline.service[1] as u8);
        assert_eq!(colouring.slot(outline, 1), colouring.legend[0].colour);
    }

    #[test]
    fn kinds_have_colours_of_their_own() {
        let trace = shop();
        let outline = trace.outline();
        let colouring = Colouring::by_kind(outline);
        let mut colours: Vec<u8> = (0..3).map(|span| colouring.slot(outline, span)).collect();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), 3, "server, client and unspecified differ");
        assert!(entries(&colouring).contains(&("client", 1, "kind = client")));
    }

    #[test]
    fn values_have_entries_and_so_have_spans_without_one() {
        let trace = shop();
        let outline = trace.outline();
        let codes = Arc::new(column(&trace, &Field::parse("code")));
        let colouring = Colouring::by_value(outline, "code", codes);
        let entries = entries(&colouring);
        assert_eq!(entries[..2], [("200", 2, "code = 200"), ("500", 1, "code = 500")]);
        assert_eq!(entries[2], ("no value", 1, "not has(code)"));
        assert_eq!(colouring.slot(outline, 3), COLOURLESS);
        assert_eq!(colouring.slot(outline, 1), colouring.slot(outline, 2));
        assert_ne!(colouring.slot(outline, 0), colouring.slot(outline, 1));
    }

    #[test]
    fn the_most_frequent_values_have_entries_and_the_others_are_counted() {
        let counts: Vec<usize> = (0..1_000).map(|number| number * 7 % 1_000).collect();
        let (best, more) = best(&counts);
        let mut expected: Vec<usize> = counts.clone();
        expected.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
        let found: Vec<usize> = best.iter().map(|number| counts[*number as usize]).collect();
        assert_eq!(found, expected[..MOST]);
        assert_eq!(more, 999 - MOST, "values without spans have no entry");
    }
}
