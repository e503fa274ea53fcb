//! Calls between services of a part, counted on ingestion, so that the service graph need not read spans: calls
//! within the part as counts, calls to and from other parts as ids. Stored in the part's summary.
//!
//! A call is a span whose parent is in its trace, from the parent's service to its own. The requests of a service are
//! its entry spans, by the rule of [`spandrel_trace::analysis::entries`]: spans of kind server or consumer, spans
//! without a parent, and spans of no kind whose caller is another service.

use crate::wire::{put_varint, read_varint};
use spandrel_trace::model::SpanKind;

/// Maximum number of spans per part for counting calls; spans of larger parts are read instead.
pub const MOST_SPANS: usize = 4096;
/// A part with a root and all parents is probably the whole trace, unless more of it is known. From this number of spans on
/// its ids are omitted; if more of the trace arrives, the spans are read.
const WORTH_LEAVING_OUT: usize = 16;

const UNKNOWN: u8 = 0;
const WITHOUT_IDS: u8 = 1;
const WITH_IDS: u8 = 2;

/// The fields of a span that calls depend on.
#[derive(Clone, Copy, Debug)]
pub struct CallSpan {
    /// Span id as a number.
    pub id: u64,
    /// Parent's id as a number; 0 where there is none.
    pub parent: u64,
    /// Which of the part's services it is of.
    pub service: u32,
    /// OTLP kind.
    pub kind: u32,
    /// Whether its status is an error.
    pub failed: bool,
}

/// Whether a span is a request of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryRule {
    /// Always.
    Always,
    /// Never.
    Never,
    /// If the caller is another service.
    IfCalled,
}

impl EntryRule {
    /// The rule for an OTLP kind, without (0) or with a parent.
    pub fn of(kind: u32, parent: u64) -> Self {
        match SpanKind::from_number(kind.into()) {
            SpanKind::Server | SpanKind::Consumer => EntryRule::Always,
            _ if parent == 0 => EntryRule::Always,
            SpanKind::Unspecified => EntryRule::IfCalled,
            _ => EntryRule::Never,
        }
    }

    /// Whether the span is a request, given the service of its parent if it is known.
    pub fn is_entry(self, caller: Option<u32>, service: u32) -> bool {
        match self {
            EntryRule::Always => true,
            EntryRule::Never => false,
            EntryRule::IfCalled => caller.is_some_and(|caller| caller != service),
        }
    }
}

/// Requests of a service in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartService {
    /// One of its operations: its index in the part, or when read from a segment, in the segment.
    pub operation: u32,
    /// Entry spans, as far as the part determines them.
    pub requests: u64,
    /// Those with an error.
    pub errors: u64,
}

/// Calls from one service to another in a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLink {
    /// Index of the calling service in the part.
    pub caller: u32,
    /// Index of the called service.
    pub callee: u32,
    /// Number of calls.
    pub calls: u64,
    /// Those with an error.
    pub errors: u64,
}

/// A span whose parent is not in the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// Parent's id as a number.
    pub parent: u64,
    /// Index of the service in the part.
    pub service: u32,
    /// Whether it is a request.
    pub rule: EntryRule,
    /// Whether its status is an error.
    pub failed: bool,
}

/// The calls of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// All services with spans in the part.
    pub services: Vec<PartService>,
    /// Calls within the part, by caller and callee.
    pub links: Vec<PartLink>,
    /// Spans whose parents are not in the part.
    pub open: Vec<OpenCall>,
    /// Ids of all spans with their services, by service and id; empty if omitted.
    pub ids: Vec<(u64, u32)>,
    /// Whether the ids are present.
    pub has_ids: bool,
}

