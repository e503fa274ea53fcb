//! Time: now, later, and how often to let others have a turn.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Now, microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    (js_sys::Date::now() * 1000.0) as u64
}

/// Lets pending events be handled first, in a window and in a worker alike. Unlike a timer of 0, which browsers
/// stretch to four milliseconds, this comes back as soon as it is this program's turn again.
pub async fn turn() {
    let Ok(channel) = MessageChannel::new() else { return sleep(0).await };
    let (to, from) = (channel.port1(), channel.port2());
    let promise = Promise::new(&mut |resolve, _| {
        from.set_onmessage(Some(&resolve));
        // Nothing is always posted.
        let _ = to.post_message(&JsValue::NULL);
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
    to.close();
}

/// Waits, in a window and in a worker alike.
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
