//! The demo's answers, and the field of the page that an answer refuses.

use super::request::{DemoRequest, Item, Order};
use crate::io::demo::DemoReply;
use serde::Deserialize;
use spandrel_trace::units::TraceId;

/// A request that was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct AnsweredDemoRequest {
    /// The trace that the browser started.
    pub trace_id: TraceId,
    /// HTTP status.
    pub status: u16,
    /// From the click to the last byte of the answer, nanoseconds.
    pub duration: u64,
    /// The demo's answer.
    pub answer: DemoAnswer,
    /// Why the browser's own span did not reach the server, if it did not.
    pub unsent: Option<String>,
    /// The correlation ID of the request; empty if the demo named none.
    pub correlation_id: String,
}

/// The demo's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum DemoAnswer {
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
        /// The field that is wrong, as a person calls it.
        field: Option<String>,
        /// The field of the page that is wrong, if it has one for it.
        at: Option<DemoField>,
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

/// A field of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DemoField {
    /// The row of a product, by its ID.
    Product(String),
    /// The customer of an order.
    Customer,
    /// The payment method of an order.
    Payment,
    /// The question.
    Question,
}

/// A request that was refused for one of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedField {
    /// The request.
    pub request: DemoRequest,
    /// The field.
    pub field: DemoField,
    /// What is wrong with it.
    pub message: String,
}

impl RefusedField {
    /// The field for which an answer refuses a request; `None` for every other answer.
    pub fn of(request: &DemoRequest, answer: &DemoAnswer) -> Option<Self> {
        let DemoAnswer::Refused { at: Some(field), message, .. } = answer else { return None };
        Some(RefusedField { request: request.clone(), field: field.clone(), message: message.clone() })
    }
}

/// A JSON answer; `None` where it is something else.
pub(super) fn parsed<T: for<'a> Deserialize<'a>>(reply: &DemoReply) -> Option<T> {
    serde_json::from_str(&reply.body).ok()
}

/// The demo's answer to a request; `None` where something else has answered.
pub(super) fn answer(request: &DemoRequest, reply: &DemoReply) -> Option<DemoAnswer> {
    if !(200..300).contains(&reply.status) {
        let ProblemDetails { detail, code, service, field } = parsed(reply)?;
        let at = field.as_deref().and_then(|field| form_field(request, field));
        let field = field.map(|field| match request.order() {
            Some(order) => field_label(order, &field),
            None => field,
        });
        return Some(DemoAnswer::Refused { code, message: detail, service, field, at });
    }
    Some(match request {
        DemoRequest::Order { .. } => {
            let Confirmation { order_id, total } = parsed(reply)?;
            DemoAnswer::Confirmed { order_id, total }
        }
        DemoRequest::Question { .. } => {
            let AnsweredQuestion { answer, cached } = parsed(reply)?;
            DemoAnswer::Answered { text: answer, cached }
        }
        DemoRequest::Orchestration => {
            let Orchestrated { success_count, total_time } = parsed(reply)?;
            DemoAnswer::Orchestrated { success_count, total_time }
        }
    })
}

/// The form's label of a field that the demo's API names: `items[0].quantity`, `user_id`, `payment_method`.
fn field_label(order: &Order, field: &str) -> String {
    let item = item_of(order, field).map(|(item, member)| format!("{} {member}", item.name));
    item.unwrap_or_else(|| match field {
        "user_id" => "customer".to_owned(),
        "payment_method" => "payment".to_owned(),
        other => other.to_owned(),
    })
}

/// The item, and its member, that the demo's API names as `items[0].quantity`.
fn item_of<'a>(order: &'a Order, field: &'a str) -> Option<(&'a Item, &'a str)> {
    let (index, member) = field.strip_prefix("items[")?.split_once("].")?;
    Some((order.items.get(index.parse::<usize>().ok()?)?, member))
}

/// The page's field for one that the demo's API names.
fn form_field(request: &DemoRequest, field: &str) -> Option<DemoField> {
    match (request, field) {
        (DemoRequest::Order { .. }, "user_id") => Some(DemoField::Customer),
        (DemoRequest::Order { .. }, "payment_method") => Some(DemoField::Payment),
        (DemoRequest::Order { order, .. }, _) => {
            item_of(order, field).map(|(item, _)| DemoField::Product(item.id.clone()))
        }
        (DemoRequest::Question { .. }, "question") => Some(DemoField::Question),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, media_type: &str, body: &str) -> DemoReply {
        DemoReply { status, media_type: media_type.into(), body: body.into(), ..DemoReply::default() }
    }

    fn order() -> Order {
        let item = |id: &str, name: &str| Item { id: id.into(), name: name.into(), price: 9.5, quantity: 2 };
        let items = vec![item("item-1", "Widget"), item("item-2", "Say \"hi\"")];
        Order { user_id: "u".into(), items, payment_method: "paypal".into() }
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
        assert_eq!(confirmed, Some(DemoAnswer::Confirmed { order_id: "1001".into(), total: 59.98 }));
        let refused = answer(
            &placing(),
            &reply(
                409,
                "application/problem+json",
                r#"{"type":"/docs#out_of_stock","title":"Out of stock","status":409,"detail":"Only 9 of item-4 in stock.","code":"out_of_stock","service":"inventory","field":"items[0].quantity","trace_id":"a1"}"#,
            ),
        );
        let Some(DemoAnswer::Refused { code, field, at, .. }) = &refused else { panic!("{refused:?}") };
        assert_eq!((code.as_str(), field.as_deref()), ("out_of_stock", Some("Widget quantity")));
        assert_eq!(*at, Some(DemoField::Product("item-1".into())));
        let kept = RefusedField::of(&placing(), &refused.unwrap()).unwrap();
        assert_eq!(kept.message, "Only 9 of item-4 in stock.");
        assert_eq!(form_field(&placing(), "user_id"), Some(DemoField::Customer));
        assert_eq!(form_field(&placing(), "payment_method"), Some(DemoField::Payment));
        assert_eq!(form_field(&placing(), "items[7].price"), None);
        let question = DemoRequest::Question { text: String::new() };
        assert_eq!(form_field(&question, "question"), Some(DemoField::Question));
        assert_eq!(form_field(&DemoRequest::Orchestration, "x-demo-fault"), None);
        assert_eq!(field_label(&order(), "items[7].quantity"), "items[7].quantity");
        assert_eq!(field_label(&order(), "user_id"), "customer");
        let page = reply(200, "text/html", "<!doctype html>");
        assert_eq!(answer(&placing(), &page), None);
    }

    #[test]
    fn questions_and_orchestrations_have_answers_of_their_own() {
        let question = DemoRequest::Question { text: "What is a \"span\"?".into() };
        let answered = reply(
            200,
            "application/json",
            r#"{"answer":"An operation.","sources":[],"model":"m","cached":true}"#,
        );
        let expected = DemoAnswer::Answered { text: "An operation.".into(), cached: true };
        assert_eq!(answer(&question, &answered), Some(expected));
        let done = reply(200, "application/json", r#"{"services":{},"total_time":1.01,"success_count":2}"#);
        let expected = DemoAnswer::Orchestrated { success_count: 2, total_time: 1.01 };
        assert_eq!(answer(&DemoRequest::Orchestration, &done), Some(expected));
    }
}
