//! One span in full: what it is, how long, what became of it, and everything that was written down about it.

mod value;

use super::clock;
use super::copy::copy_button;
use super::session::Session;
use crate::ui::element::{El, button, el};
use crate::ui::view::{View, keyed, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::waiting::Waits;
use spandrel_trace::model::record::{Event, Link, Resource, Scope, SpanRecord};
use spandrel_trace::model::{Outline, SpanIx, StatusCode};
use spandrel_trace::units::{SpanId, TraceId, duration, duration_exact};
use std::rc::Rc;
use value::{attributes, long_text, more_button};
use web_sys::MouseEvent;

/// Events listed before more are asked for.
const EVENTS: usize = 50;

/// A span's record with what made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The span.
    pub record: SpanRecord,
    /// Who sent it.
    pub resource: Resource,
    /// What instrumented it.
    pub scope: Scope,
}

/// Where a link to another trace leads: `(trace, span) -> address`.
pub type AddressOf = Rc<dyn Fn(TraceId, SpanId) -> String>;

/// What is known at once, from the outline; shown while the rest is on its way. `slots` are colour slots by string
/// index.
pub fn detail_head(session: Session, span: SpanIx, slots: &[u8]) -> View {
    let outline = session.outline();
    let index = span as usize;
    let slot = usize::from(slots.get(outline.service[index] as usize).copied().unwrap_or(0)) + 1;
    let length = outline.duration_of(span);
    let waiting = Waits::of(&outline, span).total();
    let own = length - waiting;
    let share = if length == 0 { 100.0 } else { own as f64 / length as f64 * 100.0 };
    let id = outline.id[index].to_string();
    let begin = outline.begin[index];
    let parent = outline.parent_of(span).map(|parent| {
        el("div", "detail-parent")
            .child(el("span", "detail-key").text("Parent"))
            .child(span_button(session, &outline, parent))
    });
    let close = button("detail-close")
        .attr("aria-label", "Close the detail")
        .attr("title", "Close (Esc)")
        .on("click", move |_: MouseEvent| session.open.set(false))
        .text("✕");
    let top = el("div", "detail-top").children([
        el("span", "detail-dot").attr("data-slot", slot),
        el("b", "detail-service").text(outline.service_of(span)),
        el("span", "detail-kind").text(outline.kind[index].name()),
        close,
    ]);
    let fact = |title: String, label: &str, words: String| {
        el("span", "").attr("title", title).text(label).child(el("b", "").text(words))
    };
    let facts = el("div", "detail-facts").children([
        fact(duration_exact(length), "Duration ", duration(length)),
        fact(clock::exact_moment(outline.begin_unix + begin), "Start ", format!("+{}", duration(begin))),
    ]);
    let bar = el("i", "").attr("data-slot", slot).style("width", &format!("{share}%"));
    let note = match waiting {
        0 => format!("self {}", duration(own)),
        _ => format!("self {} · waiting for children {}", duration(own), duration(waiting)),
    };
    let ids = el("div", "detail-ids").children([
        el("span", "detail-key").text("Span id"),
        el("span", "mono").text(&id),
        copy_button("Copy the span id", id),
    ]);
    several([
        View::from(top),
        el("h2", "detail-name").text(outline.name_of(span)).into(),
        facts.into(),
        el("div", "detail-stack").attr("aria-hidden", "true").child(bar).into(),
        el("p", "detail-note").text(note).into(),
        ids.into(),
        parent.into(),
    ])
}

