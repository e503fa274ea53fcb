//! The services on free ports with a receiver for their spans, and a trace as it arrived.

pub mod parts;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};
use spandrel_demo::telemetry::{Destination, Protocol};
use spandrel_demo::{Demo, Settings};

use crate::receiver::{Received, Receiver};

/// The running demo.
pub struct Stage {
    pub receiver: Receiver,
    pub demo: Demo,
    pub client: reqwest::Client,
}

impl Stage {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let receiver = Receiver::open().await;
        let destination =
            Destination { endpoint: Some(receiver.url.clone()), protocol: Some(Protocol::HttpBinary) };
        let mut settings = Settings { destinations: vec![destination], ..Settings::default() };
        parts::take(&mut settings).await;
        change(&mut settings);
        let demo = Demo::start(&settings).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { receiver, demo, client }
    }

    pub fn gateway(&self) -> String {
        format!("http://{}", self.demo.addresses().of("gateway").unwrap())
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.gateway()))
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.gateway()))
    }

    /// Places an order with a fault.
    pub async fn faulty(&self, fault: &str) -> (u16, Value) {
        answer(self.post("/orders").header("x-demo-fault", fault).json(&order())).await
    }

    /// Stops the demo, which sends every span, and gives those of the trace that an answer names.
    pub async fn close(self, answer: &Value) -> Trace {
        let trace = answer["trace_id"].as_str().unwrap().to_owned();
        let lost = self.demo.close().await;
        assert!(lost.is_empty(), "{lost:?}");
        let spans = self.receiver.spans();
        Trace(spans.into_iter().filter(|received| hex(&received.span.trace_id) == trace).collect())
    }
}

/// The spans of one trace.
pub struct Trace(pub Vec<Received>);

impl Trace {
    /// The only span of a service with a name.
    pub fn one(&self, service: &str, name: &str) -> &Received {
        let found = self.all(service, name);
        assert!(found.len() < 2, "{service} {name} is there {} times", found.len());
        found.first().copied().unwrap_or_else(|| panic!("no {service} {name} in {:#?}", self.shape()))
    }

    /// All spans of a service with a name, by start.
    pub fn all(&self, service: &str, name: &str) -> Vec<&Received> {
        let mut found: Vec<&Received> =
            self.0.iter().filter(|r| r.service == service && r.span.name == name).collect();
        found.sort_by_key(|received| received.span.start_time_unix_nano);
        found
    }

    pub fn root(&self) -> &Received {
        let mut roots = self.0.iter().filter(|received| received.span.parent_span_id.is_empty());
        let root = roots.next().unwrap();
        assert!(roots.next().is_none(), "several roots");
        root
    }

    pub fn services(&self) -> BTreeSet<&str> {
        self.0.iter().map(|received| received.service.as_str()).collect()
    }

    pub fn parent(&self, of: &Received) -> Option<&Received> {
        self.0.iter().find(|received| received.span.span_id == of.span.parent_span_id)
    }

    /// Spans whose parent is in no trace that arrived.
    pub fn orphans(&self) -> Vec<&Received> {
        let is_orphan = |r: &&Received| !r.span.parent_span_id.is_empty() && self.parent(r).is_none();
        self.0.iter().filter(is_orphan).collect()
    }

    /// `service name` of a span and of its parent.
    pub fn shape(&self) -> BTreeSet<(String, String)> {
        let by_id: BTreeMap<_, _> = self.0.iter().map(|r| (r.span.span_id.clone(), label(r))).collect();
        let parent = |r: &Received| by_id.get(&r.span.parent_span_id).cloned();
        self.0.iter().map(|r| (label(r), parent(r).unwrap_or_default())).collect()
    }

    /// `service name` of all spans that are marked as errors.
    pub fn failed(&self) -> BTreeSet<String> {
        let is_error = |r: &&Received| is_error(r);
        self.0.iter().filter(is_error).map(label).collect()
    }
}

pub fn is_error(received: &Received) -> bool {
    received.span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
}

fn label(received: &Received) -> String {
    format!("{} {}", received.service, received.span.name)
}

/// How long a span took, milliseconds.
pub fn milliseconds(received: &Received) -> f64 {
    let span = &received.span;
    (span.end_time_unix_nano as f64 - span.start_time_unix_nano as f64) / 1e6
}

/// Whether an attribute is there.
pub fn has(received: &Received, key: &str) -> bool {
    received.span.attributes.iter().any(|attribute| attribute.key == key)
}

/// A Boolean attribute.
pub fn flag(received: &Received, key: &str) -> Option<bool> {
    let found = received.span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        AnyValue::BoolValue(flag) => Some(*flag),
        _ => None,
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn order() -> Value {
    json!({
        "user_id": "ada",
        "items": [
            {"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2},
            {"id": "item-3", "name": "Bracket", "price": 12.5, "quantity": 1}
        ],
        "payment_method": "credit_card"
    })
}

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    (status, body)
}
