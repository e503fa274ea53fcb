//! The demo shop: what it sells, what became of an order, and the browser's own span as the root of its trace.

use super::busy;
use crate::io::{clock, shop as door};
use serde_json::Value as Json;
use spandrel_trace::format::write::{Envelope, OtlpJson};
use spandrel_trace::model::record::{Attribute, AttributeValue, Resource, Scope, SpanRecord};
use spandrel_trace::model::{SpanKind, StatusCode};
use spandrel_trace::units::{Problem, ProblemKind, SpanId, TraceId};

/// What was attempted, where it failed.
const ATTEMPTED: &str = "Asking the demo shop";

/// Something for sale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Product {
    /// Its number in the shop.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Price of one.
    pub price: f64,
    /// How many there are.
    pub in_stock: Option<u32>,
}

/// An order as the shop takes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// Who buys.
    pub user_id: String,
    /// What.
    pub items: Vec<Item>,
    /// `credit_card`, `debit_card`, `paypal` or `bank_transfer`.
    pub payment_method: String,
}

/// Some of a product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Its number in the shop.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Price of one.
    pub price: f64,
    /// How many.
    pub quantity: u32,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The trace that the browser began.
    pub trace_id: TraceId,
    /// HTTP status.
    pub status: u16,
    /// From the click to the last byte of the answer, nanoseconds.
    pub duration: u64,
    /// What the shop said.
    pub answer: Answer,
    /// Why the browser's own span did not reach the server, if it did not.
    pub unsent: Option<String>,
}

/// The shop's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The order is confirmed.
    Confirmed {
        /// Its number.
        order_id: String,
        /// What it costs.
        total: f64,
    },
    /// It is not, and why.
    Refused {
        /// A name for the reason.
        code: String,
        /// The reason.
        message: String,
        /// Which service refused.
        service: String,
    },
}

/// What the shop sells.
pub async fn products() -> Result<Vec<Product>, Problem> {
    let _busy = busy::hold();
    let reply = door::get("shop/products").await.map_err(not_reached)?;
    if reply.status == 200
        && let Some(products) = listed(&reply)
    {
        return Ok(products);
    }
    Err(not_the_shop(&reply))
}

fn listed(reply: &door::Reply) -> Option<Vec<Product>> {
    let text = |product: &Json, name: &str| Some(product.get(name)?.as_str()?.to_owned());
    let product = |product: &Json| {
        Some(Product {
            id: text(product, "id")?,
            name: text(product, "name")?,
            price: product.get("price")?.as_f64()?,
            in_stock: product.get("in_stock").and_then(Json::as_u64).and_then(|count| count.try_into().ok()),
        })
    };
    reply.json()?.as_array()?.iter().map(product).collect()
}

