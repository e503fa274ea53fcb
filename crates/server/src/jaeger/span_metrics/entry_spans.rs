//! What our own Monitor page shows of a service: its entry spans in a window, counted and measured over time and by
//! operation. The rule of what an entry span is is that of [`spandrel_trace::analysis::entries`].

use super::{MOST_SPANS, MetricsQuery, TOO_MUCH};
use crate::facts::{EMPTY_SPAN, ServiceNames, facts_of};
use crate::jaeger::failure::Failure;
use crate::store::{EntryRule, Spans, Store, StoreError};
use spandrel_trace::analysis::entries::{EntrySpan, EntrySpans, MeasuredService};
use spandrel_trace::analysis::metrics::TimeWindow;
use std::collections::HashMap;

/// Measures the entry spans of the query's first service. `check` is called now and then; its failure ends this. Blocks.
pub fn measure(
    store: &Store,
    query: &MetricsQuery,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<MeasuredService, Failure> {
    let window = TimeWindow { start_unix: query.start, end_unix: query.end() };
    let Some(service) = query.services.first().filter(|_| window.length() > 0) else {
        return Ok(MeasuredService::default());
    };
    let reading = Reading::new(store, service)?;
    let mut found = Found::default();
    reading.each((window.start_unix, window.end_unix - 1), &check, |span, name| {
        if window.contains(span.start_unix) {
            found.add(span, name);
        }
        match found.entries.spans.len() {
            ..=MOST_SPANS => Ok(()),
            _ => Err(Failure::Parameter(TOO_MUCH.to_owned())),
        }
    })?;
    let start = window.start_unix;
    MeasuredService::of_all(&found.entries, window, || {
        // Where there are earlier ones, most likely some are just before.
        let just_before = start.saturating_sub(window.length());
        Ok(reading.has_any(just_before, start, &check)? || reading.has_any(0, just_before, &check)?)
    })
}

#[derive(Default)]
struct Found {
    entries: EntrySpans,
    /// Senders choose names, so the hash is keyed.
    operations: HashMap<Vec<u8>, u32>,
}

impl Found {
    fn add(&mut self, span: EntrySpan, name: &[u8]) {
        let operation = match self.operations.get(name) {
            Some(operation) => *operation,
            None => {
                let number = self.operations.len() as u32;
                self.operations.insert(name.to_vec(), number);
                let text = if name.is_empty() { EMPTY_SPAN.into() } else { String::from_utf8_lossy(name) };
                self.entries.operations.push(text.into_owned());
                number
            }
        };
        self.entries.spans.push(EntrySpan { operation, ..span });
    }
}

/// Reads the entry spans of a service.
struct Reading<'q> {
    store: &'q Store,
    service: &'q str,
    /// Spans of no kind are entries if another service called them: parts with the spans of others have to be read, too.
    needs_callers: bool,
}

/// A span of no kind, its name, and its parent.
type Waiting = (EntrySpan, Vec<u8>, u64);

/// Why spans are no longer read.
enum Stop {
    /// One was found.
    Found,
    Failed(Failure),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Failed(error.into())
    }
}

impl<'q> Reading<'q> {
    fn new(store: &'q Store, service: &'q str) -> Result<Self, Failure> {
        let operations = store.operations(service)?;
        let is_open = |kind: u32| EntryRule::of(kind, 1) == EntryRule::IfCalled;
        Ok(Reading { store, service, needs_callers: operations.iter().any(|(_, kind)| is_open(*kind)) })
    }

    /// Calls `each` with every entry span, and its name, of the parts that have spans between two times.
    fn each<E: From<StoreError>>(
        &self,
        between: (u64, u64),
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(EntrySpan, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut by_id, mut waiting) = (HashMap::new(), Vec::new());
        self.store.each_with_operation(
            between,
            |operation| self.needs_callers || *operation.service == *self.service,
            check,
            |stored| {
                by_id.clear();
                waiting.clear();
                self.each_of_trace(stored, &mut by_id, &mut waiting, &mut each)
            },
        )
    }

    fn each_of_trace<E>(
        &self,
        stored: &dyn Spans,
        is_own: &mut HashMap<u64, bool>,
        waiting: &mut Vec<Waiting>,
        each: &mut impl FnMut(EntrySpan, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut names, mut result) = (ServiceNames::default(), Ok(()));
        stored.each_span(&mut |parts| {
            let facts = match facts_of(parts.span) {
                Ok(facts) => facts,
                Err(error) => return stored.left_out(&error),
            };
            let own = names.name(parts.resource) == self.service;
            if self.needs_callers {
                is_own.entry(facts.span).or_insert(own);
            }
            if !own || result.is_err() {
                return;
            }
            let span = EntrySpan {
                operation: 0,
                start_unix: facts.start,
                duration: facts.end.saturating_sub(facts.start),
                is_error: facts.status == 2,
            };
            match EntryRule::of(facts.kind, facts.parent) {
                EntryRule::Always => result = each(span, facts.name),
                EntryRule::IfCalled => waiting.push((span, facts.name.to_vec(), facts.parent)),
                EntryRule::Never => {}
            }
        });
        result?;
        let called = waiting.iter().filter(|(_, _, parent)| is_own.get(parent) == Some(&false));
        called.map(|(span, name, _)| each(*span, name)).collect()
    }

    /// Whether an entry span starts from one time on and before another.
    fn has_any(&self, from: u64, to: u64, check: &impl Fn() -> Result<(), Failure>) -> Result<bool, Failure> {
        if from >= to {
            return Ok(false);
        }
        let check = || check().map_err(Stop::Failed);
        let read = self.each((from, to - 1), check, |span, _| match (from..to).contains(&span.start_unix) {
            true => Err(Stop::Found),
            false => Ok(()),
        });
        match read {
            Ok(()) => Ok(false),
            Err(Stop::Found) => Ok(true),
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }
}
