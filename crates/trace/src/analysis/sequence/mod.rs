//! The calls between the services of a trace as the messages of a sequence diagram: lifelines, and between them messages in
//! the order of time. Folded if there are too many of them.

mod text;

pub use text::{label, mermaid, plant_uml};

use super::narrowed::{NarrowedOutline, SpanFilter};
use crate::model::{Flags, NO_SPAN, Outline, SpanIx, SpanKind, SpanSet, StrIx};
use crate::units::{sort_by_number, sort_by_number_descending};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Messages that a diagram has at most. Each synchronous call is two, there and back.
pub const MAX_MESSAGES: usize = 200;

/// What was folded to keep a diagram readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SequenceFold {
    /// Nothing.
    #[default]
    Nothing,
    /// Calls of one operation with the same callers are one.
    Operations,
    /// Calls of one service with the same callers are one.
    Services,
    /// And only the calls that took the most time are there.
    Longest,
}

/// A message from one lifeline to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceMessage {
    /// Index of the lifeline that sends it.
    pub from: u32,
    /// Index of the lifeline that receives it.
    pub to: u32,
    /// Operation that is called; of several the first.
    pub name: String,
    /// Number of calls that it stands for.
    pub calls: u32,
    /// Number of different operations among them.
    pub operations: u32,
    /// Number of calls with errors, of the called span or of the client that made the call.
    pub errors: u32,
    /// Number of marked spans that belong to it: the called ones and what works below them in the called service, and the
    /// clients that made the calls.
    pub marked: u32,
    /// Start of the first call, or end of the last one, nanoseconds from the trace's start.
    pub time: u64,
    /// Sum of the durations, nanoseconds.
    pub total: u64,
    /// Whether it is the way back.
    pub is_return: bool,
    /// Whether the caller does not wait for it (it goes to a consumer).
    pub is_async: bool,
    /// The span of the first call.
    pub span: SpanIx,
}

/// A sequence diagram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSequence {
    /// Services, in the order in which they take part.
    pub lifelines: Vec<String>,
    /// Messages in the order of time.
    pub messages: Vec<SequenceMessage>,
    /// What was folded.
    pub fold: SequenceFold,
    /// Number of calls between services.
    pub calls: u32,
    /// How many of them are in no message.
    pub left_out: u32,
}

/// The diagram of the spans that `filter` lets through. Spans in `marked` are counted in the messages that they belong to.
#[inline(never)]
pub fn call_sequence(outline: &Outline, filter: &SpanFilter, marked: Option<&SpanSet>) -> CallSequence {
    let narrowed = filter.narrow(outline);
    let is_marked = |span: SpanIx| marked.is_some_and(|marked| marked.contains(narrowed.original(span)));
    let calls = calls_between_services(&narrowed.outline);
    // The least fold with which the messages are few enough. Folding only by services, the longest calls are kept.
    let folds = [SequenceFold::Nothing, SequenceFold::Operations, SequenceFold::Services];
    let fits = |calls: &[Call]| calls.iter().map(Call::messages).sum::<usize>() <= MAX_MESSAGES;
    let found = folds.into_iter().find_map(|fold| {
        let folded = folded(&narrowed.outline, fold, &is_marked);
        fits(&folded).then_some((fold, folded))
    });
    let (fold, folded) = found.unwrap_or_else(|| {
        let mut folded = folded(&narrowed.outline, SequenceFold::Services, &is_marked);
        longest(&mut folded);
        (SequenceFold::Longest, folded)
    });
    diagram(&narrowed, fold, folded, calls)
}

/// A call, or several that are folded.
struct Call {
    caller: StrIx,
    callee: StrIx,
    name: StrIx,
    /// Index of the call during which it was made.
    above: u32,
    calls: u32,
    operations: u32,
    errors: u32,
    marked: u32,
    start: u64,
    end: u64,
    total: u64,
    is_async: bool,
    span: SpanIx,
}

impl Call {
    fn messages(&self) -> usize {
        if self.is_async { 1 } else { 2 }
    }
}

/// Stands for "made by no call".
const NO_CALL: u32 = u32::MAX;

fn calls_between_services(outline: &Outline) -> u32 {
    (0..outline.len()).filter(|span| is_call(outline, *span)).count() as u32
}

fn is_call(outline: &Outline, span: usize) -> bool {
    let parent = outline.parent[span];
    parent != NO_SPAN && outline.service[parent as usize] != outline.service[span]
}

