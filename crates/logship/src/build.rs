//! The checks of the settings, and the start of a handler.

use crate::buffer::Bounds;
use crate::builder::Builder;
use crate::handler::Handler;
use crate::intake::Intake;
use crate::invalid::Invalid;
use opentelemetry::trace::{SpanId, TraceId};
use std::time::Duration;

impl Builder {
    /// Checks all settings and starts the handler's thread. Nothing is sent yet.
    ///
    /// # Errors
    /// The first setting that cannot be used, by its name.
    pub fn build(mut self) -> Result<Handler, Invalid> {
        let positive = [
            ("buffer_size", self.buffer_size),
            ("capacity", self.capacity),
            ("capacity_bytes", self.capacity_bytes),
        ];
        for (field, value) in positive {
            if value == 0 {
                return Err(Invalid::new(field, "must be at least 1"));
            }
        }
        if self.buffer_size > self.capacity {
            return Err(Invalid::new("buffer_size", format!("is larger than capacity ({})", self.capacity)));
        }
        for (field, time) in [("timeout", self.timeout), ("flush_interval", self.flush_interval)] {
            if time.is_zero() || time > Duration::from_secs(86_400) {
                return Err(Invalid::new(field, "must be between 1 ns and a day"));
            }
        }
        if self.service.is_empty() {
            return Err(Invalid::new("service", "must not be empty"));
        }
        self.context.trace = id("trace", self.trace.take(), TraceId::from_hex, TraceId::INVALID, 32)?;
        self.context.span = id("span", self.span.take(), SpanId::from_hex, SpanId::INVALID, 16)?;
        self.context.parent_span =
            id("parent_span", self.parent_span.take(), SpanId::from_hex, SpanId::INVALID, 16)?;
        let intake = Intake::new(&self)?;
        let bounds = Bounds {
            flush_at: self.buffer_size,
            records: self.capacity,
            bytes: self.capacity_bytes,
            when_full: self.when_full,
        };
        Handler::start(self, bounds, intake)
    }
}
/// Reads an id of so many hexadecimal digits that is not zero.
fn id<T: PartialEq, E>(
    field: &'static str,
    text: Option<String>,
    read: impl Fn(&str) -> Result<T, E>,
    zero: T,
    digits: usize,
) -> Result<Option<T>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    match read(&text) {
        Ok(id) if text.len() == digits && id != zero => Ok(Some(id)),
        _ => Err(Invalid::new(field, format!("{text:?} is not {digits} hexadecimal digits, not all zero"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{AwsCredentials, ServiceType};

    fn field(builder: Builder) -> &'static str {
        builder.build().err().map_or("", |invalid| invalid.field)
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let generic = || Builder::new(ServiceType::Generic).api_url("http://127.0.0.1:9/logs");
        let loki = || Builder::new(ServiceType::Grafana).api_url("http://127.0.0.1:9");
        let key = AwsCredentials {
            access_key_id: "A".to_owned(),
            secret_access_key: "s".to_owned(),
            session_token: None,
        };
        let cloudwatch =
            || Builder::new(ServiceType::CloudWatch).region("eu-west-1").aws_credentials(key.clone());
        assert_eq!(field(generic()), "");
        assert_eq!(field(loki().label("ok_1", "x")), "");
        assert_eq!(field(cloudwatch()), "");
        assert_eq!(field(Builder::new(ServiceType::Generic)), "api_url");
        assert_eq!(field(generic().api_url("ftp://x/")), "api_url");
        assert_eq!(field(generic().api_url("not a url")), "api_url");
        assert_eq!(field(generic().buffer_size(0_usize)), "buffer_size");
        assert_eq!(field(generic().capacity(10_usize)), "buffer_size");
        assert_eq!(field(generic().timeout(Duration::ZERO)), "timeout");
        assert_eq!(field(generic().trace("abc")), "trace");
        assert_eq!(field(generic().trace("0".repeat(32))), "trace");
        assert_eq!(field(generic().span("zz".repeat(8))), "span");
        assert_eq!(field(generic().parent_span("1")), "parent_span");
        assert_eq!(field(generic().api_key("line\nbreak")), "api_key");
        assert_eq!(field(generic().template(serde_json::json!({"a": "{{mesage}}"}))), "template");
        assert_eq!(field(generic().compat(true)), "run_id");
        assert_eq!(field(Builder::new(ServiceType::Datadog)), "api_key");
        assert_eq!(field(loki().label("not-a-label", "x")), "labels");
        assert_eq!(field(loki().label("empty", "")), "labels");
        assert_eq!(field((0..16).fold(loki(), |loki, n| loki.label(format!("l{n}"), "x"))), "labels");
        assert_eq!(field(Builder::new(ServiceType::CloudWatch).region("eu-west-1")), "aws_credentials");
        assert_eq!(field(Builder::new(ServiceType::CloudWatch).aws_credentials(key.clone())), "region");
        assert_eq!(field(cloudwatch().log_stream("a:b")), "log_stream");
        assert_eq!(field(cloudwatch().log_group("with blank")), "log_group");
    }
}
