//! Whether a server is reachable, even if its responses may not be read.

use gloo_net::http::Request;
use web_sys::RequestMode;

/// A response that may be read.
pub struct TextResponse {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
}

impl TextResponse {
    /// Whether the request was answered as it should.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What is answered at an address; `None` where nothing is, or this page may not read it.
pub async fn text(url: &str) -> Option<TextResponse> {
    let response = Request::get(url).send().await.ok()?;
    let status = response.status();
    response.text().await.ok().map(|body| TextResponse { status, body })
}

/// Whether something responds at a URL. The response is opaque.
pub async fn answers(url: &str) -> bool {
    Request::get(url).mode(RequestMode::NoCors).send().await.is_ok()
}
