//! What a customer sends: the order, its limits, and its total, as the real gateway reads it.

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::problem::Problem;

/// The payment methods that are accepted.
pub(super) const METHODS: [&str; 4] = ["credit_card", "debit_card", "paypal", "bank_transfer"];
/// The most lines in one order.
const MAX_ITEMS: usize = 50;
/// The most pieces of one item in one order.
const MAX_QUANTITY: u32 = 1000;
/// The highest price of one piece, and the highest amount of an order without items.
const MAX_PRICE: f64 = 1_000_000.0;

/// One line of an order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    /// Of one piece, in whole currency units with at most two decimals that count.
    pub(super) price: f64,
    pub(super) quantity: u32,
}

/// An order as the customer sends it: items, or an amount without items.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OrderForm {
    /// A text or a whole number.
    pub(super) user_id: String,
    pub(super) items: Vec<Item>,
    /// The total of an order without items.
    pub(super) amount: Option<f64>,
    /// `credit_card` where absent; also `debit_card`, `paypal` and `bank_transfer`.
    pub(super) payment_method: String,
}

/// The service in which a simulated error happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FailingService {
    #[default]
    Payment,
    Inventory,
}

impl OrderForm {
    /// The order of a request that simulates an error without sending one.
    pub(super) fn sample(user_id: &str) -> Self {
        Self {
            user_id: user_id.into(),
            items: vec![Item { id: "item-1".into(), name: "Widget".into(), price: 29.99, quantity: 2 }],
            amount: None,
            payment_method: "credit_card".into(),
        }
    }

    /// Reads an order.
    ///
    /// # Errors
    /// 422 with the first member that is wrong.
    pub(super) fn read(members: &Map<String, Value>, service: &'static str) -> Result<Self, Problem> {
        let fields = Fields::of(members, service);
        let form = Self {
            user_id: fields.required("user_id", fields.id("user_id")?)?,
            items: items(&fields)?.unwrap_or_default(),
            amount: fields.number("amount", 0.01, MAX_PRICE)?,
            payment_method: fields.text("payment_method")?.unwrap_or_else(|| "credit_card".into()),
        };
        if form.items.is_empty() && form.amount.is_none() {
            return Err(fields.wrong("items", "is missing: give items or an amount"));
        }
        if !METHODS.contains(&form.payment_method.as_str()) {
            let why = format!("must be one of {}", METHODS.join(", "));
            return Err(fields.wrong("payment_method", why));
        }
        Ok(form)
    }

    /// Reads the order of a simulated error: all of it is optional, and the payment method may be an unknown one, at which
    /// the payment then fails.
    ///
    /// # Errors
    /// 422 with the first member that is wrong.
    pub(super) fn read_simulation(
        members: &Map<String, Value>,
        service: &'static str,
    ) -> Result<(Self, FailingService), Problem> {
        let fields = Fields::of(members, service);
        let sample = Self::sample("demo-user");
        let failing = match fields.text("service")?.as_deref() {
            None | Some("payment") => FailingService::Payment,
            Some("inventory") => FailingService::Inventory,
            Some(_) => return Err(fields.wrong("service", "must be payment or inventory")),
        };
        let amount = fields.number("amount", 0.01, MAX_PRICE)?;
        let default_items = if amount.is_some() { Vec::new() } else { sample.items };
        let form = Self {
            user_id: fields.id("user_id")?.unwrap_or(sample.user_id),
            items: items(&fields)?.unwrap_or(default_items),
            amount,
            payment_method: fields.text("payment_method")?.unwrap_or(sample.payment_method),
        };
        Ok((form, failing))
    }

    /// The total of the order, in cents.
    pub(super) fn total_cents(&self) -> i64 {
        match self.amount {
            Some(amount) if self.items.is_empty() => cents(amount),
            _ => self.items.iter().map(|item| cents(item.price) * i64::from(item.quantity)).sum(),
        }
    }
}

fn items(fields: &Fields<'_>) -> Result<Option<Vec<Item>>, Problem> {
    let Some(list) = fields.list("items", MAX_ITEMS)? else { return Ok(None) };
    let item = |fields: &Fields<'_>| -> Result<Item, Problem> {
        let id = fields.required("id", fields.id("id")?)?;
        Ok(Item {
            name: fields.text("name")?.unwrap_or_else(|| id.clone()),
            id,
            price: fields.required("price", fields.number("price", 0.0, MAX_PRICE)?)?,
            quantity: fields.required("quantity", fields.integer("quantity", 1, MAX_QUANTITY)?)?,
        })
    };
    list.iter().map(item).collect::<Result<_, _>>().map(Some)
}

/// A price of at most 1,000,000 in cents, rounded half away from zero.
pub(super) fn cents(price: f64) -> i64 {
    (price * 100.0).round() as i64
}

/// Cents as whole currency units.
pub(super) fn units(cents: i64) -> f64 {
    cents as f64 / 100.0
}
