//! One trace in the list.

use super::moment;
use crate::route::Route;
use crate::ui::icon::Icon;
use leptos::prelude::*;
use spandrel_trace::model::{ServiceCount, TraceSummary};
use spandrel_trace::units::{count, duration, duration_exact};
use std::collections::BTreeMap;

/// Services shown by name; the others are counted.
const SHOWN: usize = 5;
/// Length of the longest duration's bar, CSS pixels.
const BAR: f64 = 96.0;

/// A row. `longest` is the longest duration of the list, nanoseconds; `number` counts rows from 0.
pub fn row(trace: &TraceSummary, slots: &BTreeMap<String, u8>, longest: u64, number: usize) -> AnyView {
    let key = trace.key();
    // A trace whose root is missing has no name: its first service stands in.
    let name = match trace.root_operation.as_str() {
        "" => "(no root span)".to_owned(),
        operation => operation.to_owned(),
    };
    let service = match (trace.root_service.as_str(), trace.services.first()) {
        ("", Some(first)) => first.name.clone(),
        (root, _) => root.to_owned(),
    };
    let short: String = key.chars().take(7).collect();
    let share = if longest == 0 { 0.0 } else { trace.duration as f64 / longest as f64 };
    let failed = trace.errors > 0;
    let started = moment::short(trace.begin_unix);
    let label = format!("{name}, {service}, {}, started {started}", duration(trace.duration));
    let orphans = (trace.orphans > 0).then(|| {
        let text = format!("{} orphaned", trace.orphans);
        view! { <span class="chip" title="Spans whose parent has not arrived">{text}</span> }
    });
    view! {
        <div class="result" role="row" aria-rowindex=number + 2 data-test="result-row" data-trace-id=key.clone()>
            <span class="result__name" role="cell">
                <a class="result__link" href=Route::trace(key.clone()).to_string() aria-label=label title=name.clone()>{name.clone()}</a>
                <span class="result__service">{service}</span>
                <span class="result__id mono">{short}</span>
                {orphans}
            </span>
            <span class="result__services" role="cell">{services(&trace.services, slots)}</span>
            <span class="result__number" role="cell">{count(u64::from(trace.spans))}</span>
            <span class="result__number" class:result__errors=failed class:result__none=!failed role="cell">{count(u64::from(trace.errors))}</span>
            <span class="result__duration" class:result__duration--bad=failed role="cell" title=duration_exact(trace.duration)>
                <i style:width=format!("{}px", (share * BAR).max(2.0))></i>
                {duration(trace.duration)}
            </span>
            <span class="result__start" role="cell" title=moment::exact(trace.begin_unix)>{started}</span>
        </div>
    }
    .into_any()
}

fn services(services: &[ServiceCount], slots: &BTreeMap<String, u8>) -> AnyView {
    // What failed is never among those that are only counted.
    let failed = services.iter().filter(|service| service.errors > 0).count();
    let mut quiet = SHOWN.saturating_sub(failed);
    let mut loud = SHOWN;
    let (mut shown, mut rest) = (Vec::new(), Vec::new());
    for service in services {
        let room = if service.errors > 0 { &mut loud } else { &mut quiet };
        if *room > 0 {
            *room -= 1;
            shown.push(service);
        } else {
            rest.push(service.name.as_str());
        }
    }
    let chips = shown.into_iter().map(|service| {
        let slot = slots.get(&service.name).map_or(0, |slot| slot + 1);
        let failed = service.errors > 0;
        let title = match service.errors {
            0 => format!("{}: {} spans", service.name, service.spans),
            errors => format!("{}: {} spans, {errors} failed", service.name, service.spans),
        };
        view! {
            <span class="chip" class:chip--error=failed title=title data-slot=slot>
                <span class="dot"></span>
                <span class="result__chip-name">{service.name.clone()}</span>
                <span>{service.spans}</span>
                {failed.then(|| view! { <Icon name="error" size=11/><span class="unseen">"failed"</span> })}
            </span>
        }
    });
    let chips = chips.collect_view();
    let more = (!rest.is_empty())
        .then(|| view! { <span class="chip result__more" title=rest.join(", ")>{format!("+{}", rest.len())}</span> });
    view! { <span class="result__chips">{chips}{more}</span> }.into_any()
}
