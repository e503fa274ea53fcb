//! The engine takes what two real Jaegers answered (`fixtures/recorded`) and
//! what goes wrong on the way to one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may, in its own functions too"
)]

use serde_json::Value;
use spandrel_trace::analysis::advisor::ReportFormat;
use spandrel_trace::analysis::narrowed::SpanFilter;
use spandrel_trace::engine::{
    Answer, Engine, ExpectedInput, Export, FileSet, Matches, Question, QuestionTopic, ServiceCounts,
    api_is_absent, read_metrics,
};
use spandrel_trace::model::{SpanSet, TraceSummary, TraceVersion};
use spandrel_trace::source::{Api, SearchQuery, ServiceMetricsQuery, Task};
use spandrel_trace::units::{Problem, ProblemKind};
use std::path::PathBuf;

fn take(engine: &mut Engine, expect: ExpectedInput, status: u16, body: &[u8], chunk: usize) -> Answer {
    let mut input = engine.begin(expect, status, None);
    for part in body.chunks(chunk) {
        if let Err(problem) = input.push(part) {
            return Answer::Failed(problem);
        }
    }
    engine.finish(input)
}

fn trace(id: &str) -> Task {
    Task::Trace { id: id.into() }
}

/// A question that carries the version of the outline that the engine has of the trace.
fn about(engine: &Engine, trace: &str, topic: QuestionTopic) -> Question {
    let version = engine.outline(trace).map(|outline| outline.version).unwrap_or_default();
    Question { trace: trace.to_owned(), version, topic }
}

fn failed(answer: Answer) -> Problem {
    match answer {
        Answer::Failed(problem) => problem,
        other => panic!("{other:?}"),
    }
}

fn recorded(name: &str) -> (u16, Vec<u8>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/recorded").join(name);
    let text = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let exchange: Value = serde_json::from_str(&text).unwrap();
    let response = &exchange["response"];
    let body = response["body"].as_str().unwrap().as_bytes().to_vec();
    (response["status"].as_u64().unwrap() as u16, body)
}

#[test]
fn lists_of_real_jaegers_are_read() {
    let mut engine = Engine::default();
    let query = SearchQuery { limit: 3, ..SearchQuery::default() };
    let operations = Task::Operations { service: "frontend".into() };
    for (name, task, api) in [
        ("main/v3-services", Task::Services, Api::V3),
        ("v2.20/v1-services", Task::Services, Api::V1),
        ("main/v3-operations", operations.clone(), Api::V3),
        ("v2.20/v1-operations", operations, Api::V1),
        ("main/v3-summaries", Task::Search(query.clone()), Api::V3),
        ("v2.20/v1-search", Task::Search(query.clone()), Api::V1),
        ("main/v3-traces", Task::DependenciesOfTraces(query.clone()), Api::V3),
        ("main/v3-traces", Task::EntrySpans(SearchQuery { service: "frontend".into(), ..query }), Api::V3),
        ("main/v1-dependencies", Task::Dependencies { end_unix_ms: 1, lookback_ms: 1 }, Api::V3),
    ] {
        let (status, body) = recorded(name);
        let count = match take(&mut engine, ExpectedInput::Answer(task, api), status, &body, 7_000) {
            Answer::Services(services) => services.len(),
            Answer::Operations(operations) => operations.len(),
            Answer::SearchResults(found) => {
                assert!(found.truncated, "{name}: the limit was reached");
                found.summaries.len()
            }
            Answer::Dependencies { links, .. } => links.len(),
            Answer::EntrySpans(entries) => entries.spans.len(),
            other => panic!("{name}: {other:?}"),
        };
        assert!(count >= 2, "{name}: {count}");
    }
}

