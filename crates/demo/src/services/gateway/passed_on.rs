//! Requests that one service answers: the gateway passes them on.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use opentelemetry::Context;

use crate::runtime::{Call, Problem, ProblemDetails, Service};
use crate::services::fields::object;
use crate::services::orchestrator::Orchestrated;
use crate::services::payment::{Payment, PaymentRequest};
use crate::services::stock::Product;
use crate::services::timed::TimedAnswer;
use crate::services::user::User;

type Answer<T> = Result<Json<T>, Problem>;

/// List the products
#[utoipa::path(get, path = "/products", responses((status = 200, description = "What can be ordered", body = Vec<Product>)))]
pub(crate) async fn products(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
) -> Answer<Vec<Product>> {
    service.call(&cx, Call::get("inventory", "/products"), None::<&()>).await.map(Json)
}

/// Create a user
///
/// `id` and `tier` are optional.
#[utoipa::path(post, path = "/users", request_body = User, responses(
    (status = 201, description = "The user is created", body = User),
    (status = 409, description = "There is a user of that id", body = ProblemDetails),
    (status = 422, description = "A member of the request is wrong: `field` names it", body = ProblemDetails),
))]
pub(crate) async fn create_user(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let members = object(bytes, service.name)?;
    let user = service.call(&cx, Call::post("user", "/users"), Some(&members)).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Read a user
#[utoipa::path(get, path = "/users/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "The user", body = User),
    (status = 404, description = "There is no such user", body = ProblemDetails),
))]
pub(crate) async fn user(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Answer<User> {
    service.call(&cx, Call::get("user", "/users/{id}").with_id(&id), None::<&()>).await.map(Json)
}

/// Authorize a payment
#[utoipa::path(post, path = "/payments", request_body = PaymentRequest, responses(
    (status = 201, description = "The payment is authorized", body = Payment),
    (status = 402, description = "The amount is above the limit", body = ProblemDetails),
    (status = 422, description = "A member of the request is wrong: `field` names it", body = ProblemDetails),
))]
pub(crate) async fn pay(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Payment>), Problem> {
    let members = object(bytes, service.name)?;
    let payment = service.call(&cx, Call::post("payment", "/payments"), Some(&members)).await?;
    Ok((StatusCode::CREATED, Json(payment)))
}

/// Call service1, which takes 1 s
#[utoipa::path(get, path = "/service1", responses((status = 200, description = "Its answer", body = TimedAnswer)))]
pub(crate) async fn service1(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
) -> Answer<TimedAnswer> {
    service.call(&cx, Call::get("service1", "/service1"), None::<&()>).await.map(Json)
}

/// Call service2, which takes 0.5 s
#[utoipa::path(get, path = "/service2", responses((status = 200, description = "Its answer", body = TimedAnswer)))]
pub(crate) async fn service2(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
) -> Answer<TimedAnswer> {
    service.call(&cx, Call::get("service2", "/service2"), None::<&()>).await.map(Json)
}

/// Call both services in parallel
///
/// A service that fails does not make the others fail.
#[utoipa::path(get, path = "/orchestrate", responses((status = 200, description = "Their answers", body = Orchestrated)))]
pub(crate) async fn orchestrate(
    State(service): State<Arc<Service>>,
    Extension(cx): Extension<Context>,
) -> Answer<Orchestrated> {
    // Longer than the calls below it.
    let call = Call::get("orchestrator", "/orchestrate").timeout(std::time::Duration::from_secs(8));
    service.call(&cx, call, None::<&()>).await.map(Json)
}
