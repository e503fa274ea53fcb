//! Above the charts: which service, which time range, and from which traces the metrics are computed.

use super::measured::{Basis, ServiceMetrics, instant, range};
use crate::route::{MonitorView, Route};
use crate::state::navigation::use_navigation;
use crate::ui::lookback::LookbackField;
use leptos::prelude::*;

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

/// What the metrics are computed from, and the time that it covers if that is not all of it.
pub fn note(measured: &ServiceMetrics) -> AnyView {
    let traces = |number: usize| Basis::Summaries.counted(number);
    let covered = measured.metrics.total.window;
    match measured.sample {
        Some(sample) if measured.truncated => {
            let covered = range(measured, covered);
            view! { <span class="monitor__partial">{format!("Newest {} only: covers {covered}", traces(sample))}</span> }
                .into_any()
        }
        sample => {
            let counted = sample.map_or_else(|| measured.basis.counted(measured.metrics.total.calls), traces);
            match measured.gap() {
                Some(_) => format!("{counted} since {}", instant(measured, covered.start_unix)).into_any(),
                None => counted.into_any(),
            }
        }
    }
}
