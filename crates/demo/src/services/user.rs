//! The user service: users in SQL.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_semantic_conventions::attribute;
use serde::{Deserialize, Serialize};
use spandrel_simulation::statements::{FIND_USER, SqlStatement};
use utoipa::ToSchema;

use super::fields::{Fields, object};
use crate::data::database::Database;
use crate::runtime::{Problem, Service, around};

/// The tables of the service, and the users that are there from the start.
pub(crate) const SCHEMA: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT NOT NULL, tier TEXT NOT NULL)",
    "INSERT INTO users (id, name, tier) VALUES ('1', 'Ada', 'gold'), ('2', 'Brook', 'standard'), \
     ('3', 'Chandra', 'standard'), ('demo-user', 'Demo user', 'gold'), ('ada', 'Ada', 'gold') \
     ON CONFLICT (id) DO NOTHING",
];
const INSERT: SqlStatement = SqlStatement {
    operation: "INSERT",
    table: "users",
    text: "INSERT INTO users (id, name, tier) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    distance: 4.0,
};
/// The tiers that a user can have.
const TIERS: [&str; 2] = ["standard", "gold"];

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct User {
    #[schema(example = "1")]
    pub(crate) id: String,
    #[schema(example = "Ada")]
    pub(crate) name: String,
    /// `standard` or `gold`.
    #[schema(example = "gold")]
    pub(crate) tier: String,
}

struct Users {
    service: Arc<Service>,
    database: Arc<Database>,
}

/// The routes of the service.
pub(crate) fn routes(service: &Arc<Service>, database: Arc<Database>) -> Router {
    let users = Arc::new(Users { service: Arc::clone(service), database });
    let routes = Router::new()
        .route("/users", post(create))
        .route("/users/{id}", get(one))
        .route("/customers/{id}", get(customer))
        .with_state(users);
    around(service, &["POST /users", "GET /users/{id}", "GET /customers/{id}"], &[], routes)
}

async fn create(
    State(users): State<Arc<Users>>,
    Extension(cx): Extension<Context>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let name = users.service.name;
    let members = object(bytes, name)?;
    let fields = Fields::of(&members, name);
    let user = User {
        name: fields.required("name", fields.text("name")?)?,
        tier: fields.text("tier")?.unwrap_or_else(|| "standard".into()),
        id: match fields.id("id")? {
            Some(id) => id,
            None => format!("u-{:08x}", users.service.pace.with(|random| random.u32(..))),
        },
    };
    if !TIERS.contains(&user.tier.as_str()) {
        return Err(fields.wrong("tier", format!("must be one of {}", TIERS.join(", "))).into());
    }
    cx.span().set_attribute(KeyValue::new(attribute::USER_ID, user.id.clone()));
    let parameters = [user.id.clone().into(), user.name.clone().into(), user.tier.clone().into()];
    let stored = users.database.run(&users.service, &cx, INSERT, &parameters).await?;
    if stored.changed == 0 {
        let why = format!("there is a user {} already", user.id);
        return Err(Problem::new(StatusCode::CONFLICT, "user_exists", name, why).at("id"));
    }
    Ok((StatusCode::CREATED, Json(user)))
}

async fn one(
    State(users): State<Arc<Users>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<User>, Problem> {
    match users.find(&cx, &id).await? {
        Some(user) => Ok(Json(user)),
        None => {
            let why = format!("there is no user {id}");
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown_user", users.service.name, why).at("id"))
        }
    }
}

/// Like [`one`], but an unknown customer is one of the lowest tier: orders need no account.
async fn customer(
    State(users): State<Arc<Users>>,
    Extension(cx): Extension<Context>,
    Path(id): Path<String>,
) -> Result<Json<User>, Problem> {
    let found = users.find(&cx, &id).await?;
    cx.span().set_attribute(KeyValue::new("user.is_known", found.is_some()));
    Ok(Json(found.unwrap_or_else(|| User { name: id.clone(), id, tier: "standard".into() })))
}

impl Users {
    async fn find(&self, cx: &Context, id: &str) -> Result<Option<User>, Problem> {
        cx.span().set_attribute(KeyValue::new(attribute::USER_ID, id.to_owned()));
        let outcome = self.database.run(&self.service, cx, FIND_USER, &[id.into()]).await?;
        let row = outcome.rows.first();
        Ok(row.map(|row| User { id: row.text(0), name: row.text(1), tier: row.text(2) }))
    }
}
