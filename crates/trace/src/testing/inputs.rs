//! The table of odd inputs (`fixtures/hunt/table.tsv`), and parsed input as comparable text. Shared by the tests of
//! the file reader and of the server's receiver.

use crate::model::record::{Attribute, SpanRecord};
use crate::model::{Flags, ParsedTraces, SpanIx, Trace};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One odd input.
#[derive(Clone, Debug)]
pub struct OddInput {
    /// File name below [`odd_inputs_folder`].
    pub file: String,
    /// Part of a warning that the file reader must give; `None` for no warning.
    pub warning: Option<String>,
    /// How it is posted to a receiver, and the expected response.
    pub receiver: Receiver,
}

/// A request that carries an odd input.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `Content-Encoding`; empty for none.
    pub content_encoding: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Part of the remark in the response; `None` for no remark.
    pub remark: Option<String>,
}

/// Where the files are.
pub fn odd_inputs_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hunt")
}

/// Parses the table, ignoring incomplete rows.
pub fn odd_inputs(table: &str) -> Vec<OddInput> {
    table.lines().skip(1).filter_map(odd_input).collect()
}

fn odd_input(line: &str) -> Option<OddInput> {
    let mut cells = line.split('\t');
    let (file, warning, receiver, remark) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let mut words = receiver.split(' ');
    let content_type = match words.next()? {
        "json" => "application/json",
        "protobuf" => "application/x-protobuf",
        _ => return None,
    };
    let status = words.next_back()?.parse().ok()?;
    let content_encoding = words.next().unwrap_or_default().to_owned();
    let some = |text: &str| (text != "-").then(|| text.to_owned());
    Some(OddInput {
        file: file.to_owned(),
        warning: some(warning),
        receiver: Receiver { content_type, content_encoding, status, remark: some(remark) },
    })
}

/// All warnings: of the whole, of each trace, of each span.
pub fn warnings_of(opened: &ParsedTraces) -> Vec<String> {
    let mut warnings = opened.warnings.clone();
    for trace in &opened.traces {
        warnings.extend(trace.outline().warnings.iter().cloned());
        for span in 0..trace.outline().len() as SpanIx {
            warnings.extend(trace.record(span).warnings);
        }
    }
    warnings
}

/// Spans as a tree with their contents, without warnings: the same text for the same spans, whatever their format.
pub fn spans_as_text(opened: &ParsedTraces) -> String {
    let mut traces: Vec<String> = opened.traces.iter().map(trace_as_text).collect();
    traces.sort();
    traces.concat()
}

fn trace_as_text(trace: &Trace) -> String {
    let outline = trace.outline();
    let mut text = format!("trace {} of {} spans\n", outline.trace_id, outline.len());
    for span in 0..outline.len() as SpanIx {
        let at = span as usize;
        let record = trace.record_as_sent(span);
        let scope = trace.scope(span);
        let error = if outline.flags[at].has(Flags::OWN_ERROR) { " error" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:indent$}{} {} · {} [{} {}] {:?} {}..{}{error}",
            "",
            outline.id[at],
            outline.service_of(span),
            outline.name_of(span),
            scope.name,
            scope.version,
            record.kind,
            record.start_unix,
            record.end_unix,
            indent = 2 * outline.depth[at] as usize + 2,
        );
        rest_as_text(&mut text, &record);
    }
    text
}

fn rest_as_text(text: &mut String, record: &SpanRecord) {
    let list = |text: &mut String, attributes: &[Attribute]| {
        for Attribute { key, value } in attributes {
            let _ = writeln!(text, "        {key} = {value:?}");
        }
    };
    list(text, &record.attributes);
    for event in &record.events {
        let _ = writeln!(text, "      event {} {}", event.time_unix, event.name);
        list(text, &event.attributes);
    }
    for link in &record.links {
        let _ = writeln!(text, "      link {} {}", link.trace_id, link.span_id);
        list(text, &link.attributes);
    }
}
