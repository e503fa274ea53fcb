//! Removes spans that were sent more than once: by exporters that retry, or at both start and end of a span.

use super::assemble::Assembler;
use crate::model::SpanLocation;
use crate::model::record::SpanRecord;
use crate::model::{DecodeCache, Sink};
use crate::units::{SeededMap, SeededSet, count};

/// The spans of a trace without duplicates.
pub(super) struct Deduplicated {
    /// Remaining rows, in their order.
    pub(super) rows: Vec<u32>,
    /// Warnings about the removed ones.
    pub(super) warnings: Vec<String>,
}

impl Assembler<'_> {
    /// Removes spans that repeat others, and unfinished ones whose finished version is present. `duplicates` are
    /// indices in `rows` of spans that share their id. `None` if nothing is removed.
    pub(super) fn without_duplicates(&self, rows: &[u32], duplicates: &[u32]) -> Option<Deduplicated> {
        let mut by_id: SeededMap<u64, Vec<u32>> = SeededMap::default();
        for at in duplicates {
            let row = rows[*at as usize];
            by_id.entry(self.seen(row).id.0).or_default().push(row);
        }
        let mut gone = SeededSet::default();
        let (mut again, mut unfinished) = (0, Vec::new());
        for same_id in by_id.values() {
            let mut known = SeededSet::default();
            let different: Vec<u32> =
                same_id.iter().copied().filter(|row| known.insert(self.everything(*row))).collect();
            again += same_id.len() - different.len();
            gone.extend(same_id.iter().filter(|row| !different.contains(row)));
            // Finished spans by the fields that unfinished ones have, too.
            let finished: SeededSet<_> = different
                .iter()
                .filter(|row| self.is_finished(**row))
                .map(|row| self.start_of(*row))
                .collect();
            for row in different {
                if !self.is_finished(row) && finished.contains(&self.start_of(row)) {
                    gone.insert(row);
                    unfinished.push(self.seen(row).id);
                }
            }
        }
        if gone.is_empty() {
            return None;
        }
        let mut warnings = Vec::new();
        match again {
            0 => {}
            1 => warnings.push("1 span was sent more than once; it is shown once".to_owned()),
            _ => warnings
                .push(format!("{} spans were sent more than once; each is shown once", count(again as u64))),
        }
        match unfinished[..] {
            [] => {}
            [id] => warnings.push(format!("span {id} was also sent unfinished; the finished one is shown")),
            _ => warnings.push(format!(
                "{} spans were also sent unfinished; the finished ones are shown",
                count(unfinished.len() as u64)
            )),
        }
        Some(Deduplicated {
            rows: rows.iter().copied().filter(|row| !gone.contains(row)).collect(),
            warnings,
        })
    }

    fn is_finished(&self, row: u32) -> bool {
        let seen = self.seen(row);
        seen.end > seen.start
    }

    /// The fields that a span has from its start on.
    fn start_of(&self, row: u32) -> (u64, u64, u32, u8, String) {
        let seen = self.seen(row);
        let service =
            self.shared.resources.get(seen.resource as usize).map(|resource| resource.service.clone());
        (seen.start, seen.parent.0, seen.name, seen.kind as u8, service.unwrap_or_default())
    }

    /// All fields of a span, as text, because NaN is not equal to itself.
    fn everything(&self, row: u32) -> String {
        let seen = self.seen(row);
        let resource = self.shared.resources.get(seen.resource as usize);
        let scope = self.shared.scopes.get(seen.scope as usize);
        let record = SpanRecord {
            start_unix: seen.start,
            end_unix: seen.end,
            parent_span_id: seen.parent,
            kind: seen.kind,
            status: seen.status,
            ..self.rest_of(row)
        };
        format!("{} {record:?} {resource:?} {scope:?}", seen.name)
    }

    /// The contents of a span that are not in its header.
    fn rest_of(&self, row: u32) -> SpanRecord {
        let (seen, mut record, mut room) = (self.seen(row), SpanRecord::default(), Vec::new());
        let place = seen.place;
        if place.block == SpanLocation::INTERNED {
            self.shared.columns.replay(place.offset, seen.status, &mut record);
        } else if let (Some(decode), Some(block)) =
            (self.shared.decode, self.builder.blocks.get(place.block as usize))
            && let Some(bytes) = block.get(place.range(), &mut room)
        {
            let sink: &mut dyn Sink = &mut record;
            decode(bytes, &[], &mut DecodeCache::default(), sink);
        }
        SpanRecord {
            trace_id: Default::default(),
            span_id: Default::default(),
            foreign_trace_id: String::new(),
            foreign_span_id: String::new(),
            name: String::new(),
            ..record
        }
    }
}
