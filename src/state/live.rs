//! Traces that match a search, as they arrive at our own server.

use super::data::{Data, SearchPurpose};
use super::events::listen;
use super::tasks::{AbortOnDrop, sleep};
use crate::io::event_stream::{EventStream, StreamEvent};
use leptos::ev;
use leptos::prelude::*;
use spandrel_trace::engine::live_summaries;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::source::SearchQuery;
use std::rc::Rc;

/// Name of the events that have summaries.
const EVENT: &str = "summaries";
/// Milliseconds until a server that has refused is asked again.
const RETRY: u32 = 10_000;
/// Milliseconds until traces that a message left out are searched for.
const SKIPPED: u32 = 5_000;

/// Whether traces arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveConnection {
    /// Not yet, or the page is hidden.
    #[default]
    Connecting,
    /// They do.
    Open,
    /// Not any more; it is tried again.
    Lost,
}

/// Receives traces as they arrive until the current owner is cleaned up, and while the page is visible. Whenever a connection is
/// made, `search` is made too, so that nothing that arrived before it is missing: `arrived` is called with traces
/// that may be known already.
pub fn receive(
    data: Data,
    url: String,
    search: impl Fn() -> SearchQuery + 'static,
    connection: RwSignal<LiveConnection>,
    arrived: impl Fn(Vec<TraceSummary>) + 'static,
) {
    let is_visible = RwSignal::new(!document().hidden());
    listen(ev::visibilitychange, move |_| is_visible.set(!document().hidden()));
    let arrived = Rc::new(arrived);
    let search = Rc::new(search);
    let refusals = RwSignal::new(0u32);
    Effect::new(move || {
        refusals.track();
        connection.set(LiveConnection::Connecting);
        if !is_visible.get() {
            return;
        }
        let waiting = StoredValue::new_local(None::<AbortOnDrop>);
        let is_searching = StoredValue::new_local(false);
        let (search, arrived) = (search.clone(), arrived.clone());
        let catch_up = {
            let arrived = arrived.clone();
            move |delay: u32| {
                let (search, arrived) = (search.clone(), arrived.clone());
                if is_searching.try_get_value() != Some(false) {
                    return;
                }
                is_searching.set_value(true);
                let task = AbortOnDrop::spawn(async move {
                    sleep(delay).await;
                    // The next connection tries again.
                    if let Ok(found) = data.search(search(), SearchPurpose::Live).await {
                        arrived(found.summaries);
                    }
                    is_searching.try_set_value(false);
                });
                waiting.set_value(Some(task));
            }
        };
        let happened = move |event: StreamEvent| match event {
            StreamEvent::Opened => {
                connection.set(LiveConnection::Open);
                catch_up(0);
            }
            StreamEvent::Message(text) => {
                // A message that cannot be read is made up for by the search.
                let message = live_summaries(text.as_bytes());
                if message.as_ref().map_or(true, |message| message.skipped > 0) {
                    catch_up(SKIPPED);
                }
                if let Ok(message) = message {
                    arrived(message.summaries);
                }
            }
            StreamEvent::Lost => {
                connection.set(LiveConnection::Lost);
                data.server_is_silent();
            }
            StreamEvent::Refused => {
                connection.set(LiveConnection::Lost);
                waiting.set_value(Some(AbortOnDrop::spawn(async move {
                    sleep(RETRY).await;
                    refusals.update(|count| *count = count.wrapping_add(1));
                })));
            }
        };
        // Closed when this effect runs again, or its owner goes.
        StoredValue::new_local(EventStream::open(&url, EVENT, happened));
    });
}
