//! Zipkin endpoints: the service that recorded a span, and its peer.

use crate::model::record::{Attribute, AttributeValue};
use serde::Deserialize;

/// An endpoint.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Endpoint {
    #[serde(default, rename = "serviceName")]
    pub(super) service: Option<String>,
    #[serde(default)]
    ipv4: Option<String>,
    #[serde(default)]
    ipv6: Option<String>,
    #[serde(default)]
    port: Option<serde_json::Value>,
}

impl Endpoint {
    /// Adds address and port as attributes with these names (OpenTelemetry's conventions for network spans).
    pub(super) fn add_address(&self, attributes: &mut Vec<Attribute>, address: &str, port: &str) {
        let written = [&self.ipv4, &self.ipv6].into_iter().flatten().find(|text| !text.is_empty());
        if let Some(text) = written {
            let value = AttributeValue::String(text.clone());
            attributes.push(Attribute { key: address.to_owned(), value });
        }
        let number = self.port.as_ref().and_then(serde_json::Value::as_i64).filter(|number| *number > 0);
        if let Some(number) = number {
            attributes.push(Attribute { key: port.to_owned(), value: AttributeValue::Int(number) });
        }
    }
}
