//! Drawn traces with each fault, and a trace that is well instrumented.

use super::*;
use crate::testing::trace;

fn linted(drawing: &str) -> Lint {
    let mut trace = trace(drawing);
    trace.index_some(usize::MAX);
    lint(&trace)
}

/// What is found of a service: check, failed, checked.
fn issues(lint: &Lint, service: &str) -> Vec<(LintCheck, u32, u32)> {
    let found = lint.services.iter().find(|one| one.service == service);
    let issues = found.map_or(&[][..], |one| &one.issues);
    issues.iter().map(|issue| (issue.check, issue.failed, issue.checked)).collect()
}

#[test]
fn a_well_instrumented_trace_has_full_marks() {
    let lint = linted(
        "
        shop: GET /orders/{id} (server)   [==========]  http.request.method=GET
          shop: call (client)              [========]   url.full=http://stock/
            stock: get (server)             [======]    http.request.method=GET
              stock: compute                 [==]
        ",
    );
    let marks: Vec<(&str, u32, u8)> =
        lint.services.iter().map(|one| (one.service.as_str(), one.spans, one.score)).collect();
    assert_eq!(marks, [("shop", 2, 100), ("stock", 2, 100)]);
    assert_eq!(lint.unsearched, 0);
}

#[test]
fn every_fault_is_found_in_its_service() {
    let lint = linted(
        "
        shop: GET /orders/42 (server)   [===================]
          shop: call                     [====]
            stock: get (server)           [==]       http.method=GET http.status_code=200
          shop: GET /orders/43            [===========================]
          shop: tick                       |
          : nameless                        [==]
        ",
    );
    assert_eq!(
        issues(&lint, "shop"),
        [
            (LintCheck::MissingKind, 1, 2),
            (LintCheck::VaryingName, 2, 4),
            (LintCheck::OutsideParent, 1, 3),
            (LintCheck::ZeroDuration, 1, 4),
        ]
    );
    assert_eq!(issues(&lint, "stock"), [(LintCheck::OldConvention, 1, 1)]);
    assert_eq!(issues(&lint, "unknown-service")[0], (LintCheck::NoServiceName, 1, 1));
    let worst = &lint.services[0];
    assert_eq!((worst.service.as_str(), worst.score), ("unknown-service", 50), "70 of 140 are lost");
    let stock = lint.services.iter().find(|one| one.service == "stock").unwrap();
    assert_eq!(stock.score, 87, "20 of 160 are lost");
    let subjects: Vec<(&str, &str, u32)> = stock.issues[0]
        .subjects
        .iter()
        .map(|one| (one.text.as_str(), one.replacement.as_str(), one.spans))
        .collect();
    assert_eq!(
        subjects,
        [("http.method", "http.request.method", 1), ("http.status_code", "http.response.status_code", 1)]
    );
}

#[test]
fn both_conventions_at_once_are_a_migration_and_no_fault() {
    let lint = linted("a: get (server) [==] http.method=GET http.request.method=GET");
    assert_eq!(issues(&lint, "a"), []);
    let half = linted("a: get (server) [==] http.method=GET http.request.method=GET http.url=/x");
    assert_eq!(issues(&half, "a"), [(LintCheck::OldConvention, 1, 1)]);
    assert_eq!(half.services[0].issues[0].subjects.len(), 1);
}

#[test]
fn what_is_asynchronous_or_of_another_service_is_not_outside() {
    let lint = linted(
        "
        a: send (producer)   [==]
          b: take (consumer)        [==]
          a: later                    [==]
        ",
    );
    assert_eq!(issues(&lint, "a"), []);
    assert_eq!(issues(&lint, "b"), []);
}

#[test]
fn many_names_are_counted_and_few_listed() {
    let lines: Vec<String> = (0..300).map(|at| format!("a: GET /users/{at} [=]")).collect();
    let lint = linted(&lines.join("\n"));
    let issue = &lint.services[0].issues[0];
    assert_eq!((issue.check, issue.failed, issue.checked), (LintCheck::VaryingName, 300, 300));
    assert_eq!(
        (issue.spans.len(), issue.subjects.len(), issue.more_subjects),
        (LINT_EXAMPLES, LINT_SUBJECTS, 292)
    );
}

#[test]
fn an_empty_trace_has_no_services() {
    assert_eq!(lint(&crate::model::Trace::default()), Lint::default());
}
