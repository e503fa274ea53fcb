//! The shop as its customers and its telemetry see it: real ports, real requests, real OTLP.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use receiver::{Received, Receiver, text};
use serde_json::{Value, json};
use spandrel_demo::telemetry::{Destination, Protocol};
use spandrel_demo::{Settings, Shop};

const SERVICES: [&str; 5] = ["gateway", "order", "payment", "inventory", "notification"];

struct Stage {
    receiver: Receiver,
    shop: Shop,
    client: reqwest::Client,
}

impl Stage {
    async fn open() -> Self {
        Self::with(Protocol::HttpBinary, 0.0).await
    }

    async fn with(protocol: Protocol, traffic_per_minute: f64) -> Self {
        let receiver = Receiver::open().await;
        let shop = Shop::open(&Settings {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            base_port: 0,
            destinations: vec![Destination {
                endpoint: Some(receiver.url.clone()),
                protocol: Some(protocol),
            }],
            seed: 1,
            traffic_per_minute,
        })
        .await
        .unwrap();
        // Fails where it was done before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { receiver, shop, client }
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let gateway = self.shop.addresses().gateway();
        self.client.post(format!("http://{gateway}{path}"))
    }

    /// Closes the shop, which sends every span, and gives those of one trace.
    async fn close(self, trace: &Value) -> Trace {
        let trace = trace.as_str().unwrap().to_owned();
        let lost = self.shop.close().await;
        assert!(lost.is_empty(), "{lost:?}");
        let spans = self.receiver.spans();
        Trace(spans.into_iter().filter(|received| hex(&received.span.trace_id) == trace).collect())
    }
}

struct Trace(Vec<Received>);

impl Trace {
    fn one(&self, service: &str, name: &str) -> &Received {
        let mut found = self.0.iter().filter(|r| r.service == service && r.span.name == name);
        let first = found.next();
        assert!(found.next().is_none(), "{service} {name} is there twice");
        first.unwrap_or_else(|| panic!("no {service} {name} in {:#?}", self.shape()))
    }

    /// `service name` of a span and of its parent.
    fn shape(&self) -> BTreeSet<(String, String)> {
        let label = |r: &Received| format!("{} {}", r.service, r.span.name);
        let by_id: BTreeMap<_, _> = self.0.iter().map(|r| (r.span.span_id.clone(), label(r))).collect();
        let parent = |r: &Received| by_id.get(&r.span.parent_span_id).cloned();
        self.0.iter().map(|r| (label(r), parent(r).unwrap_or_default())).collect()
    }

