//! A trace as text that can be compared: whole for small ones, the beginning and a hash for others.

use spandrel_trace::model::record::{Attribute, AttributeValue, Event, Link, Resource, SpanRecord};
use spandrel_trace::model::{Flags, ParsedTraces, SpanIx, Trace};
use std::fmt::Write;
use std::path::Path;

/// How much of a dump is kept in a golden file.
const KEPT: usize = 3_000;

/// Everything that was understood.
pub fn dump(opened: &ParsedTraces) -> String {
    let mut text = String::new();
    for warning in &opened.warnings {
        writeln!(text, "! {warning}").unwrap();
    }
    for trace in &opened.traces {
        dump_trace(&mut text, trace);
    }
    text
}

fn dump_trace(text: &mut String, trace: &Trace) {
    let outline = trace.outline();
    let summary = trace.summary();
    writeln!(
        text,
        "trace {} {} begins {} lasts {} spans {} errors {} orphans {} root {:?} of {:?}",
        outline.trace_id,
        outline.foreign_trace_id,
        outline.start_unix,
        outline.duration,
        summary.spans,
        summary.errors,
        summary.orphans,
        summary.root_operation,
        summary.root_service
    )
    .unwrap();
    for warning in &outline.warnings {
        writeln!(text, "! {warning}").unwrap();
    }
    for service in &summary.services {
        writeln!(text, "service {} {} {}", service.name, service.spans, service.errors).unwrap();
    }
    for span in 0..outline.len() as SpanIx {
        let at = span as usize;
        writeln!(
            text,
            "{:indent$}{} {} {} {}+{} ..{} {}{}",
            "",
            outline.id[at],
            outline.service_of(span),
            outline.name_of(span),
            outline.start[at],
            outline.duration_of(span),
            outline.subtree_end[at],
            outline.kind[at].name(),
            flags(outline.flags[at]),
            indent = (outline.depth[at] as usize % 40) + 1,
        )
        .unwrap();
    }
    for span in 0..outline.len() as SpanIx {
        dump_record(text, &trace.record(span), &trace.resource(span));
    }
}

fn flags(flags: Flags) -> String {
    let names = [
        (Flags::OWN_ERROR, "error"),
        (Flags::ERROR_BELOW, "error-below"),
        (Flags::HAS_EVENTS, "events"),
        (Flags::HAS_LINKS, "links"),
        (Flags::WARNED, "warned"),
        (Flags::ORPHAN, "orphan"),
        (Flags::DUPLICATE_ID, "duplicate"),
        (Flags::CYCLE, "cycle"),
        (Flags::OUTSIDE_PARENT, "outside"),
        (Flags::NO_START, "no-begin"),
        (Flags::ENDS_EARLY, "ends-early"),
        (Flags::CLOCK_SKEW, "skew"),
        (Flags::NO_SERVICE, "no-service"),
    ];
    names.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| format!(" {name}")).collect()
}

fn dump_record(text: &mut String, record: &SpanRecord, resource: &Resource) {
    writeln!(
        text,
        "span {} {}{} below {} {}{} {}..{} {:?} {:?} state {:?} flags {} dropped {} {} {} of {}",
        record.span_id,
        record.foreign_span_id,
        record.foreign_trace_id,
        record.parent_span_id,
        record.foreign_parent_id,
        record.name,
        record.start_unix,
        record.end_unix,
        record.status,
        record.status_message,
        record.trace_state,
        record.flags,
        record.dropped_attributes,
        record.dropped_events,
        record.dropped_links,
        resource.service,
    )
    .unwrap();
    attributes(text, "  ", &record.attributes);
    for Event { time_unix, name, attributes: list, dropped_attributes } in &record.events {
        writeln!(text, "  event {time_unix} {name:?} dropped {dropped_attributes}").unwrap();
        attributes(text, "    ", list);
    }
    for Link { trace_id, span_id, trace_state, attributes: list, dropped_attributes, flags } in &record.links
    {
        writeln!(text, "  link {trace_id} {span_id} {trace_state:?} {flags} dropped {dropped_attributes}")
            .unwrap();
        attributes(text, "    ", list);
    }
    for warning in &record.warnings {
        writeln!(text, "  ! {warning}").unwrap();
    }
}

fn attributes(text: &mut String, indent: &str, list: &[Attribute]) {
    for Attribute { key, value } in list {
        let shown = match value {
            AttributeValue::String(long) if long.len() > 200 => {
                format!("{} characters, {:016x}", long.len(), hash(long))
            }
            value => format!("{value:?}"),
        };
        writeln!(text, "{indent}{key} = {shown}").unwrap();
    }
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The beginning of a text and a hash of all of it.
fn shortened(text: &str) -> String {
    if text.len() <= KEPT {
        return text.to_owned();
    }
    let end = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    format!("{}\n… {} bytes, {:016x}\n", &text[..end], text.len(), hash(text))
}

/// Compares the beginning and a hash with the golden file of that name; what differs.
pub fn compare(name: &str, text: &str) -> Option<String> {
    compare_whole(name, &shortened(text))
}

/// Compares with the golden file of that name, or writes it when `UPDATE_GOLDEN` is set; what differs.
pub fn compare_whole(name: &str, text: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("{}.txt", name.replace('/', "__")));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, text).unwrap();
        return None;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    if golden == text {
        return None;
    }
    let line = golden.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or(golden.lines().count().min(text.lines().count()));
    Some(format!(
        "{name}: line {} was {:?}, is {:?}",
        line + 1,
        golden.lines().nth(line).unwrap_or("<nothing>"),
        text.lines().nth(line).unwrap_or("<nothing>")
    ))
}
