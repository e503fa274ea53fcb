//! The demo: its products and faults, and requests to it, whose traces the browser starts.

use super::browser_span::{Exchange, Ids};
use super::busy;
use crate::io::clock;
use crate::io::demo::{self as http, DemoHeaders};
use serde::{Deserialize, Serialize};
use spandrel_trace::units::{Problem, ProblemKind, TraceId};

/// What was attempted, in problems.
const LOADING: &str = "load the demo's products";
const FAULTS: &str = "load the demo's faults";
const SENDING: &str = "send the request to the demo";

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

/// A fault that can be ordered with a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DemoFault {
    /// Its name in the demo.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What to look for in the trace.
    pub look_for: String,
    /// The requests that show it: `POST /orders`, `POST /ask`.
    pub request: String,
}

/// A request to the demo.
#[derive(Clone, Debug, PartialEq)]
pub enum DemoRequest {
    /// Place an order.
    Order {
        /// The order.
        order: Order,
        /// Whether it is to fail.
        simulate_error: bool,
    },
    /// Ask a question.
    Question {
        /// Its text.
        text: String,
    },
    /// Call two services in parallel.
    Orchestration,
}

impl DemoRequest {
    fn path(&self) -> &'static str {
        match self {
            DemoRequest::Order { simulate_error: true, .. } => "demo/orders/simulate-error",
            DemoRequest::Order { .. } => "demo/orders",
            DemoRequest::Question { .. } => "demo/ask",
            DemoRequest::Orchestration => "demo/orchestrate",
        }
    }

    /// The body; `None` for a GET.
    fn body(&self) -> Option<String> {
        match self {
            DemoRequest::Order { order, .. } => serde_json::to_string(order).ok(),
            DemoRequest::Question { text } => {
                Some(serde_json::json!({"question": text, "user_id": "demo-user"}).to_string())
            }
            DemoRequest::Orchestration => None,
        }
    }

    fn order(&self) -> Option<&Order> {
        match self {
            DemoRequest::Order { order, .. } => Some(order),
            _ => None,
        }
    }
}

/// A request that was answered.
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
    /// The correlation ID of the request; empty if the demo named none.
    pub correlation_id: String,
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
    /// The question is answered.
    Answered {
        /// The answer.
        text: String,
        /// Whether it was in the cache.
        cached: bool,
    },
    /// The parallel calls have ended.
    Orchestrated {
        /// How many succeeded.
        success_count: u32,
        /// Seconds.
        total_time: f64,
    },
    /// The request is refused, or has failed.
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

/// Answer of the demo's API to a question.
#[derive(Deserialize)]
struct AnsweredQuestion {
    answer: String,
    #[serde(default)]
    cached: bool,
}

/// Answer of the demo's API to an orchestration.
#[derive(Deserialize)]
struct Orchestrated {
    success_count: u32,
    total_time: f64,
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
    load("demo/products", LOADING).await
}

/// Loads the faults that can be ordered.
pub async fn faults() -> Result<Vec<DemoFault>, Problem> {
    load("demo/demo/faults", FAULTS).await
}

async fn load<T: for<'a> Deserialize<'a>>(path: &str, attempted: &str) -> Result<T, Problem> {
    let _busy = busy::hold();
    let reply = http::get(path, DemoHeaders::default()).await.map_err(|why| offline(attempted, &why))?;
    parsed(&reply).filter(|_| reply.status == 200).ok_or_else(|| unexpected(attempted, &reply))
}