/// What was written down about the span. `address_of` gives the addresses of other traces.
pub fn detail_body(session: Session, whole: Whole, address_of: &AddressOf) -> View {
    let Whole { record, resource, scope } = whole;
    let outline = session.outline();
    let scope_name = match (scope.name.as_str(), scope.version.as_str()) {
        (name, "") => name.to_owned(),
        (name, version) => format!("{name} {version}"),
    };
    let has_scope = !scope_name.is_empty() || !scope.attributes.is_empty();
    let warnings = (!record.warnings.is_empty()).then(|| {
        let title = format!("Warnings · {}", record.warnings.len());
        let list = record.warnings.iter().map(|warning| el("li", "").text(warning));
        section("detail-warnings", &title).child(el("ul", "detail-warnings").children(list))
    });
    let own = section("detail-attributes", &format!("Attributes · {}", record.attributes.len()))
        .child(attributes(record.attributes))
        .child(dropped(record.dropped_attributes, "attributes"));
    let of_resource = section("detail-resource", &format!("Resource · {}", resource.attributes.len()))
        .child(attributes(resource.attributes))
        .child(dropped(resource.dropped_attributes, "attributes"));
    let of_scope = has_scope.then(|| {
        section("detail-scope", "Scope")
            .child(el("p", "mono detail-scope").text(scope_name))
            .child(attributes(scope.attributes))
    });
    let events = (!record.events.is_empty() || record.dropped_events > 0).then(|| {
        let dropped = dropped(record.dropped_events, "events");
        several([View::from(events(record.events, record.begin_unix, outline.begin_unix)), dropped])
    });
    let links = (!record.links.is_empty() || record.dropped_links > 0).then(|| {
        let dropped = dropped(record.dropped_links, "links");
        several([View::from(links(session, record.links, address_of)), dropped])
    });
    let state = (!record.trace_state.is_empty()).then(|| {
        let state = el("p", "mono detail-scope").child(long_text(&record.trace_state));
        el("section", "detail-section").child(el("h3", "detail-title").text("Trace state")).child(state)
    });
    several([
        status(record.status, &record.status_message),
        warnings.into(),
        own.into(),
        of_resource.into(),
        of_scope.into(),
        events.into(),
        links.into(),
        state.into(),
    ])
}

fn section(test: &str, title: &str) -> El {
    el("section", "detail-section").test(test).child(el("h3", "detail-title").text(title))
}

fn status(code: StatusCode, message: &str) -> View {
    match code {
        StatusCode::Error => {
            let words = if message.is_empty() { "Failed, without a message" } else { message };
            el("div", "detail-status detail-failed")
                .test("detail-status")
                .child(el("b", "").text("Failed"))
                .child(el("span", "detail-message").child(long_text(words)))
                .into()
        }
        StatusCode::Ok => el("div", "detail-status detail-ok").test("detail-status").text("Ok").into(),
        StatusCode::Unset => View::NONE,
    }
}

fn dropped(count: u32, what: &str) -> View {
    let words = || el("p", "detail-note").text(format!("{count} more {what} were dropped by the sender"));
    (count > 0).then(words).into()
}

/// A button that selects a span of this trace.
fn span_button(session: Session, outline: &Outline, span: SpanIx) -> El {
    let words = format!("{} · {}", outline.service_of(span), outline.name_of(span));
    button("detail-link").on("click", move |_: MouseEvent| session.select(span)).text(words)
}

fn events(events: Vec<Event>, begin: u64, trace_begin: u64) -> El {
    let total = events.len();
    let shown = RwSignal::new(EVENTS.min(total));
    let row = move |event: &Event| {
        let since = el("span", "detail-event-time")
            .attr("title", clock::exact_moment(event.time_unix))
            .text(signed(event.time_unix, begin));
        let name = if event.name.is_empty() { "(no name)" } else { &event.name };
        let in_trace = format!("{} in the trace", signed(event.time_unix, trace_begin));
        let head = el("div", "detail-event-head").children([
            since,
            el("b", "detail-event-name").text(name),
            el("span", "detail-event-trace").text(in_trace),
        ]);
        el("li", "detail-event")
            .test("event")
            .child(head)
            .child(attributes(event.attributes.clone()))
            .child(dropped(event.dropped_attributes, "attributes"))
    };
    let rows = keyed(move || shown.get(), move |count| several(events.iter().take(count).map(row)));
    let more = move || {
        let show = move || shown.update(|count| *count = (*count * 4).min(total));
        more_button(&format!("Show more of {total}"), show)
    };
    section("detail-events", &format!("Events · {total}"))
        .child(el("ol", "detail-list").child(rows))
        .child(when(move || shown.get() < total, more))
}

fn links(session: Session, links: Vec<Link>, address_of: &AddressOf) -> El {
    let outline = session.outline();
    let title = format!("Links · {}", links.len());
    let row = |link: Link| {
        let here = (link.trace_id == outline.trace_id).then(|| outline.find(link.span_id)).flatten();
        let target = match here {
            Some(span) => span_button(session, &outline, span),
            None => el("a", "detail-link mono")
                .attr("href", address_of(link.trace_id, link.span_id))
                .text(format!("trace {} · span {}", link.trace_id, link.span_id)),
        };
        el("li", "detail-event").test("link").child(target).child(attributes(link.attributes))
    };
    section("detail-links", &title).child(el("ul", "detail-list").children(links.into_iter().map(row)))
}

/// The time from `origin` to `time`, with its sign.
fn signed(time: u64, origin: u64) -> String {
    let sign = if time < origin { "−" } else { "+" };
    format!("{sign}{}", duration(time.abs_diff(origin)))
}
