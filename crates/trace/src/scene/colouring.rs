//! What the colours of bars mean: a slot for every span, and which slot stands for what, with how many spans have it.

mod scale;

pub use scale::{SCALE, STEPS};

use super::palette::{SLOTS, preferred, slots};
use crate::analysis::query::{Column, Field, equals};
use crate::model::{Flags, Outline, SpanIx, SpanKind, StatusCode};
use std::cmp::Reverse;
use std::sync::Arc;

/// Colour index of errors; slots of services are below it.
pub const FAILED: u8 = SLOTS;

/// Colour index of spans of which the colours say nothing.
pub const COLOURLESS: u8 = SLOTS + 1;

/// Meanings that are told at most, those with the most spans first.
const MOST: usize = 100;

const KINDS: [SpanKind; 6] = [
    SpanKind::Unspecified,
    SpanKind::Internal,
    SpanKind::Server,
    SpanKind::Client,
    SpanKind::Producer,
    SpanKind::Consumer,
];

/// Their colour indexes: few enough to be told apart, and none that looks like a failure.
const OF_KINDS: [u8; KINDS.len()] = [8, 2, 0, 4, 3, 5];

/// Colour indexes of spans that said nothing of how they ended, that said it was well, and that failed.
const STATUS: [u8; 3] = [0, 2, FAILED];

/// What one colour stands for. Beyond twenty meanings colours are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Colour index.
    pub colour: u8,
    /// In words; empty where the name is.
    pub words: String,
    /// How many spans have it.
    pub spans: usize,
    /// The query that finds them.
    pub query: String,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Colouring {
    by: By,
    /// What the colours stand for: most spans first, or on a scale what is most; what failed comes last.
    pub meanings: Vec<Meaning>,
    /// How many more meanings there are.
    pub more: usize,
}

#[derive(Clone, Debug, Default)]
enum By {
    /// Nothing is known yet.
    #[default]
    Nothing,
    /// Slots by string index of the service's name.
    Service(Arc<Vec<u8>>),
    Kind,
    Status,
    /// Slots of those values that are told, by their numbers.
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
        let meaning = |service: &u32| {
            let words = outline.strings.get(*service);
            let colour = slots.get(*service as usize).copied().unwrap_or(0);
            Meaning {
                colour,
                words: words.into(),
                spans: counts[*service as usize],
                query: is("service", words),
            }
        };
        let meanings = best.iter().map(meaning).collect();
        Colouring { by: By::Service(slots), meanings, more }.with_failed(outline)
    }

    /// By kind.
    pub fn by_kind(outline: &Outline) -> Self {
        let mut counts = [0; KINDS.len()];
        outline.kind.iter().for_each(|kind| counts[*kind as usize] += 1);
        let names = KINDS.map(|kind| if kind == SpanKind::Unspecified { "unspecified" } else { kind.name() });
        let (best, more) = best(&counts);
        let meaning = |kind: &u32| {
            let (kind, words) = (*kind as usize, names[*kind as usize]);
            Meaning {
                colour: OF_KINDS[kind],
                words: words.into(),
                spans: counts[kind],
                query: is("kind", words),
            }
        };
        let meanings = best.iter().map(meaning).collect();
        Colouring { by: By::Kind, meanings, more }.with_failed(outline)
    }

    /// By how spans ended.
    pub fn by_status(outline: &Outline) -> Self {
        let mut counts = [0; STATUS.len()];
        outline.status.iter().for_each(|status| counts[*status as usize] += 1);
        let names = ["unset", "ok", "error"];
        let meaning = |status: &u32| {
            let (at, words) = (*status as usize, names[*status as usize]);
            Meaning { colour: STATUS[at], words: words.into(), spans: counts[at], query: is("status", words) }
        };
        let (best, more) = best(&counts);
        Colouring { by: By::Status, meanings: best.iter().map(meaning).collect(), more }
    }

    /// By the value of a field, `name` is how queries call it.
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
        let meaning = |(number, colour): &(u32, u8)| {
            let words = column.text(*number);
            Meaning {
                colour: *colour,
                words: words.into(),
                spans: counts[*number as usize],
                query: is(name, words),
            }
        };
        let mut meanings: Vec<Meaning> = by.iter().map(meaning).collect();
        if without > 0 {
            let query = format!("not has({})", Field::parse(name));
            meanings.push(Meaning { colour: COLOURLESS, words: "no value".into(), spans: without, query });
        }
        Colouring { by: By::Value(column, by), meanings, more }.with_failed(outline)
    }

    /// Errors have a colour of their own, in which they are marked.
    fn with_failed(mut self, outline: &Outline) -> Self {
        let failed = outline.flags.iter().filter(|flags| flags.has(Flags::OWN_ERROR)).count();
        if failed > 0 {
            let query = is("status", "error");
            self.meanings.push(Meaning { colour: FAILED, words: "error".into(), spans: failed, query });
        }
        self
    }

    /// The colour index of a span. An error is marked beside it, so that a bar keeps the colour of its service.
    pub fn slot(&self, outline: &Outline, span: SpanIx) -> u8 {
        let at = span as usize;
        match &self.by {
            By::Nothing => COLOURLESS,
            By::Service(slots) => slots.get(outline.service[at] as usize).copied().unwrap_or(0),
            By::Kind => OF_KINDS[outline.kind[at] as usize],
            By::Status => match outline.status[at] {
                StatusCode::Unset => STATUS[0],
                StatusCode::Ok => STATUS[1],
                StatusCode::Error => STATUS[2],
            },
            By::Value(column, slots) => match column.number_of(span) {
                None => COLOURLESS,
                Some(number) => match slots.iter().find(|(told, _)| *told == number) {
                    Some((_, slot)) => *slot,
                    None => preferred(column.text(number)),
                },
            },
            By::Scale(slots) => slots.get(at).copied().unwrap_or(COLOURLESS),
        }
    }
}

