//! Which operations of which services a trace has, each once.

use crate::model::{Outline, StrIx};
use crate::units::{Kept, Order as _};

/// Spans that share a service and an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The service.
    pub service: StrIx,
    /// The operation.
    pub name: StrIx,
    /// How many.
    pub spans: u32,
}

/// All of them, those with the most spans first; what is equal in that is in the order of its first span.
pub fn names(outline: &Outline) -> Vec<Named> {
    let mut places = Kept::default();
    let mut names: Vec<Named> = Vec::new();
    for (service, name) in outline.service.iter().zip(&outline.name) {
        let place = *places.of(u64::from(*service) << 32 | u64::from(*name), || names.len());
        match names.get_mut(place) {
            Some(named) => named.spans += 1,
            None => names.push(Named { service: *service, name: *name, spans: 1 }),
        }
    }
    names.order_by(|one, other| other.spans.cmp(&one.spans));
    names
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
        let said: Vec<(&str, &str, u32)> = names(outline)
            .iter()
            .map(|named| (outline.strings.get(named.service), outline.strings.get(named.name), named.spans))
            .collect();
        assert_eq!(said, [("b", "two", 2), ("a", "one", 1), ("b", "one", 1)]);
    }
}
