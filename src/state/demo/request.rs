//! What the demo sells, its faults, and the requests that its page makes.

use crate::io::currency::money;
use serde::{Deserialize, Serialize};

/// Something for sale.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Product {
    /// Its ID in the demo.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Price of one.
    pub price: f64,
    /// The currency of the price, ISO 4217; empty if the demo names none.
    #[serde(default)]
    pub currency: String,
    /// How many there are.
    #[serde(default)]
    pub in_stock: Option<u32>,
}

impl Product {
    /// An amount in the currency of the product.
    pub fn money(&self, amount: f64) -> String {
        money(amount, &self.currency)
    }
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
    /// Its path below the mount URL.
    pub(super) fn path(&self) -> &'static str {
        match self {
            DemoRequest::Order { simulate_error: true, .. } => "demo/orders/simulate-error",
            DemoRequest::Order { .. } => "demo/orders",
            DemoRequest::Question { .. } => "demo/ask",
            DemoRequest::Orchestration => "demo/orchestrate",
        }
    }

    /// The body; `None` for a GET.
    pub(super) fn body(&self) -> Option<String> {
        match self {
            DemoRequest::Order { order, .. } => serde_json::to_string(order).ok(),
            DemoRequest::Question { text } => {
                Some(serde_json::json!({"question": text, "user_id": "demo-user"}).to_string())
            }
            DemoRequest::Orchestration => None,
        }
    }

    /// The order, if it is one.
    pub fn order(&self) -> Option<&Order> {
        match self {
            DemoRequest::Order { order, .. } => Some(order),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

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
    fn questions_have_a_body_and_orchestrations_have_none() {
        let question = DemoRequest::Question { text: "What is a \"span\"?".into() };
        let body: serde_json::Value = serde_json::from_str(&question.body().unwrap()).unwrap();
        assert_eq!(body["question"], "What is a \"span\"?");
        assert_eq!(DemoRequest::Orchestration.body(), None);
    }
}
