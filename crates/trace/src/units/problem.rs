//! The error type that is shown to users, from the engine to the page.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    /// No response: not running, no network, or blocked by the browser (CORS).
    Offline,
    /// The server answers, but the browser forbids this page to read it (CORS).
    Blocked,
    /// The connection broke during the answer.
    Interrupted,
    /// The server answered with an error.
    #[default]
    Refused,
    /// Something answered, but not a trace server.
    WrongAddress,
    /// The server has no such trace.
    NotFound,
    /// The bytes are not a trace, or damaged.
    Unreadable,
    /// The source does not support this.
    Unsupported,
    /// A part of the program failed to load; reloading the page may help.
    NotStarted,
    /// A bug in this program.
    Fault,
}

/// An error: what was attempted, what happened, what to try. Shown by `ui::problem`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Kind.
    pub kind: ProblemKind,
    /// What was attempted, to follow "Couldn't": "load services".
    pub attempted: String,
    /// What happened, one sentence.
    pub happened: String,
    /// What to try, one sentence each.
    pub advice: Vec<String>,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// The requested URL, if there was a request.
    pub address: String,
    /// The start of the response body, at most [`Problem::EXCERPT`] characters.
    pub excerpt: String,
}

impl Problem {
    /// Maximum length of `excerpt` in characters.
    pub const EXCERPT: usize = 600;

    /// An error without advice; see [`Problem::advise`].
    pub fn new(kind: ProblemKind, attempted: impl Into<String>, happened: impl Into<String>) -> Self {
        Problem { kind, attempted: attempted.into(), happened: happened.into(), ..Problem::default() }
    }

    /// Adds a suggestion.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// Sets the status, and the excerpt from a body that is text.
    #[must_use]
    pub fn answered(mut self, status: Option<u16>, body: &[u8]) -> Self {
        self.status = status;
        let text = String::from_utf8_lossy(&body[..body.len().min(Self::EXCERPT * 4)]);
        self.excerpt = text.trim().chars().take(Self::EXCERPT).collect();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Couldn't {}: {}", self.attempted, self.happened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        let body = "é".repeat(5000);
        let problem =
            Problem::new(ProblemKind::Refused, "load services", "No").answered(Some(500), body.as_bytes());
        assert_eq!(problem.excerpt.chars().count(), Problem::EXCERPT);
        assert!(problem.excerpt.chars().all(|c| c == 'é'));
        assert_eq!(problem.to_string(), "Couldn't load services: No");
    }
}
