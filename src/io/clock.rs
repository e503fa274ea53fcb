//! Time: the clock, timers, frames, and yielding to the event loop.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Milliseconds after which a frame is no longer waited for.
const UNSEEN: i32 = 100;

/// Now, microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    (js_sys::Date::now() * 1000.0) as u64
}

/// Yields to the event loop once, in a window or a worker, so that pending events are handled. Resumes without the
/// minimum of 4 ms that browsers impose on nested timers.
pub async fn yield_to_event_loop() {
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

/// Resumes after the next animation frame was painted. In a hidden page, which paints nothing, resumes after 100 ms.
pub async fn next_frame() {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Neither can be refused.
            let _ = window.request_animation_frame(&resolve);
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, UNSEEN);
        }
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
    yield_to_event_loop().await;
}

/// Resumes after so many milliseconds, in a window or a worker.
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
