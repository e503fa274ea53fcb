//! Which requests are accepted: those that name this server, that no page of another site made, and that carry the token
//! if there is one.

mod layers;
mod token;

pub use layers::{allow_origins, check_host, check_secret, check_site, check_token};
pub use token::{TokenDigest, digest, token_of};

use crate::config::Config;
use crate::config::tenants::TenantName;
use crate::config::tokens::Scope;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const TENANT: &str = "x-scope-orgid";
const OTHER_HOST: &str = "this server does not answer to that host name (--allow-host)";
const OTHER_SITE: &str = "requests of other sites are not answered";

/// What a request's token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// What is asked for.
    Allowed,
    /// Something else.
    Otherwise,
    /// It, but for another tenant than `X-Scope-OrgID` names.
    OtherTenant,
    /// Nothing: it is missing or wrong.
    Nothing,
}

impl Access {
    /// Why a request is refused.
    pub fn why(self) -> &'static str {
        match self {
            Access::Allowed => "the request is allowed",
            Access::Otherwise => "the token does not allow this (scopes)",
            Access::OtherTenant => {
                "X-Scope-OrgID names another tenant than the token does: leave it out, or send that tenant's token"
            }
            Access::Nothing => "the token (--token) is missing or wrong",
        }
    }
}

/// Which requests are accepted. Cheap to clone.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    /// Host names without ports, in lower case, beside IP addresses and `localhost`.
    hosts: Vec<String>,
    /// Origins whose pages may post spans to the OTLP port.
    origins: Vec<String>,
    /// Whether there are tokens, of this tenant or of another.
    needs_token: bool,
    /// Digests of the tenant's tokens with what they allow: comparing digests takes the same time wherever they differ.
    tokens: Vec<(TokenDigest, Vec<Scope>)>,
    /// What `X-Scope-OrgID` may say, where tenants are separate.
    tenant: Option<TenantName>,
    /// Digest of the secret of the eval-track API.
    secret: Option<TokenDigest>,
}

impl Guard {
    /// What the settings allow in a tenant, with the address of the viewer. The secret of the eval-track API is for the
    /// default tenant.
    pub fn new(config: &Config, viewer: SocketAddr, tenant: &TenantName) -> Self {
        let port = viewer.port();
        let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
        let mut origins = vec![format!("{scheme}://{viewer}")];
        if config.host.is_loopback() || config.host.is_unspecified() {
            origins
                .extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{scheme}://{name}:{port}")));
        }
        for host in &config.allow_host {
            origins.extend([
                format!("{scheme}://{host}:{port}"),
                format!("http://{host}"),
                format!("https://{host}"),
            ]);
        }
        origins.extend(config.cors_origin.iter().map(|origin| origin.trim_end_matches('/').to_owned()));
        Guard(Arc::new(Inner {
            hosts: config.allow_host.iter().map(|host| host.to_ascii_lowercase()).collect(),
            origins,
            needs_token: config.token.is_some() || !config.tokens.is_empty(),
            tokens: tokens(config, tenant),
            tenant: (config.tenant_names().len() > 1).then(|| tenant.clone()),
            secret: config.eval_track_secret.as_ref().filter(|_| tenant.is_default()).map(digest),
        }))
    }

    /// Whether the request names this server: by address (a page of another site cannot have one as its name), as
    /// `localhost`, or by a name of `--allow-host`. A request without `Host` comes from no browser.
    fn names_us(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(header::HOST).iter();
        let host = match (uri.authority(), named.next(), named.next()) {
            (_, _, Some(_)) => return false,
            (Some(authority), _, None) => authority.as_str(),
            (None, Some(host), None) => match host.to_str() {
                Ok(host) => host,
                Err(_) => return false,
            },
            (None, None, None) => return true,
        };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.to_ascii_lowercase();
        let address = name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(&name);
        address.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.0.hosts.contains(&name)
    }

    /// What the request's token allows, as a bearer token or as the password of basic authentication (which browsers
    /// ask for); everything when there is no token.
    pub fn access(&self, headers: &HeaderMap, wanted: Scope) -> Access {
        if !self.0.needs_token {
            return Access::Allowed;
        }
        let Some(given) = token_of(headers) else { return Access::Nothing };
        // One value may be there several times, with a scope each.
        let mut access = Access::Nothing;
        for (_, scopes) in self.0.tokens.iter().filter(|(token, _)| given == *token) {
            if !self.names_tenant(headers) {
                return Access::OtherTenant;
            }
            if scopes.contains(&wanted) {
                return Access::Allowed;
            }
            access = Access::Otherwise;
        }
        access
    }

