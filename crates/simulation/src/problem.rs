//! How a service refuses: the problem details (RFC 9457) of the demo.

use std::borrow::Cow;

use serde_json::json;

use crate::fields::WrongField;

/// An error that is answered as problem details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// HTTP status.
    pub(crate) status: u16,
    /// A name that programs can compare, such as `out_of_stock`.
    pub(crate) code: &'static str,
    /// What is wrong with this request.
    pub(crate) detail: String,
    /// The service in which it went wrong.
    pub(crate) service: &'static str,
    /// The member of the request that is wrong, such as `items[1].quantity`.
    pub(crate) field: Option<Cow<'static, str>>,
}

impl Problem {
    pub(crate) fn new(
        status: u16,
        code: &'static str,
        service: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code, detail: detail.into(), service, field: None }
    }

    /// 422: a member of the request has a wrong value.
    pub(crate) fn invalid(
        service: &'static str,
        field: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(422, "invalid_request", service, detail).at(field)
    }

    /// The same, naming a member of the request.
    pub(crate) fn at(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The body of the answer.
    pub(crate) fn body(&self, trace_id: &str, correlation_id: &str) -> String {
        let mut title = self.code.replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let mut body = json!({
            "type": format!("/docs#{}", self.code),
            "title": title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "service": self.service,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
        });
        if let (Some(field), Some(members)) = (&self.field, body.as_object_mut()) {
            members.insert("field".to_owned(), json!(field));
        }
        body.to_string()
    }
}

impl From<WrongField> for Problem {
    fn from(WrongField { service, field, detail }: WrongField) -> Self {
        Problem::invalid(service, field, detail)
    }
}
