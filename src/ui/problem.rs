//! The one face of a failure: what was attempted, what happened, what to try.

use super::element::{El, button, el};
use super::view::{View, several};
use spandrel_trace::units::{Problem, ProblemKind};
use std::rc::Rc;
use web_sys::MouseEvent;

/// Tries again.
pub type Retry = Rc<dyn Fn()>;

/// Shows a problem. With `retry` it offers to try again.
pub fn problem_card(problem: Problem, retry: Option<Retry>) -> El {
    let Problem { kind, attempted, happened, mut advice, status, address, excerpt } = problem;
    if advice.is_empty() {
        advice.push(fallback(kind).to_owned());
    }
    let fact = |name: &str, value: El| several([el("dt", "").text(name), value]);
    let mut facts = Vec::new();
    if !address.is_empty() {
        facts.push(fact("Asked", el("dd", "mono").text(address)));
    }
    if let Some(status) = status {
        facts.push(fact("Status", el("dd", "mono").text(status.to_string())));
    }
    if !excerpt.is_empty() {
        let answer = el("pre", "problem__excerpt").attr("tabindex", "0").text(excerpt);
        facts.push(fact("Answer", el("dd", "").child(answer)));
    }
    let again = retry.map_or(View::NONE, |retry| {
        let again = button("button").test("problem-retry").on("click", move |_: MouseEvent| retry());
        again.text("Try again").into()
    });
    let advice = advice.into_iter().map(|advice| el("li", "").text(advice));
    el("section", "problem")
        .attr("role", "alert")
        .test("problem")
        .child(el("h2", "problem__what").test("problem-what").text(format!("{attempted} did not work")))
        .child(el("p", "problem__happened").test("problem-happened").text(happened))
        .child(el("ul", "problem__try").test("problem-try").children(advice))
        .child(again)
        .child((!facts.is_empty()).then(|| el("dl", "problem__facts").children(facts)))
}

/// What to try where nobody said it.
fn fallback(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Offline => "Check that the backend runs and that its address in the settings is right.",
        ProblemKind::Refused => "Change what is asked for, or look into the backend's own log.",
        ProblemKind::WrongAddress => "Check the address of the backend in the settings.",
        ProblemKind::NotFound => "It may not have arrived yet, or may be older than what the backend keeps.",
        ProblemKind::Unreadable => {
            "Open a trace as Jaeger JSON, OTLP JSON or OTLP protobuf, plain or gzipped."
        }
        ProblemKind::Unsupported => "Choose another source in the settings.",
        ProblemKind::Fault => "Try again, or reload the page.",
    }
}
