//! Above the charts: which service, which time range, and from which traces the metrics are computed.

use super::plots::{ServiceMetrics, when};
use crate::route::{MonitorView, Route};
use crate::state::navigation::use_navigation;
use crate::ui::lookback::LookbackField;
use leptos::prelude::*;
use spandrel_trace::units::count;

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

/// Chooses the time range.
#[component]
pub fn RangeField(view: Memo<MonitorView>) -> impl IntoView {
    let navigation = use_navigation();
    let value = Signal::derive(move || {
        view.with(|view| match view.lookback.as_str() {
            "" => MonitorView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        })
    });
    let choose = move |lookback| {
        navigation.push(Route::Monitor(MonitorView { lookback, ..view.get_untracked() }));
    };
    view! { <LookbackField value=value test="monitor-lookback" on_choose=choose/> }
}

/// The traces that the metrics are computed from.
pub fn note(measured: &ServiceMetrics) -> AnyView {
    let traces = count(measured.sample as u64);
    if measured.truncated {
        let covered = when(measured, measured.metrics.total.window);
        view! { <span class="monitor__partial">{format!("Newest {traces} traces only: covers {covered}")}</span> }.into_any()
    } else {
        format!("{traces} trace{}", if measured.sample == 1 { "" } else { "s" }).into_any()
    }
}