impl Calls {
    /// Counts the calls of a part, given an operation of each service. `None` if the spans must be read instead:
    /// there are too many, or ids are not unique (a span may have been sent twice). `has_more` says that other parts of the
    /// trace exist or are likely, so that the ids are needed.
    pub fn of(spans: &[CallSpan], operations: &[u32], has_more: bool) -> Option<Self> {
        if spans.len() > MOST_SPANS {
            return None;
        }
        let services =
            operations.iter().map(|operation| PartService { operation: *operation, requests: 0, errors: 0 });
        let mut calls = Calls { services: services.collect(), has_ids: true, ..Calls::default() };
        let mut ids: Vec<(u64, u32)> = spans.iter().map(|span| (span.id, span.service)).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        let mut has_root = false;
        let mut links = Vec::with_capacity(spans.len());
        for span in spans {
            let service = span.service;
            has_root |= span.parent == 0;
            let rule = EntryRule::of(span.kind, span.parent);
            let caller = (span.parent != 0).then(|| caller_of(&ids, span.parent)).flatten();
            if let Some(caller) = caller {
                links.push((caller, service, span.failed));
            } else if span.parent != 0 {
                let open = OpenCall { parent: span.parent, service, rule, failed: span.failed };
                calls.open.push(open);
            }
            // Spans without kind depend on the caller.
            if rule.is_entry(caller, service)
                && let Some(counted) = calls.services.get_mut(service as usize)
            {
                counted.requests += 1;
                counted.errors += u64::from(span.failed);
            }
        }
        links.sort_unstable();
        for same in links.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
            let errors = same.iter().filter(|(_, _, failed)| *failed).count() as u64;
            let (caller, callee, _) = same[0];
            calls.links.push(PartLink { caller, callee, calls: same.len() as u64, errors });
        }
        if !has_more && has_root && calls.open.is_empty() && spans.len() >= WORTH_LEAVING_OUT {
            calls.has_ids = false;
        } else {
            ids.sort_unstable_by_key(|(id, service)| (*service, *id));
            calls.ids = ids;
        }
        Some(calls)
    }

    /// Size in memory in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + size_of_val(self.services.as_slice())
            + size_of_val(self.links.as_slice())
            + size_of_val(self.open.as_slice())
            + size_of_val(self.ids.as_slice())
    }

    /// The operation that represents a service of the part; `u32::MAX` if there is none.
    pub fn number(&self, service: u32) -> u32 {
        self.services.get(service as usize).map_or(u32::MAX, |service| service.operation)
    }

    /// Appends the encoded calls; `number` maps operations of the part to indices in the segment.
    pub fn write(&self, out: &mut Vec<u8>, number: impl Fn(u32) -> u32) {
        out.push(if self.has_ids { WITH_IDS } else { WITHOUT_IDS });
        put_varint(out, self.services.len() as u64);
        let mut ids = self.ids.as_slice();
        for (at, service) in self.services.iter().enumerate() {
            put_varint(out, u64::from(number(service.operation)));
            put_varint(out, service.requests);
            put_varint(out, service.errors);
            if self.has_ids {
                let own = ids.partition_point(|(_, of)| *of as usize <= at);
                put_varint(out, own as u64);
                ids = &ids[own..];
            }
        }
        put_varint(out, self.links.len() as u64);
        for link in &self.links {
            let numbers = [link.caller.into(), link.callee.into(), link.calls, link.errors];
            numbers.iter().for_each(|number| put_varint(out, *number));
        }
        put_varint(out, self.open.len() as u64);
        for open in &self.open {
            out.extend_from_slice(&open.parent.to_le_bytes());
            let rule = match open.rule {
                EntryRule::Always => 0,
                EntryRule::Never => 1,
                EntryRule::IfCalled => 2,
            };
            put_varint(out, u64::from(open.service) << 3 | rule << 1 | u64::from(open.failed));
        }
        self.ids.iter().for_each(|(id, _)| out.extend_from_slice(&id.to_le_bytes()));
    }

    /// Appends the encoding of unknown calls.
    pub fn write_unknown(out: &mut Vec<u8>) {
        out.push(UNKNOWN);
    }

    /// Decodes what [`Calls::write`] wrote, replacing the contents. `false` if the calls are unknown or cannot be
    /// decoded.
    pub fn read(&mut self, bytes: &[u8]) -> bool {
        self.services.clear();
        self.links.clear();
        self.open.clear();
        self.ids.clear();
        let Some((&kind @ (WITH_IDS | WITHOUT_IDS), rest)) = bytes.split_first() else { return false };
        self.has_ids = kind == WITH_IDS;
        self.read_members(rest).is_some()
    }

    fn read_members(&mut self, bytes: &[u8]) -> Option<()> {
        let mut rest = Rest(bytes);
        let services = rest.count()?;
        for service in 0..services {
            let operation = rest.small()?;
            self.services.push(PartService { operation, requests: rest.number()?, errors: rest.number()? });
            if self.has_ids {
                let ids = rest.number()?;
                // Ids follow grouped by service.
                for _ in 0..ids.min(MOST_SPANS as u64) {
                    self.ids.push((0, service));
                }
            }
        }
        for _ in 0..rest.count()? {
            let (caller, callee) = (rest.below(services)?, rest.below(services)?);
            self.links.push(PartLink { caller, callee, calls: rest.number()?, errors: rest.number()? });
        }
        for _ in 0..rest.count()? {
            let parent = rest.id()?;
            let packed = rest.number()?;
            let service = u32::try_from(packed >> 3).ok().filter(|service| *service < services)?;
            let rule = match packed >> 1 & 3 {
                0 => EntryRule::Always,
                1 => EntryRule::Never,
                _ => EntryRule::IfCalled,
            };
            self.open.push(OpenCall { parent, service, rule, failed: packed & 1 != 0 });
        }
        for (id, _) in &mut self.ids {
            *id = rest.id()?;
        }
        rest.0.is_empty().then_some(())
    }
}