/// The calls in the order of their first spans. Stops as soon as there are more than a diagram can have, unless there is no
/// further fold.
fn folded(outline: &Outline, fold: SequenceFold, is_marked: &dyn Fn(SpanIx) -> bool) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut known: FxHashMap<(u32, StrIx, StrIx, StrIx), u32> = FxHashMap::default();
    let mut names: FxHashMap<(u32, StrIx), ()> = FxHashMap::default();
    // The call during which each span was.
    let mut during: Vec<u32> = Vec::with_capacity(outline.len());
    for span in 0..outline.len() {
        let parent = outline.parent[span] as usize;
        let above = during.get(parent).copied().unwrap_or(NO_CALL);
        let marks = u32::from(is_marked(span as SpanIx));
        if !is_call(outline, span) {
            if let Some(call) = calls.get_mut(above as usize) {
                call.marked += marks;
            }
            during.push(above);
            continue;
        }
        let (caller, callee) = (outline.service[parent], outline.service[span]);
        let next = calls.len() as u32;
        let name = if fold == SequenceFold::Operations { outline.name[span] } else { 0 };
        let at = match fold {
            SequenceFold::Nothing => next,
            _ => *known.entry((above, caller, callee, name)).or_insert(next),
        };
        during.push(at);
        if at == next {
            if fold < SequenceFold::Services && calls.len() > MAX_MESSAGES {
                return calls;
            }
            let (name, span) = (outline.name[span], span as SpanIx);
            calls.push(Call {
                caller,
                callee,
                name,
                above,
                calls: 0,
                operations: 0,
                errors: 0,
                marked: 0,
                start: u64::MAX,
                end: 0,
                total: 0,
                is_async: true,
                span,
            });
        }
        let call = &mut calls[at as usize];
        call.calls += 1;
        let client = (outline.kind[parent] == SpanKind::Client).then_some(parent as SpanIx);
        call.marked += marks + u32::from(client.is_some_and(is_marked));
        // A caller that gave up has an error, whatever the callee did then.
        let has_failed = |span: SpanIx| outline.flags[span as usize].has(Flags::OWN_ERROR);
        call.errors += u32::from(has_failed(span as SpanIx) || client.is_some_and(has_failed));
        call.start = call.start.min(outline.start[span]);
        call.end = call.end.max(outline.end[span]);
        call.total = call.total.saturating_add(outline.duration_of(span as SpanIx));
        call.is_async &= outline.kind[span] == SpanKind::Consumer;
        call.operations += u32::from(names.insert((at, outline.name[span]), ()).is_none());
    }
    calls
}

/// Keeps the calls that took the most time, as many as a diagram can have, in their order.
fn longest(calls: &mut Vec<Call>) {
    let mut order: Vec<usize> = (0..calls.len()).collect();
    sort_by_number_descending(&mut order, |index| calls[*index].total);
    let mut room = MAX_MESSAGES;
    let mut is_kept = vec![false; calls.len()];
    for index in order {
        let messages = calls[index].messages();
        if messages > room {
            break;
        }
        room -= messages;
        is_kept[index] = true;
    }
    // A call that was made during one that goes was made during the nearest one that stays.
    let mut place: Vec<u32> = Vec::with_capacity(calls.len());
    let mut next = 0;
    for (call, kept) in calls.iter_mut().zip(&is_kept) {
        call.above = place.get(call.above as usize).copied().unwrap_or(NO_CALL);
        place.push(if *kept { next } else { call.above });
        next += u32::from(*kept);
    }
    let mut kept = is_kept.into_iter();
    calls.retain(|_| kept.next().unwrap_or(false));
}

fn diagram(narrowed: &NarrowedOutline, fold: SequenceFold, folded: Vec<Call>, calls: u32) -> CallSequence {
    let strings = &narrowed.outline.strings;
    let mut lifelines: Vec<StrIx> = Vec::new();
    let mut lifeline = |service: StrIx| {
        let known = lifelines.iter().position(|known| *known == service);
        known.unwrap_or_else(|| {
            lifelines.push(service);
            lifelines.len() - 1
        }) as u32
    };
    let mut messages: Vec<SequenceMessage> = Vec::new();
    // Nested as they were made, then sorted by time: what happens at one time stays nested.
    let mut open: Vec<u32> = Vec::new();
    let message = |call: &Call, from: u32, to: u32, is_return: bool| SequenceMessage {
        from,
        to,
        name: strings.get(call.name).to_owned(),
        calls: call.calls,
        operations: call.operations,
        errors: call.errors,
        marked: call.marked,
        time: if is_return { call.end } else { call.start },
        total: call.total,
        is_return,
        is_async: call.is_async,
        span: narrowed.original(call.span),
    };
    let mut ends: Vec<(u32, u32)> = Vec::new();
    for (index, call) in folded.iter().enumerate() {
        while let Some(done) = open.pop_if(|open| *open != call.above) {
            let (from, to) = ends[done as usize];
            messages.extend(
                (!folded[done as usize].is_async).then(|| message(&folded[done as usize], to, from, true)),
            );
        }
        let (from, to) = (lifeline(call.caller), lifeline(call.callee));
        ends.push((from, to));
        messages.push(message(call, from, to, false));
        open.push(index as u32);
    }
    while let Some(done) = open.pop() {
        let (from, to) = ends[done as usize];
        messages.extend(
            (!folded[done as usize].is_async).then(|| message(&folded[done as usize], to, from, true)),
        );
    }
    sort_by_number(&mut messages, |message| message.time);
    let shown: u32 = folded.iter().map(|call| call.calls).sum();
    CallSequence {
        lifelines: lifelines.iter().map(|service| strings.get(*service).to_owned()).collect(),
        messages,
        fold,
        calls,
        left_out: calls.saturating_sub(shown),
    }
}

#[cfg(test)]
mod tests;
