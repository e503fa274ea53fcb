//! Orders as customers and telemetry see them: real ports, real requests, real OTLP.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code, reason = "not everything of the receiver is needed here")]
mod receiver;
#[allow(dead_code, reason = "not everything of the stage is needed here")]
mod stage;

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use receiver::{Received, text};
use serde_json::{Value, json};
use spandrel_demo::telemetry::Protocol;
use stage::{Stage, answer, hex, is_error, order, parts};

/// Spans of a good order.
const ORDER: usize = 27;
const SERVICES: [&str; 7] = ["gateway", "auth", "user", "order", "payment", "inventory", "notification"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_one_trace_through_seven_services() {
    let stage = Stage::open().await;
    let (status, placed) = answer(stage.post("/orders").json(&order())).await;
    assert_eq!(status, 201, "{placed}");
    assert_eq!(placed["status"], "confirmed");
    assert_eq!(placed["total"], 72.48);
    assert_eq!(placed["order_id"], "1001");
    let trace = stage.close(&placed).await;
    let tree = [
        ("gateway POST /orders", ""),
        ("gateway POST /orders", "gateway POST /orders"),
        ("gateway check order", "gateway POST /orders"),
        ("gateway POST /verify", "gateway POST /orders"),
        ("auth POST /verify", "gateway POST /verify"),
        ("auth verify token", "auth POST /verify"),
        ("order POST /orders", "gateway POST /orders"),
        ("order GET /customers/{id}", "order POST /orders"),
        ("user GET /customers/{id}", "order GET /customers/{id}"),
        ("user GET /customers/{id}", "payment GET /customers/{id}"),
        ("user SELECT users", "user GET /customers/{id}"),
        ("order price order", "order POST /orders"),
        ("order POST /reservations", "order POST /orders"),
        ("inventory POST /reservations", "order POST /reservations"),
        ("inventory SELECT stock", "inventory POST /reservations"),
        ("inventory UPDATE stock", "inventory POST /reservations"),
        ("inventory INSERT reservations", "inventory POST /reservations"),
        ("order POST /payments", "order POST /orders"),
        ("payment POST /payments", "order POST /payments"),
        ("payment GET /customers/{id}", "payment POST /payments"),
        ("payment authorize payment", "payment POST /payments"),
        ("order INSERT orders", "order POST /orders"),
        ("order send orders.placed", "order POST /orders"),
        ("notification process orders.placed", "order send orders.placed"),
        ("notification render receipt", "notification process orders.placed"),
        ("notification send email", "notification process orders.placed"),
    ];
    let tree: BTreeSet<_> = tree.map(|(span, parent)| (span.into(), parent.into())).into();
    assert_eq!(trace.shape(), tree);
    assert_eq!(trace.0.len(), ORDER);
    assert_eq!(trace.failed(), BTreeSet::new());
    assert_eq!(trace.services(), SERVICES.into());
}

/// The page of the demo asks for these when it is opened: traces of them stood above those of orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_only_configure_the_page_are_not_traced() {
    let stage = Stage::open().await;
    for path in ["/demo/faults", "/demo/links", "/health", "/openapi.json", "/docs", "/products"] {
        let response = stage.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers().contains_key("traceresponse"), path == "/products", "{path}");
    }
    // The demo page loads the products for itself, and marks that request as not sampled.
    let unsampled = format!("00-{:032x}-{:016x}-00", 7, 7);
    let response = stage.get("/products").header("traceparent", unsampled).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(stage.demo.close().await.is_empty());
    let spans = stage.receiver.spans();
    assert!(spans.iter().all(|received| received.span.trace_id != 7u128.to_be_bytes()));
    let roots = spans.iter().filter(|received| received.span.parent_span_id.is_empty());
    let names: BTreeSet<&str> = roots.map(|received| received.span.name.as_str()).collect();
    assert_eq!(names, ["GET /products"].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_requests_of_the_stories_work_as_written() {
    let stage = Stage::open().await;
    let written = json!({
        "user_id": "demo-user",
        "items": [{"id": "item-1", "name": "Widget", "price": 29.99, "quantity": 2}],
        "payment_method": "credit_card"
    });
    let (status, placed) = answer(stage.post("/orders").json(&written)).await;
    assert_eq!((status, placed["total"].as_f64()), (201, Some(59.98)), "{placed}");
    let (status, placed) = answer(stage.post("/orders").json(&json!({"user_id": 1, "amount": 99.99}))).await;
    assert_eq!((status, placed["total"].as_f64()), (201, Some(99.99)), "{placed}");
    let id = placed["order_id"].as_str().unwrap();
    let (status, stored) = answer(stage.get(&format!("/orders/{id}"))).await;
    assert_eq!(status, 200);
    assert_eq!((&stored["user_id"], &stored["total"]), (&json!("1"), &json!(99.99)));
    let (status, user) = answer(stage.get("/users/1")).await;
    assert_eq!((status, &user["name"]), (200, &json!("Ada")));
    let (status, user) = answer(stage.post("/users").json(&json!({"name": "Lin", "id": 77}))).await;
    assert_eq!((status, &user["id"], &user["tier"]), (201, &json!("77"), &json!("standard")));
    let (status, _) = answer(stage.post("/users").json(&json!({"name": "Lin", "id": 77}))).await;
    assert_eq!(status, 409);
    let payment = json!({"order_id": 5, "amount": 10, "payment_method": "paypal"});
    let (status, paid) = answer(stage.post("/payments").json(&payment)).await;
    assert_eq!((status, &paid["status"]), (201, &json!("authorized")));
    let (status, full) = answer(stage.get("/demo/full-flow/ada")).await;
    assert_eq!(status, 200, "{full}");
    assert_eq!((&full["user"]["tier"], &full["order"]["status"]), (&json!("gold"), &json!("confirmed")));
    let simulated = json!({"payment_method": "invalid_method"});
    let (status, failed) = answer(stage.post("/orders/simulate-error").json(&simulated)).await;
    assert_eq!((status, &failed["service"]), (502, &json!("payment")));
    let trace = stage.close(&failed).await;
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
    let exception = origin.events.iter().find(|event| event.name == "exception").unwrap();
    assert_eq!(text(&exception.attributes, "exception.message"), "unknown payment method `invalid_method`");
    assert!(text(&exception.attributes, "exception.stacktrace").contains("payment.rs:"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_receipt_is_sent_after_the_answer_and_linked_to_its_message() {
    let stage = Stage::open().await;
    let (_, placed) = answer(stage.post("/orders").json(&order())).await;
    let trace = stage.close(&placed).await;
    let consumer = &trace.one("notification", "process orders.placed").span;
    let producer = &trace.one("order", "send orders.placed").span;
    assert_eq!(consumer.kind(), SpanKind::Consumer);
    assert_eq!(producer.kind(), SpanKind::Producer);
    assert_eq!(consumer.links.len(), 1);
    assert_eq!(consumer.links[0].span_id, producer.span_id);
    assert_eq!(consumer.links[0].trace_id, producer.trace_id);
    assert!(consumer.end_time_unix_nano > trace.root().span.end_time_unix_nano);
    let id = |attributes| text(attributes, "messaging.message.id");
    assert_eq!(id(&consumer.attributes), id(&producer.attributes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_follow_the_semantic_conventions() {
    let stage = Stage::open().await;
    let port = stage.demo.addresses().of("gateway").unwrap().port().to_string();
    let (_, placed) = answer(stage.post("/orders?from=test").json(&order())).await;
    let exports = stage.receiver.exports();
    let trace = stage.close(&placed).await;
    drop(exports);
    let root = &trace.root().span;
    assert_eq!(root.kind(), SpanKind::Server);
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
    assert_eq!(text(&call.attributes, "circuit_breaker.state"), "closed");
    let update = &trace.one("inventory", "UPDATE stock").span;
    assert_eq!(update.kind(), SpanKind::Client);
    let (database, queue) = if parts::are_real() { ("postgresql", "redis") } else { ("sqlite", "in_memory") };
    assert_eq!(text(&update.attributes, "db.system.name"), database);
    for (service, name) in [("order", "send orders.placed"), ("notification", "process orders.placed")] {
        assert_eq!(text(&trace.one(service, name).span.attributes, "messaging.system"), queue);
    }
    assert_eq!(text(&update.attributes, "db.operation.batch.size"), "2");
    assert_eq!(text(&update.attributes, "db.collection.name"), "stock");
    assert!(text(&update.attributes, "db.query.text").starts_with("UPDATE stock SET on_hand"));
    let authorize = &trace.one("payment", "authorize payment").span;
    assert_eq!(authorize.kind(), SpanKind::Internal);
    assert_eq!(authorize.events[0].name, "fraud check passed");
    assert!(text(&authorize.attributes, "code.file.path").ends_with("payment.rs"));
    // Baggage: set by order, seen by the services that it calls.
    let payment = &trace.one("payment", "POST /payments").span;
    assert_eq!(text(&payment.attributes, "user.tier"), "gold");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_database_is_in_inventory() {
    let stage = Stage::open().await;
    let simulation = json!({"service": "inventory"});
    let (status, refused) = answer(stage.post("/orders/simulate-error").json(&simulation)).await;
    assert_eq!((status, &refused["service"]), (502, &json!("inventory")), "{refused}");
    let trace = stage.close(&refused).await;
    let update = &trace.one("inventory", "UPDATE stock").span;
    assert!(!text(&update.attributes, "db.response.status_code").is_empty());
    assert!(update.events[0].attributes.iter().any(|a| a.key == "exception.message"));
    assert!(trace.failed().contains("inventory UPDATE stock"));
    assert!(!trace.services().contains("payment"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_trace_and_correlation_id_are_continued() {
    let stage = Stage::open().await;
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let parent = "b7ad6b7169203331";
    let request = stage
        .post("/orders")
        .header("traceparent", format!("00-{trace_id}-{parent}-01"))
        .header("tracestate", "vendor=state")
        .header("x-correlation-id", "case-7")
        .json(&order());
    let response = request.send().await.unwrap();
    let told = response.headers()["traceresponse"].to_str().unwrap();
    assert!(told.starts_with(&format!("00-{trace_id}-")), "{told}");
    assert_eq!(response.headers()["x-correlation-id"], "case-7");
    let placed: Value = response.json().await.unwrap();
    assert_eq!(placed["trace_id"], trace_id);
    let trace = stage.close(&placed).await;
    assert_eq!(trace.services(), SERVICES.into());
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
    let header = format!("00-{trace_id}-b7ad6b7169203331-00");
    let (status, placed) = answer(stage.post("/orders").header("traceparent", header).json(&order())).await;
    assert_eq!((status, &placed["trace_id"]), (201, &json!(trace_id)));
    assert_eq!(stage.close(&placed).await.0.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_requests_get_problem_details_that_name_the_field() {
    let stage = Stage::open().await;
    let changed = |change: fn(&mut Value)| {
        let mut value = order();
        change(&mut value);
        value
    };
    let wrong = [
        ("/orders", json!([1]), 422, "invalid_request", Some("body")),
        ("/orders", changed(|o| o["user_id"] = json!(null)), 422, "invalid_request", Some("user_id")),
        ("/orders", changed(|o| o["user_id"] = json!({})), 422, "invalid_request", Some("user_id")),
        ("/orders", changed(|o| o["items"] = json!([])), 422, "invalid_request", Some("items")),
        (
            "/orders",
            changed(|o| o["items"][1]["quantity"] = json!(0)),
            422,
            "invalid_request",
            Some("items[1].quantity"),
        ),
        (
            "/orders",
            changed(|o| o["items"][1]["quantity"] = json!(1_000_000_000)),
            422,
            "invalid_request",
            Some("items[1].quantity"),
        ),
        (
            "/orders",
            changed(|o| o["items"][0]["price"] = json!(-1)),
            422,
            "invalid_request",
            Some("items[0].price"),
        ),
        (
            "/orders",
            changed(|o| o["items"][0]["price"] = json!("1")),
            422,
            "invalid_request",
            Some("items[0].price"),
        ),
        (
            "/orders",
            changed(|o| o["payment_method"] = json!("shells")),
            422,
            "invalid_request",
            Some("payment_method"),
        ),
        (
            "/orders",
            changed(|o| o["items"][1]["quantity"] = json!(500)),
            409,
            "out_of_stock",
            Some("items[1].quantity"),
        ),
        ("/orders", changed(|o| o["items"][0]["price"] = json!(50_000)), 402, "payment_declined", None),
        ("/users", json!({}), 422, "invalid_request", Some("name")),
        ("/users", json!({"name": "x", "tier": "tin"}), 422, "invalid_request", Some("tier")),
        ("/payments", json!({"order_id": 1}), 422, "invalid_request", Some("amount")),
        ("/ask", json!({"question": " "}), 422, "invalid_request", Some("question")),
        ("/orders/simulate-error", json!({"service": "moon"}), 422, "invalid_request", Some("service")),
    ];
    for (path, body, status, code, field) in wrong {
        let response = stage.post(path).json(&body).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let got = response.status().as_u16();
        let problem: Value = response.json().await.unwrap();
        assert_eq!(got, status, "{path} {body} -> {problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code, "{path} {body} -> {problem}");
        assert_eq!(problem["field"].as_str(), field, "{path} {body} -> {problem}");
        assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32));
        assert!(problem["type"].as_str().unwrap().starts_with("/docs#"));
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
    }
    let (status, problem) = answer(stage.post("/orders").body("{\"user_id\":")).await;
    assert_eq!((status, &problem["code"]), (400, &json!("unreadable_request")));
    let (status, problem) = answer(stage.post("/orders").body(vec![b' '; 10 << 20])).await;
    assert_eq!((status, &problem["field"]), (413, &json!("body")));
    let (status, problem) =
        answer(stage.post("/orders").header("x-demo-fault", "gremlins").json(&order())).await;
    assert_eq!((status, &problem["field"]), (400, &json!("x-demo-fault")));
    let (status, problem) = answer(stage.get("/orders/none")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_order")));
    let (status, problem) = answer(stage.get("/users/a%2Fb%20c")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("unknown_user")));
    let (status, problem) = answer(stage.post("/nowhere")).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    let (status, problem) = answer(stage.post("/products")).await;
    assert_eq!(status, 405, "{problem}");
    stage.demo.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_order_is_no_failure_of_the_servers_and_takes_nothing() {
    let stage = Stage::open().await;
    let (_, before) = answer(stage.get("/products")).await;
    let mut wrong = order();
    wrong["items"][1]["quantity"] = json!(500);
    let (_, refused) = answer(stage.post("/orders").json(&wrong)).await;
    let (_, failed) = answer(stage.post("/orders/simulate-error").json(&order())).await;
    assert_eq!(failed["code"], "payment_failed");
    let (_, after) = answer(stage.get("/products")).await;
    assert_eq!(before, after, "what was reserved is given back");
    let trace = stage.close(&refused).await;
    for received in &trace.0 {
        assert!(!is_error(received) || received.span.kind() == SpanKind::Client, "{received:?}");
    }
    assert!(trace.failed().contains("order POST /reservations"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_answers_health_metrics_and_what_it_has_without_a_span() {
    let stage = Stage::open().await;
    for (name, address) in stage.demo.addresses().iter() {
        let (status, body) = answer(stage.client.get(format!("http://{address}/health"))).await;
        assert_eq!((status, &body["status"], &body["service"]), (200, &json!("ok"), &json!(name)));
        let metrics = stage.client.get(format!("http://{address}/metrics")).send().await.unwrap();
        assert!(metrics.text().await.unwrap().contains("spandrel_demo_requests_total{service="), "{name}");
    }
    let (_, health) = answer(stage.get("/health")).await;
    assert_eq!(health["downstream"]["order"], json!({"status": "ok", "breaker": "closed"}));
    let (_, links) = answer(stage.get("/demo/links")).await;
    assert_eq!(links, json!({"jaeger": null}));
    let (_, faults) = answer(stage.get("/demo/faults")).await;
    assert_eq!(faults.as_array().unwrap().len(), 17);
    let docs = stage.get("/docs").send().await.unwrap();
    assert!(docs.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let (_, api) = answer(stage.get("/openapi.json")).await;
    assert!(api["paths"]["/orders"]["post"]["requestBody"].is_object());
    let (_, index) = answer(stage.get("/")).await;
    assert!(index["endpoints"].as_array().unwrap().contains(&json!("POST /ask")));
    let receiver = stage.receiver;
    stage.demo.close().await;
    let spans = receiver.spans();
    // `/`, `/demo/faults` and `/demo/links` were requests like others.
    assert!(
        spans
            .iter()
            .all(|r| ["GET /", "GET /demo/faults", "GET /demo/links"].contains(&r.span.name.as_str())),
        "{spans:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_arrive_while_the_demo_runs() {
    let stage = Stage::open().await;
    let (_, placed) = answer(stage.post("/orders").json(&order())).await;
    let trace = placed["trace_id"].as_str().unwrap();
    let done = |spans: &[Received]| spans.iter().filter(|r| hex(&r.span.trace_id) == trace).count() == ORDER;
    stage.receiver.wait(done).await;
    let notification = stage.demo.addresses().of("notification").unwrap();
    let (_, sent) = answer(stage.client.get(format!("http://{notification}/notifications"))).await;
    assert_eq!(sent, json!([{"order_id": "1001", "user_id": "ada", "total": 72.48}]));
    stage.demo.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_and_grpc_are_sent_too() {
    for (protocol, content_type) in
        [(Protocol::HttpJson, "application/json"), (Protocol::Grpc, "application/grpc")]
    {
        let stage = Stage::with(|settings| settings.destinations[0].protocol = Some(protocol)).await;
        answer(stage.post("/orders").json(&order())).await;
        let Stage { demo, receiver, .. } = stage;
        let lost = demo.close().await;
        assert!(lost.is_empty(), "{lost:?}");
        let exports = receiver.exports();
        assert!(exports.len() >= 7, "{} exports", exports.len());
        for export in exports {
            assert_eq!(export.content_type, content_type);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_name_service_version_environment_and_host() {
    let stage = Stage::open().await;
    answer(stage.post("/orders").json(&order())).await;
    let Stage { demo, receiver, .. } = stage;
    demo.close().await;
    for resource in receiver.exports().iter().flat_map(receiver::resources) {
        for key in [
            "service.name",
            "service.version",
            "service.instance.id",
            "deployment.environment.name",
            "host.name",
        ] {
            assert!(!text(&resource, key).is_empty(), "{key} in {resource:?}");
        }
        assert_eq!(text(&resource, "service.namespace"), "spandrel-demo");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_makes_requests_until_it_is_stopped() {
    let stage = Stage::with(|settings| settings.traffic_per_minute = 6000.0).await;
    let roots = |spans: &[Received]| spans.iter().filter(|r| r.span.parent_span_id.is_empty()).count();
    stage.receiver.wait(|spans| roots(spans) >= 40).await;
    let lost = stage.demo.close().await;
    assert!(lost.is_empty(), "{lost:?}");
    let spans = stage.receiver.spans();
    let ids: BTreeSet<_> = spans.iter().map(|r| r.span.span_id.clone()).collect();
    assert_eq!(ids.len(), spans.len());
    // Nothing was under way when the last span was sent: every parent that is named has arrived.
    for received in &spans {
        let parent = &received.span.parent_span_id;
        assert!(parent.is_empty() || ids.contains(parent), "{received:?}");
    }
}
