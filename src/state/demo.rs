//! The demo: its products, orders, and the browser's own span as the root of an order's trace.

use super::busy;
use crate::io::{clock, demo as http};
use serde::{Deserialize, Serialize};
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};
use spandrel_trace::units::{Problem, ProblemKind, SpanId, TraceId};

/// What was attempted, in problems.
const LOADING: &str = "load the demo's products";
const PLACING: &str = "place the order";

/// Something for sale.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Product {
    /// Its ID in the demo.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Price of one.
    pub price: f64,
    /// How many there are.
    #[serde(default)]
    pub in_stock: Option<u32>,
}

/// An order, as the demo's API takes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Order {
    /// The customer.
    pub user_id: String,
    /// What is ordered.
    pub items: Vec<Item>,
    /// `credit_card`, `debit_card`, `paypal` or `bank_transfer`.
    pub payment_method: String,
}

impl Order {
    /// Price of all items.
    pub fn total(&self) -> f64 {
        self.items.iter().map(|item| item.price * f64::from(item.quantity)).sum()
    }
}

/// Some of a product.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Item {
    /// ID of the product.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Price of one.
    pub price: f64,
    /// How many.
    pub quantity: u32,
}

/// A placed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The trace that the browser started.
    pub trace_id: TraceId,
    /// HTTP status.
    pub status: u16,
    /// From the click to the last byte of the answer, nanoseconds.
    pub duration: u64,
    /// The demo's answer.
    pub answer: Answer,
    /// Why the browser's own span did not reach the server, if it did not.
    pub unsent: Option<String>,
}

/// The demo's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The order is confirmed.
    Confirmed {
        /// Its number.
        order_id: String,
        /// What it costs.
        total: f64,
    },
    /// The order is refused.
    Refused {
        /// Name of the reason, `out_of_stock` for example.
        code: String,
        /// The reason.
        message: String,
        /// The service that refused; empty if unknown.
        service: String,
        /// The field of the order that is wrong, as a person calls it.
        field: Option<String>,
    },
}

/// Answer of the demo's API to an order that is confirmed.
#[derive(Deserialize)]
struct Confirmation {
    order_id: String,
    #[serde(default)]
    total: f64,
}

/// Problem details (RFC 9457), as the demo's API answers errors.
#[derive(Deserialize)]
struct ProblemDetails {
    detail: String,
    code: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    field: Option<String>,
}

/// Answer of the server where it could not reach the demo.
#[derive(Deserialize)]
struct ProxyError {
    error: String,
}

fn parsed<T: for<'a> Deserialize<'a>>(reply: &http::Reply) -> Option<T> {
    serde_json::from_str(&reply.body).ok()
}

/// Loads the products.
pub async fn products() -> Result<Vec<Product>, Problem> {
    let _busy = busy::hold();
    let reply = http::get("demo/products").await.map_err(|why| offline(LOADING, &why))?;
    parsed(&reply).filter(|_| reply.status == 200).ok_or_else(|| unexpected(LOADING, &reply))
}

/// Places an order, with `simulate_error` one that fails on purpose, and then sends the browser's own span.
pub async fn place(order: &Order, simulate_error: bool) -> Result<Placed, Problem> {
    let _busy = busy::hold();
    let Some(bytes) = http::random::<24>() else {
        let happened = "The browser gives no random numbers for a trace ID.";
        return Err(Problem::new(ProblemKind::Unsupported, PLACING, happened));
    };
    let ids = Ids::from_bytes(bytes);
    let path = if simulate_error { "demo/orders/simulate-error" } else { "demo/orders" };
    // Strings and numbers always become JSON.
    let body = serde_json::to_string(order).unwrap_or_default();
    let start = http::now_unix();
    let reply = http::post_json(path, Some(&ids.traceparent()), &body).await;
    let end = http::now_unix();
    let exchange = Exchange {
        ids,
        url: http::address(path),
        start_unix: start,
        end_unix: end,
        outcome: reply.as_ref().map(|reply| reply.status).map_err(Clone::clone),
        user_agent: http::user_agent(),
    };
    // The span of a failed request is sent too.
    let sent = http::post_json("v1/traces", None, &exchange.otlp()).await;
    let unsent = match sent {
        Ok(reply) if (200..300).contains(&reply.status) => None,
        Ok(reply) => Some(format!("the server answered {} to the browser's span", reply.status)),
        Err(why) => Some(why),
    };
    let reply = reply.map_err(|why| offline(PLACING, &why))?;
    let answer = answer(order, &reply).ok_or_else(|| unexpected(PLACING, &reply))?;
    Ok(Placed {
        trace_id: ids.trace,
        status: reply.status,
        duration: end.saturating_sub(start),
        answer,
        unsent,
    })
}

/// Waits between two requests for a trace that is arriving.
pub async fn pause(milliseconds: u32) {
    clock::sleep(milliseconds).await;
}

/// IDs of a trace and its root span.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ids {
    trace: TraceId,
    span: SpanId,
}

impl Ids {
    /// Neither may be all zeros.
    fn from_bytes(bytes: [u8; 24]) -> Self {
        let number = |bytes: &[u8]| bytes.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        Ids {
            trace: TraceId(number(&bytes[..16]).max(1)),
            span: SpanId((number(&bytes[16..]) as u64).max(1)),
        }
    }

