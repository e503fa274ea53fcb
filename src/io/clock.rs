//! Time: now, later, and how often to let others have a turn.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Now, microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    (js_sys::Date::now() * 1000.0) as u64
}

/// Waits, in a window and in a worker alike; 0 lets pending events be handled first.
pub async fn sleep(milliseconds: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        let global = js_sys::global();
        let set = Reflect::get(&global, &"setTimeout".into()).ok();
        if let Some(set) = set.and_then(|set| set.dyn_into::<Function>().ok()) {
            // A timer cannot be refused.
            let _ = set.call2(&global, &resolve, &JsValue::from(milliseconds));
        }
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}
