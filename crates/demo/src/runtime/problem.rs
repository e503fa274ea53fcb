//! How a service refuses: RFC 9457 problem details for every error, and the exception event that goes with it.

use std::borrow::Cow;
use std::error::Error;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};
use spandrel_simulation::fields::WrongField;
use utoipa::ToSchema;

/// The media type of problem details.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// The body of an error answer (RFC 9457), with members of our own after `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProblemDetails {
    /// A URI reference that names the kind of problem: a place in the page `/docs`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The kind of problem in a few words.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What is wrong with this request.
    pub(crate) detail: String,
    /// A name that programs can compare, such as `out_of_stock`.
    pub(crate) code: Cow<'static, str>,
    /// The service in which it went wrong.
    pub(crate) service: Cow<'static, str>,
    /// The member of the request that is wrong, such as `items[1].quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// 32 hexadecimal digits, absent where tracing is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    /// The correlation id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) correlation_id: Option<String>,
}

/// An error that is answered as problem details (RFC 9457). The layer in [`super::server_span`] writes the body, since it
/// knows the trace.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) detail: String,
    pub(crate) service: Cow<'static, str>,
    pub(crate) field: Option<String>,
}

impl Problem {
    /// A problem of `service`; `code` is a name in lower case with underscores.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        service: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), detail: detail.into(), service: service.into(), field: None }
    }

    /// 422: a member of the request has a wrong value.
    pub(crate) fn invalid(
        service: &'static str,
        field: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", service, detail).at(field)
    }

    /// The same, naming a member of the request.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The body of the answer.
    pub(crate) fn details(self, trace_id: Option<String>, correlation_id: Option<String>) -> ProblemDetails {
        let mut title = self.code.replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        ProblemDetails {
            kind: format!("/docs#{}", self.code),
            title,
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            service: self.service,
            field: self.field,
            trace_id,
            correlation_id,
        }
    }
}

impl From<WrongField> for Problem {
    fn from(WrongField { service, field, detail }: WrongField) -> Self {
        Problem::invalid(service, field, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks the current span as failed and records `error` with its causes as an exception event (semantic conventions
/// for exceptions: type, message, stack trace; the chain of causes and the place of the call are the trace).
#[track_caller]
pub(crate) fn record(cx: &Context, kind: &'static str, error: &dyn Error) {
    let place = std::panic::Location::caller();
    let mut stack = format!("{kind}: {error}\n    at {}:{}", place.file(), place.line());
    let mut cause = error.source();
    while let Some(inner) = cause {
        stack.push_str("\ncaused by: ");
        stack.push_str(&inner.to_string());
        cause = inner.source();
    }
    let span = cx.span();
    span.add_event(
        "exception",
        vec![
            KeyValue::new(attribute::EXCEPTION_TYPE, kind),
            KeyValue::new(attribute::EXCEPTION_MESSAGE, error.to_string()),
            KeyValue::new(attribute::EXCEPTION_STACKTRACE, stack),
        ],
    );
    span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, kind));
    span.set_status(Status::error(error.to_string()));
}
