//! The sources, and the tasks that they support.

use super::{Base, SearchQuery, ServiceMetricsQuery};
use serde::{Deserialize, Serialize};

/// A source of traces. A closed set, so that unsupported tasks are known without trying.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A server with Jaeger's HTTP APIs (v3, else v1).
    Jaeger(Base),
    /// Spandrel's own server: the same APIs, and logs.
    Spandrel(Base),
    /// A collector with the eval-track API: records of calls, read as traces.
    EvalTrack(Base),
    /// Opened or pasted files; supports no tasks.
    Files,
}

/// A task of a source.
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
    /// The log lines of some services in a time that belong to no trace.
    UntracedLogs {
        /// Start, microseconds since the Unix epoch.
        start_unix_us: u64,
        /// End.
        end_unix_us: u64,
        /// The services.
        services: Vec<String>,
    },
    /// Edges between services, as the server counts them.
    Dependencies {
        /// End of the window, milliseconds since the Unix epoch.
        end_unix_ms: u64,
        /// Length of the window, milliseconds.
        lookback_ms: u64,
    },
    /// Edges between services, counted over the whole traces that match.
    DependenciesOfTraces(SearchQuery),
    /// The entry spans of the query's service, in the whole traces that match.
    EntrySpans(SearchQuery),
    /// What the server counts of a service's spans over time.
    Metrics(ServiceMetricsQuery),
}

impl Task {
    /// Whether it needs a server that has log lines.
    fn is_about_logs(&self) -> bool {
        match self {
            Task::Logs { .. } | Task::UntracedLogs { .. } => true,
            Task::Search(query) => !query.log_text.is_empty(),
            _ => false,
        }
    }
}

impl Source {
    /// The source at an address.
    pub fn at(base: Base) -> Self {
        if base.is_eval_track() { Source::EvalTrack(base) } else { Source::Jaeger(base) }
    }

    /// Whether the source supports a task, so that pages hide what is not available.
    pub fn can(&self, task: &Task) -> bool {
        match self {
            Source::Spandrel(_) => true,
            Source::Jaeger(_) => !task.is_about_logs(),
            Source::EvalTrack(_) => !task.is_about_logs() && !matches!(task, Task::Metrics(_)),
            Source::Files => matches!(task, Task::Trace { .. }),
        }
    }
}
