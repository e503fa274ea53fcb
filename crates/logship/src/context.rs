//! What is said of every record of a handler or of a [`Trace`](crate::Trace).

use opentelemetry::trace::{SpanId, TraceId};

/// The context of records. `None` and empty lists are left out of what is sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The run.
    pub run_id: Option<String>,
    /// The run that started this one.
    pub parent_run_id: Option<String>,
    /// The workflow's name.
    pub workflow: Option<String>,
    /// The stage's name.
    pub stage: Option<String>,
    /// The job's name.
    pub job: Option<String>,
    /// The trace of records that were emitted outside any span.
    pub trace: Option<TraceId>,
    /// The span of records that were emitted outside any span.
    pub span: Option<SpanId>,
    /// The parent of that span.
    pub parent_span: Option<SpanId>,
    /// The user on whose behalf the program works.
    pub user: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The environment, such as `production`.
    pub environment: Option<String>,
    /// Tags, `name:value` or a bare word.
    pub tags: Vec<String>,
}

impl Context {
    /// The texts of the context by the names under which they are sent, without ids of spans, environment and tags.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("run_id", &self.run_id),
            ("parent_run_id", &self.parent_run_id),
            ("workflow_name", &self.workflow),
            ("stage_name", &self.stage),
            ("job_name", &self.job),
            ("user_id", &self.user),
            ("tenant_id", &self.tenant),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}
