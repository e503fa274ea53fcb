//! Traces for the tests of the trace page, read from text as any other.

use std::fmt::Write;
use std::sync::Arc;

use spandrel::trace_view::session::Session;
use spandrel_trace::format::Reader;
use spandrel_trace::model::Outline;

/// A root with `children` children one after the other, of 1 ms each; every tenth failed. Names and services
/// are what `name` says, which may be hostile.
pub fn wide(children: usize, name: &str) -> Arc<Outline> {
    let name = serde_json::to_string(name).expect("a text");
    let mut spans = format!(
        r#"{{"traceID":"a1","spanID":"1","operationName":"root","references":[],"startTime":1700000000000000,
        "duration":{},"tags":[],"logs":[],"processID":"p1"}}"#,
        children * 1000
    );
    for child in 0..children {
        let error = if child % 10 == 9 { r#"{"key":"error","type":"bool","value":true}"# } else { "" };
        let _ = write!(
            spans,
            r#",{{"traceID":"a1","spanID":"{:x}","operationName":{name},"startTime":{},"duration":1000,
            "references":[{{"refType":"CHILD_OF","traceID":"a1","spanID":"1"}}],"tags":[{error}],"logs":[],
            "processID":"p1"}}"#,
            child + 2,
            1_700_000_000_000_000u64 + child as u64 * 1000,
        );
    }
    let text = format!(
        r#"{{"data":[{{"traceID":"a1","spans":[{spans}],"processes":{{"p1":{{"serviceName":{name},"tags":[]}}}}}}]}}"#
    );
    let mut reader = Reader::new();
    reader.push(text.as_bytes()).expect("a Jaeger answer");
    let opened = reader.finish().expect("a trace");
    opened.traces[0].outline().clone()
}

/// A page on it.
pub fn session(children: usize) -> Session {
    Session::new(wide(children, "GET /stock"))
}
