//! Whether a server is reachable, even if its responses may not be read.

use gloo_net::http::Request;
use web_sys::RequestMode;

/// Whether something responds at a URL. The response is opaque.
pub async fn answers(url: &str) -> bool {
    Request::get(url).mode(RequestMode::NoCors).send().await.is_ok()
}