    fn failed(&self) -> BTreeSet<String> {
        self.0
            .iter()
            .filter(|r| r.span.status.as_ref().is_some_and(|s| s.code() == StatusCode::Error))
            .map(|r| format!("{} {}", r.service, r.span.name))
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn order() -> Value {
    json!({
        "user_id": "ada",
        "items": [
            {"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2},
            {"id": "item-3", "name": "Bracket", "price": 12.5, "quantity": 1}
        ],
        "payment_method": "credit_card"
    })
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    (status, body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_one_trace_through_all_five_services() {
    let stage = Stage::open().await;
    let (status, placed) = answer(stage.post("/orders").json(&order())).await;
    assert_eq!(status, 201, "{placed}");
    assert_eq!(placed["status"], "confirmed");
    assert_eq!(placed["total"], 72.48);
    assert_eq!(placed["order_id"], "1001");
    let trace = stage.close(&placed["trace_id"]).await;

    let tree = [
        ("gateway POST /orders", ""),
        ("gateway check order", "gateway POST /orders"),
        ("order POST /orders", "gateway POST /orders"),
        ("order price order", "order POST /orders"),
        ("order POST /reservations", "order POST /orders"),
        ("inventory POST /reservations", "order POST /reservations"),
        ("inventory SELECT stock", "inventory POST /reservations"),
        ("inventory UPDATE stock", "inventory POST /reservations"),
        ("inventory INSERT reservations", "inventory POST /reservations"),
        ("order POST /payments", "order POST /orders"),
        ("payment POST /payments", "order POST /payments"),
        ("payment authorize payment", "payment POST /payments"),
        ("order send orders.placed", "order POST /orders"),
        ("notification process orders.placed", "order send orders.placed"),
        ("notification render receipt", "notification process orders.placed"),
        ("notification send email", "notification process orders.placed"),
    ];
    let mut tree: BTreeSet<_> = tree.map(|(span, parent)| (span.into(), parent.into())).into();
    // The gateway's call and its own request bear the same name, as do the two ends of it.
    tree.insert(("gateway POST /orders".into(), "gateway POST /orders".into()));
    assert_eq!(trace.shape(), tree);
    assert_eq!(trace.0.len(), 17);
    assert_eq!(trace.failed(), BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_is_sent_after_the_answer_and_linked_to_its_message() {
    let stage = Stage::open().await;
    let (_, placed) = answer(stage.post("/orders").json(&order())).await;
    let trace = stage.close(&placed["trace_id"]).await;
    let root = trace.0.iter().find(|r| r.span.parent_span_id.is_empty());
    let consumer = &trace.one("notification", "process orders.placed").span;
    let producer = &trace.one("order", "send orders.placed").span;
    assert_eq!(consumer.kind(), SpanKind::Consumer);
    assert_eq!(producer.kind(), SpanKind::Producer);
    assert_eq!(consumer.links.len(), 1);
    assert_eq!(consumer.links[0].span_id, producer.span_id);
    assert_eq!(consumer.links[0].trace_id, producer.trace_id);
    assert!(consumer.end_time_unix_nano > root.unwrap().span.end_time_unix_nano);
    assert_eq!(
        text(&consumer.attributes, "messaging.message.id"),
        text(&producer.attributes, "messaging.message.id")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_follow_the_semantic_conventions() {
    let stage = Stage::open().await;
    let (_, placed) = answer(stage.post("/orders?from=test").json(&order())).await;
    let gateway = stage.shop.addresses().gateway();
    let trace = stage.close(&placed["trace_id"]).await;
    let root = trace.0.iter().find(|r| r.span.parent_span_id.is_empty());
    let root = &root.unwrap().span;
    assert_eq!(root.kind(), SpanKind::Server);
    let port = gateway.port().to_string();
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/orders"),
        ("http.response.status_code", "201"),
        ("url.path", "/orders"),
        ("url.query", "from=test"),
        ("url.scheme", "http"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("user.id", "ada"),
    ] {
        assert_eq!(text(&root.attributes, key), value, "{key}");
    }
    let call = &trace.one("order", "POST /payments").span;
    assert_eq!(call.kind(), SpanKind::Client);
    assert_eq!(text(&call.attributes, "url.template"), "/payments");
    assert!(text(&call.attributes, "url.full").starts_with("http://127.0.0.1:"));
    let update = &trace.one("inventory", "UPDATE stock").span;
    assert_eq!(update.kind(), SpanKind::Client);
    assert_eq!(text(&update.attributes, "db.operation.batch.size"), "2");
    assert_eq!(text(&update.attributes, "db.collection.name"), "stock");
    let authorize = &trace.one("payment", "authorize payment").span;
    assert_eq!(authorize.kind(), SpanKind::Internal);
    assert_eq!(authorize.events[0].name, "fraud check passed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulated_error_is_marked_where_it_happened_and_above() {
    let stage = Stage::open().await;
    let (status, refused) = answer(stage.post("/orders/simulate-error")).await;
    assert_eq!(status, 502);
    assert_eq!(refused["error"]["code"], "payment_failed");
    assert_eq!(refused["error"]["service"], "payment");
    let trace = stage.close(&refused["trace_id"]).await;
    let failed: BTreeSet<String> = [
        "payment authorize payment",
        "payment POST /payments",
        "order POST /payments",
        "order POST /orders",
        "gateway POST /orders",
        "gateway POST /orders/simulate-error",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(trace.failed(), failed);
    let origin = &trace.one("payment", "authorize payment").span;
    let exception = origin.events.iter().find(|e| e.name == "exception").unwrap();
    assert_eq!(text(&exception.attributes, "exception.type"), "payment::BankError");
    assert!(text(&exception.attributes, "exception.stacktrace").contains("caused by: no answer"));
    let with_exception = trace.0.iter().filter(|r| r.span.events.iter().any(|e| e.name == "exception"));
    assert_eq!(with_exception.count(), 1);
    // What was reserved is given back, and nobody is notified.
    trace.one("inventory", "DELETE reservations");
    assert!(trace.0.iter().all(|r| r.service != "notification"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_store_is_in_inventory() {
    let stage = Stage::open().await;
    let simulation = json!({"service": "inventory"});
    let (status, refused) = answer(stage.post("/orders/simulate-error").json(&simulation)).await;
    assert_eq!(status, 502);
    assert_eq!(refused["error"]["service"], "inventory");
    let trace = stage.close(&refused["trace_id"]).await;
    let update = &trace.one("inventory", "UPDATE stock").span;
    assert_eq!(text(&update.attributes, "db.response.status_code"), "40P01");
    assert!(trace.failed().contains("inventory UPDATE stock"));
    assert!(trace.0.iter().all(|r| r.service != "payment"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_trace_is_continued() {
    let stage = Stage::open().await;
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let parent = "b7ad6b7169203331";
    let request = stage
        .post("/orders")
        .header("traceparent", format!("00-{trace_id}-{parent}-01"))
        .header("tracestate", "vendor=state")
        .json(&order());
    let response = request.send().await.unwrap();
    let told = response.headers()["traceresponse"].to_str().unwrap();
    assert!(told.starts_with(&format!("00-{trace_id}-")), "{told}");
    let placed: Value = response.json().await.unwrap();
    assert_eq!(placed["trace_id"], trace_id);
    let trace = stage.close(&placed["trace_id"]).await;
    let services: BTreeSet<&str> = trace.0.iter().map(|r| r.service.as_str()).collect();
    assert_eq!(services, SERVICES.into());
    let first = trace.0.iter().find(|r| hex(&r.span.parent_span_id) == parent);
    assert_eq!(first.unwrap().service, "gateway");
    for received in &trace.0 {
        assert_eq!(received.span.trace_state, "vendor=state", "{received:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsampled_caller_is_believed() {
    let stage = Stage::open().await;
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let (status, placed) = answer(
        stage
            .post("/orders")
            .header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-00"))
            .json(&order()),
    )
    .await;
    assert_eq!((status, &placed["trace_id"]), (201, &json!(trace_id)));
    assert_eq!(stage.close(&placed["trace_id"]).await.0.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_orders_are_refused_with_a_reason() {
    let stage = Stage::open().await;
    let changed = |change: fn(&mut Value)| {
        let mut value = order();
        change(&mut value);
        value
    };
    for (wrong, status, code, field) in [
        (json!([1]), 422, "unreadable_request", None),
        (
            changed(|o| {
                o.as_object_mut().unwrap().remove("user_id");
            }),
            422,
            "unreadable_request",
            None,
        ),
        (changed(|o| o["items"] = json!([])), 422, "invalid_order", Some("items")),
        (changed(|o| o["items"][1]["quantity"] = json!(0)), 422, "invalid_order", Some("items[1].quantity")),
        (changed(|o| o["payment_method"] = json!("shells")), 422, "invalid_order", Some("payment_method")),
        (changed(|o| o["items"][1]["quantity"] = json!(500)), 409, "out_of_stock", Some("items[1].quantity")),
        (changed(|o| o["items"][0]["price"] = json!(50_000)), 402, "payment_declined", None),
    ] {
        let (got, body) = answer(stage.post("/orders").json(&wrong)).await;
        assert_eq!(got, status, "{wrong} -> {body}");
        assert_eq!(body["error"]["code"], code, "{wrong} -> {body}");
        assert_eq!(body["error"]["field"].as_str(), field, "{wrong} -> {body}");
        assert_eq!(body["trace_id"].as_str().map(str::len), Some(32));
    }
    let (status, body) = answer(stage.post("/orders").body("{}")).await;
    assert_eq!(status, 415, "{body}");
    let broken = stage.post("/orders").header("content-type", "application/json").body("{\"user_id\":");
    let (status, body) = answer(broken).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(body["error"]["code"], "unreadable_request");
    let (status, _) = answer(stage.post("/orders/simulate-error").body("{")).await;
    assert_eq!(status, 400);
    let (status, body) = answer(stage.post("/nowhere")).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("not_found")));
    let (status, body) = answer(stage.post("/products")).await;
    assert_eq!(status, 405, "{body}");
    stage.shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_order_is_no_failure_of_the_servers() {
    let stage = Stage::open().await;
    let mut wrong = order();
    wrong["items"][0]["quantity"] = json!(500);
    let (_, refused) = answer(stage.post("/orders").json(&wrong)).await;
    let trace = stage.close(&refused["trace_id"]).await;
    for received in &trace.0 {
        let status = received.span.status.clone().unwrap_or_default();
        let failed = status.code() == StatusCode::Error;
        let client = received.span.kind() == SpanKind::Client;
        assert!(!failed || client, "{received:?}");
    }
    assert!(trace.failed().contains("order POST /reservations"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_tells_its_health_without_a_span() {
    let stage = Stage::open().await;
    for (name, address) in stage.shop.addresses().iter() {
        let request = stage.client.get(format!("http://{address}/health"));
        let (status, body) = answer(request).await;
        assert_eq!(status, 200);
        assert_eq!(body, json!({"status": "ok", "service": name}));
    }
    let Stage { shop, receiver, .. } = stage;
    shop.close().await;
    assert!(receiver.exports().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_arrive_while_the_shop_is_open() {
    let stage = Stage::open().await;
    let (_, placed) = answer(stage.post("/orders").json(&order())).await;
    let trace = placed["trace_id"].as_str().unwrap();
    let done = |spans: &[Received]| spans.iter().filter(|r| hex(&r.span.trace_id) == trace).count() == 17;
    stage.receiver.wait(done).await;
    let notification = stage.shop.addresses().iter().last().unwrap().1;
    let request = stage.client.get(format!("http://{notification}/notifications"));
    let (_, sent) = answer(request).await;
    assert_eq!(sent, json!([{"order_id": "1001", "user_id": "ada", "total": 72.48}]));
    stage.shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_and_grpc_are_spoken_too() {
    for (protocol, content_type) in
        [(Protocol::HttpJson, "application/json"), (Protocol::Grpc, "application/grpc")]
    {
        let stage = Stage::with(protocol, 0.0).await;
        answer(stage.post("/orders").json(&order())).await;
        let Stage { shop, receiver, .. } = stage;
        let lost = shop.close().await;
        assert!(lost.is_empty(), "{lost:?}");
        let exports = receiver.exports();
        assert!(exports.len() >= 5, "{} exports", exports.len());
        for export in exports {
            assert_eq!(export.content_type, content_type);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_makes_orders_until_it_is_stopped() {
    let stage = Stage::with(Protocol::HttpBinary, 6000.0).await;
    let roots = |spans: &[Received]| spans.iter().filter(|r| r.span.parent_span_id.is_empty()).count();
    stage.receiver.wait(|spans| roots(spans) >= 40).await;
    let lost = stage.shop.close().await;
    assert!(lost.is_empty(), "{lost:?}");
    let spans = stage.receiver.spans();
    let ids: BTreeSet<_> = spans.iter().map(|r| r.span.span_id.clone()).collect();
    assert_eq!(ids.len(), spans.len());
    // Nothing was under way when the last span was sent: whoever names a parent names one that came.
    for received in &spans {
        let parent = &received.span.parent_span_id;
        assert!(parent.is_empty() || ids.contains(parent), "{received:?}");
    }
}
