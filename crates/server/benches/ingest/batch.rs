//! The requests of the load: batches of 512 spans with 8 attributes, in traces of 32 spans, or all of one trace.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::time::{SystemTime, UNIX_EPOCH};

/// Spans of a request.
pub const BATCH: usize = 512;
/// Spans of a trace.
pub const TRACE: usize = 32;

/// First half of each trace id, by which it is found in the bytes to be replaced.
const TRACE_MARK: [u8; 8] = [0xf0, 0x9f, 0xa6, 0x80, 0xde, 0xad, 0xbe, 0xef];
/// First bytes of each span id and parent id. The byte after them is the number of the request, the next one is 1 in the ids
/// of roots, which stay as they are.
const SPAN_MARK: [u8; 3] = [0xf1, 0x9f, 0xa6];

/// Time between the starts of two spans of a request, and their duration, nanoseconds.
const STEP: u64 = 1_000;
const DURATION: u64 = 500_000;

/// A request in protobuf, whose traces, spans and times can be made new ones in place.
#[derive(Clone)]
pub struct Batch {
    bytes: Vec<u8>,
    traces: Vec<usize>,
    spans: Vec<usize>,
    /// Where the times of each span are: ten bytes, the start, a tag, the end.
    times: Vec<usize>,
}

/// First half of the ids of the traces of a group: like random ones, they do not ascend.
pub fn group_id(group: u64) -> u64 {
    group.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

impl Batch {
    /// The spans that one request brings of its traces when each trace comes in `parts` requests. The request that
    /// `is_first` brings the roots. `seed` names the service and keeps span ids of several batches apart.
    pub fn new(seed: u8, parts: usize, is_first: bool) -> Self {
        Batch::of(seed, TRACE / parts, is_first)
    }

    /// Spans that are all of one trace, the second half of whose id is 0.
    pub fn of_one_trace(seed: u8, is_first: bool) -> Self {
        Batch::of(seed, BATCH, is_first)
    }

    fn of(seed: u8, per_trace: usize, is_first: bool) -> Self {
        let now = now();
        let spans = (0..BATCH).map(|n| span(seed, n, per_trace, is_first, now)).collect();
        let attributes =
            vec![text("service.name", format!("service-{seed}")), text("host.name", "bench".to_owned())];
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource { attributes, ..Resource::default() }),
                scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }],
        };
        let bytes = request.encode_to_vec();
        let traces = places(&bytes, &TRACE_MARK);
        let spans = places(&bytes, &SPAN_MARK).into_iter().map(|at| at + SPAN_MARK.len());
        let spans = spans.filter(|at| bytes[at + 1] == 0).collect();
        // Fields 7 and 8, eight bytes each; spans are in their order.
        let (mut times, mut from) = (Vec::with_capacity(BATCH), 0);
        for n in 0..BATCH as u64 {
            let start = (now + n * STEP).to_le_bytes();
            let end = (now + n * STEP + DURATION).to_le_bytes();
            let both = [&[0x39], &start[..], &[0x41], &end[..]].concat();
            from += 1 + bytes[from..].windows(both.len()).position(|window| window == both).unwrap();
            times.push(from);
        }
        Self { bytes, traces, spans, times }
    }

    /// Makes the spans those of the traces `group`, their ids those of the request `part` of them, and lets them start now.
    pub fn renumber(&mut self, group: u64, part: u8) {
        for at in &self.traces {
            self.bytes[*at..at + 8].copy_from_slice(&group_id(group).to_be_bytes());
        }
        for at in &self.spans {
            self.bytes[*at] = part;
        }
        let mut start = now();
        for at in &self.times {
            self.bytes[*at..at + 8].copy_from_slice(&start.to_le_bytes());
            self.bytes[at + 9..at + 17].copy_from_slice(&(start + DURATION).to_le_bytes());
            start += STEP;
        }
    }

    /// The body of the request.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where `mark` occurs.
fn places(bytes: &[u8], mark: &[u8]) -> Vec<usize> {
    let found = bytes.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark);
    found.map(|(at, _)| at).collect()
}

/// Mark, number of the request, whether it is a root's id, seed, place of the span.
fn span_id(is_root: bool, seed: u8, n: usize) -> Vec<u8> {
    let n = (n as u16).to_be_bytes();
    [&SPAN_MARK[..], &[0, u8::from(is_root), seed, n[0], n[1]]].concat()
}

fn span(seed: u8, n: usize, per_trace: usize, is_first: bool, now: u64) -> Span {
    let (trace, within) = (n / per_trace, n % per_trace);
    let is_root = is_first && within == 0;
    Span {
        trace_id: [TRACE_MARK, (trace as u64).to_be_bytes()].concat(),
        span_id: span_id(is_root, seed, n),
        parent_span_id: if is_root { Vec::new() } else { span_id(true, seed, n - within) },
        name: format!("GET /api/resource/{}", n % 23),
        kind: 2 + (n % 2) as i32,
        start_time_unix_nano: now + (n as u64) * STEP,
        end_time_unix_nano: now + (n as u64) * STEP + DURATION,
        attributes: vec![
            text("http.request.method", "GET".to_owned()),
            text("url.path", format!("/api/resource/{}/{}", n % 23, n * 7919 % 1000)),
            text("http.response.status_code", (200 + n % 3 * 100).to_string()),
            text("server.address", format!("host-{}.example.org", n % 7)),
            text("user.id", (usize::from(seed) * 31 + n * 104_729 % 100_000).to_string()),
            text("db.system", "postgresql".to_owned()),
            text("thread.name", format!("worker-{}", n % 16)),
            KeyValue {
                key: "retry".to_owned(),
                value: Some(AnyValue { value: Some(Any::IntValue((n % 4) as i64)) }),
                ..KeyValue::default()
            },
        ],
        ..Span::default()
    }
}

fn text(key: &str, value: String) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Any::StringValue(value)) }),
        ..KeyValue::default()
    }
}
