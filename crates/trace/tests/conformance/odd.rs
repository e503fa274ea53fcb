//! The odd files one by one, each with what it deserves.

use crate::corpus::{corpus, fixtures};
use crate::read;
use spandrel_trace::model::record::AttributeValue;
use spandrel_trace::model::{Flags, ParsedTraces, StatusCode, Trace};
use spandrel_trace::units::{SpanId, TraceId};

fn open(name: &str) -> ParsedTraces {
    let path = fixtures().join("odd-synthetic").join(name);
    read(&std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn one(name: &str) -> Trace {
    let mut opened = open(name);
    assert_eq!(opened.traces.len(), 1, "{name}");
    opened.traces.pop().unwrap()
}

fn warned(trace: &Trace, part: &str) -> bool {
    trace.outline().warnings.iter().any(|warning| warning.contains(part))
}

fn flagged(trace: &Trace, flag: Flags) -> Vec<u64> {
    let outline = trace.outline();
    (0..outline.len()).filter(|span| outline.flags[*span].has(flag)).map(|span| outline.id[span].0).collect()
}

#[test]
fn loops_are_cut_and_every_span_is_shown() {
    let trace = one("cycle-2.json");
    assert_eq!(trace.outline().depth, [0, 1]);
    assert_eq!(flagged(&trace, Flags::CYCLE).len(), 1);
    assert!(warned(&trace, "among its own ancestors"));
    let trace = one("cycle-plus-root.json");
    assert_eq!(trace.outline().depth, [0, 0, 1, 2]);
    assert_eq!(flagged(&trace, Flags::CYCLE), [2]);
    let trace = one("self-parent.json");
    assert_eq!(flagged(&trace, Flags::CYCLE).len(), 1);
    let itself = (0..2).find(|span| trace.outline().flags[*span as usize].has(Flags::CYCLE)).unwrap();
    assert!(trace.record(itself).warnings.contains(&"is its own parent".to_owned()));
}

#[test]
fn an_id_that_occurs_twice_is_said_once_and_the_first_has_the_children() {
    let trace = one("dup-ids.json");
    assert_eq!(flagged(&trace, Flags::DUPLICATE_ID), [2, 2]);
    assert_eq!(trace.outline().warnings.len(), 1);
    assert!(warned(&trace, "2 spans share their id"));
    let child = trace.outline().find(SpanId(3)).unwrap();
    assert_eq!(trace.outline().name_of(trace.outline().parent_of(child).unwrap()), "first");
}

#[test]
fn a_missing_process_is_an_unknown_service() {
    let trace = one("missing-process.json");
    assert_eq!(trace.outline().service_of(0), "unknown-service");
    assert!(warned(&trace, "2 spans have no service name"));
    let trace = one("null-arrays.json");
    assert_eq!(trace.outline().service_of(0), "unknown-service");
    let trace = one("absent-fields.json");
    assert_eq!((trace.outline().id[0], trace.outline().name_of(0)), (SpanId(1), ""));
    assert!(warned(&trace, "has no valid start time"));
}

#[test]
fn a_trace_without_spans_is_a_trace() {
    for name in ["empty-trace.json", "null-spans.json"] {
        let trace = one(name);
        assert!(trace.outline().is_empty());
        assert_eq!(trace.outline().trace_id, TraceId(0xaa), "{name}");
    }
}

#[test]
fn what_the_backend_could_not_find_is_said_beside_what_it_found() {
    let opened = open("partial-multi-get.json");
    assert_eq!(opened.traces.len(), 1);
    assert_eq!(opened.warnings, ["the server says: trace not found (trace 00000000000000bb) (404)"]);
    let bytes = std::fs::read(fixtures().join("odd-synthetic/data-null-with-errors.json")).unwrap();
    let error = read(&bytes).unwrap_err();
    assert_eq!(
        (error.format.as_str(), error.why.as_str()),
        ("error answer", "the server says: trace not found (404)")
    );
}

#[test]
fn times_that_cannot_be_are_repaired_and_said() {
    let trace = one("zero-start.json");
    assert_eq!(
        trace.outline().duration,
        1_000_000,
        "a start of zero must not make the trace fifty years long"
    );
    assert_eq!(flagged(&trace, Flags::NO_START), [2]);
    let trace = one("negative-duration-wrapped.json");
    assert_eq!(flagged(&trace, Flags::ENDS_EARLY), [1]);
    assert_eq!(flagged(&trace, Flags::NO_START), [2]);
    assert_eq!(trace.outline().duration, 1_000_000);
    let trace = one("float-times.json");
    assert_eq!((trace.outline().start_unix, trace.outline().duration), (1_700_000_000_000_000_000, 12_500));
    assert!(trace.outline().warnings.is_empty());
}

#[test]
fn tags_keep_their_types_and_an_error_in_text_is_one() {
    let trace = one("tag-types.json");
    assert!(trace.outline().flags[0].has(Flags::OWN_ERROR));
    let record = trace.record(0);
    assert_eq!(record.status, StatusCode::Error);
    let value =
        |key: &str| record.attributes.iter().find(|attribute| attribute.key == key).map(|found| &found.value);
    assert_eq!(value("i"), Some(&AttributeValue::Int(9_007_199_254_740_991)));
    assert_eq!(value("big"), Some(&AttributeValue::Int(i64::MAX)));
    assert_eq!(value("neg"), Some(&AttributeValue::Int(i64::MIN)));
    assert_eq!(value("f"), Some(&AttributeValue::Double(1e-300)));
    assert_eq!(value("bin"), Some(&AttributeValue::Bytes(vec![0, 1, 2, 255])));
    assert!(
        matches!(value("untyped"), Some(AttributeValue::Map(members)) if members[0].value == AttributeValue::Int(1))
    );
    assert_eq!(value("nul"), Some(&AttributeValue::Empty));
    assert_eq!(value(""), Some(&AttributeValue::String("empty key".into())));
    assert_eq!(value("error"), Some(&AttributeValue::String("true".into())));
    assert_eq!(record.attributes.iter().filter(|attribute| attribute.key == "s").count(), 2);
}

#[test]
fn parents_are_chosen_among_references_and_the_rest_are_links() {
    let trace = one("orphans-and-cross-trace-ref.json");
    assert_eq!(flagged(&trace, Flags::ORPHAN), [2, 3]);
    assert!(warned(&trace, "2 spans name a parent that is not in the trace"));
    let parent = |id: u64| {
        let outline = trace.outline();
        outline.parent_of(outline.find(SpanId(id)).unwrap()).map(|parent| outline.id[parent as usize].0)
    };
    assert_eq!((parent(4), parent(5), parent(3)), (Some(1), Some(1), None));
    let fourth = trace.record(trace.outline().find(SpanId(4)).unwrap());
    assert_eq!((fourth.links.len(), fourth.links[0].trace_id), (1, TraceId(0xbb)));
}

#[test]
fn one_id_in_several_dresses_is_one_id() {
    let trace = one("mixed-case-and-padding.json");
    assert_eq!(trace.outline().depth, [0, 1]);
    assert!(trace.outline().warnings.is_empty());
    let trace = one("otlp-lenient.json");
    assert_eq!(trace.outline().trace_id.to_string(), "5b8efff798038103d269b633813fc60c");
    assert!(trace.outline().flags[0].has(Flags::OWN_ERROR));
}

#[test]
fn clocks_that_disagree_are_measured_and_nothing_is_moved() {
    let trace = one("clock-skew.json");
    assert_eq!(flagged(&trace, Flags::CLOCK_SKEW), [2]);
    assert!(warned(
        &trace,
        "the clocks of svc-a and svc-b seem to differ: as recorded, 1 span begins before the parent; moving by up to 10 s"
    ));
    assert_eq!(trace.outline().start[trace.outline().find(SpanId(2)).unwrap() as usize], 0, "as recorded");
    assert_eq!(flagged(&trace, Flags::OUTSIDE_PARENT), [2, 4]);
}

#[test]
fn depth_and_width_are_data() {
    let trace = one("deep-3000.json");
    assert_eq!(trace.outline().depth.last(), Some(&2999));
    let trace = one("wide-5000.json");
    assert_eq!(trace.outline().children(0).count(), 5000);
}

#[test]
fn hostile_text_is_text() {
    let trace = one("hostile-text.json");
    assert_eq!(trace.outline().name_of(0), "<img src=x onerror=alert(1)>");
    assert!(
        trace
            .record(0)
            .attributes
            .iter()
            .any(|attribute| attribute.value == AttributeValue::String("a\0b".into()))
    );
}

#[test]
fn warnings_of_the_backend_are_kept_once_each() {
    let Some(corpus) = corpus() else { return };
    let opened = read(&std::fs::read(corpus.join("jaeger/hotrod-15-warnings.json")).unwrap()).unwrap();
    let trace = &opened.traces[0];
    let warned = flagged(trace, Flags::WARNED).len();
    let said: usize = (0..trace.outline().len() as u32)
        .filter(|span| !trace.record_as_sent(*span).warnings.is_empty())
        .count();
    assert!(said > 0 && warned >= said, "{warned} spans flagged, {said} with a warning of the backend");
}

#[test]
fn text_that_is_no_id_is_kept() {
    let Some(corpus) = corpus() else { return };
    let opened = read(&std::fs::read(corpus.join("jaeger/crisp/15.json")).unwrap()).unwrap();
    let trace = &opened.traces[0];
    assert!(
        trace.outline().warnings.iter().all(|warning| !warning.contains("names a parent")),
        "the tree holds"
    );
    let spans = 0..trace.outline().len() as u32;
    let foreign: Vec<String> = spans.map(|span| trace.record(span).foreign_span_id).collect();
    assert!(foreign.iter().any(|text| text.len() == 1), "{foreign:?}");
}