#[test]
fn metrics_of_real_jaegers_are_read() {
    let mut engine = Engine::default();
    let query = ServiceMetricsQuery { lookback_ms: 600_000, ..ServiceMetricsQuery::default() };
    let task = Task::Metrics(query.clone());
    for version in ["main", "v2.20"] {
        for (name, least) in [("calls", 1), ("errors", 1), ("latencies-operations", 2), ("none", 0)] {
            let (status, body) = recorded(&format!("{version}/v1-metrics-{name}"));
            let expect = ExpectedInput::Answer(task.clone(), Api::V3);
            let Answer::Metrics(text) = take(&mut engine, expect, status, &body, 100) else {
                panic!("{version}, {name}")
            };
            let Ok(ServiceCounts::Series(series)) = read_metrics(&text, &query) else {
                panic!("{version}, {name}: {text}")
            };
            assert!(
                series.len() >= least && (least > 0 || series.is_empty()),
                "{version}, {name}: {series:?}"
            );
            assert!(series.iter().all(|series| series.points.len() > 5), "{version}, {name}: {series:?}");
            assert_eq!(
                series.iter().all(|series| series.operation.is_empty()),
                !name.ends_with("operations")
            );
        }
        let (status, body) = recorded(&format!("{version}/v1-metrics-no-service"));
        let expect = ExpectedInput::Answer(task.clone(), Api::V3);
        assert_eq!(failed(take(&mut engine, expect, status, &body, 100)).kind, ProblemKind::Refused);
    }
}

#[test]
fn a_trace_of_a_real_jaeger_is_held_and_asked_about() {
    let mut engine = Engine::default();
    for name in ["main/v3-trace-odd", "v2.20/v3-trace-odd", "main/v1-trace-odd", "main/v3-trace-loop"] {
        let (status, body) = recorded(name);
        let answer = take(&mut engine, ExpectedInput::Answer(trace("odd"), Api::V3), status, &body, 1_000);
        assert!(
            matches!(&answer, Answer::Opened { summaries, .. } if summaries.len() == 1),
            "{name}: {answer:?}"
        );
        let spans = engine.outline("odd").unwrap().len();
        assert!(spans >= 3, "{name}: {spans}");
        while !engine.work(1 << 10) {}
        let question = about(&engine, "odd", QuestionTopic::Detail { span: 0 });
        let Answer::Detail(detail) = engine.answer(&question) else {
            panic!("{name}: no detail");
        };
        assert!(!detail.record.span_id.is_none(), "{name}");
    }
}

