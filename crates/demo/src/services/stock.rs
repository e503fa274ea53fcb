//! The stock in SQL: what there is, and statements that set pieces aside and put them back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::data::database::Statement;

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

pub(crate) const LIST: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE is_listed = 1 ORDER BY id",
    distance: 4.0,
};
pub(crate) const ONE: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE id = $1",
    distance: 4.0,
};
pub(crate) const COUNT_RESERVED: Statement = Statement {
    operation: "SELECT",
    table: "reservations",
    text: "SELECT count(*) FROM reservations WHERE item_id = $1",
    distance: 4.0,
};
/// What is not in the catalogue is added with 100 pieces, up to 10,000 items.
pub(crate) const ADD: Statement = Statement {
    operation: "INSERT",
    table: "stock",
    text: "INSERT INTO stock (id, name, price_cents, on_hand, full_stock, is_listed) \
           SELECT $1, $1, 0, 100, 100, 0 WHERE (SELECT count(*) FROM stock) < 10000 ON CONFLICT (id) DO NOTHING",
    distance: 3.0,
};
pub(crate) const TAKE: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand - $2 < 5 THEN full_stock ELSE on_hand - $2 END \
           WHERE id = $1 AND on_hand >= $2",
    distance: 5.0,
};
/// Fails at the check of the table, for a simulated error.
pub(crate) const OVERDRAW: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = on_hand - 1000000 WHERE id = 'item-1'",
    distance: 30.0,
};
pub(crate) const RESERVE: Statement = Statement {
    operation: "INSERT",
    table: "reservations",
    text: "INSERT INTO reservations (id, order_id, item_id, quantity) VALUES ($1, $2, $3, $4)",
    distance: 3.0,
};
pub(crate) const GIVE_BACK: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand + (SELECT sum(quantity) FROM reservations \
           WHERE reservations.id = $1 AND item_id = stock.id) > full_stock THEN full_stock ELSE on_hand + \
           (SELECT sum(quantity) FROM reservations WHERE reservations.id = $1 AND item_id = stock.id) END \
           WHERE id IN (SELECT item_id FROM reservations WHERE reservations.id = $1)",
    distance: 4.0,
};
pub(crate) const FORGET: Statement = Statement {
    operation: "DELETE",
    table: "reservations",
    text: "DELETE FROM reservations WHERE id = $1",
    distance: 3.0,
};
/// Counts to 2,000,000, which takes a database some tenths of a second.
pub(crate) const SLOW: Statement = Statement {
    operation: "SELECT",
    table: "stock_history",
    text: "WITH RECURSIVE stock_history(day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM stock_history \
           WHERE day < 2000000) SELECT count(*) FROM stock_history WHERE day % 7 = 3",
    distance: 4.0,
};
/// Holds its connection for about 40 ms.
pub(crate) const HELD: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT on_hand FROM stock WHERE id = $1",
    distance: 40.0,
};

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
