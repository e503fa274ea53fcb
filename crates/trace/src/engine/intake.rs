//! Bytes on their way in: whole traces go to the reader as they come, small answers are gathered.

use super::question::{Expect, Progress};
use super::{answers, failure};
use crate::format::Reader;
use crate::source::{Api, Task};
use crate::units::{Problem, ProblemKind};

/// Longest small answer; a list of services is never that long.
const SMALL: usize = 64 << 20;

/// One answer or file that is being received.
#[derive(Debug)]
pub struct Intake {
    pub(super) expect: Expect,
    status: u16,
    /// A small answer, or the beginning of a stream, to be shown when it cannot be read.
    pub(super) body: Vec<u8>,
    pub(super) reader: Option<Reader>,
    progress: Progress,
    /// Set by the first byte that is no white space: whether it opens a web page.
    web_page: Option<bool>,
}

impl Intake {
    /// Before the first byte. `status` is the answer's HTTP status, 200 for a file; `total` the bytes to come.
    pub fn new(expect: Expect, status: u16, total: Option<u64>) -> Self {
        let streams = match &expect {
            Expect::File { .. }
            | Expect::Answer(Task::Trace { .. } | Task::DependenciesOfTraces(_) | Task::EntrySpans(_), _) => {
                true
            }
            Expect::Answer(_, Api::EvalTrack) => true,
            Expect::Answer(Task::Search(_), api) => *api == Api::V1,
            Expect::Answer(..) => false,
        };
        Self {
            reader: (streams && (200..300).contains(&status)).then(Reader::new),
            expect,
            status,
            body: Vec::new(),
            progress: Progress { total, ..Progress::default() },
            web_page: None,
        }
    }

    /// Takes the next bytes. After a problem nothing more needs to be pushed.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, Problem> {
        if self.web_page.is_none() {
            self.web_page = chunk.iter().find(|byte| !byte.is_ascii_whitespace()).map(|byte| *byte == b'<');
        }
        let keep = if self.reader.is_some() { Problem::EXCERPT } else { SMALL };
        let room = keep.saturating_sub(self.body.len()).min(chunk.len());
        self.body.extend_from_slice(&chunk[..room]);
        self.progress.bytes += chunk.len() as u64;
        // What a proxy or a single-page app answers is no trace of any format: said at the end, with the body.
        let skipped = self.is_answer() && self.web_page == Some(true);
        if let Some(reader) = self.reader.as_mut().filter(|_| !skipped) {
            let read = reader.push(chunk).map_err(|error| failure::unreadable(&self.expect, &error))?;
            self.progress.spans = read.spans;
        }
        Ok(self.progress)
    }

    /// The bytes stopped coming before their end.
    pub fn interrupted(&self, why: &str) -> Problem {
        failure::interrupted(&self.expect, why, self.progress)
    }

    fn is_answer(&self) -> bool {
        matches!(self.expect, Expect::Answer(..))
    }

    /// What the status and the first bytes alone say is wrong.
    pub(super) fn refusal(&self) -> Option<Problem> {
        if self.is_answer() && self.web_page == Some(true) {
            return Some(failure::web_page(&self.expect, self.status, &self.body));
        }
        if (200..300).contains(&self.status) {
            return None;
        }
        let said = answers::message(&self.body).is_some();
        if self.status == 404 && said && matches!(self.expect, Expect::Answer(Task::Trace { .. }, _)) {
            return Some(failure::not_found(&self.expect));
        }
        Some(failure::refused(&self.expect, self.status, &self.body))
    }

    /// Whether this is how the newest Jaeger says that a search found nothing, or the eval-track API that it has no record.
    pub(super) fn found_nothing(&self) -> bool {
        if matches!(self.expect, Expect::Answer(_, Api::EvalTrack)) {
            return self.status == 200 && self.body.trim_ascii() == b"[]";
        }
        let search = matches!(
            self.expect,
            Expect::Answer(Task::Search(_) | Task::DependenciesOfTraces(_) | Task::EntrySpans(_), _)
        );
        search && self.status == 404 && answers::message(&self.body).is_some()
    }
}

/// Whether a failure means that this API is not there, so that the other one is worth asking.
pub fn api_is_absent(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::WrongAddress)
        || matches!(problem.status, Some(404 | 405 | 501)) && problem.kind != ProblemKind::NotFound
}