/// Sends a request to the demo, with a fault if one is named, and then the browser's own span to the server.
pub async fn send(request: &DemoRequest, fault: Option<&str>) -> Result<Placed, Problem> {
    let _busy = busy::hold();
    let Some(bytes) = http::random::<24>() else {
        let happened = "The browser gives no random numbers for a trace ID.";
        return Err(Problem::new(ProblemKind::Unsupported, SENDING, happened));
    };
    let ids = Ids::from_bytes(bytes);
    let (path, body) = (request.path(), request.body());
    let traceparent = ids.traceparent();
    let headers = DemoHeaders { traceparent: Some(&traceparent), fault };
    let start = http::now_unix();
    let reply = match &body {
        Some(body) => http::post_json(path, headers, body).await,
        None => http::get(path, headers).await,
    };
    let end = http::now_unix();
    let exchange = Exchange {
        ids,
        method: if body.is_some() { "POST" } else { "GET" },
        url: http::address(path),
        start_unix: start,
        end_unix: end,
        outcome: reply.as_ref().map(|reply| reply.status).map_err(Clone::clone),
        user_agent: http::user_agent(),
    };
    // The span of a failed request is sent too.
    let sent = http::post_json("v1/traces", DemoHeaders::default(), &exchange.otlp()).await;
    let unsent = match sent {
        Ok(reply) if (200..300).contains(&reply.status) => None,
        Ok(reply) => Some(format!("the server answered {} to the browser's span", reply.status)),
        Err(why) => Some(why),
    };
    let reply = reply.map_err(|why| offline(SENDING, &why))?;
    let answer = answer(request, &reply).ok_or_else(|| unexpected(SENDING, &reply))?;
    Ok(Placed {
        trace_id: ids.trace,
        status: reply.status,
        duration: end.saturating_sub(start),
        answer,
        unsent,
        correlation_id: reply.correlation_id,
    })
}

/// Waits between two requests for a trace that is arriving.
pub async fn pause(milliseconds: u32) {
    clock::sleep(milliseconds).await;
}

/// The demo's answer to a request; `None` where something else has answered.
fn answer(request: &DemoRequest, reply: &http::Reply) -> Option<Answer> {
    if !(200..300).contains(&reply.status) {
        let ProblemDetails { detail, code, service, field } = parsed(reply)?;
        let field = field.map(|field| match request.order() {
            Some(order) => field_label(order, &field),
            None => field,
        });
        return Some(Answer::Refused { code, message: detail, service, field });
    }
    Some(match request {
        DemoRequest::Order { .. } => {
            let Confirmation { order_id, total } = parsed(reply)?;
            Answer::Confirmed { order_id, total }
        }
        DemoRequest::Question { .. } => {
            let AnsweredQuestion { answer, cached } = parsed(reply)?;
            Answer::Answered { text: answer, cached }
        }
        DemoRequest::Orchestration => {
            let Orchestrated { success_count, total_time } = parsed(reply)?;
            Answer::Orchestrated { success_count, total_time }
        }
    })
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
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, media_type: &str, body: &str) -> http::Reply {
        http::Reply { status, media_type: media_type.into(), body: body.into(), ..http::Reply::default() }
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
        let placing = || DemoRequest::Order { order: order(), simulate_error: false };
        let confirmed = answer(
            &placing(),
            &reply(
                201,
                "application/json",
                r#"{"order_id":"1001","status":"confirmed","total":59.98,"trace_id":null}"#,
            ),
        );
        assert_eq!(confirmed, Some(Answer::Confirmed { order_id: "1001".into(), total: 59.98 }));
        let refused = answer(
            &placing(),
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
        assert_eq!(answer(&placing(), &page), None);
        assert!(unexpected(LOADING, &page).happened.contains("isn't running"));
        assert_eq!(unexpected(LOADING, &reply(503, "text/plain", "")).status, Some(503));
        let down = reply(
            502,
            "application/json",
            r#"{"error":"the demo at http://127.0.0.1:8000 cannot be reached"}"#,
        );
        assert_eq!(answer(&placing(), &down), None);
        assert!(unexpected(SENDING, &down).happened.contains("127.0.0.1:8000"));
    }

    #[test]
    fn questions_and_orchestrations_have_answers_of_their_own() {
        let question = DemoRequest::Question { text: "What is a \"span\"?".into() };
        let body: serde_json::Value = serde_json::from_str(&question.body().unwrap()).unwrap();
        assert_eq!(body["question"], "What is a \"span\"?");
        let answered = reply(
            200,
            "application/json",
            r#"{"answer":"An operation.","sources":[],"model":"m","cached":true}"#,
        );
        let expected = Answer::Answered { text: "An operation.".into(), cached: true };
        assert_eq!(answer(&question, &answered), Some(expected));
        let done = reply(200, "application/json", r#"{"services":{},"total_time":1.01,"success_count":2}"#);
        let expected = Answer::Orchestrated { success_count: 2, total_time: 1.01 };
        assert_eq!(answer(&DemoRequest::Orchestration, &done), Some(expected));
        assert_eq!(DemoRequest::Orchestration.body(), None);
    }
}
