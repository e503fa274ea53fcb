//! Warm-up: browsers optimize code after it has run for a while, which should not slow down the first trace. The sample is
//! in OTLP, which Jaeger's API v3 answers: optimizing the readers of other formats too would take the processor from it.

use super::transfer::{self, OutlineDecoder};
use crate::format::Reader;
use std::fmt::Write;

/// Number of spans of the sample, enough to run each branch of the reader often.
const SPANS: u64 = 300;
/// Number of rounds. More have no further effect.
const ROUNDS: u32 = 3;
/// Bytes indexed at a time, as in the worker.
const BUDGET: usize = 64 << 10;

/// Processes a small sample trace a few times.
#[derive(Debug)]
pub struct WarmUp {
    /// Written once: otherwise the browser would optimize the code that formats it, too.
    sample: String,
    rounds: u32,
}

impl Default for WarmUp {
    fn default() -> Self {
        Self { sample: sample(), rounds: 0 }
    }
}

impl WarmUp {
    /// Reads, indexes and transfers the sample, which takes a few milliseconds. Returns whether it was the last round.
    pub fn step(&mut self) -> bool {
        walk_through(self.sample.as_bytes());
        self.rounds += 1;
        self.rounds == ROUNDS
    }
}

/// Processes a sample from its bytes to the transfer.
fn walk_through(sample: &[u8]) {
    let mut reader = Reader::new();
    // The sample is valid; errors would only make the warm-up useless.
    let Ok(mut opened) = reader.push(sample).and_then(|_| reader.finish()) else { return };
    for trace in &mut opened.traces {
        let mut decoder = OutlineDecoder::default();
        for buffer in transfer::encode(trace.outline()) {
            decoder.take(buffer);
        }
        while !trace.index_some(BUDGET) {}
    }
}

/// A chain of spans in OTLP.
fn sample() -> String {
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
    fn the_sample_is_a_whole_trace() {
        let mut reader = Reader::new();
        reader.push(sample().as_bytes()).unwrap();
        let opened = reader.finish().unwrap();
        assert_eq!(opened.traces.len(), 1);
        assert_eq!(opened.traces[0].outline().len(), SPANS as usize);
        assert!(opened.warnings.is_empty() && opened.traces[0].outline().depth.iter().max() > Some(&9));
    }

    #[test]
    fn it_comes_to_an_end() {
        let mut warm_up = WarmUp::default();
        assert_eq!((0..100).find(|_| warm_up.step()), Some(ROUNDS - 1));
    }
}
