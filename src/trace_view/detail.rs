//! One span in full: what it is, how long, what became of it, and everything that was written down about it.

mod attributes;
mod events;
mod export;
mod links;
mod peers;
mod readable;
mod sheet;
mod time;
mod value;

use super::copy::{Awaited, copy_button};
use super::session::Session;
use crate::route::Placement;
use crate::state::clock;
use crate::ui::element::{El, button, el, typed};
use crate::ui::menu::{Choice, menu};
use crate::ui::view::{View, several};
use attributes::attributes;
use events::events;
pub use events::signed;
use export::copy_menu;
use leptos::prelude::*;
use links::{linked_from, links};
use peers::{compare, missing};
use sheet::Sheet;
use spandrel_trace::analysis::key_order::listed;
use spandrel_trace::analysis::link_pattern::{LinkPattern, PatternScope};
use spandrel_trace::analysis::peers::Peers;
use spandrel_trace::analysis::standing::Standing;
use spandrel_trace::format::write::Export;
use spandrel_trace::model::record::{Resource, Scope, SpanRecord};
use spandrel_trace::model::{Outline, SpanIx, StatusCode};
use spandrel_trace::units::{SpanId, TraceId, count, duration, duration_exact};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use time::{rank, standing_view, time_view};
use value::long_text;
pub use value::text as value_text;
use web_sys::{Event, MouseEvent};

/// With fewer attributes than this nobody needs a filter.
const FILTERED: usize = 9;

/// A span's record with what made it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    /// The span.
    pub record: SpanRecord,
    /// Who sent it.
    pub resource: Resource,
    /// What instrumented it.
    pub scope: Scope,
}

/// Durations by service and operation.
pub type Found = Rc<dyn Fn(&str, &str) -> Vec<u64>>;

/// Spans that have to be asked for.
pub type Spans = Pin<Box<dyn Future<Output = Vec<SpanIx>>>>;

/// How a span compares, which has to be asked for; `None` where nobody could say.
pub type Compared = Pin<Box<dyn Future<Output = Option<Peers>>>>;

/// What the detail asks of the page around it.
#[derive(Clone)]
pub struct Around {
    /// Where a link to another trace leads.
    pub address_of: Rc<dyn Fn(TraceId, SpanId) -> String>,
    /// The whole address of a span of this trace.
    pub link_to: Rc<dyn Fn(SpanId) -> String>,
    /// The spans of this trace that link to one.
    pub linked_from: Rc<dyn Fn(SpanIx) -> Spans>,
    /// A span's attributes against those of its service and operation.
    pub peers: Rc<dyn Fn(SpanIx) -> Compared>,
    /// A run of spans, from the first to before the second, as text for other tools.
    pub export: Rc<dyn Fn(SpanIx, SpanIx, Export) -> Awaited>,
    /// How long other traces took that the last search found, by the service and operation of their root.
    pub found: Found,
    /// Links that the backend wants on values.
    pub patterns: Rc<dyn Fn() -> Vec<LinkPattern>>,
    /// Beginnings of keys that the backend wants first.
    pub top: Rc<[String]>,
}

/// What is known at once, from the outline; shown while the rest is on its way. `slots` are colour slots by string
/// index, `whole` is the rest where it has arrived.
pub fn detail_head(
    session: Session,
    span: SpanIx,
    slots: &[u8],
    around: &Around,
    whole: Rc<dyn Fn() -> Option<Arc<Whole>>>,
) -> View {
    let outline = session.outline();
    let index = span as usize;
    let slot = usize::from(slots.get(outline.service[index] as usize).copied().unwrap_or(0)) + 1;
    let id = outline.id[index].to_string();
    let parent = outline.parent_of(span).map(|parent| {
        el("div", "detail-parent")
            .child(el("span", "detail-key").text("Parent"))
            .child(span_button(session, &outline, parent))
    });
    let close = button("detail-close")
        .attr("aria-label", "Close the detail")
        .attr("title", "Close (Esc)")
        .on("click", move |_: MouseEvent| session.close_detail_of(span))
        .text("✕");
    let top = el("div", "detail-top")
        .children([
            el("span", "detail-dot").attr("data-slot", slot),
            el("b", "detail-service").text(outline.service_of(span)),
            el("span", "detail-kind").text(outline.kind[index].name()),
        ])
        .child(el("span", "detail-tools").children([
            copy_menu(session, span, around, whole),
            placements(session, span),
            close,
        ]));
    let standing = Standing::of(&outline, span);
    let ids = el("div", "detail-ids").children([
        el("span", "detail-key").text("Span id"),
        el("span", "mono").text(&id),
        copy_button("Copy the span id", id),
    ]);
    several([
        View::from(top),
        el("h2", "detail-name").text(outline.name_of(span)).into(),
        facts(session, span, &standing, around).into(),
        time_view(session, span, slots),
        standing_view(&outline, span, &standing),
        ids.into(),
        parent.into(),
    ])
}

