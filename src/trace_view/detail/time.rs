//! What a span spent its time on, as a bar and in words.

use super::super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::breakdown::{Breakdown, breakdown};
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{count, duration, duration_exact};
use std::fmt;
use std::sync::Arc;

/// Services that have a part of their own; the rest is one part.
const SERVICES: usize = 5;
/// Share of the span from which on a gap between children is mentioned.
const GAP: f64 = 0.1;

/// A part of a span's time.
#[derive(Clone)]
struct Part {
    label: String,
    time: u64,
    /// Children in it.
    calls: u32,
    /// Colour slot, or none.
    slot: Option<usize>,
    class: &'static str,
}

impl Part {
    fn new(label: &str, time: u64, slot: Option<usize>) -> Self {
        Part { label: label.to_owned(), time, calls: 1, slot, class: "" }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.label, duration(self.time))?;
        match self.calls {
            0 | 1 => Ok(()),
            calls => write!(f, " in {} spans", count(u64::from(calls))),
        }
    }
}

/// What the time of `span` was spent on: itself, children by service, and time between services.
#[component]
pub fn TimeBreakdown(
    session: Session,
    span: SpanIx,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
) -> impl IntoView {
    let outline = session.outline();
    let breakdown = breakdown(&outline, span);
    let (whole, gap) = (breakdown.duration, breakdown.gap);
    let parts = parts(&outline, span, breakdown, &slots);
    let percent = move |time: u64| if whole == 0 { 100.0 } else { time as f64 / whole as f64 * 100.0 };
    let piece = |part: &Part| {
        let width = format!("{}%", percent(part.time));
        view! { <i class=part.class data-slot=part.slot style:width=width></i> }
    };
    let label = |part: &Part| {
        view! {
            <li class="detail-part" title=duration_exact(part.time)>
                <i class=part.class data-slot=part.slot aria-hidden="true"></i>
                {part.to_string()}
            </li>
        }
    };
    let gap = gap.filter(|(start, end)| (end - start) as f64 >= GAP * whole as f64);
    let gap = gap.map(|(start, end)| {
        let since = duration(start - outline.start[span as usize]);
        view! {
            <p class="detail-note">
                "Longest gap between children: "
                <button
                    type="button"
                    class="detail-link"
                    title="Zoom to it"
                    on:click=move |_| session.viewport.zoom_to(start, end)
                >
                    {format!("{} at +{since}", duration(end - start))}
                </button>
            </p>
        }
    });
    view! {
        <div class="detail-time" data-test="detail-time">
            <div class="detail-stack" aria-hidden="true">{parts.iter().map(piece).collect_view()}</div>
            <ul class="detail-parts" aria-label="Time breakdown">{parts.iter().map(label).collect_view()}</ul>
            {gap}
        </div>
    }
}

fn parts(outline: &Outline, span: SpanIx, breakdown: Breakdown, slots: &[u8]) -> Vec<Part> {
    let Breakdown { own, between, services, .. } = breakdown;
    let slot_of = |service: u32| usize::from(slots.get(service as usize).copied().unwrap_or(0)) + 1;
    let service = outline.service[span as usize];
    let mut parts = Vec::new();
    if own > 0 || between == 0 && services.is_empty() {
        parts.push(Part::new("self", own, Some(slot_of(service))));
    }
    let waited = services.iter().filter(|share| share.time > 0).count();
    for share in services.iter().take(SERVICES.min(waited)) {
        let slot = Some(slot_of(share.service));
        let part = match share.service == service {
            // In the colour of the service, but paler: it is not the work of this span.
            true => {
                Part { class: "detail-part-below", ..Part::new("children in this service", share.time, slot) }
            }
            false => Part::new(outline.strings.get(share.service), share.time, slot),
        };
        parts.push(Part { calls: share.calls, ..part });
    }
    let rest: u64 = services.iter().skip(SERVICES).map(|share| share.time).sum();
    if rest > 0 {
        parts.push(Part::new(&format!("{} other services", waited - SERVICES), rest, None));
    }
    if between > 0 {
        parts.push(Part { class: "detail-part-between", ..Part::new("network / queue", between, None) });
    }
    parts
}
