//! Puts the calls of the parts of one trace together.

use super::StoreError;
use super::call_totals::{CallTotals, ServiceNumbers};
use super::calls::{Calls, EntryRule};
use super::index::View;

/// See the module. Its memory is reused from trace to trace.
pub struct CallMerge {
    /// The service's number by segment and operation.
    services: Vec<Vec<u32>>,
    /// The calls of one part each.
    parts: Vec<Calls>,
    ids: Vec<(u64, u32)>,
}

impl CallMerge {
    /// For parts of the segments of a view. Blocks.
    pub fn new(view: &View, numbers: &ServiceNumbers) -> Result<Self, StoreError> {
        let mut services = vec![Vec::new(); view.len()];
        for (of_segment, index) in services.iter_mut().zip(view) {
            // Operations are numbered without gaps.
            index.each_operation(|_, operation| of_segment.push(numbers.number(&operation.service)))?;
        }
        Ok(CallMerge { services, parts: Vec::new(), ids: Vec::new() })
    }

    /// Adds a trace to the totals, given for each part in the order of arrival the index of its segment in the view and
    /// its encoded calls; `false`, and nothing is added, if its spans have to be read: one was sent twice or two have one
    /// ID, more came of a trace that seemed whole, or the calls of a part are unknown.
    pub fn merge<'b>(
        &mut self,
        parts: impl ExactSizeIterator<Item = (u32, &'b [u8])>,
        totals: &mut CallTotals,
    ) -> bool {
        let count = parts.len();
        if self.parts.len() < count {
            self.parts.resize_with(count, Calls::default);
        }
        for ((segment, bytes), calls) in parts.zip(&mut self.parts) {
            if !calls.read(bytes) || (count > 1 && !calls.has_ids) {
                return false;
            }
            // From here on a service has its number in the totals.
            let services = &self.services[segment as usize];
            for service in &mut calls.services {
                match services.get(service.operation as usize) {
                    Some(number) => service.operation = *number,
                    None => return false,
                }
            }
        }
        let parts = &self.parts[..count];
        self.ids.clear();
        if count > 1 {
            let numbered = |calls: &Calls, (id, service): &(u64, u32)| (*id, calls.number(*service));
            self.ids.extend(parts.iter().flat_map(|calls| calls.ids.iter().map(|id| numbered(calls, id))));
            self.ids.sort_unstable();
            // A span that was sent twice counts once.
            if self.ids.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return false;
            }
        }
        for calls in parts {
            for service in &calls.services {
                totals.request(service.operation, service.requests, service.errors);
            }
            for link in &calls.links {
                totals.link(calls.number(link.caller), calls.number(link.callee), link.calls, link.errors);
            }
            for open in &calls.open {
                let caller = self.ids.binary_search_by_key(&open.parent, |(id, _)| *id);
                let Some((_, caller)) = caller.ok().and_then(|at| self.ids.get(at)) else { continue };
                let (service, failed) = (calls.number(open.service), u64::from(open.failed));
                totals.link(*caller, service, 1, failed);
                if open.rule == EntryRule::IfCalled && *caller != service {
                    totals.request(service, 1, failed);
                }
            }
        }
        true
    }
}
