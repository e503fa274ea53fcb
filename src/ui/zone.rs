//! The switch between local time and UTC, shown beside times of day.

use super::element::{El, button};
use leptos::prelude::*;
use std::rc::Rc;
use web_sys::MouseEvent;

/// A button that names the time zone in use and switches to the other one.
#[component]
pub fn ZoneSwitch(
    /// UTC is in use, not the local time zone.
    #[prop(into)]
    is_utc: Signal<bool>,
    /// Called on each click.
    #[prop(into)]
    switch: UnsyncCallback<()>,
) -> impl IntoView {
    let title = move || {
        if is_utc.get() { "Time zone: UTC. Switch to local time" } else { "Time zone: local. Switch to UTC" }
    };
    view! {
        <button
            type="button"
            class="zone"
            data-test="zone"
            title=title
            aria-label=title
            on:click=move |_| switch.run(())
        >
            {move || if is_utc.get() { "UTC" } else { "local time" }}
        </button>
    }
}

/// [`ZoneSwitch`] for views that are not components yet.
pub fn zone_switch(is_utc: impl Fn() -> bool + 'static, switch: impl Fn() + 'static) -> El {
    let is_utc = Rc::new(is_utc);
    let told = is_utc.clone();
    let title = move || {
        if told() { "Time zone: UTC. Switch to local time" } else { "Time zone: local. Switch to UTC" }
    };
    button("zone")
        .test("zone")
        .live_attr("title", title.clone())
        .live_attr("aria-label", title)
        .on("click", move |_: MouseEvent| switch())
        .live_text(move || if is_utc() { "UTC" } else { "local time" })
}
