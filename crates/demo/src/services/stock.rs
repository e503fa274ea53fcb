//! The stock in SQL: what there is, and statements that set pieces aside and put them back.

use serde::{Deserialize, Serialize};
pub(crate) use spandrel_simulation::statements::{
    ADD, COUNT_RESERVED, FORGET, GIVE_BACK, HELD, LIST, ONE, OVERDRAW, RESERVE, SLOW, TAKE,
};
use utoipa::ToSchema;

/// What a customer may order that is not in the catalogue: so many pieces are assumed.
pub(crate) const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS stock (id TEXT PRIMARY KEY, name TEXT NOT NULL, price_cents BIGINT NOT NULL, \
     on_hand BIGINT NOT NULL CHECK (on_hand >= 0), full_stock BIGINT NOT NULL, is_listed BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS reservations (id TEXT NOT NULL, order_id TEXT NOT NULL, item_id TEXT NOT NULL, \
     quantity BIGINT NOT NULL)",
    "INSERT INTO stock (id, name, price_cents, on_hand, full_stock, is_listed) VALUES \
     ('item-1', 'Widget', 2999, 112, 112, 1), ('item-2', 'Bolt, box of 50', 450, 60, 60, 1), \
     ('item-3', 'Bracket', 1250, 48, 48, 1), ('item-4', 'Ball bearing', 825, 9, 9, 1), \
     ('item-5', 'Drive belt', 1799, 24, 24, 1) ON CONFLICT (id) DO NOTHING",
];

/// The currency of all prices, ISO 4217.
pub(crate) const CURRENCY: &str = "USD";

/// One item that can be ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Of one piece, in whole currency units.
    pub(crate) price: f64,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub(crate) currency: String,
    pub(crate) in_stock: i64,
}

/// Some pieces of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) quantity: u32,
}
