//! The events of a span, in the order in which they were recorded.

use super::attributes::Attributes;
use super::paging::{Dropped, Paging, ShowMore};
use super::shown::ShownSpan;
use crate::state::clock;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::model::record::Event;
use spandrel_trace::units::{display_name, duration};

/// Events that are listed at first.
const FIRST: usize = 50;

/// The span's events.
#[component]
pub fn Events(
    shown: ShownSpan,
    /// The section that is made.
    section: NodeRef<html::Section>,
) -> impl IntoView {
    let detail = shown.detail();
    let (total, dropped) = (detail.record.events.len(), detail.record.dropped_events);
    let paging = Paging::new(total, FIRST);
    let event = move |at: usize| {
        detail.record.events.get(at).map(|event| view! { <EventItem shown event=event.clone()/> })
    };
    view! {
        <section class="detail-section" data-test="detail-events" node_ref=section>
            <h3 class="detail-title">{format!("Events · {total}")}</h3>
            <ol class="detail-list">
                <For each=move || paging.indices() key=|at| *at children=event/>
            </ol>
            <ShowMore paging/>
        </section>
        <Dropped number=dropped what="events"/>
    }
}

#[component]
fn EventItem(shown: ShownSpan, event: Event) -> impl IntoView {
    let (time, zone) = (event.time_unix, shown.session.clock.zone);
    let in_trace = format!("{} in the trace", signed(time, shown.session.outline().start_unix));
    let name = display_name(&event.name).to_owned();
    view! {
        <li class="detail-event" data-test="event">
            <div class="detail-event-head">
                <span class="detail-event-time" title=move || clock::moment(time, zone.get()).exact()>
                    {signed(time, shown.detail().record.start_unix)}
                </span>
                <b class="detail-event-name">{name}</b>
                <span class="detail-event-trace">{in_trace}</span>
            </div>
            <Attributes shown place=PatternScope::Events list=event.attributes/>
            <Dropped number=event.dropped_attributes what="attributes"/>
        </li>
    }
}

/// The time from `origin` to `time` with its sign; both in nanoseconds.
pub fn signed(time: u64, origin: u64) -> String {
    let sign = if time < origin { "−" } else { "+" };
    format!("{sign}{}", duration(time.abs_diff(origin)))
}
