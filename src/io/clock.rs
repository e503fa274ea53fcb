//! Time: the clock, timers, frames, and yielding to the event loop. For timers `gloo-timers`; the other two have no crate
//! of their own: frames that also end in a hidden page, and a yield without the timers' minimum delay.

use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Milliseconds after which a frame is no longer waited for.
const FRAME_TIMEOUT: i32 = 100;

/// Microseconds since the Unix epoch.
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
        // `null` can always be posted.
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
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, FRAME_TIMEOUT);
        }
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
    yield_to_event_loop().await;
}

/// Resumes after so many milliseconds, in a window or a worker.
pub async fn sleep(milliseconds: u32) {
    TimeoutFuture::new(milliseconds).await;
}