fn caller_of(ids: &[(u64, u32)], parent: u64) -> Option<u32> {
    let at = ids.binary_search_by_key(&parent, |(id, _)| *id).ok()?;
    Some(ids[at].1)
}

/// Input that is not decoded yet.
struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    fn number(&mut self) -> Option<u64> {
        let (value, length) = read_varint(self.0).ok()?;
        self.0 = &self.0[length..];
        Some(value)
    }

    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// Number of following members, which have at least one byte each.
    fn count(&mut self) -> Option<u32> {
        let count = self.small()?;
        (count as usize <= self.0.len()).then_some(count)
    }

    fn below(&mut self, limit: u32) -> Option<u32> {
        self.small().filter(|number| *number < limit)
    }

    fn id(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: u64, parent: u64, service: u32, kind: u32) -> CallSpan {
        CallSpan { id, parent, service, kind, failed: id == 3 }
    }

    #[test]
    fn calls_are_read_as_they_were_written() {
        let spans = [
            span(1, 0, 0, 2),
            span(2, 1, 0, 3),
            span(3, 2, 1, 2),
            span(4, 2, 1, 0),
            span(5, 99, 0, 0),
            span(6, 98, 1, 5),
        ];
        let calls = Calls::of(&spans, &[4, 9], false).unwrap();
        assert_eq!(
            calls.services.iter().map(|s| (s.requests, s.errors)).collect::<Vec<_>>(),
            [(1, 0), (3, 1)]
        );
        assert_eq!(
            calls.links,
            [
                PartLink { caller: 0, callee: 0, calls: 1, errors: 0 },
                PartLink { caller: 0, callee: 1, calls: 2, errors: 1 },
            ]
        );
        assert_eq!((calls.open.len(), calls.ids.len()), (2, 6));
        let mut bytes = Vec::new();
        calls.write(&mut bytes, |operation| operation + 1000);
        let mut read = Calls::default();
        assert!(read.read(&bytes));
        let mut expected = calls;
        expected.services.iter_mut().for_each(|service| service.operation += 1000);
        assert_eq!(read, expected);
        for length in 0..bytes.len() {
            assert!(!read.read(&bytes[..length]), "{length} bytes of {}", bytes.len());
        }
    }

    #[test]
    fn a_part_that_is_likely_the_whole_trace_keeps_no_ids() {
        let whole: Vec<CallSpan> = (1..=16).map(|id| span(id, id / 2, 0, 1)).collect();
        let calls = Calls::of(&whole, &[0], false).unwrap();
        assert!(!calls.has_ids && calls.ids.is_empty());
        let more = Calls::of(&whole, &[0], true).unwrap();
        assert!(more.has_ids && more.ids.len() == 16, "other parts are known");
        let mut bytes = Vec::new();
        calls.write(&mut bytes, |operation| operation);
        assert!(bytes.len() < 16, "{} bytes", bytes.len());
        let cut = Calls::of(&whole[1..], &[0], false).unwrap();
        assert!(cut.has_ids && cut.ids.len() == 15, "its root is elsewhere");
    }

    #[test]
    fn spans_with_one_id_and_many_spans_are_not_counted() {
        assert_eq!(Calls::of(&[span(1, 0, 0, 1), span(1, 0, 0, 1)], &[0], false), None);
        let many: Vec<CallSpan> = (1..=MOST_SPANS as u64 + 1).map(|id| span(id, 0, 0, 1)).collect();
        assert_eq!(Calls::of(&many, &[0], false), None);
        let mut calls = Calls::default();
        assert!(!calls.read(&[]));
        let mut unknown = Vec::new();
        Calls::write_unknown(&mut unknown);
        assert!(!calls.read(&unknown));
    }
}
