//! What became of an order: the shop's answer, and the trace as its spans arrive.

use crate::state::colours;
use crate::state::shop::{Answer, Placed};
use leptos::prelude::*;
use spandrel_trace::model::{Flags, Outline, SpanIx};
use spandrel_trace::units::{count, duration};
use std::sync::Arc;

/// Rows that are shown here; the trace page shows all.
const ROWS: usize = 24;

/// How far a trace has come.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// The spans so far.
    pub outline: Option<Arc<Outline>>,
    /// More may come.
    pub waiting: bool,
    /// Why it could not be looked at, in a line.
    pub failed: Option<String>,
}

/// An order that was placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// What the shop said.
    pub placed: Placed,
    /// It was to fail.
    pub simulated: bool,
}

impl Done {
    /// In a few words.
    pub fn headline(&self) -> String {
        match &self.placed.answer {
            Answer::Confirmed { order_id, .. } => format!("Order {order_id} confirmed"),
            Answer::Refused { message, .. } if message.is_empty() => {
                format!("Refused ({})", self.placed.status)
            }
            Answer::Refused { message, .. } => message.trim_end_matches('.').to_owned(),
        }
    }

    /// Whether it was refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.placed.answer, Answer::Refused { .. })
    }
}

/// The card of the newest order.
#[component]
pub fn Arrival(
    /// The order.
    done: Done,
    /// Its trace so far.
    #[prop(into)]
    arriving: Signal<Arriving>,
    /// Address of the trace's page.
    href: String,
) -> impl IntoView {
    let id = done.placed.trace_id.to_string();
    let (short, title) = (format!("{}…", &id[..8]), id.clone());
    let facts = move || {
        arriving.with(|arriving| {
            let spans = arriving.outline.as_ref().map_or(0, |outline| outline.len());
            let spans_text =
                if spans == 1 { "1 span".to_owned() } else { format!("{} spans", count(spans as u64)) };
            match (spans, arriving.waiting) {
                (0, true) => "waiting for spans…".to_owned(),
                (0, false) => "no spans arrived".to_owned(),
                (_, true) => format!("{spans_text}, still growing"),
                (_, false) => spans_text,
            }
        })
    };
    let refused = match &done.placed.answer {
        Answer::Refused { service, code, .. } if !service.is_empty() => {
            let wanted = if done.simulated { " You asked for an error." } else { "" };
            Some(
                view! { <p class="arrival__refused">{format!("Refused by {service} ({code}).{wanted}")}</p> },
            )
        }
        _ => None,
    };
    let unsent = done.placed.unsent.clone().map(|why| {
        view! { <p class="arrival__problem">{format!("The browser's own span is missing from the trace: {why}.")}</p> }
    });
    let body = move || {
        arriving.with(|arriving| {
            let failed = arriving.failed.clone().map(|why| view! { <p class="arrival__problem">{why}</p> });
            let idle = (arriving.outline.is_none() && arriving.waiting).then(|| {
                view! { <p class="arrival__wait">"Services send their spans a moment after they have answered."</p> }
            });
            let outline = arriving.outline.clone().map(|outline| view! { <Spans outline /> });
            view! { {failed} {idle} {outline} }
        })
    };
    view! {
        <section
            class="arrival"
            class:arrival--refused=done.is_refused()
            data-test="shop-result"
            data-trace-id=id
        >
            <header class="arrival__head" role="status">
                <span class="arrival__light"></span>
                <b class="arrival__title">{done.headline()}</b>
                <span class="arrival__facts">
                    {duration(done.placed.duration)} " · " <span data-test="shop-spans">{facts}</span>
                </span>
                <span class="arrival__id mono" title=title>{short}</span>
                <a class="button" data-test="open-trace" href=href>"Open trace"</a>
            </header>
            {refused}
            {unsent}
            {body}
        </section>
    }
}

/// A small waterfall and how many spans each service sent.
#[component]
fn Spans(outline: Arc<Outline>) -> impl IntoView {
    let mut services: Vec<(&str, usize, bool)> = Vec::new();
    for span in 0..outline.len() as SpanIx {
        let name = outline.service_of(span);
        let failed = outline.flags[span as usize].has(Flags::OWN_ERROR);
        match services.iter_mut().find(|(known, _, _)| *known == name) {
            Some((_, spans, any)) => {
                *spans += 1;
                *any |= failed;
            }
            None => services.push((name, 1, failed)),
        }
    }
    let names: Vec<&str> = services.iter().map(|(name, _, _)| *name).collect();
    let slots = colours::slots(&names);
    let slot_of = |name: &str| {
        let at = names.iter().position(|known| *known == name);
        (at.map_or(0, |at| slots[at]) + 1).to_string()
    };
    let chips = services
        .iter()
        .map(|(name, spans, failed)| {
            view! {
                <li class="arrival__service" data-slot=slot_of(name) class:failing=*failed>
                    <i></i>
                    {format!("{name} {spans}")}
                </li>
            }
        })
        .collect_view();
    let whole = outline.duration.max(1) as f64;
    let rows = (0..outline.len().min(ROWS) as SpanIx)
        .map(|span| {
            let index = span as usize;
            let left = outline.begin[index] as f64 / whole * 100.0;
            let width = outline.duration_of(span) as f64 / whole * 100.0;
            let failed = outline.flags[index].has(Flags::OWN_ERROR);
            let service = outline.service_of(span);
            let label = format!("{service} {}", outline.name_of(span));
            let title = label.clone();
            let indent = format!("{}px", outline.depth[index].min(12) * 10);
            view! {
                <li class="arrival__row" class:failing=failed data-slot=slot_of(service)>
                    <span class="arrival__name" title=title style:padding-left=indent>{label}</span>
                    <span class="arrival__track">
                        <i style:left=format!("{left:.2}%") style:width=format!("{width:.2}%")></i>
                    </span>
                    <span class="arrival__took">{duration(outline.duration_of(span))}</span>
                </li>
            }
        })
        .collect_view();
    let more = outline.len().saturating_sub(ROWS);
    view! {
        <ul class="arrival__services" data-test="shop-services">{chips}</ul>
        <ol class="arrival__spans">{rows}</ol>
        {(more > 0).then(|| view! { <p class="arrival__wait">{format!("and {more} more in the trace")}</p> })}
    }
}