#[test]
fn a_file_of_many_traces_is_held_whole_until_the_next_file() {
    let file = br#"{"data":[{"traceID":"a","spans":[{"traceID":"a","spanID":"1","operationName":"x","startTime":5,"duration":2,"processID":"p1"}],"processes":{"p1":{"serviceName":"cart"}}},{"traceID":"b","spans":[{"traceID":"b","spanID":"2","operationName":"y","startTime":5,"duration":2,"processID":"p1"}],"processes":{"p1":{"serviceName":"order"}}}]}"#;
    let mut engine = Engine::default();
    let Answer::Opened { summaries, .. } =
        take(&mut engine, ExpectedInput::File { name: "two.json".into(), first: true }, 200, file, 11)
    else {
        panic!("not opened");
    };
    let keys: Vec<String> = summaries.iter().map(TraceSummary::key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(engine.outline(&keys[1]).unwrap().service_of(0), "order");
    let problem = failed(take(
        &mut engine,
        ExpectedInput::File { name: "bad.json".into(), first: true },
        200,
        &file[..90],
        11,
    ));
    assert_eq!((problem.kind, problem.attempted.as_str()), (ProblemKind::Unreadable, "open bad.json"));
    assert!(engine.outline(&keys[0]).is_some(), "a broken file does not take away what was open");
}

/// Opens files together.
fn open_together(engine: &mut Engine, files: &[(&str, Vec<u8>)]) -> Answer {
    let mut set = FileSet::default();
    for (name, bytes) in files {
        let expect = ExpectedInput::File { name: (*name).into(), first: set.is_empty() };
        let mut input = engine.begin(expect, 200, None);
        let answer = match input.push(bytes) {
            Ok(_) => engine.finish(input),
            Err(problem) => Answer::Failed(problem),
        };
        set.add(name, answer);
    }
    set.finish()
}

#[test]
fn files_are_one_set_and_a_bad_one_keeps_no_other_from_opening() {
    let file = |name: &'static str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hunt").join(name);
        (name, std::fs::read(path).unwrap())
    };
    let mut engine = Engine::default();
    let broken = ("broken.json", br#"{"data":[{"traceID":"7","spans":[{"#.to_vec());
    let files = [("empty.json", Vec::new()), file("m8-part-a.json"), broken.clone(), file("m9-part-b.json")];
    let Answer::Opened { summaries, warnings } = open_together(&mut engine, &files) else {
        panic!("not opened")
    };
    let [summary] = &summaries[..] else { panic!("one trace over two files: {summaries:?}") };
    assert_eq!((summary.spans, summary.orphans), (3, 0));
    let outline = engine.outline(&summary.key()).unwrap();
    let names: Vec<&str> = (0..3).map(|span| outline.name_of(span)).collect();
    assert_eq!((names, &outline.depth[..]), (vec!["grind", "fetch grain", "store flour"], &[0, 1, 1][..]));
    assert_eq!(outline.warnings, ["1 span was sent more than once; it is shown once"]);
    for name in ["empty.json", "broken.json"] {
        assert_eq!(warnings.iter().filter(|warning| warning.starts_with(name)).count(), 1, "{warnings:?}");
    }
    // The order of the files changes nothing, and the same file twice adds nothing.
    let files = [file("m9-part-b.json"), file("m8-part-a.json"), file("m9-part-b.json")];
    let Answer::Opened { summaries, .. } = open_together(&mut engine, &files) else { panic!("not opened") };
    assert_eq!((summaries.len(), summaries[0].spans, summaries[0].orphans), (1, 3, 0));
    // Where no file can be read, what was open stays open.
    assert_eq!(failed(open_together(&mut engine, &[broken])).kind, ProblemKind::Unreadable);
    assert!(engine.outline(&summaries[0].key()).is_some());
}

#[test]
fn nothing_found_is_an_empty_list_and_a_missing_trace_is_said() {
    let body = br#"{"error":{"httpCode":404,"message":"No traces found"}}"#;
    let mut engine = Engine::default();
    let search = Task::DependenciesOfTraces(SearchQuery::default());
    let answer = take(&mut engine, ExpectedInput::Answer(search, Api::V3), 404, body, 9);
    assert_eq!(answer, Answer::Dependencies { links: vec![], requests: vec![], traces: 0 });
    let problem = failed(take(&mut engine, ExpectedInput::Answer(trace("a"), Api::V3), 404, body, 9));
    assert_eq!(problem.kind, ProblemKind::NotFound);
    assert!(!api_is_absent(&problem));
}

#[test]
fn records_of_the_eval_track_api_are_services_operations_results_and_traces() {
    let list = br#"[{"id":"b","trace_id":"0000000000000000000000000000000b","versions":1,"span_id":"0000000000000002",
        "received_at":"2023-11-14T22:13:21Z","data":{"function_name":"f","service":"two","error":"no"}},
        {"id":"a","trace_id":"0000000000000000000000000000000a","versions":1,"span_id":"0000000000000003",
        "received_at":"2023-11-14T22:13:20Z","data":{"function_name":"g","service":"one"}}]"#;
    let mut engine = Engine::default();
    let mut ask = |task: Task, status: u16, body: &[u8]| {
        take(&mut engine, ExpectedInput::Answer(task, Api::EvalTrack), status, body, 11)
    };
    let query = SearchQuery { limit: 20, service: "two".into(), ..SearchQuery::default() };
    let (search, operations) = (Task::Search(query.clone()), Task::Operations { service: "two".into() });
    let calls = Task::Dependencies { end_unix_ms: 1, lookback_ms: 1 };
    assert_eq!(ask(Task::Services, 200, list), Answer::Services(vec!["one".into(), "two".into()]));
    let Answer::Operations(found) = ask(operations.clone(), 200, list) else { panic!() };
    assert_eq!(found.iter().map(|operation| operation.name.as_str()).collect::<Vec<_>>(), ["f"]);
    let Answer::SearchResults(found) = ask(search.clone(), 200, list) else { panic!() };
    let seen: Vec<_> = found.summaries.iter().map(|one| (one.trace_id.0, one.errors)).collect();
    assert_eq!(seen, [(11, 1), (10, 0)]);
    assert!(matches!(ask(calls.clone(), 200, list), Answer::Dependencies { traces: 2, .. }));
    let Answer::EntrySpans(entries) = ask(Task::EntrySpans(query), 200, list) else { panic!() };
    assert_ne!(entries, Box::default());
    assert!(matches!(ask(trace("0000000000000000000000000000000b"), 200, list), Answer::Opened { .. }));
    for (task, nothing) in [
        (Task::Services, Answer::Services(vec![])),
        (operations, Answer::Operations(vec![])),
        (calls, Answer::Dependencies { links: vec![], requests: vec![], traces: 0 }),
    ] {
        assert_eq!(ask(task, 200, b"[]\n"), nothing);
    }
    assert!(matches!(ask(search, 200, b"[]"), Answer::SearchResults(found) if found.summaries.is_empty()));
    let missing = failed(ask(trace("a"), 404, br#"{"detail":"Trace not found"}"#));
    assert_eq!(missing.kind, ProblemKind::NotFound);
    let refused = br#"{"detail":[{"type":"value_error","loc":["query","start"],"msg":"not RFC 3339"}]}"#;
    assert!(failed(ask(Task::Services, 422, refused)).happened.contains("not RFC 3339"));
}

#[test]
fn what_is_not_the_api_is_named() {
    let mut engine = Engine::default();
    let services = || ExpectedInput::Answer(Task::Services, Api::V3);
    let page = b"<!doctype html><title>Sign in</title>";
    let problem = failed(take(&mut engine, services(), 200, page, 5));
    assert_eq!(problem.kind, ProblemKind::WrongAddress);
    assert!(problem.excerpt.contains("Sign in"));
    let problem = failed(take(&mut engine, ExpectedInput::Answer(trace("a"), Api::V3), 200, page, 5));
    assert_eq!(problem.kind, ProblemKind::WrongAddress);
    // A proxy's own page about a server that is down.
    let problem = failed(take(&mut engine, services(), 502, b"<html><h1>502 Bad Gateway</h1></html>", 5));
    assert_eq!((problem.kind, problem.status), (ProblemKind::Refused, Some(502)));
    assert!(problem.happened.contains("502"), "{problem:?}");
    let problem = failed(take(&mut engine, services(), 404, b"404 page not found\n", 99));
    assert!(api_is_absent(&problem), "{problem:?}");
    let problem = failed(take(&mut engine, services(), 400, br#"{"error":{"message":"no such"}}"#, 99));
    assert_eq!((problem.kind, problem.status), (ProblemKind::Refused, Some(400)));
    assert!(problem.happened.contains("no such"));
    let problem = failed(take(&mut engine, services(), 200, b"[1,2", 99));
    assert_eq!(problem.kind, ProblemKind::Unreadable);
}

#[test]
fn what_is_not_held_is_missing() {
    let question =
        Question { trace: "a".into(), version: TraceVersion(0), topic: QuestionTopic::Detail { span: 0 } };
    assert_eq!(Engine::default().answer(&question), Answer::Missing);
}

/// Spans `(id, start)` of trace `a` as Jaeger sends them.
fn spans(list: &[(u64, u64)]) -> Vec<u8> {
    let span = |(id, start): &(u64, u64)| {
        format!(
            r#"{{"traceID":"a","spanID":"{id:x}","operationName":"op {id}","startTime":{start},"duration":1,"processID":"p"}}"#
        )
    };
    let spans: Vec<String> = list.iter().map(span).collect();
    format!(
        r#"{{"data":[{{"traceID":"a","spans":[{}],"processes":{{"p":{{"serviceName":"s"}}}}}}]}}"#,
        spans.join(",")
    )
    .into_bytes()
}

fn open(engine: &mut Engine, body: &[u8]) -> TraceVersion {
    let answer = take(engine, ExpectedInput::Answer(trace("a"), Api::V3), 200, body, 1 << 20);
    assert!(matches!(answer, Answer::Opened { .. }), "{answer:?}");
    engine.outline("a").unwrap().version
}

/// Reported: after the worker was restarted the page showed the head of one span and the attributes of another, because
/// an earlier span had arrived meanwhile and the question's index was repeated as it was.
#[test]
fn a_question_about_another_version_of_the_trace_is_stale() {
    let mut engine = Engine::default();
    let version = open(&mut engine, &spans(&[(1, 10), (2, 20)]));
    let topics = [
        QuestionTopic::Detail { span: 1 },
        QuestionTopic::LinkedFrom { span: 1 },
        QuestionTopic::Peers { span: 1 },
        QuestionTopic::MissingSpans,
        QuestionTopic::Export { start: 1, end: 2, filter: SpanFilter::default(), format: Export::Otlp },
        QuestionTopic::Find { query: "op".into() },
        QuestionTopic::Complete { query: "op".into(), cursor: 2 },
        QuestionTopic::Column { key: "operation".into() },
        QuestionTopic::Findings,
        QuestionTopic::FindingsReport { format: ReportFormat::Markdown },
    ];
    let ask = |engine: &mut Engine, version, topic: &QuestionTopic| {
        engine.answer(&Question { trace: "a".into(), version, topic: topic.clone() })
    };
    for topic in &topics {
        assert!(!matches!(ask(&mut engine, version, topic), Answer::Stale | Answer::Missing), "{topic:?}");
    }
    // Another engine opens the trace, to which an earlier span was added.
    let mut engine = Engine::default();
    let newer = open(&mut engine, &spans(&[(3, 5), (1, 10), (2, 20)]));
    for topic in &topics {
        assert_eq!(ask(&mut engine, version, topic), Answer::Stale, "{topic:?}");
        assert!(!matches!(ask(&mut engine, newer, topic), Answer::Stale | Answer::Missing), "{topic:?}");
    }
    let Answer::Detail(detail) = ask(&mut engine, newer, &topics[0]) else { panic!("no detail") };
    assert_eq!(detail.record.span_id.0, 1, "the index means another span now");
}

#[test]
fn findings_wait_until_everything_is_searchable() {
    let mut engine = Engine::default();
    // More than the engine makes searchable before it answers.
    let body = large(3_000, 8_000);
    let answer = take(&mut engine, ExpectedInput::Answer(trace("a"), Api::V1), 200, &body, 1 << 20);
    assert!(matches!(answer, Answer::Opened { .. }), "{answer:?}");
    let mut ask = |topic| {
        let question = about(&engine, "a", topic);
        engine.answer(&question)
    };
    let Answer::Findings(first) = ask(QuestionTopic::Findings) else { panic!("no findings") };
    assert!(first.unsearched > 0 && first.findings.is_empty(), "{first:?}");
    let Answer::Findings(then) = ask(QuestionTopic::Findings) else { panic!("no findings") };
    assert_eq!(then.unsearched, 0);
    let json = ask(QuestionTopic::FindingsReport { format: ReportFormat::Json });
    let Answer::Text(json) = json else { panic!("{json:?}") };
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["spans"], 3_000);
    assert_eq!(json["findings"].as_array().unwrap().len(), then.findings.len());
}

#[test]
fn a_trace_opened_again_without_changes_has_the_same_version() {
    let (one, other) = (spans(&[(1, 10), (2, 20)]), spans(&[(2, 20), (1, 10)]));
    let version = open(&mut Engine::default(), &one);
    assert_eq!(open(&mut Engine::default(), &one), version);
    assert_eq!(open(&mut Engine::default(), &other), version, "the order of arrival makes no difference");
    for changed in [&[(1, 10)][..], &[(1, 10), (3, 20)], &[(1, 10), (2, 21)], &[(2, 10), (1, 20)]] {
        assert_ne!(open(&mut Engine::default(), &spans(changed)), version, "{changed:?}");
    }
}

/// A trace of `spans` spans whose attributes take some `bytes` bytes each.
fn large(spans: usize, bytes: usize) -> Vec<u8> {
    let padding = "x".repeat(bytes);
    let span = |at: usize| {
        format!(
            r#"{{"traceID":"a","spanID":"{:x}","operationName":"op {}","startTime":5,"duration":{at},"processID":"p",
            "tags":[{{"key":"n","type":"int64","value":{at}}},{{"key":"pad","type":"string","value":"{padding}"}}]}}"#,
            at + 1,
            at % 10
        )
    };
    let spans: Vec<String> = (0..spans).map(span).collect();
    let processes = r#"{"p":{"serviceName":"cart"}}"#;
    format!(r#"{{"data":[{{"traceID":"a","spans":[{}],"processes":{processes}}}]}}"#, spans.join(","))
        .into_bytes()
}

fn matches(engine: &mut Engine, query: &str) -> Matches {
    match engine.answer(&about(engine, "a", QuestionTopic::Find { query: query.into() })) {
        Answer::Matches(matches) => *matches,
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn spans_are_found_before_everything_is_searchable_and_what_is_left_is_said() {
    let mut engine = Engine::default();
    let file = large(2_400, 10_000);
    let expect = ExpectedInput::Answer(trace("a"), Api::V3);
    assert!(matches!(take(&mut engine, expect, 200, &file, 1 << 20), Answer::Opened { .. }));
    let first = matches(&mut engine, "n >= 0");
    assert!(first.is_query && first.unsearched > 0, "24 MB are more than is made searchable at once");
    assert_eq!(first.spans.count() + first.unsearched, 2_400);
    let whole = matches(&mut engine, "n >= 0 and operation = \"op 3\"");
    assert_eq!((whole.spans.count(), whole.unsearched), (240, 0), "the second time it is all searchable");
    assert!(engine.work(1), "nothing is left to do");
    let words = matches(&mut engine, "n=17 cart");
    assert_eq!((words.spans.count(), words.is_query), (2_400, false));
    let wrong = matches(&mut engine, "duration > fast");
    assert!(wrong.spans.is_empty());
    assert_eq!(wrong.error.map(|error| (error.at, error.len)), Some((11, 4)));
    assert_eq!(matches(&mut engine, "  "), Matches { spans: SpanSet::none(2_400), ..Matches::default() });
}

#[test]
fn columns_and_completions_are_answered_and_cross_as_messages() {
    use spandrel_trace::engine::message::{decode, encode};
    let mut engine = Engine::default();
    take(&mut engine, ExpectedInput::Answer(trace("a"), Api::V3), 200, &large(30, 3), 1 << 20);
    let mut ask = |trace: &str, topic: QuestionTopic| -> Answer {
        let question = about(&engine, trace, topic);
        let answer = engine.answer(&question);
        let there: Answer = decode(&encode(&answer)).unwrap();
        assert_eq!(there, answer);
        there
    };
    let Answer::Column(column) = ask("a", QuestionTopic::Column { key: "operation".into() }) else {
        panic!("no column");
    };
    assert_eq!((column.len(), column.text_of(13), column.unsearched), (10, Some("op 3"), 0));
    let topic = QuestionTopic::Complete { query: "operation = ".into(), cursor: 12 };
    let Answer::Completions(completions) = ask("a", topic) else { panic!("no completions") };
    assert_eq!((completions.items[0].text.as_str(), completions.items[0].count), ("\"op 0\"", 3));
    let found = ask("a", QuestionTopic::Find { query: "n in (3, 29)".into() });
    let Answer::Matches(found) = found else { panic!("no matches") };
    assert_eq!(found.spans.iter().collect::<Vec<_>>(), [3, 29]);
    assert_eq!(ask("b", QuestionTopic::Find { query: "x".into() }), Answer::Missing);
}

#[test]
fn simulations_clocks_and_the_lint_are_answered_and_cross_as_messages() {
    use spandrel_trace::analysis::what_if::{Scenario, ScenarioChange, ScenarioSpans};
    use spandrel_trace::engine::message::{decode, encode};
    let mut engine = Engine::default();
    take(&mut engine, ExpectedInput::Answer(trace("a"), Api::V3), 200, &large(30, 3), 1 << 20);
    let whole = engine.outline("a").map(|outline| outline.duration).unwrap_or_default();
    let mut ask = |topic: QuestionTopic| -> Answer {
        let question = about(&engine, "a", topic);
        let answer = engine.answer(&question);
        let there: Answer = decode(&encode(&answer)).unwrap();
        assert_eq!(there, answer);
        there
    };
    let spans = ScenarioSpans::Operation(0);
    let scenario = Scenario { change: ScenarioChange::Gone, spans };
    let Answer::WhatIf(result) = ask(QuestionTopic::WhatIf { scenario }) else { panic!("no simulation") };
    assert_eq!((result.spans, result.was.duration), (3, whole), "three spans are called op 0");
    let Answer::Clocks(clocks) = ask(QuestionTopic::Clocks) else { panic!("no clocks") };
    assert!(clocks.offsets.is_empty(), "one service has one clock");
    let Answer::Lint(lint) = ask(QuestionTopic::Lint) else { panic!("no lint") };
    assert_eq!((lint.services.len(), lint.services[0].spans, lint.unsearched), (1, 30, 0));
}
