//! The statements of the services, which the real ones send to their databases.

/// One statement, as its span describes it.
#[derive(Clone, Copy, Debug)]
pub struct SqlStatement {
    /// What it does, such as `SELECT`.
    pub operation: &'static str,
    /// The table that it does it with.
    pub table: &'static str,
    /// With parameters `$1`, `$2`, ….
    pub text: &'static str,
    /// The simulated time on the network to the database, milliseconds.
    pub distance: f64,
}

/// Reads a user.
pub const FIND_USER: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "users",
    text: "SELECT id, name, tier FROM users WHERE id = $1",
    distance: 3.0,
};
/// Stores an order.
pub const STORE_ORDER: SqlStatement = SqlStatement {
    operation: "INSERT",
    table: "orders",
    text: "INSERT INTO orders (id, user_id, total_cents, items, payment_method, status) VALUES ($1, $2, $3, $4, $5, $6)",
    distance: 4.0,
};
/// Lists what can be ordered.
pub const LIST: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE is_listed = 1 ORDER BY id",
    distance: 4.0,
};
/// Reads one item.
pub const ONE: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT id, name, price_cents, on_hand FROM stock WHERE id = $1",
    distance: 4.0,
};
/// Counts the reservations of an item.
pub const COUNT_RESERVED: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "reservations",
    text: "SELECT count(*) FROM reservations WHERE item_id = $1",
    distance: 4.0,
};
/// What is not in the catalogue is added with 100 pieces, up to 10,000 items.
pub const ADD: SqlStatement = SqlStatement {
    operation: "INSERT",
    table: "stock",
    text: "INSERT INTO stock (id, name, price_cents, on_hand, full_stock, is_listed) \
           SELECT $1, $1, 0, 100, 100, 0 WHERE (SELECT count(*) FROM stock) < 10000 ON CONFLICT (id) DO NOTHING",
    distance: 3.0,
};
/// Takes pieces of an item out of the stock; no row changes where there are not so many.
pub const TAKE: SqlStatement = SqlStatement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand - $2 < 5 THEN full_stock ELSE on_hand - $2 END \
           WHERE id = $1 AND on_hand >= $2",
    distance: 5.0,
};
/// Fails at the check of the table, for a simulated error.
pub const OVERDRAW: SqlStatement = SqlStatement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = on_hand - 1000000 WHERE id = 'item-1'",
    distance: 30.0,
};
/// Notes for which order pieces were taken.
pub const RESERVE: SqlStatement = SqlStatement {
    operation: "INSERT",
    table: "reservations",
    text: "INSERT INTO reservations (id, order_id, item_id, quantity) VALUES ($1, $2, $3, $4)",
    distance: 3.0,
};
/// Puts the pieces of a reservation back.
pub const GIVE_BACK: SqlStatement = SqlStatement {
    operation: "UPDATE",
    table: "stock",
    text: "UPDATE stock SET on_hand = CASE WHEN on_hand + (SELECT sum(quantity) FROM reservations \
           WHERE reservations.id = $1 AND item_id = stock.id) > full_stock THEN full_stock ELSE on_hand + \
           (SELECT sum(quantity) FROM reservations WHERE reservations.id = $1 AND item_id = stock.id) END \
           WHERE id IN (SELECT item_id FROM reservations WHERE reservations.id = $1)",
    distance: 4.0,
};
/// Deletes a reservation.
pub const FORGET: SqlStatement = SqlStatement {
    operation: "DELETE",
    table: "reservations",
    text: "DELETE FROM reservations WHERE id = $1",
    distance: 3.0,
};
/// Counts to 2,000,000, which takes a database some tenths of a second.
pub const SLOW: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "stock_history",
    text: "WITH RECURSIVE stock_history(day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM stock_history \
           WHERE day < 2000000) SELECT count(*) FROM stock_history WHERE day % 7 = 3",
    distance: 4.0,
};
/// Holds its connection for about 40 ms.
pub const HELD: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "stock",
    text: "SELECT on_hand FROM stock WHERE id = $1",
    distance: 40.0,
};
