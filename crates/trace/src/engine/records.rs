//! Names of services and operations, computed from records of the eval-track API: it lists neither.

use crate::model::{Operation, ParsedTraces};

/// The services of the records, sorted.
pub(super) fn services(opened: &ParsedTraces) -> Vec<String> {
    let summaries = opened.traces.iter().map(|trace| trace.summary());
    let mut names: Vec<String> = summaries.map(|summary| summary.root_service).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The operations of the records of a service, sorted by name and kind.
pub(super) fn operations(opened: &ParsedTraces, service: &str) -> Vec<Operation> {
    let of_service = opened.traces.iter().filter(|trace| trace.summary().root_service == service);
    let operations = of_service
        .filter(|trace| !trace.outline().is_empty())
        .map(|trace| trace.record(0))
        .map(|record| Operation { name: record.name, kind: record.kind });
    sorted(operations.collect())
}

/// Operations by name and kind, each once.
pub(super) fn sorted(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_unstable_by(|a, b| (&a.name, a.kind as u8).cmp(&(&b.name, b.kind as u8)));
    operations.dedup();
    operations
}
