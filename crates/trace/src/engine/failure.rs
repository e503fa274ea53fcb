//! Failures in words: what was attempted, what happened, what to try.

use super::answers;
use super::question::{Expect, Progress};
use crate::format::Unreadable;
use crate::source::Task;
use crate::units::{Problem, ProblemKind};

/// What was attempted, as a noun phrase.
pub fn attempted(expect: &Expect) -> String {
    match expect {
        Expect::File { name, .. } => format!("Opening {name}"),
        Expect::Answer(task, _) => match task {
            Task::Services => "Asking for the services".to_owned(),
            Task::Operations { service } => format!("Asking for the operations of {service}"),
            Task::Search(_) => "Searching for traces".to_owned(),
            Task::Trace { id } => format!("Opening trace {id}"),
            Task::Dependencies { .. } => "Asking who calls whom".to_owned(),
            Task::DependenciesOfTraces(_) => "Reading traces to see who calls whom".to_owned(),
        },
    }
}

/// Nothing answered.
pub fn offline(expect: &Expect, why: &str) -> Problem {
    Problem::new(ProblemKind::Offline, attempted(expect), format!("Nothing answered ({why})."))
        .advise("Is the backend running, and is its address in the settings right?")
        .advise("On another origin it must also allow this page to read its answers (CORS).")
}

/// The bytes stopped coming.
pub fn interrupted(expect: &Expect, why: &str, progress: Progress) -> Problem {
    let happened =
        format!("The connection broke after {} bytes and {} spans ({why}).", progress.bytes, progress.spans);
    Problem::new(ProblemKind::Offline, attempted(expect), happened).advise("Try again.")
}

/// A web page came instead of an answer.
pub fn web_page(expect: &Expect, status: u16, body: &[u8]) -> Problem {
    Problem::new(
        ProblemKind::WrongAddress,
        attempted(expect),
        "A web page came back where the API should be.",
    )
    .advise("Check the address in the settings: it should end before /api.")
    .advise("A sign-in page in front of the backend looks like this too: open the address in a tab.")
    .answered(Some(status), body)
}

/// The backend has no such trace.
pub fn not_found(expect: &Expect) -> Problem {
    Problem::new(ProblemKind::NotFound, attempted(expect), "The backend has no trace with this id.")
        .advise("It may not have arrived yet, may have been sampled out, or may be older than what is kept.")
}

/// The backend said no.
pub fn refused(expect: &Expect, status: u16, body: &[u8]) -> Problem {
    let happened = match answers::message(body) {
        Some(message) => format!("The backend answered {status}: {message}"),
        None => format!("The backend answered with status {status}."),
    };
    let kind = if status == 404 { ProblemKind::WrongAddress } else { ProblemKind::Refused };
    let problem = Problem::new(kind, attempted(expect), happened).answered(Some(status), body);
    match status {
        401 | 403 => problem.advise("You may have to sign in: open the backend's address in a tab."),
        404 => problem.advise("Check the address in the settings: it should end before /api."),
        500.. => problem.advise("The backend's own log says more."),
        _ => problem,
    }
}

/// The bytes could not be understood.
pub fn unreadable(expect: &Expect, unreadable: &Unreadable) -> Problem {
    Problem::new(ProblemKind::Unreadable, attempted(expect), unreadable.to_string())
}

/// A small answer is not what the API promises.
pub fn garbled(expect: &Expect, why: &str, body: &[u8]) -> Problem {
    Problem::new(
        ProblemKind::Unreadable,
        attempted(expect),
        format!("The answer is not what Jaeger's API gives: {why}."),
    )
    .advise("Is this the address of a Jaeger, or of a server that speaks like one?")
    .answered(Some(200), body)
}
