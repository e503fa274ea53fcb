//! How a service says no: one JSON shape for every error, and the exception event that goes with it.

use std::borrow::Cow;
use std::error::Error;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};

/// What went wrong, as every service answers it below `error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detail {
    /// A name that programs can compare, such as `out_of_stock`.
    pub(crate) code: Cow<'static, str>,
    /// A sentence for people.
    pub(crate) message: String,
    /// The service in which it went wrong.
    pub(crate) service: Cow<'static, str>,
    /// The member of the request that is at fault, such as `items[1].quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
}

/// The body of an error answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) error: Detail,
    /// 32 hexadecimal digits, absent where tracing is switched off.
    pub(crate) trace_id: Option<String>,
}

/// An error on its way to an answer. The span layer of [`crate::service`] writes the body, since it knows the trace.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) detail: Detail,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        service: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            detail: Detail {
                code: code.into(),
                message: message.into(),
                service: service.into(),
                field: None,
            },
        }
    }

    /// The same, blaming a member of the request.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.detail.field = Some(field.into());
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks the current span as failed and records `error` with its causes as an exception event (semantic conventions
/// for exceptions: type, message, stack trace; the chain of causes stands for the trace).
pub(crate) fn record(cx: &Context, kind: &'static str, error: &dyn Error) {
    let mut causes = format!("{kind}: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push_str("\ncaused by: ");
        causes.push_str(&inner.to_string());
        cause = inner.source();
    }
    let span = cx.span();
    span.add_event(
        "exception",
        vec![
            KeyValue::new(attribute::EXCEPTION_TYPE, kind),
            KeyValue::new(attribute::EXCEPTION_MESSAGE, error.to_string()),
            KeyValue::new(attribute::EXCEPTION_STACKTRACE, causes),
        ],
    );
    span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, kind));
    span.set_status(Status::error(error.to_string()));
}