/// The order as the shop reads it. Written here: what serde would compile for it is ten times as long.
fn written(order: &Order) -> String {
    // Texts always become JSON.
    let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let item = |item: &Item| {
        let (id, name) = (text(&item.id), text(&item.name));
        format!(r#"{{"id":{id},"name":{name},"price":{},"quantity":{}}}"#, item.price, item.quantity)
    };
    let items: Vec<String> = order.items.iter().map(item).collect();
    let (user, method) = (text(&order.user_id), text(&order.payment_method));
    format!(r#"{{"user_id":{user},"items":[{}],"payment_method":{method}}}"#, items.join(","))
}

/// Places an order, or with `simulate_error` one that fails on purpose, and sends the browser's own span after.
pub async fn place(order: &Order, simulate_error: bool) -> Result<Placed, Problem> {
    let _busy = busy::hold();
    let Some(bytes) = door::random::<24>() else {
        let happened = "The browser gives no random numbers to name a trace with.";
        return Err(Problem::new(ProblemKind::Unsupported, ATTEMPTED, happened));
    };
    let ids = Ids::from_bytes(bytes);
    let path = if simulate_error { "shop/orders/simulate-error" } else { "shop/orders" };
    let body = written(order);
    let begin = door::now_unix();
    let reply = door::post_json(path, Some(&ids.traceparent()), &body).await;
    let end = door::now_unix();
    let exchange = Exchange {
        ids,
        url: door::address(path),
        start_unix: begin,
        end_unix: end,
        outcome: reply.as_ref().map(|reply| reply.status).map_err(Clone::clone),
        user_agent: door::user_agent(),
    };
    // A failed request is a span too: that is what traces are for.
    let sent = door::post_json("v1/traces", None, &exchange.otlp()).await;
    let unsent = match sent {
        Ok(reply) if (200..300).contains(&reply.status) => None,
        Ok(reply) => Some(format!("the server answered {} to the browser's span", reply.status)),
        Err(why) => Some(why),
    };
    let reply = reply.map_err(not_reached)?;
    let Some(answer) = answer(&reply) else { return Err(not_the_shop(&reply)) };
    Ok(Placed {
        trace_id: ids.trace,
        status: reply.status,
        duration: end.saturating_sub(begin),
        answer,
        unsent,
    })
}

/// Waits, between two looks at a trace that is arriving.
pub async fn pause(milliseconds: u32) {
    clock::sleep(milliseconds).await;
}

/// A trace and its first span (W3C trace context).
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

    /// Version 00, sampled.
    fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

/// One request as the browser saw it.
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

/// The shop's words, or `None` where something else has answered.
fn answer(reply: &door::Reply) -> Option<Answer> {
    let json = reply.json()?;
    if (200..300).contains(&reply.status) {
        let order_id = json.get("order_id")?.as_str()?.to_owned();
        return Some(Answer::Confirmed {
            order_id,
            total: json.get("total").and_then(Json::as_f64).unwrap_or(0.0),
        });
    }
    let error = json.get("error")?;
    let text = |name: &str| error.get(name).and_then(Json::as_str).map(str::to_owned);
    Some(Answer::Refused {
        code: text("code").unwrap_or_default(),
        message: text("message")?,
        service: text("service").unwrap_or_default(),
    })
}

fn not_reached(why: String) -> Problem {
    Problem::new(ProblemKind::Offline, ATTEMPTED, format!("Nobody answered: {why}."))
        .advise("Is the server that this page came from still running?")
}

fn not_the_shop(reply: &door::Reply) -> Problem {
    let happened = match (reply.status, reply.media_type.as_str()) {
        (200..300, "text/html") => "A web page came back: this server has no shop behind it.".to_owned(),
        (404, _) => "This server knows of no shop.".to_owned(),
        (502..=504, _) => match reply.json().as_ref().and_then(|json| json.get("error")?.as_str()) {
            Some(error) => format!("The server says: {error}."),
            None => "The server could not reach the shop.".to_owned(),
        },
        _ => "The answer is not one that the shop gives.".to_owned(),
    };
    Problem::new(ProblemKind::WrongAddress, ATTEMPTED, happened)
        .advise("`cargo xtask run` starts the server with the shop behind it.")
        .advise(
            "Or start the two yourself: `spandrel-shop`, and `spandrel-server --shop http://127.0.0.1:8000`.",
        )
        .answered(Some(reply.status), reply.body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::format::otlp_json;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, media_type: &str, body: &str) -> door::Reply {
        door::Reply { status, media_type: media_type.into(), body: body.into() }
    }

    fn exchange(outcome: Result<u16, String>) -> Exchange {
        let mut bytes = [0; 24];
        (bytes[15], bytes[23]) = (0xa1, 0xb2);
        Exchange {
            ids: Ids::from_bytes(bytes),
            url: "http://127.0.0.1:16686/deep/shop/orders".into(),
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
            ("POST /deep/shop/orders", SpanKind::Client, StatusCode::Unset)
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

    #[test]
    fn the_shop_is_told_from_what_is_not_the_shop() {
        let confirmed = answer(&reply(
            201,
            "application/json",
            r#"{"order_id":"1001","status":"confirmed","total":59.98,"trace_id":null}"#,
        ));
        assert_eq!(confirmed, Some(Answer::Confirmed { order_id: "1001".into(), total: 59.98 }));
        let refused = answer(&reply(
            409,
            "application/json",
            r#"{"error":{"code":"out_of_stock","message":"Only 9 of item-4 in stock.","service":"inventory","field":"items[0].quantity"},"trace_id":"a1"}"#,
        ));
        assert!(matches!(refused, Some(Answer::Refused { code, .. }) if code == "out_of_stock"));
        assert_eq!(answer(&reply(200, "text/html", "<!doctype html>")), None);
        assert!(not_the_shop(&reply(200, "text/html", "<!doctype html>")).happened.contains("no shop"));
        assert_eq!(not_the_shop(&reply(503, "text/plain", "")).status, Some(503));
        let down = r#"{"error":"the shop at http://127.0.0.1:8000 cannot be reached"}"#;
        assert_eq!(answer(&reply(502, "application/json", down)), None);
        assert!(not_the_shop(&reply(502, "application/json", down)).happened.contains("127.0.0.1:8000"));
    }
}
