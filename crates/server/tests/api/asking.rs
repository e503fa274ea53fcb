//! Every query over everything that a server has, and a source of numbers to mutate bodies with.

use crate::support::Server;
use serde_json::Value;
use std::collections::BTreeSet;

/// Search parameters for all traces of all times.
pub const EVER: &str = "query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=2500-01-01T00:00:00Z&\
                        query.num_traces=10000";

/// Xorshift.
pub struct Random(pub u64);

impl Random {
    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    /// One to four bytes changed, put in, taken out or repeated.
    pub fn mutate(&mut self, body: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if body.is_empty() {
                return;
            }
            let at = self.below(body.len());
            match self.below(5) {
                0 => body[at] ^= 1 << self.below(8),
                1 => body[at] = self.below(256) as u8,
                2 => body.insert(at, self.below(256) as u8),
                3 => drop(body.remove(at)),
                _ => body[at] = *[0, 0x0b, 0x0c, 0x7f, 0x80, 0xff, 0x12, 0x1a].get(self.below(8)).unwrap(),
            }
        }
    }
}

/// Parses JSON however deep it nests.
pub fn whole(path: &str, server: &Server) -> Value {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text().chars().take(300).collect::<String>());
    // `serde_json` stops at 128 levels; values within values may make more of them.
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| {
        assert!(error.to_string().contains("recursion limit"), "{path}: {error}");
        Value::Null
    })
}

/// The spans of an answer of v3.
pub fn spans_of(answer: &Value) -> Vec<&Value> {
    answer["result"]["resourceSpans"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten())
        .flat_map(|scope| scope["spans"].as_array().into_iter().flatten())
        .collect()
}

/// Spans that were acknowledged since the start.
pub fn accepted(server: &Server) -> usize {
    let metrics = server.get("/metrics").text();
    let line = metrics.lines().find(|line| line.starts_with("spandrel_spans_accepted_total ")).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Asks for everything in every way; the answers must hold `spans` spans.
pub fn ask_everything(server: &Server, spans: usize) -> usize {
    let path = format!("/api/v3/traces?{EVER}");
    let weight = server.get(&path).body.len();
    let all = whole(&path, server);
    let found = spans_of(&all);
    assert_eq!(found.len(), spans, "what was acknowledged is found by a search");
    let traces: BTreeSet<&str> = found.iter().map(|span| span["traceId"].as_str().unwrap()).collect();
    let summaries = whole(&format!("/api/v3/trace-summaries?{EVER}"), server);
    let summaries = summaries["summaries"].as_array().unwrap();
    let counted: u64 = summaries.iter().map(|summary| summary["spanCount"].as_u64().unwrap()).sum();
    assert_eq!((summaries.len(), counted as usize), (traces.len(), spans), "summaries count what is found");
    let (mut v1, mut v3) = (0, 0);
    for trace in &traces {
        // The id of no id is no id to ask for.
        let id = if trace.is_empty() { "00000000000000000000000000000000" } else { trace };
        v3 += spans_of(&whole(&format!("/api/v3/traces/{id}"), server)).len();
        v1 += whole(&format!("/api/traces/{id}"), server)["data"][0]["spans"].as_array().unwrap().len();
    }
    assert_eq!((v1, v3), (spans, spans), "each trace is answered whole by both APIs");
    let services = whole("/api/services", server);
    let mut by_service = BTreeSet::new();
    for service in services["data"].as_array().unwrap() {
        let service = percent_encoding::utf8_percent_encode(
            service.as_str().unwrap(),
            percent_encoding::NON_ALPHANUMERIC,
        );
        let found =
            whole(&format!("/api/traces?service={service}&start=1&end=9000000000000000&limit=10000"), server);
        let found = found["data"].as_array().unwrap();
        by_service.extend(found.iter().map(|trace| trace["traceID"].as_str().unwrap().to_owned()));
        for path in [
            format!("/api/services/{service}/operations"),
            format!("/api/operations?service={service}"),
            format!("/api/v3/operations?service={service}"),
        ] {
            let operations = whole(&path, server);
            let operations = operations["data"].as_array().or(operations["operations"].as_array()).unwrap();
            assert!(!operations.is_empty(), "{path}: a service has operations");
        }
        let of_service = format!("{EVER}&query.service_name={service}");
        let found = whole(&format!("/api/v3/traces?{of_service}"), server);
        let summaries = whole(&format!("/api/v3/trace-summaries?{of_service}"), server);
        assert!(!spans_of(&found).is_empty() && !summaries["summaries"].as_array().unwrap().is_empty());
    }
    let named = whole("/api/v3/services", server);
    assert_eq!(named["services"].as_array().unwrap().len(), services["data"].as_array().unwrap().len());
    assert!(!by_service.is_empty() && by_service.len() <= traces.len());
    whole("/api/dependencies?endTs=9000000000000&lookback=9000000000000", server);
    weight
}
