//! What went wrong, in the words of the person it happened to. One shape from the engine to the screen.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something was not answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    /// No answer at all: not running, no network, or the browser forbids reading it (CORS).
    Offline,
    /// The backend answered with an error of its own.
    #[default]
    Refused,
    /// Something answered, but it is no trace backend.
    WrongAddress,
    /// The backend has no such trace.
    NotFound,
    /// The bytes are no trace, or a broken one.
    Unreadable,
    /// The source cannot do this.
    Unsupported,
    /// A part of this program did not start; reloading the page may help.
    NotStarted,
    /// A fault of this program.
    Fault,
}

/// A failure: what was attempted, what happened, what to try. Plain data; `ui::problem` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Why.
    pub kind: ProblemKind,
    /// What was attempted, as what follows "Couldn't": "load services".
    pub attempted: String,
    /// What happened, one sentence.
    pub happened: String,
    /// What to try, one sentence each.
    pub advice: Vec<String>,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// The address that was asked, where there was one.
    pub address: String,
    /// The beginning of what was answered, at most [`Problem::EXCERPT`] characters.
    pub excerpt: String,
}

impl Problem {
    /// Characters of an answer that are kept.
    pub const EXCERPT: usize = 600;

    /// A problem without advice; add some with [`Problem::advise`].
    pub fn new(kind: ProblemKind, attempted: impl Into<String>, happened: impl Into<String>) -> Self {
        Problem { kind, attempted: attempted.into(), happened: happened.into(), ..Problem::default() }
    }

    /// Adds something to try.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// Keeps what was answered, as far as it is text and not too long.
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
