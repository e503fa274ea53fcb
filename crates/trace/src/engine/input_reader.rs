//! Receives bytes of responses and files: traces are parsed in chunks, small responses are buffered.

use super::command::{ExpectedInput, Progress};
use super::{failure, responses};
use crate::format::Reader;
use crate::source::{Api, Task};
use crate::units::{Problem, ProblemKind};

/// Maximum size of a small response.
const SMALL: usize = 64 << 20;

/// A response or file that is being received.
#[derive(Debug)]
pub struct InputReader {
    pub(super) expect: ExpectedInput,
    status: u16,
    /// A small response, or the start of a stream, for error messages.
    pub(super) body: Vec<u8>,
    pub(super) reader: Option<Reader>,
    progress: Progress,
    /// Whether the first character that is not white space starts a web page; `None` before it.
    web_page: Option<bool>,
}

impl InputReader {
    /// Starts receiving. `status` is the HTTP status, 200 for files; `total` the number of bytes if known.
    pub fn new(expect: ExpectedInput, status: u16, total: Option<u64>) -> Self {
        let streams = match &expect {
            ExpectedInput::File { .. }
            | ExpectedInput::Answer(
                Task::Trace { .. } | Task::DependenciesOfTraces(_) | Task::EntrySpans(_),
                _,
            ) => true,
            ExpectedInput::Answer(_, Api::EvalTrack) => true,
            ExpectedInput::Answer(Task::Search(_), api) => *api == Api::V1,
            ExpectedInput::Answer(..) => false,
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

    /// Processes a chunk. After an error nothing more need be pushed.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, Problem> {
        if self.web_page.is_none() {
            self.web_page = chunk.iter().find(|byte| !byte.is_ascii_whitespace()).map(|byte| *byte == b'<');
        }
        let keep = if self.reader.is_some() { Problem::EXCERPT } else { SMALL };
        let room = keep.saturating_sub(self.body.len()).min(chunk.len());
        self.body.extend_from_slice(&chunk[..room]);
        self.progress.bytes += chunk.len() as u64;
        // Web pages of proxies or single-page apps are not traces; reported at the end, with the body.
        let skipped = self.is_answer() && self.web_page == Some(true);
        if let Some(reader) = self.reader.as_mut().filter(|_| !skipped) {
            let read = reader.push(chunk).map_err(|error| failure::unreadable(&self.expect, &error))?;
            self.progress.spans = read.spans;
        }
        Ok(self.progress)
    }

    /// The error if the connection is lost.
    pub fn interrupted(&self, why: &str) -> Problem {
        failure::interrupted(&self.expect, why, self.progress)
    }

    fn is_answer(&self) -> bool {
        matches!(self.expect, ExpectedInput::Answer(..))
    }

    /// The error that follows from the status and the first bytes.
    pub(super) fn refusal(&self) -> Option<Problem> {
        // A proxy reports with a web page of its own that the server is down: then the status says more.
        if self.is_answer() && self.web_page == Some(true) && self.status < 500 {
            return Some(failure::web_page(&self.expect, self.status, &self.body));
        }
        if (200..300).contains(&self.status) {
            return None;
        }
        let has_message = responses::message(&self.body).is_some();
        if self.status == 404
            && has_message
            && matches!(self.expect, ExpectedInput::Answer(Task::Trace { .. }, _))
        {
            return Some(failure::not_found(&self.expect));
        }
        Some(failure::refused(&self.expect, self.status, &self.body))
    }

    /// Whether this is how the newest Jaeger reports no results, or the eval-track API no record.
    pub(super) fn found_nothing(&self) -> bool {
        if matches!(self.expect, ExpectedInput::Answer(_, Api::EvalTrack)) {
            return self.status == 200 && self.body.trim_ascii() == b"[]";
        }
        let search = matches!(
            self.expect,
            ExpectedInput::Answer(Task::Search(_) | Task::DependenciesOfTraces(_) | Task::EntrySpans(_), _)
        );
        search && self.status == 404 && responses::message(&self.body).is_some()
    }
}

/// Whether an error means that this API does not exist, so that the other one should be tried.
pub fn api_is_absent(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::WrongAddress)
        || matches!(problem.status, Some(404 | 405 | 501)) && problem.kind != ProblemKind::NotFound
}
