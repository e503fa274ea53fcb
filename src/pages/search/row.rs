//! One trace in the list of results.

use super::services::{ServiceChips, ServiceSlots};
use crate::route::{Route, Zone};
use crate::state::clock;
use leptos::prelude::*;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::{count, duration, duration_exact, short_id};

/// Start of a trace as the list shows it: the time of day, and the day where that is not today.
pub fn started(trace: &TraceSummary, zone: Zone) -> String {
    clock::moment(trace.start_unix, zone).short(&clock::present(zone))
}

/// A row of the table of traces.
#[component]
pub fn TraceRow(
    /// The trace.
    trace: TraceSummary,
    /// Colours of its services.
    slots: ServiceSlots,
    /// Longest duration of the list, nanoseconds.
    longest: u64,
    /// Row number, counted from 0.
    index: usize,
    /// Time zone of times of day.
    zone: Zone,
    /// Available width for services, CSS pixels.
    services_width: Signal<f64>,
    /// Whether it was opened before.
    is_visited: bool,
) -> impl IntoView {
    let key = trace.key();
    let name = match trace.root_operation.as_str() {
        "" => "(no root span)".to_owned(),
        operation => operation.to_owned(),
    };
    // A trace without a root shows its first service.
    let service = match (trace.root_service.as_str(), trace.services.first()) {
        ("", Some(first)) => first.name.clone(),
        (root, _) => root.to_owned(),
    };
    let share = if longest == 0 { 0.0 } else { trace.duration as f64 / longest as f64 };
    let has_errors = trace.errors > 0;
    let started = started(&trace, zone);
    let label = format!("{name}, {service}, {}, started {started}", duration(trace.duration));
    let orphans = (trace.orphans > 0).then(|| {
        view! {
            <span class="chip" title="Spans whose parent has not arrived">
                {format!("{} orphaned", trace.orphans)}
            </span>
        }
    });
    let mut exactly = duration_exact(trace.duration);
    let own = trace.root_duration.filter(|own| duration(*own) != duration(trace.duration));
    let root = own.map(|own| {
        exactly = format!("Trace {exactly}, its root span {}", duration_exact(own));
        view! {
            <small class="result__root" data-test="root-duration">
                {format!("root {}", duration(own))}
            </small>
        }
    });
    let (href, services) = (Route::trace(key.clone()).to_string(), trace.services.clone());
    let chips = move || {
        view! { <ServiceChips services=services.clone() slots=slots.clone() width=services_width.get()/> }
    };
    view! {
        <div class="result" role="row" aria-rowindex=index + 2 data-test="result-row" data-trace-id=key.clone()>
            <span class="result__name" role="cell" title=name.clone()>
                <span class="name-line">
                    <a class="result__link" class:result__link--visited=is_visited href=href aria-label=label data-result-link>
                        <bdi>{name.clone()}</bdi>
                    </a>
                    <bdi class="result__service" title=service.clone()>
                        {service.clone()}
                    </bdi>
                </span>
                <span class="result__id mono" title=key.clone()>
                    {short_id(&key).to_owned()}
                </span>
                {orphans}
            </span>
            <span class="result__services" role="cell">
                {chips}
            </span>
            <span class="result__number" role="cell">
                {count(u64::from(trace.spans))}
            </span>
            <span class="result__number" class:result__errors=has_errors class:result__none=!has_errors role="cell">
                {count(u64::from(trace.errors))}
            </span>
            <span
                class="result__duration"
                class:result__duration--bad=has_errors
                role="cell"
                title=exactly
            >
                <i style:--share=share.to_string()></i>
                <span>{duration(trace.duration)} {root}</span>
            </span>
            <span class="result__start" role="cell" title=clock::moment(trace.start_unix, zone).exact()>
                {started}
            </span>
        </div>
    }
}
