//! Above the charts: which service, which time range, and from which traces the metrics are computed.

use super::plots::{Measured, when};
use crate::route::{MonitorView, Route};
use crate::state::navigation::use_navigation;
use leptos::prelude::*;
use spandrel_trace::units::count;

/// Time ranges to choose from: value in the address, and label.
const LOOKBACKS: [(&str, &str); 7] = [
    ("5m", "Last 5 minutes"),
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("6h", "Last 6 hours"),
    ("12h", "Last 12 hours"),
    ("1d", "Last day"),
    ("2d", "Last 2 days"),
];

/// Chooses the service. One from the address is offered though the server does not list it.
#[component]
pub fn ServiceField(view: Memo<MonitorView>, services: RwSignal<Vec<String>>) -> impl IntoView {
    let navigation = use_navigation();
    let options = move || {
        let now = view.with(|view| view.service.clone()).unwrap_or_default();
        let mut names = services.get();
        if !now.is_empty() && !names.contains(&now) {
            names.insert(0, now.clone());
        }
        let option = move |name: String| {
            let selected = name == now;
            view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
        };
        names.into_iter().map(option).collect_view()
    };
    let choose = move |event| {
        let service = Some(event_target_value(&event));
        navigation.push(Route::Monitor(MonitorView { service, ..view.get_untracked() }));
    };
    view! {
        <select class="field monitor__service" aria-label="Service" data-test="monitor-service" on:change=choose>
            {options}
        </select>
    }
}

/// Chooses the time range. Another one from the address is offered too.
#[component]
pub fn LookbackField(view: Memo<MonitorView>) -> impl IntoView {
    let navigation = use_navigation();
    let options = move || {
        let now = view.with(|view| match view.lookback.as_str() {
            "" => MonitorView::LOOKBACK.to_owned(),
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
        navigation.push(Route::Monitor(MonitorView { lookback, ..view.get_untracked() }));
    };
    view! {
        <select class="field" aria-label="Time range" data-test="monitor-lookback" on:change=choose>
            {options}
        </select>
    }
}

/// The traces that the metrics are computed from.
pub fn note(measured: &Measured) -> AnyView {
    let traces = count(measured.sample as u64);
    if measured.truncated {
        let covered = when(measured, measured.metrics.total.window);
        view! { <span class="monitor__partial">{format!("Newest {traces} traces only: covers {covered}")}</span> }.into_any()
    } else {
        format!("{traces} trace{}", if measured.sample == 1 { "" } else { "s" }).into_any()
    }
}
