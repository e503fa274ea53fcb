//! Middlewares that apply the policy to requests.

use super::token::digest;
use super::{Access, Guard, OTHER_HOST, OTHER_SITE};
use crate::config::tokens::Scope;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;

const SECRET: &str = "x-eval-tracker-secret-key";

/// Refuses requests for another host: a page whose name was made to lead here (DNS rebinding) gets nothing.
pub async fn check_host(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    if guard.names_us(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, format!("421 {OTHER_HOST}\n")).into_response()
}

/// Refuses what a page of another site asks for, unless the page is of an origin that may post here.
pub async fn check_site(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    if guard.is_foreign(request.headers()) {
        return (StatusCode::FORBIDDEN, format!("403 {OTHER_SITE}\n")).into_response();
    }
    next.run(request).await
}

/// What a request needs: writing is sending spans, but for the demo and for files that are read back at once.
pub(super) fn scope_of(method: &Method, path: &str) -> Scope {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => Scope::Read,
        _ if path == "/api/transform" || path.starts_with("/demo/") => Scope::Read,
        _ => Scope::Ingest,
    }
}

/// Refuses requests without a token that allows them.
pub async fn check_token(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    let access = guard.access(request.headers(), scope_of(request.method(), request.uri().path()));
    match access {
        Access::Allowed => return next.run(request).await,
        Access::Otherwise | Access::OtherTenant => {
            return (StatusCode::FORBIDDEN, format!("403 {}\n", access.why())).into_response();
        }
        Access::Nothing => {}
    }
    let mut response = (StatusCode::UNAUTHORIZED, format!("401 {}\n", access.why())).into_response();
    let scheme = HeaderValue::from_static("Basic realm=\"Spandrel\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// Refuses requests to the eval-track API without its secret, or without the token where there is no secret. Who has the
/// token needs no secret.
pub async fn check_secret(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    let Some(secret) = guard.0.secret else { return check_token(State(guard), request, next).await };
    let scope = scope_of(request.method(), request.uri().path());
    let access = guard.access(request.headers(), scope);
    let has_token = guard.0.needs_token && access == Access::Allowed;
    let has_secret = request.headers().get(SECRET).is_some_and(|given| digest(given) == secret);
    if has_token || has_secret && guard.names_tenant(request.headers()) {
        return next.run(request).await;
    }
    // The API's own error.
    let body = r#"{"detail":"Invalid secret key"}"#;
    (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// CORS for the origins that may post here; to any other a preflight is a method like every other, as with a real
/// Jaeger.
pub async fn allow_origins(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let Some(origin) = origin.filter(|origin| guard.allows_origin(origin)) else {
        return next.run(request).await;
    };
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        let allowed = "authorization, content-type, content-encoding, traceparent, tracestate, baggage, \
                       x-eval-tracker-secret-key, x-scope-orgid";
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, PUT"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    // The page that may post may read whether it was taken.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}
