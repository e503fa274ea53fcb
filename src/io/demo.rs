//! Requests to the demo behind the page's server, and to its OTLP endpoint for the browser's own spans.

use gloo_net::http::{Request, RequestBuilder};

/// A response of any status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoReply {
    /// HTTP status.
    pub status: u16,
    /// Media type without parameters, lower case; empty if there is none.
    pub media_type: String,
    /// The header `x-correlation-id`; empty if there is none.
    pub correlation_id: String,
    /// Body.
    pub body: String,
}

/// Headers that a request to the demo carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct DemoHeaders<'a> {
    /// `traceparent`.
    pub traceparent: Option<&'a str>,
    /// `x-demo-fault`.
    pub fault: Option<&'a str>,
}

impl DemoHeaders<'_> {
    fn add_to(self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in [("traceparent", self.traceparent), ("x-demo-fault", self.fault)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.header("accept", "application/json")
    }
}

/// Requests `path`, relative to the mount URL.
pub async fn get(path: &str, headers: DemoHeaders<'_>) -> Result<DemoReply, String> {
    let request = headers.add_to(Request::get(&address(path))).build();
    exchange(request.map_err(|error| error.to_string())?).await
}

/// Posts JSON to `path`, relative to the mount URL.
pub async fn post_json(path: &str, headers: DemoHeaders<'_>, body: &str) -> Result<DemoReply, String> {
    let request = headers.add_to(Request::post(&address(path))).header("content-type", "application/json");
    exchange(request.body(body).map_err(|error| error.to_string())?).await
}

async fn exchange(request: Request) -> Result<DemoReply, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let media_type = response.headers().get("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_lowercase();
    let correlation_id = response.headers().get("x-correlation-id").unwrap_or_default();
    let body = response.text().await.map_err(|error| error.to_string())?;
    Ok(DemoReply { status: response.status(), media_type, correlation_id, body })
}

/// The absolute URL of a path below the mount URL.
pub fn address(path: &str) -> String {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|page| page.base_uri().ok().flatten());
    let resolved = base.and_then(|base| web_sys::Url::new_with_base(path, &base).ok());
    resolved.map_or_else(|| path.to_owned(), |url| url.href())
}

/// Nanoseconds since the Unix epoch, to the browser's precision.
pub fn now_unix() -> u64 {
    let precise = web_sys::window()
        .and_then(|window| window.performance())
        .map(|clock| clock.time_origin() + clock.now());
    (precise.unwrap_or_else(js_sys::Date::now) * 1e6) as u64
}

/// The browser's user agent string.
pub fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}