    /// Header of W3C trace context: version 00, sampled.
    fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

/// One request, as the browser sees it.
#[derive(Clone, Debug, PartialEq)]
struct Exchange {
    ids: Ids,
    url: String,
    start_unix: u64,
    end_unix: u64,
    /// The status, or why there was none.
    outcome: Result<u16, String>,
    user_agent: String,
}

impl Exchange {
    /// The client span of HTTP's semantic conventions (stable since 1.23), as an OTLP/JSON request body.
    fn otlp(&self) -> String {
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
            text("http.request.method", "POST"),
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
            name: format!("POST /{path}"),
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

/// The demo's answer to `order`; `None` where something else has answered.
fn answer(order: &Order, reply: &http::Reply) -> Option<Answer> {
    if (200..300).contains(&reply.status) {
        let Confirmation { order_id, total } = parsed(reply)?;
        return Some(Answer::Confirmed { order_id, total });
    }
    let ProblemDetails { detail, code, service, field } = parsed(reply)?;
    let field = field.map(|field| field_label(order, &field));
    Some(Answer::Refused { code, message: detail, service, field })
}

/// The form's label of a field that the demo's API names: `items[0].quantity`, `user_id`, `payment_method`.
fn field_label(order: &Order, field: &str) -> String {
    let item = field.strip_prefix("items[").and_then(|rest| {
        let (index, member) = rest.split_once("].")?;
        Some(format!("{} {member}", order.items.get(index.parse::<usize>().ok()?)?.name))
    });
    item.unwrap_or_else(|| match field {
        "user_id" => "customer".to_owned(),
        "payment_method" => "payment".to_owned(),
        other => other.to_owned(),
    })
}

fn offline(attempted: &str, why: &str) -> Problem {
    Problem::new(ProblemKind::Offline, attempted, format!("Couldn't reach the server ({why})."))
        .advise("Check that the server that this page came from is still running.")
}

/// An answer that is not one of the demo's API.
fn unexpected(attempted: &str, reply: &http::Reply) -> Problem {
    let happened = match (reply.status, reply.media_type.as_str()) {
        (200..300, "text/html") | (404, _) => "The demo isn't running on this server.".to_owned(),
        (502..=504, _) => match parsed(reply) {
            Some(ProxyError { error }) => format!("The server answered: {error}."),
            None => "The server couldn't reach the demo.".to_owned(),
        },
        _ => "The answer is not one of the demo.".to_owned(),
    };
    Problem::new(ProblemKind::WrongAddress, attempted, happened)
        .advise("`cargo xtask run` starts the server with the demo.")
        .advise("Or start both: `spandrel-demo`, and `spandrel-server --demo http://127.0.0.1:8000`.")
        .answered(Some(reply.status), reply.body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::format::otlp_json;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, media_type: &str, body: &str) -> http::Reply {
        http::Reply { status, media_type: media_type.into(), body: body.into() }
    }

    fn exchange(outcome: Result<u16, String>) -> Exchange {
        let mut bytes = [0; 24];
        (bytes[15], bytes[23]) = (0xa1, 0xb2);
        Exchange {
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

    fn order() -> Order {
        let item = |id: &str, name: &str| Item { id: id.into(), name: name.into(), price: 9.5, quantity: 2 };
        let items = vec![item("item-1", "Widget"), item("item-2", "Say \"hi\"")];
        Order { user_id: "u".into(), items, payment_method: "paypal".into() }
    }

    #[test]
    fn an_order_is_written_as_the_api_takes_it() {
        let json: serde_json::Value = serde_json::to_value(order()).unwrap();
        let expected = serde_json::json!({
            "user_id": "u",
            "items": [
                { "id": "item-1", "name": "Widget", "price": 9.5, "quantity": 2 },
                { "id": "item-2", "name": "Say \"hi\"", "price": 9.5, "quantity": 2 },
            ],
            "payment_method": "paypal",
        });
        assert_eq!(json, expected);
        assert_eq!(order().total(), 38.0);
    }

    #[test]
    fn products_may_leave_out_their_stock() {
        let body =
            r#"[{"id":"item-1","name":"Widget","price":29.99,"in_stock":9},{"id":"b","name":"B","price":1}]"#;
        let products: Vec<Product> = parsed(&reply(200, "application/json", body)).unwrap();
        assert_eq!((products[0].in_stock, products[1].in_stock), (Some(9), None));
        assert_eq!(parsed::<Vec<Product>>(&reply(200, "application/json", r#"[{"id":1}]"#)), None);
    }

    #[test]
    fn answers_of_the_demo_are_told_from_others() {
        let confirmed = answer(
            &order(),
            &reply(
                201,
                "application/json",
                r#"{"order_id":"1001","status":"confirmed","total":59.98,"trace_id":null}"#,
            ),
        );
        assert_eq!(confirmed, Some(Answer::Confirmed { order_id: "1001".into(), total: 59.98 }));
        let refused = answer(
            &order(),
            &reply(
                409,
                "application/problem+json",
                r#"{"type":"/docs#out_of_stock","title":"Out of stock","status":409,"detail":"Only 9 of item-4 in stock.","code":"out_of_stock","service":"inventory","field":"items[0].quantity","trace_id":"a1"}"#,
            ),
        );
        let Some(Answer::Refused { code, field, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!((code.as_str(), field.as_deref()), ("out_of_stock", Some("Widget quantity")));
        assert_eq!(field_label(&order(), "items[7].quantity"), "items[7].quantity");
        assert_eq!(field_label(&order(), "user_id"), "customer");
        let page = reply(200, "text/html", "<!doctype html>");
        assert_eq!(answer(&order(), &page), None);
        assert!(unexpected(LOADING, &page).happened.contains("isn't running"));
        assert_eq!(unexpected(LOADING, &reply(503, "text/plain", "")).status, Some(503));
        let down = reply(
            502,
            "application/json",
            r#"{"error":"the demo at http://127.0.0.1:8000 cannot be reached"}"#,
        );
        assert_eq!(answer(&order(), &down), None);
        assert!(unexpected(PLACING, &down).happened.contains("127.0.0.1:8000"));
    }
}
