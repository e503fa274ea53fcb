//! The statements of the real services; `crates/demo/tests/simulation.rs` compares their texts. Their times are of the
//! simulation: one row takes so long that faults which read many show above the noise of other work.

/// One statement, as its span describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    pub(super) operation: &'static str,
    pub(super) table: &'static str,
    pub(super) text: &'static str,
    /// The time on the network to the database, milliseconds.
    pub(super) distance: f64,
}

pub(super) const FIND_USER: Statement = Statement {
    operation: "SELECT",
    table: "users",
    text: "SELECT id, name, tier FROM users WHERE id = $1",
    distance: 3.0,
};
pub(super) const STORE_ORDER: Statement = Statement {
    operation: "INSERT",
    table: "orders",
    text: "INSERT INTO orders (id, user_id, total_cents, items, payment_method, status) VALUES ($1, $2, $3, $4, $5, $6)",
    distance: 4.0,
};
pub(super) const LIST: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE is_listed = 1 ORDER BY id",
    distance: 4.0,
};
pub(super) const ONE: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE id = $1",
    distance: 8.0,
};
pub(super) const COUNT_RESERVED: Statement = Statement {
    operation: "SELECT",
    table: "reservations",
    text: "SELECT count(*) FROM reservations WHERE item_id = $1",
    distance: 4.0,
};
pub(super) const ADD: Statement = Statement {
    operation: "INSERT",
    table: "stock",
    text: "INSERT INTO stock (id, name, price_cents, on_hand, full_stock, is_listed) \
           SELECT $1, $1, 0, 100, 100, 0 WHERE (SELECT count(*) FROM stock) < 10000 ON CONFLICT (id) DO NOTHING",
    distance: 3.0,
};
pub(super) const TAKE: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand - $2 < 5 THEN full_stock ELSE on_hand - $2 END \
           WHERE id = $1 AND on_hand >= $2",
    distance: 5.0,
};
pub(super) const OVERDRAW: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = on_hand - 1000000 WHERE id = 'item-1'",
    distance: 30.0,
};
pub(super) const RESERVE: Statement = Statement {
    operation: "INSERT",
    table: "reservations",
    text: "INSERT INTO reservations (id, order_id, item_id, quantity) VALUES ($1, $2, $3, $4)",
    distance: 3.0,
};
pub(super) const GIVE_BACK: Statement = Statement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand + (SELECT sum(quantity) FROM reservations \
           WHERE reservations.id = $1 AND item_id = stock.id) > full_stock THEN full_stock ELSE on_hand + \
           (SELECT sum(quantity) FROM reservations WHERE reservations.id = $1 AND item_id = stock.id) END \
           WHERE id IN (SELECT item_id FROM reservations WHERE reservations.id = $1)",
    distance: 4.0,
};
pub(super) const FORGET: Statement = Statement {
    operation: "DELETE",
    table: "reservations",
    text: "DELETE FROM reservations WHERE id = $1",
    distance: 3.0,
};
pub(super) const SLOW: Statement = Statement {
    operation: "SELECT",
    table: "stock_history",
    text: "WITH RECURSIVE stock_history(day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM stock_history \
           WHERE day < 2000000) SELECT count(*) FROM stock_history WHERE day % 7 = 3",
    distance: 4.0,
};
pub(super) const HELD: Statement = Statement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT on_hand FROM stock WHERE id = $1",
    distance: 40.0,
};
