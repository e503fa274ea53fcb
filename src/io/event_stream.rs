//! Server-sent events.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventSource, MessageEvent};

/// What happens to a stream of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The server answers.
    Opened,
    /// Data of an event with the name that was asked for.
    Message(String),
    /// The connection was lost; the browser connects again by itself.
    Lost,
    /// The server has refused the request; the browser does not try again.
    Refused,
}

/// An open stream, which is closed when dropped.
#[derive(Debug)]
pub struct EventStream {
    source: EventSource,
    _listeners: [Closure<dyn Fn(Event)>; 3],
}

impl EventStream {
    /// Requests `url` and calls `happened` for events named `name` and changes of the connection, until it is dropped; `None`
    /// if the URL is not one.
    pub fn open(url: &str, name: &str, happened: impl Fn(StreamEvent) + Clone + 'static) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        let opened = {
            let happened = happened.clone();
            Closure::<dyn Fn(Event)>::new(move |_| happened(StreamEvent::Opened))
        };
        let message = {
            let happened = happened.clone();
            Closure::<dyn Fn(Event)>::new(move |event: Event| {
                let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
                if let Some(data) = data {
                    happened(StreamEvent::Message(data));
                }
            })
        };
        let failed = {
            let source = source.clone();
            Closure::<dyn Fn(Event)>::new(move |_| {
                let is_refused = source.ready_state() == EventSource::CLOSED;
                happened(if is_refused { StreamEvent::Refused } else { StreamEvent::Lost });
            })
        };
        for (name, listener) in [("open", &opened), (name, &message), ("error", &failed)] {
            // Only an invalid event name is refused.
            let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Some(EventStream { source, _listeners: [opened, message, failed] })
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.source.close();
    }
}
