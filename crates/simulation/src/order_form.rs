//! What a customer sends: the order, its limits, and its total. The real services read theirs with it, too.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fields::{Fields, WrongField};

/// The payment methods that are accepted.
pub const PAYMENT_METHODS: [&str; 4] = ["credit_card", "debit_card", "paypal", "bank_transfer"];
/// The most lines in one order.
const MAX_ITEMS: usize = 50;
/// The most pieces of one item in one order.
const MAX_QUANTITY: u32 = 1000;
/// The highest price of one piece, and the highest amount of an order without items.
const MAX_PRICE: f64 = 1_000_000.0;

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderItem {
    /// Its name for programs.
    #[cfg_attr(feature = "schema", schema(example = "item-1"))]
    pub id: String,
    /// Its name for people.
    #[cfg_attr(feature = "schema", schema(example = "Widget"))]
    pub name: String,
    /// Of one piece, in whole currency units with at most two decimals that count.
    #[cfg_attr(feature = "schema", schema(example = 29.99, minimum = 0, maximum = 1_000_000))]
    pub price: f64,
    /// Pieces, from 1 to 1000.
    #[cfg_attr(feature = "schema", schema(example = 2, minimum = 1, maximum = 1000))]
    pub quantity: u32,
}

/// An order as the customer sends it: items, or an amount without items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderForm {
    /// A text or a whole number.
    #[cfg_attr(feature = "schema", schema(example = "demo-user"))]
    pub user_id: String,
    /// What is ordered.
    #[serde(default)]
    pub items: Vec<OrderItem>,
    /// The total of an order without items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// `credit_card` where absent; also `debit_card`, `paypal` and `bank_transfer`.
    #[cfg_attr(feature = "schema", schema(example = "credit_card"))]
    pub payment_method: String,
}

/// The service in which a simulated error happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailingService {
    /// The payment cannot be authorized.
    #[default]
    Payment,
    /// The database of inventory refuses.
    Inventory,
}

impl OrderForm {
    /// The order of a request that simulates an error without sending one.
    pub fn sample(user_id: &str) -> Self {
        Self {
            user_id: user_id.into(),
            items: vec![OrderItem { id: "item-1".into(), name: "Widget".into(), price: 29.99, quantity: 2 }],
            amount: None,
            payment_method: "credit_card".into(),
        }
    }

    /// Reads an order.
    ///
    /// # Errors
    /// 422 with the first member that is wrong.
    pub fn read(members: &Map<String, Value>, service: &'static str) -> Result<Self, WrongField> {
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
        if !PAYMENT_METHODS.contains(&form.payment_method.as_str()) {
            let why = format!("must be one of {}", PAYMENT_METHODS.join(", "));
            return Err(fields.wrong("payment_method", why));
        }
        Ok(form)
    }

    /// Reads the order of a simulated error: all of it is optional, and the payment method may be an unknown one, at which
    /// the payment then fails.
    ///
    /// # Errors
    /// 422 with the first member that is wrong.
    pub fn read_simulation(
        members: &Map<String, Value>,
        service: &'static str,
    ) -> Result<(Self, FailingService), WrongField> {
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
    pub fn total_cents(&self) -> i64 {
        match self.amount {
            Some(amount) if self.items.is_empty() => cents(amount),
            _ => self.items.iter().map(|item| cents(item.price) * i64::from(item.quantity)).sum(),
        }
    }
}

fn items(fields: &Fields<'_>) -> Result<Option<Vec<OrderItem>>, WrongField> {
    let Some(list) = fields.list("items", MAX_ITEMS)? else { return Ok(None) };
    let item = |fields: &Fields<'_>| -> Result<OrderItem, WrongField> {
        let id = fields.required("id", fields.id("id")?)?;
        Ok(OrderItem {
            name: fields.text("name")?.unwrap_or_else(|| id.clone()),
            id,
            price: fields.required("price", fields.number("price", 0.0, MAX_PRICE)?)?,
            quantity: fields.required("quantity", fields.integer("quantity", 1, MAX_QUANTITY)?)?,
        })
    };
    list.iter().map(item).collect::<Result<_, _>>().map(Some)
}

/// A price of at most 1,000,000 in cents, rounded half away from zero.
pub fn cents(price: f64) -> i64 {
    (price * 100.0).round() as i64
}

/// Cents as whole currency units.
pub fn units(cents: i64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<OrderForm, WrongField> {
        OrderForm::read(value.as_object().unwrap(), "gateway")
    }

    fn sample() -> Value {
        serde_json::to_value(OrderForm::sample("ada")).unwrap()
    }

    #[test]
    fn the_total_is_summed_in_cents() {
        assert_eq!(read(&sample()).unwrap().total_cents(), 5998);
        assert_eq!(read(&json!({"user_id": 1, "amount": 99.99})).unwrap().total_cents(), 9999);
        assert_eq!(units(5998), 59.98);
    }

    #[test]
    fn the_first_wrong_member_is_named() {
        let field = |change: fn(&mut Value)| {
            let mut value = sample();
            change(&mut value);
            read(&value).unwrap_err().field
        };
        assert_eq!(field(|o| o["user_id"] = json!(" ")), "user_id");
        assert_eq!(field(|o| o["user_id"] = json!(null)), "user_id");
        assert_eq!(field(|o| o["items"] = json!([])), "items");
        assert_eq!(field(|o| o["items"] = json!(null)), "items");
        assert_eq!(field(|o| o["items"][0]["quantity"] = json!(0)), "items[0].quantity");
        assert_eq!(field(|o| o["items"][0]["quantity"] = json!(1_000_000_000)), "items[0].quantity");
        assert_eq!(field(|o| o["items"][0]["price"] = json!(-0.01)), "items[0].price");
        assert_eq!(field(|o| o["items"][0]["name"] = json!("x".repeat(201))), "items[0].name");
        assert_eq!(field(|o| o["payment_method"] = json!("shells")), "payment_method");
    }

    #[test]
    fn a_simulated_error_takes_an_unknown_payment_method() {
        let value = json!({"payment_method": "invalid_method"});
        let (form, failing) = OrderForm::read_simulation(value.as_object().unwrap(), "gateway").unwrap();
        assert_eq!(form.payment_method, "invalid_method");
        assert_eq!(failing, FailingService::Payment);
        assert_eq!(form.total_cents(), 5998);
    }

    #[test]
    fn the_largest_order_does_not_overflow() {
        let mut form = OrderForm::sample("ada");
        form.items[0].price = MAX_PRICE;
        form.items[0].quantity = MAX_QUANTITY;
        form.items = vec![form.items[0].clone(); MAX_ITEMS];
        assert_eq!(form.total_cents(), 5_000_000_000_000);
    }
}
