//! Distinct operations of a trace, with counts.

use crate::model::{Outline, StrIx};
use crate::units::sort_by_number_descending;
use rustc_hash::FxHashMap;

/// An operation and its number of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationCount {
    /// The service.
    pub service: StrIx,
    /// The operation.
    pub name: StrIx,
    /// Number of spans.
    pub spans: u32,
}

/// Counts operations incrementally, so that the caller can yield between steps: a trace may have a million spans.
#[derive(Debug, Default)]
pub struct OperationCounter {
    seen: usize,
    places: FxHashMap<(StrIx, StrIx), usize>,
    names: Vec<OperationCount>,
}

impl OperationCounter {
    /// Processes the next `most` spans. Returns whether all are done.
    pub fn step(&mut self, outline: &Outline, most: usize) -> bool {
        let rest = outline.service.iter().zip(&outline.name).skip(self.seen).take(most);
        for (service, name) in rest {
            let names = &mut self.names;
            let place = *self.places.entry((*service, *name)).or_insert(names.len());
            match names.get_mut(place) {
                Some(named) => named.spans += 1,
                None => names.push(OperationCount { service: *service, name: *name, spans: 1 }),
            }
            self.seen += 1;
        }
        self.seen >= outline.len()
    }

    /// The operations, most spans first, ties in the order of their first spans.
    pub fn list(mut self) -> Vec<OperationCount> {
        sort_by_number_descending(&mut self.names, |name| name.spans.into());
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    #[test]
    fn each_is_there_once_with_how_many_it_stands_for() {
        let trace = trace(
            "
            a: one      [========]
              b: two     [=]
              b: one       [=]
              b: two         [=]
            ",
        );
        let outline = trace.outline();
        let (mut names, mut steps) = (OperationCounter::default(), 1);
        while !names.step(outline, 3) {
            steps += 1;
        }
        assert_eq!(steps, 2);
        let counts: Vec<(&str, &str, u32)> = names
            .list()
            .iter()
            .map(|named| (outline.strings.get(named.service), outline.strings.get(named.name), named.spans))
            .collect();
        assert_eq!(counts, [("b", "two", 2), ("a", "one", 1), ("b", "one", 1)]);
    }
}
