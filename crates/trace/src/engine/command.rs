//! Commands of the page to the engine's worker, their progress and what they read; sent as [`message`](super::message)s.

use super::question::Question;
use crate::analysis::narrowed::SpanFilter;
use crate::format::write::Export;
use crate::source::{Api, Base, Task};
use serde::{Deserialize, Serialize};

/// Progress of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes received.
    pub bytes: u64,
    /// Total number of bytes if known; unknown for compressed responses.
    pub total: Option<u64>,
    /// Number of spans parsed.
    pub spans: u64,
}

/// What the received bytes should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedInput {
    /// A server's response to this task, in this API.
    Answer(Task, Api),
    /// A file with any number of traces.
    File {
        /// Its name.
        name: String,
        /// Whether it replaces the files opened before.
        first: bool,
    },
}

/// A command from the page to the engine's worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EngineCommand {
    /// Request something from a server.
    Task {
        /// The server's absolute URL.
        base: Base,
        /// The task.
        task: Task,
    },
    /// Return the outline of a trace that is open.
    Outline {
        /// The id under which it was opened, as text.
        trace: String,
    },
    /// Answer a question about a trace that is open.
    Question(Question),
    /// Export a trace; the answer is the URL of the file.
    Download {
        /// The trace.
        trace: String,
        /// The spans to export.
        filter: SpanFilter,
        /// The format.
        format: Export,
    },
    /// Load all parts of the worker's program, which is divided into several.
    LoadParts,
    /// Read the files or bytes that are sent along.
    Files {
        /// Name for bytes without a file name.
        name: String,
    },
}
