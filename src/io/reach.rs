//! Whether a server can be reached at all, though its answers may not be read.

use gloo_net::http::Request;
use web_sys::RequestMode;

/// Whether something answers at an address. The answer itself is opaque: nothing of it can be read.
pub async fn answers(url: &str) -> bool {
    Request::get(url).mode(RequestMode::NoCors).send().await.is_ok()
}
