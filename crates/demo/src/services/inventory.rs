//! The inventory service: sets pieces aside and puts them back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use serde::{Deserialize, Serialize};

use super::fault_paths;
use super::order_form::units;
use super::stock::{
    ADD, CURRENCY, FORGET, GIVE_BACK, LIST, Line, ONE, OVERDRAW, Product, RESERVE, SLOW, TAKE,
};
use crate::data::database::{Database, Unfinished};
use crate::data::sql_value::{SqlRow, SqlValue};
use crate::faults::{Fault, carries};
use crate::runtime::{Problem, Service, around};

/// What the order service sends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReservationRequest {
    pub(crate) order_id: String,
    pub(crate) lines: Vec<Line>,
    /// Whether the database is to refuse, for a simulated error.
    #[serde(default)]
    pub(crate) fail: bool,
}

/// Pieces that are set aside, also when they are given back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) reservation_id: String,
}

struct Inventory {
    service: Arc<Service>,
    database: Arc<Database>,
    next: AtomicU64,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, database: Arc<Database>) -> Router {
    let inventory = Arc::new(Inventory { service: Arc::clone(service), database, next: AtomicU64::new(1) });
    let routes = Router::new()
        .route("/products", get(products))
        .route("/products/{id}", get(product))
        .route("/reservations", post(reserve))
        .route("/reservations/{id}", delete(release))
        .with_state(inventory);
    let endpoints =
        &["GET /products", "GET /products/{id}", "POST /reservations", "DELETE /reservations/{id}"];
    around(service, endpoints, &[], routes)
}

fn product_of(row: &SqlRow) -> Product {
    Product {
        id: row.text(0),
        name: row.text(1),
        price: units(row.int(2)),
        currency: CURRENCY.into(),
        in_stock: row.int(3),
    }
}

async fn products(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
) -> Result<Json<Vec<Product>>, Problem> {
    let outcome = inventory.database.run(&inventory.service, &cx, LIST, &[]).await?;
    Ok(Json(outcome.rows.iter().map(product_of).collect()))
}

async fn product(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<Product>, Problem> {
    let service = &inventory.service;
    let outcome = inventory.database.run(service, &cx, ONE, &[id.as_str().into()]).await?;
    match outcome.rows.first() {
        Some(row) => Ok(Json(product_of(row))),
        None => {
            let why = format!("there is no product {id}");
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown_product", service.name, why).at("id"))
        }
    }
}

async fn reserve(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
    request: Result<Json<ReservationRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Reservation>), Problem> {
    let service = &inventory.service;
    let Json(request) = request.map_err(|rejection| {
        Problem::new(rejection.status(), "unreadable_request", service.name, rejection.body_text()).at("body")
    })?;
    let number = inventory.next.fetch_add(1, Ordering::Relaxed);
    let reservation_id = format!("r-{}-{number}", request.order_id);
    cx.span().set_attributes([
        KeyValue::new("order.id", request.order_id.clone()),
        KeyValue::new("reservation.id", reservation_id.clone()),
    ]);
    fault_paths::of_inventory(service, &inventory.database, &cx).await?;
    if carries(&cx, Fault::SlowDatabase) {
        inventory.database.run(service, &cx, SLOW, &[]).await?;
    }
    let on_hand = inventory.read(&cx, &request.lines).await?;
    if request.fail {
        inventory.database.run(service, &cx, OVERDRAW, &[]).await?;
    }
    inventory.take(&cx, &request.lines, &on_hand).await?;
    inventory.insert(&cx, &reservation_id, &request).await?;
    Ok((StatusCode::CREATED, Json(Reservation { reservation_id })))
}

async fn release(
    State(inventory): State<Arc<Inventory>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<Reservation>, Problem> {
    let service = &inventory.service;
    inventory.database.run(service, &cx, GIVE_BACK, &[id.as_str().into()]).await?;
    let forgotten = inventory.database.run(service, &cx, FORGET, &[id.as_str().into()]).await?;
    if forgotten.changed > 0 {
        return Ok(Json(Reservation { reservation_id: id }));
    }
    let why = format!("there is no reservation {id}");
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown_reservation", service.name, why).at("id"))
}

impl Inventory {
    /// What there is of the first lines' items; those that are new are added. One statement for most orders: the catalogue
    /// is read as a whole.
    async fn read(&self, cx: &Context, lines: &[Line]) -> Result<Vec<(String, i64)>, Problem> {
        let outcome = self.database.run(&self.service, cx, LIST, &[]).await?;
        let mut known: Vec<(String, i64)> =
            outcome.rows.iter().map(|row| (row.text(0), row.int(3))).collect();
        for line in lines {
            if known.iter().any(|(id, _)| *id == line.id) {
                continue;
            }
            self.database.run(&self.service, cx, ADD, &[line.id.as_str().into()]).await?;
            let outcome = self.database.run(&self.service, cx, ONE, &[line.id.as_str().into()]).await?;
            known.push((line.id.clone(), outcome.rows.first().map_or(0, |row| row.int(3))));
        }
        Ok(known)
    }

    /// Takes all lines or none.
    async fn take(&self, cx: &Context, lines: &[Line], on_hand: &[(String, i64)]) -> Result<(), Problem> {
        if lines.is_empty() {
            return Ok(());
        }
        // Always in the order of ids: two orders that lock rows in different orders would wait for each other.
        let mut sorted: Vec<(usize, &Line)> = lines.iter().enumerate().collect();
        sorted.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
        let batch: Vec<Vec<SqlValue>> = sorted
            .iter()
            .map(|(_, line)| vec![line.id.as_str().into(), i64::from(line.quantity).into()])
            .collect();
        match self.database.run_batch(&self.service, cx, TAKE, &batch).await {
            Ok(()) => Ok(()),
            Err(Unfinished::Failed(problem)) => Err(problem),
            Err(Unfinished::NoRow(place)) => {
                let (index, id) =
                    sorted.get(place).map_or((place, ""), |(index, line)| (*index, line.id.as_str()));
                let left = on_hand.iter().find(|(known, _)| known == id).map_or(0, |(_, left)| *left);
                let (code, why) = match left {
                    0 => ("unknown_item", format!("{id} is not for sale.")),
                    left => ("out_of_stock", format!("Only {left} of {id} in stock.")),
                };
                Err(Problem::new(StatusCode::CONFLICT, code, self.service.name, why)
                    .at(format!("items[{index}].quantity")))
            }
        }
    }

    async fn insert(
        &self,
        cx: &Context,
        reservation_id: &str,
        request: &ReservationRequest,
    ) -> Result<(), Problem> {
        let row = |line: &Line| {
            vec![
                reservation_id.into(),
                request.order_id.as_str().into(),
                line.id.as_str().into(),
                i64::from(line.quantity).into(),
            ]
        };
        let mut batch: Vec<Vec<SqlValue>> = request.lines.iter().map(row).collect();
        if batch.is_empty() {
            // An amount without items is reserved too, so that it can be given back.
            batch.push(row(&Line { id: "amount".into(), quantity: 0 }));
        }
        match self.database.run_batch(&self.service, cx, RESERVE, &batch).await {
            Ok(()) => Ok(()),
            Err(Unfinished::Failed(problem)) => Err(problem),
            Err(Unfinished::NoRow(_)) => Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "store_failed",
                self.service.name,
                "the reservation was not stored",
            )),
        }
    }
}
