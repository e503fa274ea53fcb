//! A place in the document where one test mounts one view; struck when the test ends.
#![allow(dead_code, reason = "what one test does not need, another does")]

use std::any::Any;

use leptos::mount::mount_to;
use leptos::prelude::{IntoView, Owner, document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, KeyboardEvent, KeyboardEventInit};

/// What is mounted, and where.
pub struct Stage {
    host: HtmlElement,
    /// Dropping it unmounts.
    mounted: Option<Box<dyn Any>>,
}

impl Stage {
    /// Mounts a view in an element of its own.
    pub fn new<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Self {
        let host: HtmlElement =
            document().create_element("div").expect("an element").dyn_into().expect("an HTML element");
        document().body().expect("a body").append_child(&host).expect("a place in the body");
        let owner = Owner::new();
        let view = owner.with(|| mount_to(host.clone(), view));
        Stage { host, mounted: Some(Box::new((CleanUp(owner), view))) }
    }

    /// The first element that a selector finds.
    pub fn find(&self, selector: &str) -> HtmlElement {
        let found = self.host.query_selector(selector).expect("a selector");
        found.unwrap_or_else(|| panic!("nothing matches {selector}")).dyn_into().expect("an HTML element")
    }

    /// Every element that a selector finds, in the document's order.
    pub fn all(&self, selector: &str) -> Vec<HtmlElement> {
        let found = self.host.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    /// The text of the first element that a selector finds.
    pub fn text(&self, selector: &str) -> String {
        self.find(selector).text_content().unwrap_or_default()
    }

    /// An attribute of the first element that a selector finds.
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        self.find(selector).get_attribute(name).unwrap_or_default()
    }

    /// Presses a key on an element, and lets the app react.
    pub async fn press(&self, selector: &str, key: &str) {
        let how = KeyboardEventInit::new();
        how.set_key(key);
        how.set_bubbles(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &how).expect("an event");
        self.find(selector).dispatch_event(&event).expect("a listener");
        settle().await;
    }

    /// Unmounts; nothing may be left behind.
    pub async fn strike(mut self) {
        drop(self.mounted.take());
        settle().await;
        assert_eq!(self.host.inner_html().replace("<!---->", ""), "", "what was mounted is gone");
    }
}

/// Cleans up an owner when dropped, although effects that it owns refer to it.
struct CleanUp(Owner);

impl Drop for CleanUp {
    fn drop(&mut self) {
        self.0.cleanup();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.mounted.take());
        self.host.remove();
    }
}

/// Waits for the next animation frame, and for what it set off.
pub async fn frame() {
    let painted = js_sys::Promise::new(&mut |done, _| {
        window().request_animation_frame(&done).expect("a frame");
    });
    JsFuture::from(painted).await.map(|_: JsValue| ()).expect("a frame that comes");
    settle().await;
}

/// Lets effects run and a task pass.
pub async fn settle() {
    leptos::task::tick().await;
    let later = js_sys::Promise::new(&mut |done, _| {
        window().set_timeout_with_callback(&done).expect("a timer");
    });
    JsFuture::from(later).await.map(|_: JsValue| ()).expect("a timer that goes off");
}
