//! Warm-up: browsers optimize code after it has run for a while, which should not slow down the first trace.

use super::transfer::{self, OutlineDecoder};
use crate::format::Reader;
use std::fmt::Write;

/// Number of spans per sample, enough to run each branch of the readers often.
const SPANS: u64 = 300;
/// Number of rounds per sample. More have no further effect.
const ROUNDS: u32 = 3;
/// Bytes indexed at a time, as in the worker.
const BUDGET: usize = 64 << 10;

/// Processes small sample traces a few times.
#[derive(Debug, Default)]
pub struct WarmUp {
    rounds: u32,
}

impl WarmUp {
    /// Reads, indexes and transfers one sample, which takes a few milliseconds. Returns whether it was the last.
    pub fn step(&mut self) -> bool {
        let otlp = self.rounds.is_multiple_of(2);
        walk_through(if otlp { otlp_sample() } else { jaeger_sample() }.as_bytes());
        self.rounds += 1;
        self.rounds == 2 * ROUNDS
    }
}

/// Processes a sample from its bytes to the transfer.
fn walk_through(sample: &[u8]) {
    let mut reader = Reader::new();
    // Samples are valid; errors would only make the warm-up useless.
    let Ok(mut opened) = reader.push(sample).and_then(|_| reader.finish()) else { return };
    for trace in &mut opened.traces {
        let mut decoder = OutlineDecoder::default();
        for buffer in transfer::encode(trace.outline()) {
            decoder.take(buffer);
        }
        while !trace.index_some(BUDGET) {}
    }
}

/// A chain of spans in Jaeger's format.
fn jaeger_sample() -> String {
    let mut sample = String::from(
        r#"{"data":[{"traceID":"1","processes":{"p1":{"serviceName":"warm","tags":[]}},"spans":["#,
    );
    for span in 1..=SPANS {
        let comma = if span == 1 { "" } else { "," };
        let (above, start) = (span - 1, 1_700_000_000_000_000 + span);
        // Writing to a string cannot fail.
        let _ = write!(
            sample,
            r#"{comma}{{"traceID":"{:032x}","spanID":"{span:016x}","flags":1,"operationName":"op {}","references":[{{"refType":"CHILD_OF","traceID":"{:032x}","spanID":"{above:016x}"}}],"startTime":{start},"duration":{span},"tags":[{{"key":"span.kind","type":"string","value":"server"}},{{"key":"http.status_code","type":"int64","value":200}},{{"key":"http.url","type":"string","value":"http://warm/{span}"}}],"logs":[{{"timestamp":{start},"fields":[{{"key":"event","type":"string","value":"x"}}]}}],"processID":"p1","warnings":null}}"#,
            1,
            span % 20,
            1,
        );
    }
    sample.push_str("]}]}");
    sample
}

/// The same chain in OTLP.
fn otlp_sample() -> String {
    let mut sample = String::from(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"warm"}}]},"scopeSpans":[{"spans":["#,
    );
    for span in 1..=SPANS {
        let comma = if span == 1 { "" } else { "," };
        let (above, start) = (span - 1, 1_700_000_000_000_000_000 + span);
        let end = start + span;
        let _ = write!(
            sample,
            r#"{comma}{{"traceId":"{:032x}","spanId":"{span:016x}","parentSpanId":"{above:016x}","name":"op {}","kind":2,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","attributes":[{{"key":"http.method","value":{{"stringValue":"GET"}}}},{{"key":"http.status_code","value":{{"intValue":"200"}}}},{{"key":"http.url","value":{{"stringValue":"http://warm/{span}"}}}}],"events":[{{"timeUnixNano":"{start}","name":"x","attributes":[{{"key":"n","value":{{"boolValue":true}}}}]}}],"status":{{}}}}"#,
            1,
            span % 20,
        );
    }
    sample.push_str("]}]}]}");
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_whole_traces() {
        for sample in [jaeger_sample(), otlp_sample()] {
            let mut reader = Reader::new();
            reader.push(sample.as_bytes()).unwrap();
            let opened = reader.finish().unwrap();
            assert_eq!(opened.traces.len(), 1);
            assert_eq!(opened.traces[0].outline().len(), SPANS as usize);
            assert!(opened.warnings.is_empty() && opened.traces[0].outline().depth.iter().max() > Some(&9));
        }
    }

    #[test]
    fn it_comes_to_an_end() {
        let mut warm_up = WarmUp::default();
        assert_eq!((0..100).find(|_| warm_up.step()), Some(2 * ROUNDS - 1));
    }
}
