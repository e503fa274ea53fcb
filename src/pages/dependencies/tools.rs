//! Above the map: map or list, a field to find a service, the time range, and what the numbers are based on.

use crate::route::{DependenciesView, Route};
use crate::state::navigation::use_navigation;
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphScene, Hit};
use std::sync::Arc;
use web_sys::KeyboardEvent;

/// Time ranges to choose from: value in the address, and label.
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
    /// View in the address.
    view: Memo<DependenciesView>,
    /// What the map shows.
    scene: Memo<Arc<GraphScene>>,
    /// Selects a service.
    select: Callback<Option<Hit>>,
    /// Text of the field that finds services.
    find: RwSignal<String>,
    /// What the numbers are based on.
    #[prop(into)]
    note: Signal<String>,
    /// Loads the numbers again.
    refresh: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="dependencies__tools">
            <ViewSwitch view=view/>
            <FindField scene=scene select=select find=find/>
            <LookbackField view=view/>
            <button type="button" class="button" on:click=move |_| refresh.run(())>
                "Refresh"
            </button>
            <p class="dependencies__note" data-test="dependencies-note" role="status">
                {note}
            </p>
        </div>
    }
}

/// Chooses between map and list.
#[component]
fn ViewSwitch(view: Memo<DependenciesView>) -> impl IntoView {
    let navigation = use_navigation();
    let button = move |label: &'static str, test: &'static str, list: bool| {
        let choose = move |_| {
            navigation.replace(Route::Dependencies(DependenciesView { list, ..view.get_untracked() }));
        };
        view! {
            <button
                type="button"
                class="dependencies__shape"
                aria-pressed=move || view.with(|view| view.list == list).to_string()
                data-test=test
                on:click=choose
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="dependencies__shapes" role="group" aria-label="View">
            {button("Map", "dependencies-as-map", false)}
            {button("List", "dependencies-as-list", true)}
        </div>
    }
}

/// Finds a service by its name: a whole name selects it at once, Enter the first one that contains the text.
#[component]
fn FindField(
    scene: Memo<Arc<GraphScene>>,
    select: Callback<Option<Hit>>,
    find: RwSignal<String>,
) -> impl IntoView {
    let input = move |event| {
        let text = event_target_value(&event);
        if let Some(node) = scene.with_untracked(|scene| scene.find(&text)).filter(|_| !text.is_empty()) {
            select.run(Some(Hit::Node(node)));
        }
        find.set(text);
    };
    let press = move |event: KeyboardEvent| {
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
            scene
                .nodes
                .iter()
                .map(|node| view! { <option value=node.service.clone()></option> })
                .collect_view()
        })
    };
    view! {
        <input
            class="field dependencies__find"
            type="search"
            placeholder="Find a service"
            aria-label="Find a service"
            list="dependencies-services"
            autocomplete="off"
            data-test="dependencies-find"
            on:input=input
            on:keydown=press
        />
        <datalist id="dependencies-services">{names}</datalist>
    }
}

/// Chooses the time range. Another one from the address is offered too.
#[component]
fn LookbackField(view: Memo<DependenciesView>) -> impl IntoView {
    let navigation = use_navigation();
    let options = move || {
        let now = view.with(|view| match view.lookback.as_str() {
            "" => DependenciesView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        });
        let known = LOOKBACKS.map(|(value, label)| (value.to_owned(), label.to_owned()));
        let other =
            known.iter().all(|(value, _)| *value != now).then(|| (now.clone(), format!("Last {now}")));
        let option = move |(value, label): (String, String)| {
            let selected = value == now;
            view! { <option value=value selected=selected>{label}</option> }
        };
        known.into_iter().chain(other).map(option).collect_view()
    };
    let choose = move |event| {
        let lookback = event_target_value(&event);
        navigation.push(Route::Dependencies(DependenciesView { lookback, ..view.get_untracked() }));
    };
    view! {
        <select class="field" aria-label="Time range" data-test="dependencies-lookback" on:change=choose>
            {options}
        </select>
    }
}
