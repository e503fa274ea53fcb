//! Compares a span's attributes with its peers: the spans of its trace with the same service, operation and kind. One
//! pass over the columns, without assembling span records.

use crate::model::{AttributeOwner, Cell, SpanColumns, SpanIx, StrIx, Trace};
use serde::{Deserialize, Serialize};

/// Minimum number of peers, including the span itself; with fewer every value is rare.
pub const FEWEST: u32 = 5;
/// Number of values of a key that are checked for repetition.
const SAMPLE: usize = 32;
/// Maximum number of missing keys that are listed.
const MISSING: usize = 20;

/// How many peers share an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeShare {
    /// The attribute's key.
    pub key: String,
    /// Number of peers that have the key, including the span itself.
    pub having: u32,
    /// Number of those with the same value.
    pub same: u32,
    /// Whether any value of the key occurs twice. If not, the values are probably ids, which are not worth comparing.
    pub repeats: bool,
}

/// Comparison of a span with its peers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    /// Number of peers, including the span itself.
    pub count: u32,
    /// Its attributes, each key once, in the order of the source.
    pub own: Vec<AttributeShare>,
    /// Attributes of its resource.
    pub resource: Vec<AttributeShare>,
    /// Keys that more than half of the other peers have and the span lacks, with the number of peers, most first.
    pub missing: Vec<(String, u32)>,
    /// Number of peers whose attributes are not searchable yet.
    pub unsearched: u32,
}

/// How distinct an attribute is among peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinctness {
    /// All values are equal, or all differ.
    Nothing,
    /// Some peers have the same value.
    Shared,
    /// Few peers have the same value.
    Rare,
    /// Others have the key, none the value.
    Unique,
    /// No other peer has the key.
    OnlyHere,
}

impl AttributeShare {
    /// The distinctness among `count` peers.
    pub fn distinctness(&self, count: u32) -> Distinctness {
        match self {
            _ if count < FEWEST || self.same == 0 || self.same >= count => Distinctness::Nothing,
            AttributeShare { having: 1, .. } => Distinctness::OnlyHere,
            AttributeShare { repeats: false, .. } => Distinctness::Nothing,
            AttributeShare { same: 1, .. } => Distinctness::Unique,
            AttributeShare { same, .. } if same * 10 <= count => Distinctness::Rare,
            _ => Distinctness::Shared,
        }
    }
}

/// Counts for a key of the span.
struct Tally<'a> {
    key: &'a str,
    value: Value<'a>,
    having: u32,
    same: u32,
    repeats: bool,
}

/// A value, with its columns.
#[derive(Clone, Copy)]
struct Value<'a>(Cell, &'a SpanColumns);

impl Value<'_> {
    fn is(&self, cell: Cell, columns: &SpanColumns) -> bool {
        match (self.0, cell) {
            // Equal strings of the same columns have the same index.
            (Cell::Str(one), Cell::Str(other)) if std::ptr::eq(self.1, columns) => one == other,
            (Cell::Str(_), Cell::Str(_)) | (Cell::Other(_), Cell::Other(_)) => {
                self.1.text(self.0) == columns.text(cell)
            }
            (Cell::Double(one), Cell::Double(other)) => one.to_bits() == other.to_bits(),
            (one, other) => one == other,
        }
    }
}

