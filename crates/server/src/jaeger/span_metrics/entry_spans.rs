//! What our own Monitor page shows of a service: its entry spans in a window, counted and measured over time and by
//! operation. The rule of what an entry span is is that of [`spandrel_trace::analysis::entries`].

use super::{MOST_SPANS, MetricsQuery, TOO_MUCH};
use crate::facts::{EMPTY_SPAN, ServiceNames, facts_of};
use crate::jaeger::failure::Failure;
use crate::store::{EntryRule, ServiceEntries, Spans, Store, StoreError};
use spandrel_trace::analysis::entries::{EntrySpan, EntrySpans, MeasuredService};
use spandrel_trace::analysis::metrics::TimeWindow;
use std::collections::HashMap;
use std::sync::TryLockError;
use std::time::Duration;

/// Time between two looks whether another query of the same service has ended.
const PAUSE: Duration = Duration::from_millis(2);

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
    let kept = store.entry_cache().service(service);
    // Another query of this service reads what this one needs.
    let mut kept = loop {
        match kept.try_lock() {
            Ok(kept) => break kept,
            Err(TryLockError::Poisoned(kept)) => break kept.into_inner(),
            Err(TryLockError::WouldBlock) => check()?,
        }
        std::thread::sleep(PAUSE);
    };
    let mut reading = Reading::new(store, service, &mut kept)?;
    let measured = reading.measure(window, &check);
    kept.limit_names();
    let spans = kept.spans();
    store.entry_cache().put(service, spans);
    measured
}

/// Reads the entry spans of a service.
struct Reading<'q> {
    store: &'q Store,
    service: &'q str,
    /// Spans of no kind are entries if another service called them: parts with the spans of others have to be read, too.
    needs_callers: bool,
    kept: &'q mut ServiceEntries,
    /// States of the traces that were needed.
    states: Vec<u128>,
}

/// A span of no kind, and its parent.
type Waiting = (EntrySpan, u64);

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
    fn new(store: &'q Store, service: &'q str, kept: &'q mut ServiceEntries) -> Result<Self, Failure> {
        let operations = store.operations(service)?;
        let is_open = |kind: u32| EntryRule::of(kind, 1) == EntryRule::IfCalled;
        let needs_callers = operations.iter().any(|(_, kind)| is_open(*kind));
        Ok(Reading { store, service, needs_callers, kept, states: Vec::new() })
    }

    fn measure(
        &mut self,
        window: TimeWindow,
        check: &impl Fn() -> Result<(), Failure>,
    ) -> Result<MeasuredService, Failure> {
        let mut entries = EntrySpans::default();
        self.each((window.start_unix, window.end_unix - 1), check, |spans| {
            entries.spans.extend(spans.iter().filter(|span| window.contains(span.start_unix)));
            match entries.spans.len() {
                ..=MOST_SPANS => Ok(()),
                _ => Err(Failure::Parameter(TOO_MUCH.to_owned())),
            }
        })?;
        if self.kept.is_crowded() {
            self.kept.retain(&self.states);
        }
        entries.operations = self.kept.names().to_vec();
        let start = window.start_unix;
        MeasuredService::of_all(&entries, window, || {
            // Where there are earlier ones, most likely some are just before.
            let just_before = start.saturating_sub(window.length());
            Ok(self.has_any(just_before, start, check)? || self.has_any(0, just_before, check)?)
        })
    }

    /// Calls `each` with the entry spans of each trace, of the parts that have spans between two times.
    fn each<E: From<StoreError>>(
        &mut self,
        between: (u64, u64),
        check: impl Fn() -> Result<(), E>,
        mut each: impl FnMut(&[EntrySpan]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (store, service, needs_callers) = (self.store, self.service, self.needs_callers);
        let (mut is_own, mut waiting, mut read) = (HashMap::new(), Vec::new(), Vec::new());
        store.each_located_with_operation(
            between,
            |operation| needs_callers || *operation.service == *service,
            check,
            |located| {
                let state = located.state();
                self.states.push(state);
                if let Some(spans) = self.kept.of(state) {
                    return each(spans);
                }
                read.clear();
                let Some(spans) = store.spans(located)? else { return Ok(()) };
                self.read(&*spans, &mut is_own, &mut waiting, &mut read);
                self.kept.add(state, &read);
                each(&read)
            },
        )
    }

    /// Reads the entry spans of a trace.
    fn read(
        &mut self,
        stored: &dyn Spans,
        is_own: &mut HashMap<u64, bool>,
        waiting: &mut Vec<Waiting>,
        read: &mut Vec<EntrySpan>,
    ) {
        is_own.clear();
        waiting.clear();
        let mut names = ServiceNames::default();
        stored.each_span(&mut |parts| {
            let facts = match facts_of(parts.span) {
                Ok(facts) => facts,
                Err(error) => return stored.left_out(&error),
            };
            let own = names.name(parts.resource) == self.service;
            if self.needs_callers {
                is_own.entry(facts.span).or_insert(own);
            }
            let rule = EntryRule::of(facts.kind, facts.parent);
            if !own || rule == EntryRule::Never {
                return;
            }
            let text = || match facts.name {
                [] => EMPTY_SPAN.to_owned(),
                name => String::from_utf8_lossy(name).into_owned(),
            };
            let span = EntrySpan {
                operation: self.kept.operation(facts.name, text),
                start_unix: facts.start,
                duration: facts.end.saturating_sub(facts.start),
                is_error: facts.status == 2,
            };
            match rule {
                EntryRule::IfCalled => waiting.push((span, facts.parent)),
                _ => read.push(span),
            }
        });
        let called = waiting.iter().filter(|(_, parent)| is_own.get(parent) == Some(&false));
        read.extend(called.map(|(span, _)| *span));
    }

    /// Whether an entry span starts from one time on and before another.
    fn has_any(
        &mut self,
        from: u64,
        to: u64,
        check: &impl Fn() -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        if from >= to {
            return Ok(false);
        }
        let check = || check().map_err(Stop::Failed);
        let read = self.each((from, to - 1), check, |spans| {
            match spans.iter().any(|span| (from..to).contains(&span.start_unix)) {
                true => Err(Stop::Found),
                false => Ok(()),
            }
        });
        match read {
            Ok(()) => Ok(false),
            Err(Stop::Found) => Ok(true),
            Err(Stop::Failed(failure)) => Err(failure),
        }
    }
}
