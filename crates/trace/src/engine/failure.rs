//! Creates [`Problem`]s for requests and files.

use super::command::{ExpectedInput, Progress};
use super::responses;
use crate::format::Unreadable;
use crate::source::Task;
use crate::units::{Problem, ProblemKind};

/// What was attempted, to follow "Couldn't".
pub fn attempted(expect: &ExpectedInput) -> String {
    match expect {
        ExpectedInput::File { name, .. } => format!("open {name}"),
        ExpectedInput::Answer(task, _) => match task {
            Task::Services => "load services".to_owned(),
            Task::Operations { service } => format!("load operations of {service}"),
            Task::Search(_) => "search traces".to_owned(),
            Task::Trace { id } => format!("open trace {id}"),
            Task::Logs { trace } => format!("load logs of trace {trace}"),
            Task::UntracedLogs { .. } => "load logs without a trace".to_owned(),
            Task::Dependencies { .. } => "load dependencies".to_owned(),
            Task::DependenciesOfTraces(_) => "compute dependencies from traces".to_owned(),
            Task::EntrySpans(query) => format!("load traces of {}", query.service),
            Task::Metrics(query) => format!("load metrics of {}", query.service),
        },
    }
}

/// No response.
pub fn offline(expect: &ExpectedInput, why: &str) -> Problem {
    Problem::new(
        ProblemKind::Offline,
        attempted(expect),
        format!("Couldn't reach the server, or it blocks this page (CORS): {why}."),
    )
    .advise("Check that the server runs and that its URL in the settings is right.")
    .advise("A server on another origin must allow this page through CORS.")
}

/// The connection was lost during the response.
pub fn interrupted(expect: &ExpectedInput, why: &str, progress: Progress) -> Problem {
    let happened =
        format!("The connection broke after {} bytes and {} spans ({why}).", progress.bytes, progress.spans);
    Problem::new(ProblemKind::Interrupted, attempted(expect), happened).advise("Try again.")
}

/// The response is a web page.
pub fn web_page(expect: &ExpectedInput, status: u16, body: &[u8]) -> Problem {
    Problem::new(
        ProblemKind::WrongAddress,
        attempted(expect),
        "The server answered with a web page (HTML) instead of JSON.",
    )
    .advise("Check the URL in the settings: it should end before /api.")
    .advise("This may be a sign-in page in front of the server: open its URL in a tab.")
    .answered(Some(status), body)
}

/// The server has no such trace.
pub fn not_found(expect: &ExpectedInput) -> Problem {
    let problem =
        Problem::new(ProblemKind::NotFound, attempted(expect), "The server has no trace with this ID.");
    let problem = match expect {
        ExpectedInput::Answer(Task::Trace { id }, _) if is_shortened(id) => problem.advise(format!(
            "The ID has {} of 32 digits. Spandrel's server opens a trace by the start of its ID where only one fits; a Jaeger \
             needs the whole ID.",
            id.len()
        )),
        _ => problem,
    };
    problem
        .advise("It may not have arrived yet, may have been sampled out, or may be older than what is kept.")
        .advise(
            "If it came from a file, open that file again: the browser keeps only the last ones, for itself.",
        )
}

/// Whether an id may be the start of a longer one: it has neither 16 nor 32 digits.
fn is_shortened(id: &str) -> bool {
    id.len() < 32 && id.len() != 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The server responded with an error.
pub fn refused(expect: &ExpectedInput, status: u16, body: &[u8]) -> Problem {
    let happened = match responses::message(body) {
        Some(message) => format!("The server answered {status}: {message}"),
        None => format!("The server answered with status {status}."),
    };
    let kind = if status == 404 { ProblemKind::WrongAddress } else { ProblemKind::Refused };
    let problem = Problem::new(kind, attempted(expect), happened).answered(Some(status), body);
    match status {
        401 | 403 => problem.advise("You may have to sign in: open the server's URL in a tab."),
        404 => problem.advise("Check the URL in the settings: it should end before /api."),
        500.. => problem.advise("Look into the server's log."),
        _ => problem,
    }
}

/// Invalid input.
pub fn unreadable(expect: &ExpectedInput, unreadable: &Unreadable) -> Problem {
    Problem::new(ProblemKind::Unreadable, attempted(expect), unreadable.to_string())
}

/// An invalid small response.
pub fn garbled(expect: &ExpectedInput, why: &str, body: &[u8]) -> Problem {
    Problem::new(
        ProblemKind::Unreadable,
        attempted(expect),
        format!("The answer doesn't match Jaeger's API: {why}."),
    )
    .advise("Check that this is the URL of a Jaeger or a compatible server.")
    .answered(Some(200), body)
}
