//! Checks that need only the outline: names, kinds and times of spans.

use super::{LintCheck, ServiceTally, varying_part};
use crate::analysis::what_if::is_asynchronous;
use crate::model::{Flags, Outline, SpanIx, SpanKind};

pub(super) fn check(outline: &Outline, services: &mut [ServiceTally]) {
    let varies = varying_names(outline);
    let crosses = crosses(outline);
    for span in 0..outline.len() {
        let at = span as SpanIx;
        let Some(service) = services.get_mut(outline.service[span] as usize) else { continue };
        service.spans += 1;
        let flags = outline.flags[span];
        let mut say = |check: LintCheck, fails: bool| match fails {
            true => service.tally(check).fail(at),
            false => service.tally(check).pass(),
        };
        let name = outline.service_of(at);
        say(
            LintCheck::NoServiceName,
            flags.has(Flags::NO_SERVICE) || name.is_empty() || name.starts_with("unknown_service"),
        );
        if crosses[span] {
            say(LintCheck::MissingKind, outline.kind[span] == SpanKind::Unspecified);
        }
        let has_varying_name = varies[outline.name[span] as usize];
        say(LintCheck::VaryingName, has_varying_name);
        let is_impossible = flags.has(Flags::NO_START) || flags.has(Flags::ENDS_EARLY);
        say(LintCheck::ImpossibleTimes, is_impossible);
        if let Some(parent) = outline.parent_of(at).map(|parent| parent as usize)
            && outline.service[parent] == outline.service[span]
            && !is_asynchronous(outline, at)
        {
            say(LintCheck::OutsideParent, flags.has(Flags::OUTSIDE_PARENT));
        }
        if !is_impossible {
            say(LintCheck::ZeroDuration, outline.duration_of(at) == 0);
        }
        if has_varying_name {
            service.tally(LintCheck::VaryingName).about(outline.name_of(at), "", 1);
        }
    }
}

/// By string: whether it is a name that varies.
fn varying_names(outline: &Outline) -> Vec<bool> {
    let mut varies = vec![None; outline.strings.len()];
    for name in &outline.name {
        let slot: &mut Option<bool> = &mut varies[*name as usize];
        if slot.is_none() {
            *slot = Some(varying_part(outline.strings.get(*name)).is_some());
        }
    }
    varies.into_iter().map(Option::unwrap_or_default).collect()
}

/// By span: whether its parent or a child belongs to another service.
fn crosses(outline: &Outline) -> Vec<bool> {
    let mut crosses = vec![false; outline.len()];
    for span in 0..outline.len() {
        if let Some(parent) = outline.parent_of(span as SpanIx).map(|parent| parent as usize)
            && outline.service[parent] != outline.service[span]
        {
            crosses[span] = true;
            crosses[parent] = true;
        }
    }
    crosses
}
