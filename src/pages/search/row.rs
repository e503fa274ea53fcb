//! One trace in the list.

use crate::route::{Route, Zone};
use crate::state::clock;
use crate::ui::element::{El, el};
use crate::ui::icon::icon;
use crate::ui::view::several;
use spandrel_trace::model::{ServiceCount, TraceSummary};
use spandrel_trace::units::{count, duration, duration_exact};
use std::collections::BTreeMap;

/// Services shown by name; the others are counted.
const SHOWN: usize = 5;
/// Length of the longest duration's bar, CSS pixels.
const BAR: f64 = 96.0;

/// A row. `longest` is the longest duration of the list, nanoseconds; `number` counts rows from 0,
/// times are on the clock of `zone`.
pub fn row(
    trace: &TraceSummary,
    slots: &BTreeMap<String, u8>,
    longest: u64,
    number: usize,
    zone: Zone,
) -> El {
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
    let begin = clock::moment(trace.start_unix, zone);
    let started = begin.short(&clock::present(zone));
    let label = format!("{name}, {service}, {}, started {started}", duration(trace.duration));
    let orphans = (trace.orphans > 0).then(|| {
        let text = format!("{} orphaned", trace.orphans);
        el("span", "chip").attr("title", "Spans whose parent has not arrived").text(text)
    });
    let cell = |class: &str| el("span", class).attr("role", "cell");
    let link = el("a", "result__link")
        .attr("href", Route::trace(key.clone()).to_string())
        .attr("aria-label", label)
        .attr("title", &name)
        .text(&name);
    let named = cell("result__name")
        .children([
            link,
            el("span", "result__service").text(service),
            el("span", "result__id mono").text(short),
        ])
        .child(orphans);
    let errors = cell("result__number")
        .class_if("result__errors", failed)
        .class_if("result__none", !failed)
        .text(count(u64::from(trace.errors)));
    let took = cell("result__duration")
        .class_if("result__duration--bad", failed)
        .attr("title", duration_exact(trace.duration))
        .child(el("i", "").style("width", &format!("{}px", (share * BAR).max(2.0))))
        .text(duration(trace.duration));
    el("div", "result")
        .attr("role", "row")
        .attr("aria-rowindex", number + 2)
        .test("result-row")
        .attr("data-trace-id", key)
        .children([
            named,
            cell("result__services").child(services(&trace.services, slots)),
            cell("result__number").text(count(u64::from(trace.spans))),
            errors,
            took,
            cell("result__start").attr("title", begin.exact()).text(started),
        ])
}

fn services(services: &[ServiceCount], slots: &BTreeMap<String, u8>) -> El {
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
        let slot = slots.get(&service.name).map_or(0, |slot| usize::from(*slot) + 1);
        let failed = service.errors > 0;
        let title = match service.errors {
            0 => format!("{}: {} spans", service.name, service.spans),
            errors => format!("{}: {} spans, {errors} failed", service.name, service.spans),
        };
        let mark = failed.then(|| several([icon("error", 11), el("span", "unseen").text("failed")]));
        el("span", "chip")
            .class_if("chip--error", failed)
            .attr("title", title)
            .attr("data-slot", slot)
            .child(el("span", "dot"))
            .child(el("span", "result__chip-name").text(&service.name))
            .child(el("span", "").text(service.spans.to_string()))
            .child(mark)
    });
    let more = (!rest.is_empty()).then(|| {
        let rest_named = format!("+{}", rest.len());
        el("span", "chip result__more").attr("title", rest.join(", ")).text(rest_named)
    });
    el("span", "result__chips").children(chips).child(more)
}
