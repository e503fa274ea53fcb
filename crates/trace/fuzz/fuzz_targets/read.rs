//! What every target does with its bytes: reads them in two different cuts, looks at all that was read, and
//! expects the same of both.

use spandrel_trace::format::{Reader, Unreadable};
use spandrel_trace::model::ParsedTraces;

fn read(bytes: &[u8], chunk: usize) -> Result<ParsedTraces, Unreadable> {
    let mut reader = Reader::new();
    for chunk in bytes.chunks(chunk) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn look(result: Result<ParsedTraces, Unreadable>) -> String {
    let mut opened = match result {
        Ok(opened) => opened,
        Err(error) => return error.to_string(),
    };
    let mut text = opened.warnings.join("\n");
    for trace in &mut opened.traces {
        let spans = 0..trace.outline().len() as u32;
        let before: Vec<String> = spans.clone().map(|span| format!("{:?}", trace.record(span))).collect();
        while !trace.index_some(100) {}
        let after: Vec<String> = spans.map(|span| format!("{:?}", trace.record(span))).collect();
        assert_eq!(before, after, "interned and decoded");
        text.push_str(&after.join("\n"));
    }
    text
}

/// Reads `bytes` behind `start`, whole and in chunks whose size the first byte says.
pub fn check(start: &[u8], bytes: &[u8]) {
    let chunk = bytes.first().map_or(1, |byte| usize::from(*byte) + 1);
    let all = [start, bytes].concat();
    let (whole, parts) = (look(read(&all, usize::MAX)), look(read(&all, chunk)));
    // How much a damaged gzip stream yields before its damage is found depends on how it is cut.
    if !all.starts_with(&[0x1f, 0x8b]) {
        assert_eq!(whole, parts, "whole and in chunks of {chunk}");
    }
}
