//! The gateway: the one door of the shop. It checks what comes in and hands it on, continuing the caller's trace.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::Deserialize;

use crate::order_form::{Fault, Item, OrderForm, OrderPlaced, OrderRequest, body};
use crate::refusal::Refusal;
use crate::service::{Call, Service};
use crate::stock::Product;

struct Gateway {
    service: Arc<Service>,
    order: SocketAddr,
    inventory: SocketAddr,
}

/// What may be said about a simulated error: all of it is optional, a whole order may be sent too.
#[derive(Debug, Default, Deserialize)]
struct Simulation {
    #[serde(default)]
    service: Fault,
    user_id: Option<String>,
    items: Option<Vec<Item>>,
    payment_method: Option<String>,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, order: SocketAddr, inventory: SocketAddr) -> Router {
    let gateway = Arc::new(Gateway { service: Arc::clone(service), order, inventory });
    service.around(
        Router::new()
            .route("/products", get(products))
            .route("/orders", post(place))
            .route("/orders/simulate-error", post(simulate))
            .with_state(gateway),
    )
}

async fn products(
    State(gateway): State<Arc<Gateway>>,
    Extension(cx): Extension<Context>,
) -> Result<Json<Vec<Product>>, Refusal> {
    let call = Call {
        method: Method::GET,
        to: "inventory",
        address: gateway.inventory,
        template: "/products",
        path: "/products".into(),
    };
    let products = gateway.service.call(&cx, call, None::<&()>).await?;
    Ok(Json(products))
}

async fn place(
    State(gateway): State<Arc<Gateway>>,
    Extension(cx): Extension<Context>,
    form: Result<Json<OrderForm>, JsonRejection>,
) -> Result<(StatusCode, Json<OrderPlaced>), Refusal> {
    let form = body(form, gateway.service.name)?;
    gateway.hand_on(&cx, form, None).await
}

async fn simulate(
    State(gateway): State<Arc<Gateway>>,
    Extension(cx): Extension<Context>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<OrderPlaced>), Refusal> {
    let simulation = if bytes.is_empty() {
        Simulation::default()
    } else {
        serde_json::from_slice(&bytes).map_err(|error| {
            let message = format!("the body is not a simulation: {error}");
            let name = gateway.service.name;
            Refusal::new(StatusCode::BAD_REQUEST, "unreadable_request", name, message)
        })?
    };
    let sample = OrderForm::sample();
    let form = OrderForm {
        user_id: simulation.user_id.unwrap_or(sample.user_id),
        items: simulation.items.unwrap_or(sample.items),
        payment_method: simulation.payment_method.unwrap_or(sample.payment_method),
    };
    gateway.hand_on(&cx, form, Some(simulation.service)).await
}

impl Gateway {
    async fn hand_on(
        &self,
        cx: &Context,
        form: OrderForm,
        fault: Option<Fault>,
    ) -> Result<(StatusCode, Json<OrderPlaced>), Refusal> {
        let checking = self.service.span(cx, SpanKind::Internal, "check order", Vec::new());
        self.service.pace.work(1.5).await;
        let checked = form.check(self.service.name);
        if let Err(refusal) = &checked {
            let field = refusal.detail.field.clone().unwrap_or_default();
            checking.span().add_event(
                "order refused",
                vec![KeyValue::new("field", field), KeyValue::new("reason", refusal.detail.message.clone())],
            );
        }
        checking.span().end();
        checked?;
        cx.span().set_attribute(KeyValue::new(attribute::USER_ID, form.user_id.clone()));
        let call = Call {
            method: Method::POST,
            to: "order",
            address: self.order,
            template: "/orders",
            path: "/orders".into(),
        };
        let placed: OrderPlaced = self.service.call(cx, call, Some(&OrderRequest { form, fault })).await?;
        cx.span().set_attribute(KeyValue::new("order.id", placed.order_id.clone()));
        Ok((StatusCode::CREATED, Json(placed)))
    }
}
