//! From one export request to one blob per trace: regroups the spans of an `ExportTraceServiceRequest`.
//!
//! Field numbers: opentelemetry-proto `trace/v1/trace.proto`. The spans, resources and scopes are copied as the
//! bytes they came in (also unknown fields), so what is stored is what was sent. A blob is itself a
//! `TracesData` message of one trace, and two blobs of a trace one after the other are again such a message.

use super::Refusal;
use super::memory::{Memory, MemoryReservation};
use super::part_builder::Builder;
use super::walked::ParsedRequest;
use crate::store::Part;

/// Regroups a request by trace, each trace's spans in the order in which they came.
pub fn regroup(request: &[u8], reserved: &mut MemoryReservation) -> Result<Vec<Part>, Refusal> {
    build_parts(request, false, reserved)
}

fn build_parts(
    request: &[u8],
    has_more: bool,
    reserved: &mut MemoryReservation,
) -> Result<Vec<Part>, Refusal> {
    let mut walked = ParsedRequest::of(request, reserved)?;
    let mut spans = std::mem::take(&mut walked.spans);
    // Spans lie in memory in the order in which they came.
    spans.sort_unstable_by_key(|span| (span.trace, span.bytes.as_ptr()));
    let mut builder = Builder::new(walked, has_more)?;
    let mut parts = Vec::new();
    for of_trace in spans.chunk_by(|left, right| left.trace == right.trace) {
        let part = builder.part(of_trace)?;
        builder.reservation().push(&mut parts, part)?;
    }
    Ok(parts)
}

/// Bytes of memory for building a part from stored spans.
const REBUILD_BYTES: usize = 1 << 30;

/// Makes one part of the stored spans of one trace, several parts one after the other; `None` where they cannot be read
/// or are of several traces. `has_more` says that other parts of the trace exist or are likely.
pub fn rebuild(spans: &[u8], has_more: bool) -> Option<Part> {
    let mut parts = build_parts(spans, has_more, &mut Memory::new(REBUILD_BYTES).reservation()).ok()?;
    let part = parts.pop()?;
    parts.is_empty().then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_bytes;
    use spandrel_trace::format::otlp_proto;

    fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, number, bytes);
        out
    }

    /// A request of one resource with these fields and one scope with these spans.
    fn request(resource: &[u8], spans: &[Vec<u8>]) -> Vec<u8> {
        let spans: Vec<u8> = spans.iter().flat_map(|span| field(2, span)).collect();
        field(1, &[field(1, resource), field(2, &spans)].concat())
    }

    fn of_trace(trace: u128) -> Vec<u8> {
        field(1, &trace.to_be_bytes())
    }

    #[test]
    fn what_is_built_of_a_request_is_bounded_by_the_memory_there_is() {
        let many = 100_000;
        let hostile: Vec<(&str, Vec<u8>)> = vec![
            ("spans of two bytes", request(b"", &vec![Vec::new(); many])),
            ("traces of one span", request(b"", &(0..many as u128).map(of_trace).collect::<Vec<_>>())),
            ("resources of one span", [0x0a, 4, 0x12, 2, 0x12, 0].repeat(many)),
            ("scopes of one span", field(1, &[0x12, 2, 0x12, 0].repeat(many))),
            (
                "fields that nobody knows",
                field(1, &[[0x78, 1].repeat(many), vec![0x12, 2, 0x12, 0]].concat()),
            ),
            ("attributes of two bytes", request(&[0x0a, 0].repeat(many), &[Vec::new()])),
            ("attributes of a span", request(b"", &[[0x4a, 0].repeat(many)])),
            ("operations", {
                let names = (0..many).map(|name| field(5, format!("{name:x}").as_bytes()));
                request(b"", &names.collect::<Vec<_>>())
            }),
        ];
        for (what, request) in hostile {
            let memory = Memory::new(1 << 20);
            let refused = regroup(&request, &mut memory.reservation()).err();
            assert!(
                matches!(refused, Some(Refusal::TooMuch(_))),
                "{what} ({} bytes): {refused:?}",
                request.len()
            );
            assert_eq!(memory.held(), 0, "{what}");
            let memory = Memory::new(64 << 20);
            assert!(regroup(&request, &mut memory.reservation()).is_ok(), "{what} fit into 64 MiB");
        }
    }

    #[test]
    fn a_big_resource_is_not_copied_into_more_traces_than_there_is_memory_for() {
        // Zeros pack well, so it is their copying and not what remains of them that must be bounded.
        let traces: Vec<Vec<u8>> = (0..1000).map(of_trace).collect();
        let request = request(&field(15, &vec![0; 1 << 20]), &traces);
        let refused = regroup(&request, &mut Memory::new(64 << 20).reservation()).err();
        assert!(matches!(refused, Some(Refusal::TooMuch(_))), "{refused:?}");
    }

    #[test]
    fn messages_without_spans_take_no_memory() {
        let request = [[0x0a, 0].repeat(1_000_000), field(1, &[0x12, 0].repeat(1_000_000))].concat();
        let memory = Memory::new(1 << 20);
        let mut reserved = memory.reservation();
        assert_eq!(regroup(&request, &mut reserved).unwrap(), []);
        assert!(memory.held() < 100 << 10, "{}", memory.held());
    }

    #[test]
    fn spans_of_a_trace_stay_in_the_order_in_which_they_came() {
        let span = |trace: u128, name: &str| [of_trace(trace), field(5, name.as_bytes())].concat();
        let spans = [span(7, "a"), span(8, "b"), span(7, "c"), span(8, "d"), span(7, "e")];
        let parts = regroup(&request(b"", &spans), &mut Memory::new(1 << 20).reservation()).unwrap();
        let read = |part: &Part| {
            let blob = crate::store::compress::unpack(part.plain, part.spans.clone()).unwrap();
            let mut names = String::new();
            otlp_proto::split(&blob, |parts| names += &otlp_proto::read_span(parts.span).unwrap().name)
                .unwrap();
            (part.trace, names, part.operations.len())
        };
        let found: Vec<_> = parts.iter().map(read).collect();
        assert_eq!(found, [(7, "ace".to_owned(), 3), (8, "bd".to_owned(), 2)]);
    }
}
