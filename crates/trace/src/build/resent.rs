//! Spans that were sent more than once: byte for byte by exporters that try again, or at their start and at their end.

use super::assemble::Source;
use crate::model::SpanLocation;
use crate::model::record::SpanRecord;
use crate::model::{DecodeCache, Sink};
use crate::units::{SeededMap, SeededSet, count};

/// What is left of the spans of a trace.
pub(super) struct Resent {
    /// Rows that stay, in their order.
    pub(super) rows: Vec<u32>,
    /// What to say of the others.
    pub(super) warnings: Vec<String>,
}

impl Source<'_> {
    /// Leaves out spans that others repeat, and unfinished ones of which the finished one is there. `duplicates` are
    /// places in `rows` of spans that share their id. `None` where all stay.
    pub(super) fn without_resent(&self, rows: &[u32], duplicates: &[u32]) -> Option<Resent> {
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
            // Finished ones by what both of a pair have.
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
        Some(Resent { rows: rows.iter().copied().filter(|row| !gone.contains(row)).collect(), warnings })
    }

    fn is_finished(&self, row: u32) -> bool {
        let seen = self.seen(row);
        seen.end > seen.start
    }

    /// What a span has from its start on.
    fn start_of(&self, row: u32) -> (u64, u64, u32, u8, String) {
        let seen = self.seen(row);
        let service =
            self.shared.resources.get(seen.resource as usize).map(|resource| resource.service.clone());
        (seen.start, seen.parent.0, seen.name, seen.kind as u8, service.unwrap_or_default())
    }

    /// All that is said of a span. Text, because not-a-number is not itself.
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

    /// What is kept of a span, without what is seen at once.
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
