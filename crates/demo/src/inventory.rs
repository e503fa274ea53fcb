//! The inventory service: sets pieces aside and puts them back, against a store whose statements are timed and traced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};

use crate::order_form::body;
use crate::refusal::{Refusal, record};
use crate::service::Service;
use crate::stock::{Line, Product, Short, Stock};

/// What the order service asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReservationRequest {
    pub(crate) order_id: String,
    pub(crate) lines: Vec<Line>,
    /// Whether the store is to fail, for a simulated error.
    #[serde(default)]
    pub(crate) fail: bool,
}

/// What it gets, also when it gives the pieces back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) reservation_id: String,
}

/// The failure of a simulated error, worded as a database would.
#[derive(Debug, thiserror::Error)]
#[error("could not update stock")]
struct StoreError {
    #[source]
    cause: Deadlock,
}

#[derive(Debug, thiserror::Error)]
#[error("deadlock detected (SQLSTATE 40P01)")]
struct Deadlock;

struct Inventory {
    service: Arc<Service>,
    stock: Stock,
    next: AtomicU64,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>) -> Router {
    let inventory =
        Arc::new(Inventory { service: Arc::clone(service), stock: Stock::new(), next: AtomicU64::new(1) });
    service.around(
        Router::new()
            .route("/products", get(products))
            .route("/reservations", post(reserve))
            .route("/reservations/{id}", delete(release))
            .with_state(inventory),
    )
}

async fn products(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
) -> Json<Vec<Product>> {
    let statement =
        inventory.statement(&cx, "SELECT", "stock", "SELECT id, name, price, on_hand FROM stock ORDER BY id");
    inventory.service.pace.work(4.0).await;
    let products = inventory.stock.products();
    rows(&statement, products.len());
    statement.span().end();
    Json(products)
}

async fn reserve(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
    request: Result<Json<ReservationRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Reservation>), Refusal> {
    let request = body(request, inventory.service.name)?;
    let number = inventory.next.fetch_add(1, Ordering::Relaxed);
    let reservation_id = format!("r-{number}");
    cx.span().set_attributes([
        KeyValue::new("order.id", request.order_id),
        KeyValue::new("reservation.id", reservation_id.clone()),
    ]);
    inventory.select(&cx, &request.lines).await;
    inventory.update(&cx, &reservation_id, &request.lines, request.fail).await?;
    inventory.insert(&cx).await;
    Ok((StatusCode::CREATED, Json(Reservation { reservation_id })))
}

async fn release(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<Reservation>, Refusal> {
    let statement =
        inventory.statement(&cx, "DELETE", "reservations", "DELETE FROM reservations WHERE id = ?");
    inventory.service.pace.work(4.0).await;
    let found = inventory.stock.release(&id);
    rows(&statement, usize::from(found));
    statement.span().end();
    if found {
        return Ok(Json(Reservation { reservation_id: id }));
    }
    Err(Refusal::new(
        StatusCode::NOT_FOUND,
        "unknown_reservation",
        inventory.service.name,
        format!("there is no reservation {id}"),
    ))
}

impl Inventory {
    /// A CLIENT span for one statement (semantic conventions for SQL databases, stable).
    fn statement(
        &self,
        parent: &Context,
        operation: &'static str,
        table: &'static str,
        text: impl Into<String>,
    ) -> Context {
        let summary = format!("{operation} {table}");
        self.service.span(
            parent,
            SpanKind::Client,
            summary.clone(),
            vec![
                KeyValue::new(attribute::DB_SYSTEM_NAME, "other_sql"),
                KeyValue::new(attribute::DB_NAMESPACE, "shop"),
                KeyValue::new(attribute::DB_COLLECTION_NAME, table),
                KeyValue::new(attribute::DB_OPERATION_NAME, operation),
                KeyValue::new(attribute::DB_QUERY_SUMMARY, summary),
                KeyValue::new(attribute::DB_QUERY_TEXT, text.into()),
            ],
        )
    }

    async fn select(&self, cx: &Context, lines: &[Line]) {
        let places = vec!["?"; lines.len()].join(", ");
        let text = format!("SELECT id, on_hand FROM stock WHERE id IN ({places}) FOR UPDATE");
        let statement = self.statement(cx, "SELECT", "stock", text);
        self.service.pace.work(6.0).await;
        rows(&statement, self.stock.known(lines));
        statement.span().end();
    }

    async fn update(
        &self,
        cx: &Context,
        reservation: &str,
        lines: &[Line],
        fail: bool,
    ) -> Result<(), Refusal> {
        let text = "UPDATE stock SET on_hand = on_hand - ? WHERE id = ? AND on_hand >= ?";
        let statement = self.statement(cx, "UPDATE", "stock", text);
        if lines.len() > 1 {
            let size = i64::try_from(lines.len()).unwrap_or(i64::MAX);
            statement.span().set_attribute(KeyValue::new(attribute::DB_OPERATION_BATCH_SIZE, size));
        }
        if fail {
            self.service.pace.work(30.0).await;
            let error = StoreError { cause: Deadlock };
            statement.span().set_attribute(KeyValue::new(attribute::DB_RESPONSE_STATUS_CODE, "40P01"));
            record(&statement, "inventory::StoreError", &error);
            statement.span().end();
            return Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "store_failed",
                self.service.name,
                format!("{error}: {}", error.cause),
            ));
        }
        self.service.pace.work(5.0).await;
        let reserved = self.stock.reserve(reservation, lines);
        let span = statement.span();
        let outcome = match reserved {
            Ok(filled) => {
                for id in filled {
                    span.add_event("shelf filled", vec![KeyValue::new("item.id", id)]);
                }
                Ok(())
            }
            Err(short) => Err(self.short(&short)),
        };
        span.end();
        outcome
    }

    async fn insert(&self, cx: &Context) {
        let text = "INSERT INTO reservations (id, order_id, expires_at) VALUES (?, ?, ?)";
        let statement = self.statement(cx, "INSERT", "reservations", text);
        self.service.pace.work(3.0).await;
        statement.span().end();
    }

    fn short(&self, short: &Short) -> Refusal {
        let (index, code) = match short {
            Short::Few { index, .. } => (index, "out_of_stock"),
            Short::Unknown { index, .. } => (index, "unknown_item"),
        };
        Refusal::new(StatusCode::CONFLICT, code, self.service.name, short.to_string())
            .at(format!("items[{index}].quantity"))
    }
}

fn rows(statement: &Context, count: usize) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    statement.span().set_attribute(KeyValue::new(attribute::DB_RESPONSE_RETURNED_ROWS, count));
}
