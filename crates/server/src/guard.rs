//! Who is answered: requests that name this server, that no foreign page made, that carry the token if there is one.

use crate::config::Config;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const OTHER_HOST: &str = "this server does not answer to that host name (--allow-host)";
const OTHER_SITE: &str = "requests of other sites are not answered";

/// What is let in. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    /// Host names without ports, in lower case, beside IP addresses and `localhost`.
    hosts: Vec<String>,
    /// Origins whose pages may post spans to the OTLP port.
    origins: Vec<String>,
    /// Digest of the token: comparing digests takes the same time wherever they differ.
    token: Option<[u8; 32]>,
}

impl Guard {
    /// What the flags allow, with the address of the viewer.
    pub fn new(config: &Config, viewer: SocketAddr) -> Self {
        let port = viewer.port();
        let mut origins = vec![format!("http://{viewer}")];
        if config.host.is_loopback() || config.host.is_unspecified() {
            origins.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("http://{name}:{port}")));
        }
        for host in &config.allow_host {
            origins.extend([
                format!("http://{host}:{port}"),
                format!("http://{host}"),
                format!("https://{host}"),
            ]);
        }
        origins.extend(config.cors_origin.iter().map(|origin| origin.trim_end_matches('/').to_owned()));
        Guard(Arc::new(Inner {
            hosts: config.allow_host.iter().map(|host| host.to_ascii_lowercase()).collect(),
            origins,
            token: config.token.as_ref().map(|token| Sha256::digest(token.as_bytes()).into()),
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

    /// Whether the request carries the token, as a bearer token or as the password of basic authentication (which
    /// browsers ask for); always when there is none.
    pub fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.0.token else { return true };
        let given =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, credentials) = given.split_once(' ').unwrap_or((given, ""));
        let given = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => credentials.trim().as_bytes().to_vec(),
            "basic" => {
                let decoded = STANDARD.decode(credentials.trim()).unwrap_or_default();
                let colon = decoded.iter().position(|byte| *byte == b':').map_or(decoded.len(), |at| at + 1);
                decoded[colon..].to_vec()
            }
            _ => return false,
        };
        Sha256::digest(&given)[..] == token[..]
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

/// Refuses requests without the token.
pub async fn check_token(State(guard): State<Guard>, request: Request, next: Next) -> Response<Body> {
    if guard.is_authorized(request.headers()) {
        return next.run(request).await;
    }
    let mut response = (StatusCode::UNAUTHORIZED, "401 the token is required (--token)\n").into_response();
    let scheme = HeaderValue::from_static("Basic realm=\"Spandrel\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
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
        let allowed = "authorization, content-type, content-encoding, traceparent, tracestate, baggage";
        let headers = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn guard(flags: &[&str]) -> Guard {
        let config = Config::parse_from([&["x"], flags].concat());
        Guard::new(&config, "127.0.0.1:16686".parse().unwrap())
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
    fn the_token_comes_as_bearer_or_as_password() {
        let guard = guard(&["--token", "let: me in"]);
        let authorized = |value: &str| {
            guard.is_authorized(&HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]))
        };
        assert!(authorized("Bearer let: me in"));
        assert!(authorized(&format!("basic {}", STANDARD.encode("anybody:let: me in"))));
        for wrong in ["", "Bearer", "Bearer let: me", "let: me in", "Basic !", "Basic "] {
            assert!(!authorized(wrong), "{wrong}");
        }
        assert!(!guard.is_authorized(&HeaderMap::new()));
    }
}
