//! The switch that keeps results up to date, and the traces that wait to be shown.

use super::feed::{Feed, new_traces};
use crate::route::{Route, SearchParams};
use crate::state::data::use_data;
use crate::state::live::{LiveConnection, receive};
use crate::state::navigation::use_navigation;
use crate::state::settings::Settings;
use crate::state::tasks::{next_frame, spawn};
use leptos::prelude::*;
use spandrel_trace::source::SearchQuery;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MouseEvent};

/// The search from the start of the time range until now.
fn until_now(params: &SearchParams) -> SearchQuery {
    let now_us = (js_sys::Date::now() * 1_000.0) as u64;
    SearchQuery { end_unix_us: now_us, ..params.to_query(now_us) }
}

/// The URL of the live updates of a search; `None` where the server has none, or the time range does not end now. Tracked.
pub fn live_url(params: &SearchParams, settings: Settings) -> Option<String> {
    if params.files || !params.ends_now() {
        return None;
    }
    settings.trace_source().live_url(&until_now(params))
}

/// Receives traces while the address says so and the server has them, until the current owner is cleaned up. `url` is that of
/// the live updates of `params`.
pub fn follow(feed: Feed, params: Memo<SearchParams>, url: Memo<Option<String>>) {
    let data = use_data();
    let is_live = Memo::new(move |_| params.with(|params| params.live));
    Effect::new(move || {
        let Some(url) = url.get().filter(|_| is_live.get()) else {
            feed.clear();
            return;
        };
        let search = move || params.with_untracked(until_now);
        receive(data, url, search, feed.connection, move |traces| feed.arrive(traces));
        feed.run();
    });
}

/// Waits for the first traces of a search that has found none, until the current owner is cleaned up, and calls `arrived` when
/// there are some. `url` is that of the live updates of `params`.
pub fn wait_for_first(
    params: Memo<SearchParams>,
    url: Memo<Option<String>>,
    arrived: impl Fn() + Clone + 'static,
) {
    let data = use_data();
    Effect::new(move || {
        let Some(url) = url.get() else { return };
        let search = move || params.with_untracked(until_now);
        let arrived = arrived.clone();
        receive(data, url, search, RwSignal::new(LiveConnection::default()), move |traces| {
            if !traces.is_empty() {
                arrived();
            }
        });
    });
}

/// Switches live updates on and off, and pauses them.
#[component]
pub fn LiveSwitch(feed: Feed, params: Memo<SearchParams>) -> impl IntoView {
    let navigation = use_navigation();
    let is_live = Memo::new(move |_| params.with(|params| params.live));
    let switch = move |_| {
        let params = params.get_untracked();
        navigation.replace(Route::Search(SearchParams { live: !params.live, ..params }));
    };
    let status = move || match (feed.connection.get(), feed.is_paused.get()) {
        (LiveConnection::Connecting, _) => "Connecting…",
        (LiveConnection::Lost, _) => "Connection lost. Reconnecting…",
        (LiveConnection::Open, true) => "Paused",
        (LiveConnection::Open, false) => "",
    };
    view! {
        <span class="results__live" role="group" aria-label="Live updates">
            <button
                type="button"
                class="button button--flat results__live-switch"
                data-test="live"
                title="Add traces as they arrive"
                aria-pressed=move || is_live.get().to_string()
                on:click=switch
            >
                <i class="results__live-dot" class:results__live-dot--on=move || feed.connection.get() == LiveConnection::Open && is_live.get() && !feed.is_paused.get() aria-hidden="true"></i>
                "Live"
            </button>
            <Show when=move || is_live.get()>
                <button
                    type="button"
                    class="button button--flat"
                    data-test="live-pause"
                    aria-pressed=move || feed.is_paused.get().to_string()
                    title="Keep the list as it is and count new traces"
                    on:click=move |_| feed.is_paused.update(|is_paused| *is_paused = !*is_paused)
                >
                    "Pause"
                </button>
                <span class="results__live-status" role="status" data-test="live-status">{status}</span>
            </Show>
            <span class="unseen" role="status" data-test="live-said">{feed.announced}</span>
        </span>
    }
}

/// How many new traces wait, on a button that shows them.
#[component]
pub fn NewTraces(feed: Feed) -> impl IntoView {
    let show = move |event: MouseEvent| {
        feed.add();
        // The button is gone: who pressed it by key goes on at the first trace.
        if event.detail() == 0 {
            spawn(async move {
                next_frame().await;
                let first = feed.table.get_untracked().and_then(|table| {
                    let link = table.query_selector("[data-result-link]").ok().flatten()?;
                    link.dyn_into::<HtmlElement>().ok()
                });
                if let Some(first) = first {
                    // Focusing an element of the page does not fail.
                    let _ = first.focus();
                }
            });
        }
    };
    view! {
        <Show when=move || feed.waiting.get() != 0>
            <button type="button" class="button button--main results__new" data-test="live-new" on:click=show>
                {move || format!("Show {}", new_traces(feed.waiting.get()))}
            </button>
        </Show>
    }
}
