//! The switch between local time and UTC, shown beside times of day.

use leptos::prelude::*;

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
        if is_utc.get() {
            "Time zone: UTC. Switch to local time"
        } else {
            "Time zone: local time. Switch to UTC"
        }
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
