//! The browser's own span: the client span of a request, which is the root of its trace.

use crate::io::demo::now_unix;
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};
use spandrel_trace::units::{SpanId, TraceId};

/// IDs of a trace and its root span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

impl Ids {
    /// Neither may be all zeros.
    pub(super) fn from_bytes(bytes: [u8; 24]) -> Self {
        let number = |bytes: &[u8]| bytes.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        Ids {
            trace: TraceId(number(&bytes[..16]).max(1)),
            span: SpanId((number(&bytes[16..]) as u64).max(1)),
        }
    }

    /// Header of W3C trace context: version 00, sampled.
    pub(super) fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }

    /// The same, not sampled: services that obey it send no spans.
    pub(super) fn unsampled(&self) -> String {
        format!("00-{}-{}-00", self.trace, self.span)
    }
}

/// One request, as the browser sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    pub(super) ids: Ids,
    /// `GET` or `POST`.
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) start_unix: u64,
    pub(super) end_unix: u64,
    /// The status, or why there was none.
    pub(super) outcome: Result<u16, String>,
    pub(super) user_agent: String,
}

impl Exchange {
    /// The request was answered now, with a status, or it failed.
    pub(super) fn answered(&mut self, outcome: Result<u16, String>) {
        self.end_unix = now_unix();
        self.outcome = outcome;
    }

    /// The client span of HTTP's semantic conventions (stable since 1.23), as an OTLP/JSON request body.
    pub(super) fn otlp(&self) -> String {
        let text = |key: &str, value: &str| Attribute {
            key: key.into(),
            value: AttributeValue::String(value.into()),
        };
        let path = self.url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let (host, path) = path.map_or(("", ""), |(host, path)| (host, path));
        let (address, port) =
            match host.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?))) {
                Some((name, port)) => (name, port),
                None => (host, if self.url.starts_with("https:") { 443 } else { 80 }),
            };
        let mut attributes = vec![
            text("http.request.method", self.method),
            text("url.full", &self.url),
            text("server.address", address),
            Attribute { key: "server.port".into(), value: AttributeValue::Int(port) },
        ];
        let (failed, message) = match &self.outcome {
            Ok(status) => {
                attributes.push(Attribute {
                    key: "http.response.status_code".into(),
                    value: AttributeValue::Int(i64::from(*status)),
                });
                if *status >= 400 {
                    attributes.push(text("error.type", &status.to_string()));
                }
                (*status >= 400, String::new())
            }
            Err(why) => {
                attributes.push(text("error.type", "network"));
                (true, why.clone())
            }
        };
        let span = SpanRecord {
            trace_id: self.ids.trace,
            span_id: self.ids.span,
            name: format!("{} /{path}", self.method),
            kind: SpanKind::Client,
            flags: 1,
            start_unix: self.start_unix,
            end_unix: self.end_unix.max(self.start_unix),
            attributes,
            status: if failed { StatusCode::Error } else { StatusCode::Unset },
            status_message: message,
            ..SpanRecord::default()
        };
        let resource = Resource {
            service: "browser".into(),
            attributes: vec![text("service.name", "browser"), text("user_agent.original", &self.user_agent)],
            ..Resource::default()
        };
        let scope =
            Scope { name: "spandrel".into(), version: env!("CARGO_PKG_VERSION").into(), ..Scope::default() };
        let written = OtlpJson::new(Vec::new(), Envelope::Plain, false).and_then(|mut writer| {
            writer.span(&resource, &scope, &span)?;
            writer.finish()
        });
        // Writing to memory does not fail, and what was written is text.
        written.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::format::otlp_json;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn exchange(outcome: Result<u16, String>) -> Exchange {
        let mut bytes = [0; 24];
        (bytes[15], bytes[23]) = (0xa1, 0xb2);
        Exchange {
            method: "POST",
            ids: Ids::from_bytes(bytes),
            url: "http://127.0.0.1:16686/deep/demo/orders".into(),
            start_unix: 5,
            end_unix: 9,
            outcome,
            user_agent: "test".into(),
        }
    }

    #[test]
    fn the_parent_is_written_as_the_recommendation_says() {
        let ids = exchange(Ok(201)).ids;
        assert_eq!(ids.traceparent(), "00-000000000000000000000000000000a1-00000000000000b2-01");
        assert_eq!(
            Ids::from_bytes([0; 24]).traceparent(),
            "00-00000000000000000000000000000001-0000000000000001-01"
        );
    }

    fn written(outcome: Result<u16, String>) -> (SpanRecord, serde_json::Value) {
        let json: serde_json::Value = serde_json::from_str(&exchange(outcome).otlp()).unwrap();
        let span = &json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        (otlp_json::read_span(span.to_string().as_bytes()).unwrap(), json)
    }

    #[test]
    fn the_browsers_span_is_a_root_that_says_what_was_asked_and_answered() {
        let (span, json) = written(Ok(201));
        assert_eq!(json["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"], "browser");
        assert_eq!(
            (span.trace_id, span.span_id, span.parent_span_id),
            (TraceId(0xa1), SpanId(0xb2), SpanId(0))
        );
        assert_eq!(
            (span.name.as_str(), span.kind, span.status),
            ("POST /deep/demo/orders", SpanKind::Client, StatusCode::Unset)
        );
        assert_eq!((span.start_unix, span.end_unix), (5, 9));
        let said: Vec<_> = span.attributes.iter().map(|one| (one.key.as_str(), one.value.clone())).collect();
        assert!(said.contains(&("server.address", AttributeValue::String("127.0.0.1".into()))));
        assert!(said.contains(&("server.port", AttributeValue::Int(16_686))));
        assert!(said.contains(&("http.response.status_code", AttributeValue::Int(201))));
    }

    #[test]
    fn a_refusal_and_a_broken_line_are_errors() {
        assert_eq!(written(Ok(409)).0.status, StatusCode::Error);
        let (span, _) = written(Err("connection reset".into()));
        assert_eq!((span.status, span.status_message.as_str()), (StatusCode::Error, "connection reset"));
        assert!(span.attributes.iter().any(|one| one.key == "error.type"));
    }
}
