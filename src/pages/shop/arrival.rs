//! What became of an order: the shop's answer, and the trace as its spans arrive.

use crate::state::colours;
use crate::state::shop::{Answer, Placed};
use crate::ui::element::{El, el};
use crate::ui::view::{View, part, several};
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

/// The card of the newest order: its trace as far as it has arrived, and the address of the trace's page.
pub fn arrival(done: Done, arriving: Signal<Arriving>, href: &str) -> El {
    let id = done.placed.trace_id.to_string();
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
            Some(el("p", "arrival__refused").text(format!("Refused by {service} ({code}).{wanted}")))
        }
        _ => None,
    };
    let unsent = done.placed.unsent.as_ref().map(|why| {
        let words = format!("The browser's own span is missing from the trace: {why}.");
        el("p", "arrival__problem").text(words)
    });
    let body = part(
        move || arriving.get(),
        |arriving| {
            let idle = arriving.outline.is_none() && arriving.waiting;
            let idle = idle.then(|| {
                el("p", "arrival__wait").text("Services send their spans a moment after they have answered.")
            });
            several([
                View::from(arriving.failed.map(|why| el("p", "arrival__problem").text(why))),
                idle.into(),
                arriving.outline.map(|outline| spans(&outline)).into(),
            ])
        },
    );
    let numbers = el("span", "arrival__facts")
        .text(duration(done.placed.duration))
        .text(" · ")
        .child(el("span", "").test("shop-spans").live_text(facts));
    let head = el("header", "arrival__head").attr("role", "status").children([
        el("span", "arrival__light"),
        el("b", "arrival__title").text(done.headline()),
        numbers,
        el("span", "arrival__id mono").attr("title", &id).text(format!("{}…", &id[..8])),
        el("a", "button").test("open-trace").attr("href", href).text("Open trace"),
    ]);
    el("section", "arrival")
        .class_if("arrival--refused", done.is_refused())
        .test("shop-result")
        .attr("data-trace-id", id)
        .child(head)
        .child(refused)
        .child(unsent)
        .child(body)
}

/// A small waterfall and how many spans each service sent.
fn spans(outline: &Outline) -> View {
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
        usize::from(at.map_or(0, |at| slots[at])) + 1
    };
    let chips = services.iter().map(|(name, spans, failed)| {
        el("li", "arrival__service")
            .attr("data-slot", slot_of(name))
            .class_if("failing", *failed)
            .child(el("i", ""))
            .text(format!("{name} {spans}"))
    });
    let whole = outline.duration.max(1) as f64;
    let row = |span: SpanIx| {
        let index = span as usize;
        let left = outline.start[index] as f64 / whole * 100.0;
        let width = outline.duration_of(span) as f64 / whole * 100.0;
        let service = outline.service_of(span);
        let label = format!("{service} {}", outline.name_of(span));
        let name = el("span", "arrival__name")
            .attr("title", &label)
            .style("padding-left", &format!("{}px", outline.depth[index].min(12) * 10))
            .text(&label);
        let bar = el("i", "").style("left", &format!("{left:.2}%")).style("width", &format!("{width:.2}%"));
        el("li", "arrival__row")
            .class_if("failing", outline.flags[index].has(Flags::OWN_ERROR))
            .attr("data-slot", slot_of(service))
            .children([
                name,
                el("span", "arrival__track").child(bar),
                el("span", "arrival__took").text(duration(outline.duration_of(span))),
            ])
    };
    let more = outline.len().saturating_sub(ROWS);
    let more = (more > 0).then(|| el("p", "arrival__wait").text(format!("and {more} more in the trace")));
    several([
        View::from(el("ul", "arrival__services").test("shop-services").children(chips)),
        el("ol", "arrival__spans").children((0..outline.len().min(ROWS) as SpanIx).map(row)).into(),
        more.into(),
    ])
}
