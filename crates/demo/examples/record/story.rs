//! One request to the real demo, and the bytes that its SDK sent about it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use spandrel_demo::telemetry::{Destination, Protocol};
use spandrel_demo::{Demo, Settings};

use crate::receiver::Receiver;

/// What came of one request.
pub struct Recording {
    pub trace_id: String,
    /// All requests in one: protobuf messages that follow each other are one message with the fields of all.
    pub protobuf: Vec<u8>,
    /// The `resourceSpans` of all requests in one object, each as it was sent.
    pub json: Vec<u8>,
    /// One request a line, as the Collector's file exporter writes them: the SDK's own line breaks are left out.
    pub json_lines: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    #[serde(rename = "resourceSpans")]
    resource_spans: Vec<Box<RawValue>>,
}

/// Starts the demo, makes one request, stops it.
pub async fn record(path: &str) -> Recording {
    let receiver = Receiver::open().await;
    let destination =
        |protocol| Destination { endpoint: Some(receiver.url.clone()), protocol: Some(protocol) };
    let destinations = vec![destination(Protocol::HttpBinary), destination(Protocol::HttpJson)];
    let demo = Demo::start(&Settings { destinations, ..Settings::default() }).await.unwrap();
    let gateway = demo.addresses().of("gateway").unwrap();
    let order = json!({
        "user_id": "ada",
        "items": [
            {"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2},
            {"id": "item-3", "name": "Bracket", "price": 12.5, "quantity": 1}
        ],
        "payment_method": "credit_card"
    });
    let url = format!("http://{gateway}{path}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).json(&order).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let lost = demo.close().await;
    assert!(lost.is_empty(), "{lost:?}");
    let (json, protobuf): (Vec<_>, Vec<_>) =
        receiver.exports().into_iter().partition(|export| export.content_type.contains("json"));
    let mut all = Request { resource_spans: Vec::new() };
    let mut json_lines = Vec::new();
    for export in &json {
        let request: Request = serde_json::from_slice(&export.body).unwrap();
        all.resource_spans.extend(request.resource_spans);
        json_lines.extend(one_line(&export.body));
        json_lines.push(b'\n');
    }
    Recording {
        trace_id: answer["trace_id"].as_str().unwrap().to_owned(),
        protobuf: protobuf.into_iter().flat_map(|e| e.body).collect(),
        json: serde_json::to_vec(&all).unwrap(),
        json_lines,
    }
}

/// JSON without the white space between its tokens, everything else and its order as it was.
fn one_line(json: &[u8]) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let mut line = Vec::with_capacity(json.len());
    for byte in json {
        if !inside && byte.is_ascii_whitespace() {
            continue;
        }
        line.push(*byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    line
}
