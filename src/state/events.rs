//! Events of the window.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Calls `heard` for each such event anywhere in the page, until the current owner is cleaned up.
pub fn listen<E: ev::EventDescriptor + 'static>(event: E, heard: impl Fn(E::EventType) + 'static)
where
    E::EventType: JsCast,
{
    StoredValue::new_local(ListenerGuard(Some(window_event_listener(event, heard))));
}

/// Removes its listener when it is dropped.
struct ListenerGuard(Option<WindowListenerHandle>);

impl Drop for ListenerGuard {
    fn drop(&mut self) {
        if let Some(listener) = self.0.take() {
            listener.remove();
        }
    }
}
