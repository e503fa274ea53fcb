//! Totals of calls between services and of requests to services. Services have numbers that stay the same while the
//! process runs.

use super::calls::EntryRule;
use super::large::Spans;
use crate::facts::{ServiceNames, facts_of};
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Calls and their errors by number of caller and callee; requests and their errors by number of service, of each service
/// that has spans. The numbers are our own, so the hash needs no key.
#[derive(Clone, Debug, Default)]
pub struct CallTotals {
    /// By caller and callee.
    pub links: FxHashMap<(u32, u32), (u64, u64)>,
    /// By service.
    pub requests: FxHashMap<u32, (u64, u64)>,
}

/// A span that is waiting for the service of its parent.
struct WaitingSpan {
    parent: u64,
    service: u32,
    rule: EntryRule,
    failed: bool,
}

impl CallTotals {
    /// Adds calls.
    pub fn link(&mut self, caller: u32, callee: u32, calls: u64, errors: u64) {
        let link = self.links.entry((caller, callee)).or_default();
        link.0 += calls;
        link.1 += errors;
    }

    /// Adds requests; none makes the service known.
    pub fn request(&mut self, service: u32, requests: u64, errors: u64) {
        let counted = self.requests.entry(service).or_default();
        counted.0 += requests;
        counted.1 += errors;
    }

    /// Adds other totals.
    pub fn add(&mut self, other: &CallTotals) {
        other
            .links
            .iter()
            .for_each(|((caller, callee), (calls, errors))| self.link(*caller, *callee, *calls, *errors));
        other.requests.iter().for_each(|(service, (requests, errors))| {
            self.request(*service, *requests, *errors);
        });
    }

    /// Takes back what was added. Services stay known; links without calls go.
    pub fn subtract(&mut self, other: &CallTotals) {
        for (link, (calls, errors)) in &other.links {
            if let Some(total) = self.links.get_mut(link) {
                *total = (total.0.saturating_sub(*calls), total.1.saturating_sub(*errors));
            }
        }
        for (service, (requests, errors)) in &other.requests {
            if let Some(total) = self.requests.get_mut(service) {
                *total = (total.0.saturating_sub(*requests), total.1.saturating_sub(*errors));
            }
        }
        self.links.retain(|_, (calls, _)| *calls > 0);
    }

    /// Adds a trace by its spans.
    pub fn read(&mut self, stored: &dyn Spans, services: &ServiceNumbers) {
        let mut service_by_id: HashMap<u64, u32> = HashMap::new();
        let mut waiting: Vec<WaitingSpan> = Vec::new();
        let (mut names, mut last) = (ServiceNames::default(), (String::new(), None));
        stored.each_span(&mut |parts| {
            let facts = match facts_of(parts.span) {
                Ok(facts) => facts,
                Err(error) => return stored.left_out(&error),
            };
            let name = names.name(parts.resource);
            let service = match &last {
                (known, Some(number)) if known == name => *number,
                _ => services.number(name),
            };
            if last.1 != Some(service) {
                last = (name.to_owned(), Some(service));
            }
            service_by_id.entry(facts.span).or_insert(service);
            let rule = EntryRule::of(facts.kind, facts.parent);
            waiting.push(WaitingSpan { parent: facts.parent, service, rule, failed: facts.status == 2 });
        });
        for WaitingSpan { parent, service, rule, failed } in waiting {
            let caller = (parent != 0).then(|| service_by_id.get(&parent)).flatten().copied();
            let failed = u64::from(failed);
            if let Some(caller) = caller {
                self.link(caller, service, 1, failed);
            }
            let is_entry = u64::from(rule.is_entry(caller, service));
            self.request(service, is_entry, is_entry * failed);
        }
    }
}

/// Numbers of services. There are as many as names of services were ever counted.
#[derive(Debug, Default)]
pub struct ServiceNumbers(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    /// Senders choose names, so the hash is keyed.
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl ServiceNumbers {
    /// The number of a service.
    pub fn number(&self, name: &str) -> u32 {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = names.numbers.get(name) {
            return *number;
        }
        let number = names.names.len() as u32;
        names.names.push(name.to_owned());
        names.numbers.insert(name.to_owned(), number);
        number
    }

    /// The name of the service with a number.
    pub fn name(&self, number: u32) -> String {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.names.get(number as usize).cloned().unwrap_or_default()
    }
}
