//! Chooses the services that answer a request, by its token. Each tenant has services of its own, whose guard knows the
//! tokens of this tenant alone: a request that is given to the wrong ones is refused by them.

use crate::config::Config;
use crate::config::tenants::TenantName;
use crate::guard::{TokenDigest, digest, token_of};
use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use std::collections::HashMap;
use std::sync::Arc;
use tower::ServiceExt;

/// A token is that of the flag and of a tenant, which the file of settings cannot know.
#[derive(Debug, thiserror::Error)]
#[error("--token is also a token of a tenant in the file of settings: give one of them another value")]
pub struct SharedToken;

/// One service for each tenant. Cheap to clone.
pub struct ByTenant<S> {
    /// That of the default tenant, which also answers requests with no token or an unknown one.
    default: Arc<S>,
    others: Arc<HashMap<TokenDigest, Arc<S>>>,
}

impl<S> Clone for ByTenant<S> {
    fn clone(&self) -> Self {
        ByTenant { default: self.default.clone(), others: self.others.clone() }
    }
}

impl<S> ByTenant<S> {
    /// The services of the default tenant, and those of the others.
    pub fn new(config: &Config, default: S, others: Vec<(TenantName, S)>) -> Self {
        let mut by_token = HashMap::new();
        for (name, service) in others {
            let service = Arc::new(service);
            for token in config.tokens.iter().filter(|token| token.tenant() == name) {
                by_token.insert(digest(&token.value.0), service.clone());
            }
        }
        ByTenant { default: Arc::new(default), others: Arc::new(by_token) }
    }

    /// Whose token the request carries.
    pub fn of(&self, headers: &HeaderMap) -> &S {
        if self.others.is_empty() {
            return &self.default;
        }
        token_of(headers).and_then(|token| self.others.get(&token)).unwrap_or(&self.default)
    }
}

/// Hands each request to one of the routers of its tenant.
pub fn router<S: Send + Sync + 'static>(services: ByTenant<S>, of: fn(&S) -> &Router) -> Router {
    if services.others.is_empty() {
        return of(&services.default).clone();
    }
    Router::new().fallback(move |request: Request| {
        let router = of(services.of(request.headers())).clone();
        router.oneshot(request)
    })
}

/// Whether no token is that of the flag and of a tenant, too.
pub fn check(config: &Config) -> Result<(), SharedToken> {
    let of_tenants = config.tokens.iter().filter(|token| !token.tenant().is_default());
    let is_shared = of_tenants.map(|token| &token.value.0).any(|token| Some(token) == config.token.as_ref());
    if is_shared { Err(SharedToken) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tokens::{Secret, Token};
    use axum::http::header;
    use clap::Parser;

    #[test]
    fn a_request_is_answered_by_the_services_of_its_token() {
        let mut config = Config::parse_from(["x", "--token", "full"]);
        let token = |(tenant, value): (&str, &str)| Token {
            value: Secret(value.to_owned()),
            scopes: Vec::new(),
            tenant: Some(TenantName::try_from(tenant.to_owned()).unwrap()),
        };
        config.tokens = [("a", "1"), ("b", "2"), ("a", "3"), ("default", "4")].map(token).into();
        let named = ["a", "b"].map(|name| (TenantName::try_from(name.to_owned()).unwrap(), name));
        let services = ByTenant::new(&config, "default", named.into());
        assert!(check(&config).is_ok());
        for (token, expected) in [
            ("Bearer 1", "a"),
            ("bearer 2", "b"),
            ("Bearer 3", "a"),
            ("Bearer 4", "default"),
            ("Bearer full", "default"),
            ("Bearer 12", "default"),
            ("1", "default"),
            ("Basic YTox", "a"),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, token.parse().unwrap())]);
            assert_eq!(*services.of(&headers), expected, "{token}");
        }
        assert_eq!(*services.of(&HeaderMap::new()), "default");
        config.token = Some("2".to_owned());
        assert!(check(&config).is_err(), "the token of a flag and of a tenant");
    }
}
