//! A small waterfall of a trace's first spans, and the number of spans of each service.

use crate::state::colours;
use leptos::prelude::*;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::duration;
use std::sync::Arc;

/// Rows shown here; the trace page shows all.
const ROWS: usize = 24;
/// Indentation of a level, CSS pixels, and levels that are indented.
const INDENT: u32 = 10;
const INDENTED: u32 = 12;

/// Spans of one service.
struct ServiceSpans<'a> {
    name: &'a str,
    spans: usize,
    has_errors: bool,
}

/// Services in the order of their first span.
fn services_of(outline: &Outline) -> Vec<ServiceSpans<'_>> {
    let mut services: Vec<ServiceSpans<'_>> = Vec::new();
    for span in 0..outline.len() as SpanIx {
        let name = outline.service_of(span);
        let has_error = outline.flags[span as usize].has(Flags::OWN_ERROR);
        match services.iter_mut().find(|service| service.name == name) {
            Some(service) => {
                service.spans += 1;
                service.has_errors |= has_error;
            }
            None => services.push(ServiceSpans { name, spans: 1, has_errors: has_error }),
        }
    }
    services
}

/// The preview of a trace.
#[component]
pub fn SpanPreview(outline: Arc<Outline>) -> impl IntoView {
    let services = services_of(&outline);
    let names: Vec<&str> = services.iter().map(|service| service.name).collect();
    let slots = colours::slots(&names);
    let slot_of = |name: &str| {
        let index = names.iter().position(|known| *known == name);
        usize::from(index.map_or(0, |index| slots[index])) + 1
    };
    let chips = services.iter().map(|service| {
        view! {
            <li class="arrival__service" class:failing=service.has_errors data-slot=slot_of(service.name)>
                <i></i>
                {format!("{} {}", service.name, service.spans)}
            </li>
        }
    });
    let whole = outline.duration.max(1) as f64;
    let row = |span: SpanIx| {
        let index = span as usize;
        let left = outline.start[index] as f64 / whole * 100.0;
        let width = outline.duration_of(span) as f64 / whole * 100.0;
        let service = outline.service_of(span);
        let label = format!("{service} {}", outline.name_of(span));
        let indent = format!("{}px", outline.depth[index].min(INDENTED) * INDENT);
        view! {
            <li
                class="arrival__row"
                class:failing=outline.flags[index].has(Flags::OWN_ERROR)
                data-slot=slot_of(service)
            >
                <span class="arrival__name" title=label.clone() style:padding-left=indent>
                    {label.clone()}
                </span>
                <span class="arrival__track">
                    <i style:left=format!("{left:.2}%") style:width=format!("{width:.2}%")></i>
                </span>
                <span class="arrival__took">{duration(outline.duration_of(span))}</span>
            </li>
        }
    };
    let rows: Vec<_> = (0..outline.len().min(ROWS) as SpanIx).map(row).collect();
    let more = outline.len().saturating_sub(ROWS);
    let more =
        (more > 0).then(|| view! { <p class="arrival__wait">{format!("and {more} more in the trace")}</p> });
    view! {
        <ul class="arrival__services" data-test="demo-services">
            {chips.collect_view()}
        </ul>
        <ol class="arrival__spans">{rows}</ol>
        {more}
    }
}
