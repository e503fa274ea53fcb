//! Above the map: how to show it, which service, which time, and what it was computed from.

use crate::route::{DependenciesView, Route};
use crate::state::navigation::use_navigation;
use crate::ui::element::{El, button, el, option, typed};
use crate::ui::problem::Retry;
use crate::ui::view::{part, several};
use leptos::prelude::*;
use spandrel_trace::scene::graph::{GraphScene, Hit};
use std::sync::Arc;
use web_sys::{Event, KeyboardEvent, MouseEvent};

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

/// The row of tools: `view` is what the address says, `scene` what is on the map, `find` what was typed to find a
/// service, `note` what the numbers were computed from; `again` asks the backend again.
pub fn tools(
    view: Memo<DependenciesView>,
    scene: Memo<Arc<GraphScene>>,
    select: Callback<Option<Hit>>,
    find: RwSignal<String>,
    note: Signal<String>,
    again: Retry,
) -> El {
    let navigation = use_navigation();
    let is_list = move || view.with(|view| view.list);
    let shape = move |list: bool| {
        let view = view.get_untracked();
        navigation.replace(Route::Dependencies(DependenciesView { list, ..view }));
    };
    let written = move |event: Event| {
        let text = typed(&event);
        // A whole name, typed or picked, goes there at once.
        if let Some(node) = scene.with_untracked(|scene| scene.find(&text)).filter(|_| !text.is_empty()) {
            select.run(Some(Hit::Node(node)));
        }
        find.set(text);
    };
    let entered = move |event: KeyboardEvent| {
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
    let names = part(
        move || scene.get(),
        |scene| several(scene.nodes.iter().map(|node| el("option", "").attr("value", &node.service))),
    );
    let chosen = move |event: Event| {
        let view = view.get_untracked();
        navigation.push(Route::Dependencies(DependenciesView { lookback: typed(&event), ..view }));
    };
    let now = move || {
        view.with(|view| match view.lookback.as_str() {
            "" => DependenciesView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        })
    };
    let windows = part(now, |now| {
        let known = LOOKBACKS.iter().any(|(value, _)| *value == now);
        let other = (!known).then(|| option(&now, &format!("Last {now}"), &now));
        several(LOOKBACKS.iter().map(|(value, label)| option(value, label, &now)).chain(other))
    });
    let shape = move |label: &str, test: &str, list: bool| {
        button("dependencies__shape")
            .live_attr("aria-pressed", move || (is_list() == list).to_string())
            .test(test)
            .on("click", move |_: MouseEvent| shape(list))
            .text(label)
    };
    let shapes = el("div", "dependencies__shapes")
        .attr("role", "group")
        .attr("aria-label", "How to show it")
        .children([shape("Map", "dependencies-as-map", false), shape("List", "dependencies-as-list", true)]);
    let field = el("input", "field dependencies__find")
        .attr("type", "search")
        .attr("placeholder", "Find a service")
        .attr("aria-label", "Find a service")
        .attr("list", "dependencies-services")
        .attr("autocomplete", "off")
        .test("dependencies-find")
        .on("input", written)
        .on("keydown", entered);
    let window = el("select", "field")
        .attr("aria-label", "Time window")
        .test("dependencies-lookback")
        .on("change", chosen)
        .child(windows);
    el("div", "dependencies__tools").children([
        shapes,
        field,
        el("datalist", "").attr("id", "dependencies-services").child(names),
        window,
        button("button").on("click", move |_: MouseEvent| again()).text("Refresh"),
        el("p", "dependencies__note")
            .test("dependencies-note")
            .attr("role", "status")
            .live_text(move || note.get()),
    ])
}
