//! The sources that there are, and what can be asked of them.

use super::{Base, SearchQuery};
use serde::{Deserialize, Serialize};

/// Where traces come from. A closed set: what a source cannot do is known, not found out by failing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A backend that speaks Jaeger's HTTP APIs (v3, else v1).
    Jaeger(Base),
    /// Our own server, which speaks the same and has logs.
    Spandrel(Base),
    /// A collector of the eval-track API: records of calls, read as traces.
    EvalTrack(Base),
    /// Files that were dropped, chosen or pasted; nothing else can be asked.
    Files,
}

/// Something asked of a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Task {
    /// The names of the services.
    Services,
    /// The operations of a service.
    Operations {
        /// The service.
        service: String,
    },
    /// Summaries of the traces that match.
    Search(SearchQuery),
    /// One whole trace.
    Trace {
        /// Its id, as text.
        id: String,
    },
    /// The log lines of a trace.
    Logs {
        /// The trace's id, as text.
        trace: String,
    },
    /// The backend's own edges between services.
    Dependencies {
        /// End of the window, milliseconds since the Unix epoch.
        end_unix_ms: u64,
        /// Length of the window, milliseconds.
        lookback_ms: u64,
    },
    /// Edges between services, counted over the whole traces that match.
    DependenciesOfTraces(SearchQuery),
    /// The entry spans of the service that is searched for, in the whole traces that match.
    EntrySpans(SearchQuery),
}

impl Source {
    /// The source at an address.
    pub fn at(base: Base) -> Self {
        if base.is_eval_track() { Source::EvalTrack(base) } else { Source::Jaeger(base) }
    }

    /// Whether this source can do that at all, so that a page hides what cannot work.
    pub fn can(&self, task: &Task) -> bool {
        match self {
            Source::Spandrel(_) => true,
            Source::Jaeger(_) | Source::EvalTrack(_) => !matches!(task, Task::Logs { .. }),
            Source::Files => matches!(task, Task::Trace { .. }),
        }
    }
}
