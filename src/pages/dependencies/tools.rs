//! Above the map: how to show it, which service, which time, and what it was computed from.

use crate::route::{DependenciesView, Route};
use crate::state::navigation::use_navigation;
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphScene, Hit};
use std::sync::Arc;

/// Windows that are offered: how the address says them and how people do.
const LOOKBACKS: [(&str, &str); 7] = [
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("6h", "Last 6 hours"),
    ("12h", "Last 12 hours"),
    ("1d", "Last day"),
    ("2d", "Last 2 days"),
    ("1w", "Last week"),
];

/// The row of tools.
#[component]
pub fn Tools(
    /// What the address says.
    view: Memo<DependenciesView>,
    /// What is on the map.
    scene: Memo<Arc<GraphScene>>,
    /// Selects something.
    select: Callback<Option<Hit>>,
    /// What was typed to find a service.
    find: RwSignal<String>,
    /// What the numbers were computed from.
    #[prop(into)]
    note: Signal<String>,
    /// Asks the backend again.
    again: Callback<()>,
) -> impl IntoView {
    let navigation = use_navigation();
    let is_list = move || view.with(|view| view.list);
    let shape = move |list: bool| {
        let view = view.get_untracked();
        navigation.replace(Route::Dependencies(DependenciesView { list, ..view }));
    };
    let typed = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        // A whole name, typed or picked, goes there at once.
        if let Some(node) = scene.with_untracked(|scene| scene.find(&text)).filter(|_| !text.is_empty()) {
            select.run(Some(Hit::Node(node)));
        }
        find.set(text);
    };
    let entered = move |event: web_sys::KeyboardEvent| {
        let wanted = find.get_untracked().to_lowercase();
        if event.key() != "Enter" || wanted.is_empty() {
            return;
        }
        let first = scene.with_untracked(|scene| {
            scene.nodes.iter().position(|node| node.service.to_lowercase().contains(&wanted))
        });
        if let Some(node) = first {
            select.run(Some(Hit::Node(node as u32)));
        }
    };
    let names = move || {
        scene.with(|scene| {
            let option = |name: String| view! { <option value=name></option> };
            scene.nodes.iter().map(|node| option(node.service.clone())).collect_view()
        })
    };
    let chosen = move |event: web_sys::Event| {
        let view = view.get_untracked();
        navigation
            .push(Route::Dependencies(DependenciesView { lookback: event_target_value(&event), ..view }));
    };
    let windows = move || {
        let now = view.with(|view| match view.lookback.as_str() {
            "" => DependenciesView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        });
        let known = LOOKBACKS.iter().any(|(value, _)| *value == now);
        let other = (!known).then(|| (now.clone(), format!("Last {now}")));
        let offered = LOOKBACKS.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned()));
        offered
            .chain(other)
            .map(|(value, label)| {
                let selected = value == now;
                view! { <option value=value selected=selected>{label}</option> }
            })
            .collect_view()
    };
    view! {
        <div class="dependencies__tools">
            <div class="dependencies__shapes" role="group" aria-label="How to show it">
                <button
                    type="button"
                    class="dependencies__shape"
                    aria-pressed=move || (!is_list()).to_string()
                    data-test="dependencies-as-map"
                    on:click=move |_| shape(false)
                >
                    "Map"
                </button>
                <button
                    type="button"
                    class="dependencies__shape"
                    aria-pressed=move || is_list().to_string()
                    data-test="dependencies-as-list"
                    on:click=move |_| shape(true)
                >
                    "List"
                </button>
            </div>
            <input
                class="field dependencies__find"
                type="search"
                placeholder="Find a service"
                aria-label="Find a service"
                list="dependencies-services"
                autocomplete="off"
                data-test="dependencies-find"
                on:input=typed
                on:keydown=entered
            />
            <datalist id="dependencies-services">{names}</datalist>
            <select class="field" aria-label="Time window" data-test="dependencies-lookback" on:change=chosen>
                {windows}
            </select>
            <button type="button" class="button" on:click=move |_| again.run(())>"Refresh"</button>
            <p class="dependencies__note" data-test="dependencies-note" role="status">{move || note.get()}</p>
        </div>
    }
}
