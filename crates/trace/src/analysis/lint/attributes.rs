//! Checks of attributes: names of older semantic conventions without their replacement.

use super::conventions::{CONVENTIONS, replacement};
use super::{LintCheck, ServiceTally};
use crate::model::{AttributeOwner, SpanIx, Trace, TraceRows};

pub(super) fn check(trace: &Trace, services: &mut [ServiceTally]) {
    let of_resource: Vec<Vec<&'static (&'static str, &'static str)>> = trace
        .resources()
        .iter()
        .map(|resource| {
            let has = |key: &str| resource.attributes.iter().any(|attribute| attribute.key == key);
            CONVENTIONS.iter().filter(|(old, new)| has(old) && (new.is_empty() || !has(new))).collect()
        })
        .collect();
    for part in trace.parts().iter().filter(|part| !part.rows.is_empty()) {
        check_part(trace, part, &of_resource, services);
    }
}

/// What a key is in the table of conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Other,
    Old(u16),
    New,
}

fn check_part(
    trace: &Trace,
    part: &TraceRows<'_>,
    of_resource: &[Vec<&'static (&'static str, &'static str)>],
    services: &mut [ServiceTally],
) {
    let (outline, strings) = (trace.outline(), part.columns.strings());
    let mut keys = vec![Key::Other; strings.len()];
    for (at, (old, new)) in CONVENTIONS.iter().enumerate() {
        if let Some(key) = strings.find(new) {
            keys[key as usize] = Key::New;
        }
        if let Some(key) = strings.find(old) {
            keys[key as usize] = Key::Old(at as u16);
        }
    }
    let cells = part.columns.cells(AttributeOwner::Span);
    let mut old: Vec<u16> = Vec::new();
    for (row, span) in &part.rows {
        let attributes = part.columns.row(*row).attributes;
        let mut has_known = false;
        old.clear();
        for at in attributes.clone() {
            match keys[cells.key(at) as usize] {
                Key::Other => {}
                Key::New => has_known = true,
                Key::Old(number) => {
                    has_known = true;
                    if !old.contains(&number) {
                        old.push(number);
                    }
                }
            }
        }
        let has = |key: &str| attributes.clone().any(|at| strings.get(cells.key(at)) == key);
        old.retain(|number| {
            let new = CONVENTIONS[*number as usize].1;
            new.is_empty() || !has(new)
        });
        let resource = trace.resource_numbers().get(*span as usize).copied().unwrap_or(u32::MAX);
        let old_of_resource = of_resource.get(resource as usize).map_or(&[][..], Vec::as_slice);
        let Some(service) = services.get_mut(outline.service[*span as usize] as usize) else { continue };
        let tally = service.tally(LintCheck::OldConvention);
        if !old.is_empty() || !old_of_resource.is_empty() {
            tally.fail(*span as SpanIx);
        } else if has_known {
            tally.pass();
        }
        for number in &old {
            let key = CONVENTIONS[*number as usize].0;
            tally.about(key, replacement(key).unwrap_or_default(), 1);
        }
        for (key, new) in old_of_resource {
            tally.about(key, new, 1);
        }
    }
}