    /// Whether `X-Scope-OrgID` (as Loki, Tempo and Mimir take it) is missing or names this tenant. Where tenants are not
    /// separate it means nothing.
    fn names_tenant(&self, headers: &HeaderMap) -> bool {
        let Some(tenant) = &self.0.tenant else { return true };
        headers.get_all(TENANT).iter().all(|named| named.as_bytes() == tenant.as_str().as_bytes())
    }

    /// Why the request is none that may be answered: it names another host, or a page of another site made it.
    pub fn refuses(&self, uri: &Uri, headers: &HeaderMap) -> Option<&'static str> {
        if !self.names_us(uri, headers) {
            return Some(OTHER_HOST);
        }
        self.is_foreign(headers).then_some(OTHER_SITE)
    }

    /// Whether a page of another site made the request, of none that may post here.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        foreign && !headers.get(header::ORIGIN).is_some_and(|origin| self.allows_origin(origin))
    }

    fn allows_origin(&self, origin: &HeaderValue) -> bool {
        self.0.origins.iter().any(|own| origin == own.as_str())
    }
}

/// The digests of a tenant's tokens: that of the flag allows everything in the default tenant.
fn tokens(config: &Config, tenant: &TenantName) -> Vec<(TokenDigest, Vec<Scope>)> {
    let full = config.token.iter().filter(|_| tenant.is_default());
    let full = full.map(|token| (digest(token), vec![Scope::Ingest, Scope::Read]));
    let own = config.tokens.iter().filter(|token| token.tenant() == *tenant);
    full.chain(own.map(|token| (digest(&token.value.0), token.scopes.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::layers::scope_of;
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use clap::Parser;

    fn guard(flags: &[&str]) -> Guard {
        let config = Config::parse_from([&["x"], flags].concat());
        Guard::new(&config, "127.0.0.1:16686".parse().unwrap(), &TenantName::default())
    }

    #[test]
    fn only_own_names_are_answered() {
        let guard = guard(&["--allow-host", "Traces.example"]);
        let named = |uri: &str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().unwrap());
            }
            guard.names_us(&uri.parse().unwrap(), &headers)
        };
        for host in
            ["127.0.0.1:16686", "localhost", "LOCALHOST:80", "a.localhost:1", "[::1]:4318", "10.0.0.7"]
        {
            assert!(named("/", &[host]), "{host}");
        }
        assert!(named("/", &["traces.EXAMPLE:443"]) && named("/", &[]));
        for host in
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:16686", "[::1].x", "", ":80"]
        {
            assert!(!named("/", &[host]), "{host}");
        }
        assert!(!named("http://evil.example/", &["127.0.0.1"]), "the address in the request line counts");
        assert!(!named("/", &["127.0.0.1", "evil.example"]));
    }

    #[test]
    fn a_token_allows_what_its_scopes_say_and_reading_is_not_writing() {
        for (method, path, scope) in [
            ("GET", "/api/traces", Scope::Read),
            ("POST", "/v1/traces", Scope::Ingest),
            ("PUT", "/eval-track/traces/1", Scope::Ingest),
            ("GET", "/eval-track/traces", Scope::Read),
            ("POST", "/api/transform", Scope::Read),
            ("POST", "/demo/order", Scope::Read),
        ] {
            assert_eq!(scope_of(&method.parse().unwrap(), path), scope, "{method} {path}");
        }
    }

    #[test]
    fn the_token_comes_as_bearer_or_as_password() {
        let guard = guard(&["--token", "let: me in"]);
        let authorized = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            guard.access(&headers, Scope::Read) == Access::Allowed
        };
        assert!(authorized("Bearer let: me in"));
        assert!(authorized(&format!("basic {}", STANDARD.encode("anybody:let: me in"))));
        for wrong in ["", "Bearer", "Bearer let: me", "let: me in", "Basic !", "Basic "] {
            assert!(!authorized(wrong), "{wrong}");
        }
        assert_eq!(guard.access(&HeaderMap::new(), Scope::Ingest), Access::Nothing);
    }
}
