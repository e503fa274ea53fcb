//! Orders in SQL.

use axum::http::StatusCode;
use opentelemetry::Context;
use serde::{Deserialize, Serialize};
use spandrel_simulation::statements::{STORE_ORDER, SqlStatement};
use utoipa::ToSchema;

use super::order_form::{OrderForm, units};
use crate::data::database::Database;
use crate::runtime::{Problem, Service};

/// The tables of the service.
pub(crate) const SCHEMA: [&str; 1] = [
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, \
     total_cents BIGINT NOT NULL, items BIGINT NOT NULL, payment_method TEXT NOT NULL, status TEXT NOT NULL)",
];
const SELECT: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "orders",
    text: "SELECT id, user_id, total_cents, items, payment_method, status FROM orders WHERE id = $1",
    distance: 3.0,
};
const LAST: SqlStatement = SqlStatement {
    operation: "SELECT",
    table: "orders",
    text: "SELECT id FROM orders ORDER BY length(id) DESC, id DESC LIMIT 1",
    distance: 0.0,
};

/// An order as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct StoredOrder {
    #[schema(example = "1001")]
    pub(crate) order_id: String,
    pub(crate) user_id: String,
    /// In whole currency units.
    pub(crate) total: f64,
    /// How many lines it has.
    pub(crate) items: i64,
    pub(crate) payment_method: String,
    #[schema(example = "confirmed")]
    pub(crate) status: String,
}

/// Stores an order.
///
/// # Errors
/// 500 where the database fails.
pub(crate) async fn store(
    database: &Database,
    service: &Service,
    cx: &Context,
    order_id: &str,
    form: &OrderForm,
    status: &'static str,
) -> Result<(), Problem> {
    let lines = i64::try_from(form.items.len()).unwrap_or(i64::MAX);
    let parameters = [
        order_id.into(),
        form.user_id.as_str().into(),
        form.total_cents().into(),
        lines.into(),
        form.payment_method.as_str().into(),
        status.into(),
    ];
    database.run(service, cx, STORE_ORDER, &parameters).await.map(drop)
}

/// Reads an order.
///
/// # Errors
/// 404 where there is none, 500 where the database fails.
pub(crate) async fn read(
    database: &Database,
    service: &Service,
    cx: &Context,
    order_id: &str,
) -> Result<StoredOrder, Problem> {
    let outcome = database.run(service, cx, SELECT, &[order_id.into()]).await?;
    match outcome.rows.first() {
        Some(row) => Ok(StoredOrder {
            order_id: row.text(0),
            user_id: row.text(1),
            total: units(row.int(2)),
            items: row.int(3),
            payment_method: row.text(4),
            status: row.text(5),
        }),
        None => {
            let why = format!("there is no order {order_id}");
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown_order", service.name, why).at("id"))
        }
    }
}

/// The number of the newest order; `None` where there is none. It makes no span.
pub(crate) async fn last(database: &Database) -> Option<u64> {
    let rows = database.read_quietly(LAST).await.ok()?;
    rows.first()?.text(0).parse().ok()
}
