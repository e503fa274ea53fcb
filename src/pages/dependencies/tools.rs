//! Above the map: map or list, a field to find a service, the time range, and what the numbers are based on.

use crate::route::{DependenciesView, Route};
use crate::state::navigation::use_navigation;
use crate::ui::lookback::LookbackField;
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use std::sync::Arc;
use web_sys::KeyboardEvent;

/// The row of tools.
#[component]
pub fn Tools(
    /// View in the address.
    view: Memo<DependenciesView>,
    /// What the map shows.
    scene: Memo<Arc<GraphScene>>,
    /// Selects a service.
    select: Callback<Option<GraphElement>>,
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
            <RangeField view=view/>
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
    select: Callback<Option<GraphElement>>,
    find: RwSignal<String>,
) -> impl IntoView {
    let input = move |event| {
        let text = event_target_value(&event);
        if let Some(node) = scene.with_untracked(|scene| scene.find(&text)).filter(|_| !text.is_empty()) {
            select.run(Some(GraphElement::Node(node)));
        }
        find.set(text);
    };
    let press = move |event: KeyboardEvent| {
        let wanted = find.get_untracked().to_lowercase();
        if event.key() != "Enter" || wanted.is_empty() {
            return;
        }
        let first = scene.with_untracked(|scene| {
            scene.nodes.iter().position(|node| node.name.to_lowercase().contains(&wanted))
        });
        if let Some(node) = first {
            select.run(Some(GraphElement::Node(node as u32)));
        }
    };
    let names = move || {
        scene.with(|scene| {
            scene.nodes.iter().map(|node| view! { <option value=node.name.clone()></option> }).collect_view()
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

/// Chooses the time range.
#[component]
fn RangeField(view: Memo<DependenciesView>) -> impl IntoView {
    let navigation = use_navigation();
    let value = Signal::derive(move || {
        view.with(|view| match view.lookback.as_str() {
            "" => DependenciesView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        })
    });
    let choose = move |lookback| {
        navigation.push(Route::Dependencies(DependenciesView { lookback, ..view.get_untracked() }));
    };
    view! { <LookbackField value=value test="dependencies-lookback" on_choose=choose/> }
}