/// The numbers that people look for first.
fn facts(session: Session, span: SpanIx, standing: &Standing, around: &Around) -> El {
    let outline = session.outline();
    let (length, begin) = (outline.duration_of(span), outline.start[span as usize]);
    let fact = |title: String, label: &str, words: String| {
        el("span", "").attr("title", title).text(label).child(el("b", "").text(words))
    };
    let (unix, zone) = (outline.start_unix + begin, session.zone);
    let moment = move || clock::moment(unix, zone.get());
    let at = el("span", "")
        .live_attr("title", move || moment().exact())
        .text("At ")
        .child(el("b", "").live_text(move || moment().time(9)));
    let children = outline.has_children(span).then(|| {
        let direct = outline.children(span).count() as u64;
        let below = u64::from(outline.subtree_end[span as usize] - span - 1);
        fact(format!("{} spans below it", count(below)), "Children ", count(direct))
    });
    let ranked = |standing: &Standing, test: &str, title: &str, label: &str| {
        rank(standing).map(|rank| {
            el("span", "").attr("title", title).test(test).text(label).child(el("b", "").text(rank))
        })
    };
    let title = "By duration, among the spans of this trace with the same service and name";
    let in_trace = ranked(standing, "detail-rank", title, "");
    // A search tells how long traces took, not their spans: what is compared is the whole trace.
    let in_search = outline.parent_of(span).is_none().then(|| {
        let mut durations = (around.found)(outline.service_of(span), outline.name_of(span));
        durations.push(outline.duration);
        let title = "By duration, among the traces of the last search with the same root";
        ranked(
            &Standing::among(durations, outline.duration),
            "detail-rank-found",
            title,
            "Among traces found ",
        )
    });
    el("div", "detail-facts")
        .child(fact(duration_exact(length), "Duration ", duration(length)))
        .child(fact(duration_exact(begin), "Start ", format!("+{}", duration(begin))))
        .child(at)
        .child(children)
        .child(in_trace)
        .child(in_search.flatten())
}

/// Where the detail of `span` is.
fn placements(session: Session, span: SpanIx) -> El {
    let choices = move || {
        let now = session.placement.get_untracked();
        let one = |place: Placement, words: &str| {
            Choice::one_of(words, place == now, move || session.place_detail(place, span))
        };
        vec![
            one(Placement::Right, "Beside the waterfall"),
            one(Placement::Bottom, "Below the waterfall"),
            one(Placement::Inline, "Between its rows"),
        ]
    };
    menu("◫", "Where the detail is", choices).test("placement-menu")
}

/// What was written down about the span.
pub fn detail_body(session: Session, span: SpanIx, whole: Arc<Whole>, around: &Around) -> View {
    let (filter_text, peers) = (RwSignal::default(), RwSignal::default());
    let patterns = Rc::new((around.patterns)());
    let sheet = Sheet { session, span, whole, filter: filter_text, peers, patterns };
    compare(&sheet, around);
    let Whole { record, resource, scope } = &*sheet.whole;
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
    let places = listed(&record.attributes, &around.top);
    let in_order = places.into_iter().map(|at| record.attributes[at as usize].clone()).collect();
    let own = section("detail-attributes", &format!("Attributes · {}", record.attributes.len()))
        .child(attributes(&sheet, PatternScope::Attributes, in_order))
        .child(dropped(record.dropped_attributes, "attributes"))
        .child(missing(&sheet));
    let of_resource = section("detail-resource", &format!("Resource · {}", resource.attributes.len()))
        .child(attributes(&sheet, PatternScope::Resource, resource.attributes.as_slice().into()))
        .child(dropped(resource.dropped_attributes, "attributes"));
    let of_scope = has_scope.then(|| {
        section("detail-scope", "Scope")
            .child(el("p", "mono detail-scope").text(scope_name))
            .child(attributes(&sheet, PatternScope::Resource, scope.attributes.as_slice().into()))
    });
    let events = (!record.events.is_empty() || record.dropped_events > 0).then(|| {
        let dropped = dropped(record.dropped_events, "events");
        several([View::from(events(&sheet)), dropped])
    });
    let links = (!record.links.is_empty() || record.dropped_links > 0).then(|| {
        let dropped = dropped(record.dropped_links, "links");
        several([View::from(links(&sheet, around)), dropped])
    });
    let state = (!record.trace_state.is_empty()).then(|| {
        let state = el("p", "mono detail-scope").child(long_text(&record.trace_state));
        el("section", "detail-section").child(el("h3", "detail-title").text("Trace state")).child(state)
    });
    several([
        status(record.status, &record.status_message),
        warnings.into(),
        filter(&sheet).into(),
        own.into(),
        of_resource.into(),
        of_scope.into(),
        events.into(),
        links.into(),
        linked_from(session, span, around),
        state.into(),
    ])
}

/// The box that keeps attributes by a part of their key or value; where there are enough of them to need it.
fn filter(sheet: &Sheet) -> Option<El> {
    let Whole { record, resource, scope } = &*sheet.whole;
    let of_events: usize = record.events.iter().map(|event| event.attributes.len()).sum();
    let total = record.attributes.len() + resource.attributes.len() + scope.attributes.len() + of_events;
    let filter = sheet.filter;
    let field = el("input", "detail-filter")
        .test("detail-filter")
        .attr("type", "search")
        .attr("placeholder", "Filter attributes")
        .attr("aria-label", "Filter attributes by key or value")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .on("input", move |event: Event| filter.set(typed(&event)));
    (total >= FILTERED).then_some(field)
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
