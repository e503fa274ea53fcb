//! Warming up: a browser compiles code well only when it has run for a while, and the first trace should not pay for that.

use crate::format::Reader;

/// How many spans the sample has: enough that each branch of the readers runs often.
const SPANS: u64 = 300;
/// How often it is read. More rounds make the first trace no faster.
const ROUNDS: usize = 5;

/// Reads the sample a few times over, and indexes it in steps of `budget` bytes.
pub fn warm_up(budget: usize) {
    let sample = sample();
    for _ in 0..ROUNDS {
        let mut reader = Reader::new();
        // The sample is right; if it were not, the first trace would be slower and nothing else.
        if reader.push(sample.as_bytes()).is_ok()
            && let Ok(mut opened) = reader.finish()
        {
            opened.traces.iter_mut().for_each(|trace| while !trace.index_some(budget) {});
        }
    }
}

/// A chain of spans as Jaeger writes them.
fn sample() -> String {
    let mut sample = String::from(
        r#"{"data":[{"traceID":"1","processes":{"p1":{"serviceName":"warm","tags":[]}},"spans":["#,
    );
    for span in 1..=SPANS {
        let comma = if span == 1 { "" } else { "," };
        sample.push_str(&format!(
            r#"{comma}{{"traceID":"1","spanID":"{span:x}","operationName":"op {span}","references":[{{"refType":"CHILD_OF","traceID":"1","spanID":"{:x}"}}],"startTime":{},"duration":{span},"tags":[{{"key":"span.kind","type":"string","value":"server"}},{{"key":"http.status_code","type":"int64","value":200}}],"logs":[{{"timestamp":5,"fields":[{{"key":"event","type":"string","value":"x"}}]}}],"processID":"p1","warnings":null}}"#,
            span - 1,
            1_700_000_000_000_000u64 + span,
        ));
    }
    sample.push_str("]}]}");
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
        warm_up(1 << 10);
    }
}
