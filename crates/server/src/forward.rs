//! `/shop/…` forwarded to the shop's gateway, so that the browser needs no second origin.

use crate::jaeger::json;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use http_body_util::BodyExt;

/// Bytes of a forwarded body at most.
const MOST: usize = 8 << 20;
/// Headers that belong to one connection (RFC 9110, 7.6.1) and are not passed on.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
];

/// The way to the shop.
#[derive(Clone)]
pub struct Shop {
    client: reqwest::Client,
    base: String,
}

impl Shop {
    /// A way to the gateway at `base`.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_secs(3))
            .timeout(std::time::Duration::from_secs(60))
            .build()?;
        Ok(Shop { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// Forwards a request; `path_and_query` starts with a slash and is what follows `/shop`.
    pub async fn forward(&self, path_and_query: &str, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = match http_body_util::Limited::new(body, MOST).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(_) => return failure(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 8 MiB"),
        };
        let url = format!("{}{path_and_query}", self.base);
        let sent =
            self.client.request(head.method, &url).headers(passed_on(&head.headers)).body(body).send().await;
        match sent {
            Ok(answer) => {
                let (status, headers) = (answer.status(), passed_on(answer.headers()));
                match answer.bytes().await {
                    Ok(bytes) => {
                        let mut response = Response::new(Body::from(bytes));
                        *response.status_mut() = status;
                        *response.headers_mut() = headers;
                        response
                    }
                    Err(error) => self.down(&error),
                }
            }
            Err(error) => self.down(&error),
        }
    }

    fn down(&self, error: &reqwest::Error) -> Response<Body> {
        let why = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
        failure(
            StatusCode::BAD_GATEWAY,
            &format!(
                "the shop at {} {why}; start it with `cargo xtask run` or name another with --shop",
                self.base
            ),
        )
    }
}

fn failure(status: StatusCode, why: &str) -> Response<Body> {
    json(status, serde_json::json!({ "error": why }).to_string())
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, _)| !HOP_BY_HOP.contains(name) && name.as_str() != "keep-alive")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
