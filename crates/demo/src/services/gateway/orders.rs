//! Orders: placed, read, and made to fail.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde_json::json;

use crate::runtime::{Call, Problem, ProblemDetails, Service};
use crate::services::auth::Session;
use crate::services::fields::object;
use crate::services::order_form::{OrderForm, OrderPlaced, OrderRequest};
use crate::services::order_store::StoredOrder;

/// How long an order may take: longer than the timeouts below it.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Place an order
///
/// Items with prices, or an amount without items. Ids may be texts or whole numbers.
#[utoipa::path(post, path = "/orders", request_body = OrderForm, responses(
    (status = 201, description = "The order is confirmed", body = OrderPlaced),
    (status = 402, description = "The amount is above the limit", body = ProblemDetails),
    (status = 409, description = "An item is out of stock", body = ProblemDetails),
    (status = 422, description = "A member of the request is wrong: `field` names it", body = ProblemDetails),
))]
pub(crate) async fn place(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<OrderPlaced>), Problem> {
    let checking = service.internal(&cx, "check order");
    service.pace.work(1.5).await;
    let form = object(bytes, service.name)
        .and_then(|members| OrderForm::read(&members, service.name).map_err(Problem::from));
    if let Err(problem) = &form {
        let field = problem.field.clone().unwrap_or_default();
        checking.span().add_event(
            "order refused",
            vec![KeyValue::new("field", field), KeyValue::new("reason", problem.detail.clone())],
        );
    }
    checking.span().end();
    send(&service, &cx, &headers, OrderRequest { form: form?, failing: None }).await
}

/// Place an order that fails
///
/// All members are optional. The payment fails, also with an unknown payment method; with `"service": "inventory"` the
/// database of inventory refuses instead.
#[utoipa::path(post, path = "/orders/simulate-error", request_body = OrderForm, responses(
    (status = 502, description = "The order failed, as was asked for", body = ProblemDetails),
))]
pub(crate) async fn simulate(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<OrderPlaced>), Problem> {
    let members = object(bytes, service.name)?;
    let (form, failing) = OrderForm::read_simulation(&members, service.name)?;
    send(&service, &cx, &headers, OrderRequest { form, failing: Some(failing) }).await
}

/// Read an order
#[utoipa::path(get, path = "/orders/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "The order", body = StoredOrder),
    (status = 404, description = "There is no such order", body = ProblemDetails),
))]
pub(crate) async fn one(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<StoredOrder>, Problem> {
    service.call(&cx, Call::get("order", "/orders/{id}").with_id(&id), None::<&()>).await.map(Json)
}

/// Asks auth who sends a request.
///
/// # Errors
/// The problem of auth.
pub(crate) async fn verify(
    service: &Service,
    cx: &Context,
    headers: &HeaderMap,
    user_id: &str,
) -> Result<Session, Problem> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    let body = json!({"user_id": user_id, "token": token});
    service.call(cx, Call::post("auth", "/verify"), Some(&body)).await
}

/// Passes an order on to the order service.
///
/// # Errors
/// The problem of the service that refused or failed.
pub(crate) async fn send(
    service: &Service,
    cx: &Context,
    headers: &HeaderMap,
    request: OrderRequest,
) -> Result<(StatusCode, Json<OrderPlaced>), Problem> {
    let session = verify(service, cx, headers, &request.form.user_id).await?;
    cx.span().set_attribute(KeyValue::new(attribute::USER_ID, session.user_id));
    let call = Call::post("order", "/orders").timeout(TIMEOUT);
    let placed: OrderPlaced = service.call(cx, call, Some(&request)).await?;
    cx.span().set_attributes([
        KeyValue::new("order.id", placed.order_id.clone()),
        KeyValue::new("order.total", placed.total),
    ]);
    Ok((StatusCode::CREATED, Json(placed)))
}
