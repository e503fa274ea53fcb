//! What a customer sends: the order, its limits, and what it comes to.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The ways to pay that the shop takes.
const METHODS: [&str; 4] = ["credit_card", "debit_card", "paypal", "bank_transfer"];
/// The most lines in one order.
const MAX_ITEMS: usize = 50;
/// The most pieces of one item in one order.
const MAX_QUANTITY: u32 = 1000;
/// The highest price of one piece.
const MAX_PRICE: f64 = 1_000_000.0;
/// The longest id or name, in bytes.
const MAX_TEXT: usize = 200;

/// One line of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Of one piece, in whole currency units with at most two decimals that count.
    pub(crate) price: f64,
    pub(crate) quantity: u32,
}

/// An order as the customer sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderForm {
    pub(crate) user_id: String,
    pub(crate) items: Vec<Item>,
    pub(crate) payment_method: String,
}

/// The service in which a simulated error happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fault {
    #[default]
    Payment,
    Inventory,
}

/// An order as the gateway hands it on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderRequest {
    #[serde(flatten)]
    pub(crate) form: OrderForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

/// A placed order as it is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OrderPlaced {
    pub(crate) order_id: String,
    pub(crate) status: String,
    /// In whole currency units.
    pub(crate) total: f64,
    /// 32 hexadecimal digits, absent where tracing is switched off.
    pub(crate) trace_id: Option<String>,
}

impl OrderForm {
    /// An order for whoever simulates an error without sending one.
    pub(crate) fn sample() -> Self {
        Self {
            user_id: "demo-user".into(),
            items: vec![Item { id: "item-1".into(), name: "Widget".into(), price: 29.99, quantity: 2 }],
            payment_method: "credit_card".into(),
        }
    }

    /// What the order comes to, in cents.
    pub(crate) fn total_cents(&self) -> i64 {
        self.items.iter().map(|item| cents(item.price) * i64::from(item.quantity)).sum()
    }

    /// # Errors
    /// 422 with the first member that the shop cannot take.
    pub(crate) fn check(&self, service: &'static str) -> Result<(), Refusal> {
        let wrong = |field: String, message: String| {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_order", service, message).at(field)
        };
        let text = |field: String, value: &str| {
            if value.trim().is_empty() {
                Err(wrong(field, "must not be empty".into()))
            } else if value.len() > MAX_TEXT {
                Err(wrong(field, format!("must be at most {MAX_TEXT} bytes")))
            } else {
                Ok(())
            }
        };
        text("user_id".into(), &self.user_id)?;
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            let message = format!("an order has from 1 to {MAX_ITEMS} items");
            return Err(wrong("items".into(), message));
        }
        for (index, item) in self.items.iter().enumerate() {
            let field = |name: &str| format!("items[{index}].{name}");
            text(field("id"), &item.id)?;
            text(field("name"), &item.name)?;
            if !(0.0..=MAX_PRICE).contains(&item.price) {
                let message = format!("must be from 0 to {MAX_PRICE}");
                return Err(wrong(field("price"), message));
            }
            if !(1..=MAX_QUANTITY).contains(&item.quantity) {
                let message = format!("must be from 1 to {MAX_QUANTITY}");
                return Err(wrong(field("quantity"), message));
            }
        }
        if !METHODS.contains(&self.payment_method.as_str()) {
            let message = format!("must be one of {}", METHODS.join(", "));
            return Err(wrong("payment_method".into(), message));
        }
        Ok(())
    }
}

/// The body of a request, or why it cannot be read: 415 for another content type, 400 for what is not JSON, 422 for JSON
/// of another shape, 413 for too much of it.
pub(crate) fn body<T>(read: Result<Json<T>, JsonRejection>, service: &'static str) -> Result<T, Refusal> {
    match read {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => {
            Err(Refusal::new(rejection.status(), "unreadable_request", service, rejection.body_text()))
        }
    }
}

/// A price within [`MAX_PRICE`] in cents, rounded half away from zero.
pub(crate) fn cents(price: f64) -> i64 {
    (price * 100.0).round() as i64
}

/// Cents as whole currency units.
pub(crate) fn units(cents: i64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(change: impl FnOnce(&mut OrderForm)) -> Option<String> {
        let mut form = OrderForm::sample();
        change(&mut form);
        form.check("gateway").err().and_then(|no| no.detail.field)
    }

    #[test]
    fn a_sample_passes_and_is_summed_in_cents() {
        let form = OrderForm::sample();
        assert!(form.check("gateway").is_ok());
        assert_eq!(form.total_cents(), 5998);
        assert_eq!(units(5998), 59.98);
    }

    #[test]
    fn the_first_wrong_member_is_blamed() {
        assert_eq!(blamed(|f| f.user_id = " ".into()).unwrap(), "user_id");
        assert_eq!(blamed(|f| f.items.clear()).unwrap(), "items");
        assert_eq!(blamed(|f| f.items[0].quantity = 0).unwrap(), "items[0].quantity");
        assert_eq!(blamed(|f| f.items[0].price = -0.01).unwrap(), "items[0].price");
        assert_eq!(blamed(|f| f.items[0].price = f64::NAN).unwrap(), "items[0].price");
        assert_eq!(blamed(|f| f.items[0].name = "x".repeat(201)).unwrap(), "items[0].name");
        assert_eq!(blamed(|f| f.payment_method = "shells".into()).unwrap(), "payment_method");
    }

    #[test]
    fn the_largest_order_does_not_overflow() {
        let mut form = OrderForm::sample();
        form.items[0].price = MAX_PRICE;
        form.items[0].quantity = MAX_QUANTITY;
        form.items = vec![form.items[0].clone(); MAX_ITEMS];
        assert_eq!(form.total_cents(), 5_000_000_000_000);
    }
}
