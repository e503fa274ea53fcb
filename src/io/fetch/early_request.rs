//! The request for a trace that `worker.js` sends while the program is still being loaded.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal};

/// The property of the worker's global object that holds the request.
const PROPERTY: &str = "spandrelEarlyRequest";

struct EarlyRequest {
    url: String,
    response: Promise,
    controller: AbortController,
}

/// The response to the request, once, if it was sent to `url`; aborting `signal` aborts it. A request to another URL is
/// aborted.
pub fn take(url: &str, signal: &AbortSignal) -> Option<Promise> {
    let request = taken()?;
    if request.url != url {
        request.controller.abort();
        return None;
    }
    let abort: Function = Reflect::get(&request.controller, &"abort".into()).ok()?.dyn_into().ok()?;
    signal.set_onabort(Some(&abort.bind0(&request.controller)));
    Some(request.response)
}

/// Aborts the request, because the trace comes from a file.
pub fn abort() {
    if let Some(request) = taken() {
        request.controller.abort();
    }
}

fn taken() -> Option<EarlyRequest> {
    let (global, property) = (js_sys::global(), JsValue::from_str(PROPERTY));
    let request = Reflect::get(&global, &property).ok().filter(JsValue::is_object)?;
    // Any property of the global object can be set.
    let _ = Reflect::set(&global, &property, &JsValue::UNDEFINED);
    let part = |name: &str| Reflect::get(&request, &name.into()).unwrap_or_default();
    Some(EarlyRequest {
        url: part("url").as_string()?,
        response: part("response").dyn_into().ok()?,
        controller: part("controller").dyn_into().ok()?,
    })
}