/// Compares `span` with its peers.
pub fn peers(trace: &Trace, span: SpanIx) -> Peers {
    let outline = trace.outline();
    let Some(service) = outline.service.get(span as usize) else { return Peers::default() };
    let like = (*service, outline.name[span as usize], outline.kind[span as usize]);
    let of = |at: usize| (outline.service[at], outline.name[at], outline.kind[at]);
    let is_peer = |other: SpanIx| of(other as usize) == like;
    let count = (0..outline.len() as SpanIx).filter(|other| is_peer(*other)).count() as u32;
    let mut found = Peers { count, ..Peers::default() };
    if count < FEWEST {
        return found;
    }
    let parts = trace.parts();
    let own = parts.iter().find_map(|part| {
        let at = part.rows.iter().find(|(_, other)| *other == span)?;
        Some((part.columns, at.0))
    });
    let mut tallies: Vec<Tally> = Vec::new();
    if let Some((columns, row)) = own {
        let cells = columns.cells(AttributeOwner::Span);
        for at in columns.row(row).attributes {
            let key = columns.strings().get(cells.key(at));
            if !tallies.iter().any(|tally| tally.key == key) {
                let value = Value(cells.value(at), columns);
                tallies.push(Tally { key, value, having: 0, same: 0, repeats: false });
            }
        }
    }
    let mut looked_at = 0;
    let mut others: Vec<(String, u32)> = Vec::new();
    for part in &parts {
        let peers = part.rows.iter().filter(|(_, other)| is_peer(*other)).map(|(row, _)| *row);
        looked_at += count_in(part.columns, peers, &mut tallies, &mut others);
    }
    found.unsearched = count - looked_at;
    // Spans that are not interned yet cannot be compared.
    if own.is_some() {
        others.retain(|(_, having)| having * 2 > looked_at - 1);
        others.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        others.truncate(MISSING);
        found.missing = others;
    }
    found.own = tallies
        .into_iter()
        .map(|Tally { key, having, same, repeats, .. }| AttributeShare {
            key: key.to_owned(),
            having,
            same,
            repeats,
        })
        .collect();
    found.resource = of_resource(trace, span, &is_peer);
    found
}

/// Counts the peers in these columns. Returns their number.
fn count_in(
    columns: &SpanColumns,
    peers: impl Iterator<Item = u32>,
    tallies: &mut [Tally],
    others: &mut Vec<(String, u32)>,
) -> u32 {
    const UNKNOWN: u32 = u32::MAX;
    let cells = columns.cells(AttributeOwner::Span);
    // By key: index in the span's own attributes, and number of peers that have it.
    let mut own = vec![UNKNOWN; columns.strings().len()];
    for (at, tally) in tallies.iter().enumerate() {
        if let Some(key) = columns.strings().find(tally.key) {
            own[key as usize] = at as u32;
        }
    }
    let mut having: Vec<u32> = vec![0; own.len()];
    let mut samples: Vec<Vec<Cell>> = vec![Vec::new(); tallies.len()];
    // Of duplicate keys in a span only the first counts.
    let mut last: Vec<u32> = vec![UNKNOWN; own.len()];
    let mut looked_at = 0;
    for row in peers {
        looked_at += 1;
        for at in columns.row(row).attributes {
            let key = cells.key(at) as usize;
            if std::mem::replace(&mut last[key], row) == row {
                continue;
            }
            let Some(tally) = tallies.get_mut(own[key] as usize) else {
                having[key] += 1;
                continue;
            };
            let value = cells.value(at);
            tally.having += 1;
            tally.same += u32::from(tally.value.is(value, columns));
            if !tally.repeats {
                let sample = &mut samples[own[key] as usize];
                tally.repeats = sample.iter().any(|known| Value(*known, columns).is(value, columns));
                if sample.len() < SAMPLE {
                    sample.push(value);
                }
            }
        }
    }
    for (key, count) in having.iter().enumerate().filter(|(_, count)| **count > 0) {
        let key = columns.strings().get(key as StrIx);
        match others.iter_mut().find(|(other, _)| other == key) {
            Some((_, so_far)) => *so_far += count,
            None => others.push((key.to_owned(), *count)),
        }
    }
    looked_at
}

