//! Time: now, later, and how often to let others have a turn.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Milliseconds after which a frame is no longer expected.
const UNSEEN: i32 = 100;

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

/// Lets a frame be painted, in a window: what was asked of the next one is done when this comes back. A page that
/// nobody sees paints nothing, and is not waited for.
pub async fn frame() {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Neither can be refused.
            let _ = window.request_animation_frame(&resolve);
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, UNSEEN);
        }
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
    turn().await;
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
