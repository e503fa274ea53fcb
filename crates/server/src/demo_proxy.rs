//! `/demo/…` forwarded to the demo's gateway, so that the browser needs no second origin. Off unless `--demo` is given.

use crate::jaeger::json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use futures_util::TryStreamExt;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of a forwarded request's body at most.
const MAX_BODY_BYTES: usize = 1 << 20;
/// Bytes of an answer at most.
const MOST_ANSWER: u64 = 16 << 20;
/// How long a request's body may take, and how long its answer.
const TIME: Duration = Duration::from_secs(60);
/// Requests under way at once.
const AT_ONCE: usize = 32;
/// Headers that are not passed on to the demo: those of one connection (RFC 9110, 7.6.1), and the browser's secrets.
const NOT_FORWARDED: [HeaderName; 4] =
    [header::HOST, header::CONTENT_LENGTH, header::COOKIE, header::AUTHORIZATION];
/// Headers that belong to one connection (RFC 9110, 7.6.1), beside those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
    header::PROXY_AUTHENTICATE,
];
/// What the demo answers is data, whatever it says: as a page it would run as the viewer.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The way to the demo.
#[derive(Clone)]
pub struct DemoProxy {
    client: reqwest::Client,
    base: Option<Arc<str>>,
    slots: Arc<Semaphore>,
}

impl DemoProxy {
    /// A way to the gateway at `base`; without one there is no demo.
    pub fn new(base: Option<&str>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(TIME)
            .build()?;
        let base = base.map(|base| base.trim_end_matches('/').into());
        Ok(DemoProxy { client, base, slots: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Forwards a request; `below` is what follows `/demo`, with its slash.
    pub async fn forward(&self, below: &Uri, request: Request<Body>) -> Response<Body> {
        let Some(base) = &self.base else {
            return failure(StatusCode::NOT_FOUND, "there is no demo here: name one with --demo");
        };
        if !stays_below(below.path()) {
            return failure(StatusCode::BAD_REQUEST, "the path must not lead out of the demo");
        }
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            let mut response =
                failure(StatusCode::SERVICE_UNAVAILABLE, "too many requests to the demo at once");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        };
        let (head, body) = request.into_parts();
        let body = http_body_util::Limited::new(body, MAX_BODY_BYTES).collect();
        let body = match tokio::time::timeout(TIME, body).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Err(_) => return failure(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time"),
            Ok(Err(_)) => return failure(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 1 MiB"),
        };
        let mut headers = end_to_end(&head.headers);
        NOT_FORWARDED.iter().for_each(|name| drop(headers.remove(name)));
        let query = below.query().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{base}{}{query}", below.path());
        let answer = match self.client.request(head.method, &url).headers(headers).body(body).send().await {
            Ok(answer) => answer,
            Err(error) => return down(base, &error),
        };
        if answer.content_length().is_some_and(|length| length > MOST_ANSWER) {
            return failure(StatusCode::BAD_GATEWAY, "the demo's answer is larger than 16 MiB");
        }
        let (status, headers) = (answer.status(), for_browser(answer.headers()));
        let mut left = MOST_ANSWER;
        let chunks = answer.bytes_stream().map_err(std::io::Error::other).and_then(move |chunk| {
            let _held = &slot;
            let fits = left.checked_sub(chunk.len() as u64);
            left = fits.unwrap_or(0);
            std::future::ready(match fits {
                Some(_) => Ok(chunk),
                None => Err(std::io::Error::other("the demo's answer is larger than 16 MiB")),
            })
        });
        let mut response = Response::new(Body::from_stream(chunks));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

fn down(base: &str, error: &reqwest::Error) -> Response<Body> {
    let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
    let why =
        format!("the demo at {base} {why}; start it with `cargo xtask run` or name another with --demo");
    failure(StatusCode::BAD_GATEWAY, &why)
}

fn failure(status: StatusCode, why: &str) -> Response<Body> {
    json(status, serde_json::json!({ "error": why }).to_string())
}

/// Whether no segment of a path, decoded once or twice, leads upwards or is a path of its own.
fn stays_below(path: &str) -> bool {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let once = decode(path);
    [path, &once, &decode(&once)]
        .iter()
        .all(|path| !path.contains('\\') && path.split('/').all(|segment| !matches!(segment, "." | "..")))
}

/// Headers without those of one connection.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let kept = headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(name));
    let kept = kept.filter(|(name, _)| !named.iter().any(|one| one == name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What of the demo's headers a browser gets: nothing that sets cookies or speaks for this origin.
fn for_browser(headers: &HeaderMap) -> HeaderMap {
    let mut kept: HeaderMap = end_to_end(headers)
        .iter()
        .filter(|(name, _)| {
            *name != header::SET_COOKIE
                && !name.as_str().starts_with("access-control-")
                && !matches!(name.as_str(), "clear-site-data" | "service-worker-allowed" | "refresh" | "link")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    kept.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    kept.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_demo() {
        for path in ["/", "/orders", "/a..b/.c/...", "/caf%C3%A9", "/a%20b"] {
            assert!(stays_below(path), "{path}");
        }
        for path in
            ["/..", "/../x", "/a/%2e%2e/x", "/a/%2E./x", "/%252e%252e/x", "/a%2f..%2fx", "/a\\..\\x", "/./x"]
        {
            assert!(!stays_below(path), "{path}");
        }
    }
}