/// Compares the attributes of the span's resource.
fn of_resource(trace: &Trace, span: SpanIx, is_peer: &dyn Fn(SpanIx) -> bool) -> Vec<AttributeShare> {
    let (resources, numbers) = (trace.resources(), trace.resource_numbers());
    let mut spans_of = vec![0u32; resources.len()];
    for (other, number) in numbers.iter().enumerate() {
        if let Some(spans) = spans_of.get_mut(*number as usize).filter(|_| is_peer(other as SpanIx)) {
            *spans += 1;
        }
    }
    let Some(own) = numbers.get(span as usize).and_then(|number| resources.get(*number as usize)) else {
        return Vec::new();
    };
    let mut shares: Vec<AttributeShare> = Vec::new();
    for attribute in &own.attributes {
        if shares.iter().any(|share| share.key == attribute.key) {
            continue;
        }
        let mut share =
            AttributeShare { key: attribute.key.clone(), repeats: true, ..AttributeShare::default() };
        for (resource, spans) in resources.iter().zip(&spans_of).filter(|(_, spans)| **spans > 0) {
            let other = resource.attributes.iter().find(|other| other.key == attribute.key);
            share.having += other.map_or(0, |_| *spans);
            share.same += other.filter(|other| other.value == attribute.value).map_or(0, |_| *spans);
        }
        shares.push(share);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::trace;

    fn shares(peers: &Peers) -> Vec<(&str, u32, u32, Distinctness)> {
        peers
            .own
            .iter()
            .map(|share| (share.key.as_str(), share.having, share.same, share.distinctness(peers.count)))
            .collect()
    }

    #[test]
    fn a_span_is_compared_with_its_like() {
        let mut drawn = String::from("\n shop: order [====================]\n");
        for at in 0..12 {
            let code = if at == 3 { 503 } else { 200 };
            let zone = if at < 6 { "a" } else { "b" };
            let retry = if at == 3 { " retry=1" } else { " cached=no" };
            drawn += &format!("   stock: get [=] code={code} zone={zone} order={at} tier=x{retry}\n");
        }
        drawn += "   stock: put [=] code=503\n";
        let mut trace = trace(&drawn);
        trace.index_some(usize::MAX);
        let odd = peers(&trace, 4);
        assert_eq!(odd.count, 12);
        assert_eq!(
            shares(&odd),
            [
                ("code", 12, 1, Distinctness::Unique),
                ("zone", 12, 6, Distinctness::Shared),
                ("order", 12, 1, Distinctness::Nothing),
                ("tier", 12, 12, Distinctness::Nothing),
                ("retry", 1, 1, Distinctness::OnlyHere),
            ]
        );
        assert_eq!(odd.missing, [("cached".to_owned(), 11)]);
        let plain = peers(&trace, 1);
        assert_eq!(shares(&plain)[0], ("code", 12, 11, Distinctness::Shared));
        assert!(plain.missing.is_empty(), "what one of the others has is nothing that this one lacks");
        assert_eq!(peers(&trace, 0), Peers { count: 1, ..Peers::default() }, "nothing to compare with");
        assert_eq!(peers(&trace, 99), Peers::default());
    }

    /// A client span was compared with the server span that it called, which has other attributes by nature.
    #[test]
    fn spans_of_another_kind_are_no_peers_and_four_are_not_compared() {
        let mut drawn = String::from("\n shop: order [====================]\n");
        for at in 0..6 {
            let kind = if at < 5 { "client" } else { "server" };
            drawn += &format!("   stock: get ({kind}) [=] code=200 call={at}\n");
        }
        for at in 0..4 {
            drawn += &format!("   stock: put [=] code={at}\n");
        }
        let mut trace = trace(&drawn);
        trace.index_some(usize::MAX);
        // The shorter lines of the last four start earlier: they are the first children.
        let client = peers(&trace, 5);
        assert_eq!((client.count, client.own.len()), (5, 2));
        assert_eq!(peers(&trace, 10), Peers { count: 1, ..Peers::default() });
        assert_eq!(peers(&trace, 1), Peers { count: 4, ..Peers::default() }, "four are too few");
    }

    #[test]
    fn few_of_many_are_rare() {
        let share = |having, same| AttributeShare { having, same, repeats: true, key: String::new() };
        assert_eq!(share(412, 3).distinctness(412), Distinctness::Rare);
        assert_eq!(share(412, 42).distinctness(412), Distinctness::Shared);
        assert_eq!(share(4, 1).distinctness(4), Distinctness::Nothing, "four are too few");
        assert_eq!(share(1, 1).distinctness(4), Distinctness::Nothing, "a key that one of four has");
        assert_eq!(share(5, 1).distinctness(5), Distinctness::Unique);
        assert_eq!(share(412, 411).distinctness(412), Distinctness::Shared);
        assert_eq!(share(0, 0).distinctness(412), Distinctness::Nothing, "it could not be looked at");
    }
}