/// The query that a field has this value.
fn is(name: &str, value: &str) -> String {
    // What a column tells as text may have been a number: those are equal to the text that they are written as.
    let is_number = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
    equals(&Field::parse(name), value, !is_number)
}

/// The numbers with the largest counts, largest first, and how many others are counted. One pass, whatever is counted.
fn best(counts: &[usize]) -> (Vec<u32>, usize) {
    let mut best: Vec<u32> = Vec::new();
    let mut all = 0;
    for (number, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        all += 1;
        let is_better = best.last().is_none_or(|last| *count > counts[*last as usize]);
        if best.len() < MOST {
            best.push(number as u32);
            if best.len() == MOST {
                best.sort_by_key(|number| Reverse(counts[*number as usize]));
            }
        } else if is_better {
            let place = best.partition_point(|other| counts[*other as usize] >= *count);
            best.insert(place, number as u32);
            best.truncate(MOST);
        }
    }
    if best.len() < MOST {
        best.sort_by_key(|number| Reverse(counts[*number as usize]));
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

    fn told(colouring: &Colouring) -> Vec<(&str, usize, &str)> {
        let meanings = colouring.meanings.iter();
        meanings.map(|one| (one.words.as_str(), one.spans, one.query.as_str())).collect()
    }

    #[test]
    fn services_are_told_with_their_spans_and_the_query_that_finds_them() {
        let trace = shop();
        let outline = trace.outline();
        let slots = Arc::new((0..outline.strings.len() as u8).collect::<Vec<u8>>());
        let colouring = Colouring::by_service(outline, slots);
        assert_eq!(told(&colouring)[0], ("cart", 2, "service = cart"));
        assert_eq!(colouring.slot(outline, 1), outline.service[1] as u8);
        assert_eq!(colouring.slot(outline, 1), colouring.meanings[0].colour);
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
        assert!(told(&colouring).contains(&("client", 1, "kind = client")));
    }

    #[test]
    fn values_are_told_and_so_are_the_spans_without_one() {
        let trace = shop();
        let outline = trace.outline();
        let codes = Arc::new(column(&trace, &Field::parse("code")));
        let colouring = Colouring::by_value(outline, "code", codes);
        let told = told(&colouring);
        assert_eq!(told[..2], [("200", 2, "code = 200"), ("500", 1, "code = 500")]);
        assert_eq!(told[2], ("no value", 1, "not has(code)"));
        assert_eq!(colouring.slot(outline, 3), COLOURLESS);
        assert_eq!(colouring.slot(outline, 1), colouring.slot(outline, 2));
        assert_ne!(colouring.slot(outline, 0), colouring.slot(outline, 1));
    }

    #[test]
    fn the_most_frequent_are_told_and_the_others_counted() {
        let counts: Vec<usize> = (0..1_000).map(|number| number * 7 % 1_000).collect();
        let (best, more) = best(&counts);
        let mut expected: Vec<usize> = counts.clone();
        expected.sort_unstable_by_key(|count| Reverse(*count));
        let found: Vec<usize> = best.iter().map(|number| counts[*number as usize]).collect();
        assert_eq!(found, expected[..MOST]);
        assert_eq!(more, 999 - MOST, "what nobody has is no meaning");
    }
}
