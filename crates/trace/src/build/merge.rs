//! Merges two parts of a trace that were read from different files.

use super::TraceBuilder;
use crate::model::record::{Resource, Scope};
use crate::model::{SpanIx, Trace};

/// Maximum number of resources and scopes that a new one is compared with; most traces have fewer.
const COMPARED: usize = 64;

/// The spans of both parts as one trace, repaired anew, without duplicates. The id is that of the first part.
pub fn merge(one: &Trace, other: &Trace) -> Trace {
    let mut builder = TraceBuilder::new(None);
    add(&mut builder, one);
    add(&mut builder, other);
    let outline = one.outline();
    let trace = builder.trace(outline.trace_id, &outline.foreign_trace_id);
    for part in [one, other] {
        for warning in warnings_of_source(part) {
            builder.warn_trace(trace, warning);
        }
    }
    builder.finish().traces.into_iter().next().unwrap_or_default()
}

fn add(builder: &mut TraceBuilder, part: &Trace) {
    let mut resources: Vec<(Resource, u32)> = Vec::new();
    let mut scopes: Vec<(Scope, u32)> = Vec::new();
    for span in 0..part.outline().len() as SpanIx {
        let (resource, scope) = (part.resource(span), part.scope(span));
        let resource = number_of(&mut resources, resource, |resource| builder.resource(resource));
        let scope = match scope == Scope::default() {
            true => u32::MAX,
            false => number_of(&mut scopes, scope, |scope| builder.scope(scope)),
        };
        builder.record(resource, scope, &part.record_as_sent(span));
    }
}

fn number_of<T: Clone + PartialEq>(known: &mut Vec<(T, u32)>, thing: T, add: impl FnOnce(T) -> u32) -> u32 {
    if let Some((_, number)) = known.iter().rev().take(COMPARED).find(|(other, _)| *other == thing) {
        return *number;
    }
    let number = add(thing.clone());
    known.push((thing, number));
    number
}

/// The warnings of a part that come from the source; the others are computed again.
fn warnings_of_source(part: &Trace) -> Vec<String> {
    let mut warnings = part.outline().warnings.clone();
    if !warnings.is_empty() {
        let mut builder = TraceBuilder::new(None);
        add(&mut builder, part);
        let alone = builder.finish().traces.into_iter().next().unwrap_or_default();
        warnings.retain(|warning| !alone.outline().warnings.contains(warning));
    }
    warnings
}
