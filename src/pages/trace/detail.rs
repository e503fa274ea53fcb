//! One span in full: what it is, how long, what became of it, and everything that was written down about it.

mod value;

use super::clock;
use super::copy::CopyButton;
use super::session::Session;
use leptos::prelude::*;
use spandrel_trace::analysis::waiting::Waits;
use spandrel_trace::model::record::{Event, Link, Resource, Scope, SpanRecord};
use spandrel_trace::model::{Outline, SpanIx, StatusCode};
use spandrel_trace::units::{SpanId, TraceId, duration, duration_exact};
use std::sync::Arc;
use value::{Attributes, LongText};

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
pub type AddressOf = Arc<dyn Fn(TraceId, SpanId) -> String + Send + Sync>;

/// What is known at once, from the outline; shown while the rest is on its way.
#[component]
pub fn DetailHead(
    /// The page's state.
    session: Session,
    /// The span.
    span: SpanIx,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
) -> impl IntoView {
    let outline = session.outline();
    let index = span as usize;
    let slot = slots.get(outline.service[index] as usize).copied().unwrap_or(0);
    let length = outline.duration_of(span);
    let waiting = Waits::of(&outline, span).total();
    let own = length - waiting;
    let share = if length == 0 { 100.0 } else { own as f64 / length as f64 * 100.0 };
    let id = outline.id[index].to_string();
    let kind = outline.kind[index].name();
    let parent = outline.parent_of(span).map(|parent| {
        let words = format!("{} · {}", outline.service_of(parent), outline.name_of(parent));
        view! {
            <div class="detail-parent">
                <span class="detail-key">"Parent"</span>
                <button type="button" class="detail-link" on:click=move |_| session.select(parent)>{words}</button>
            </div>
        }
    });
    view! {
        <div class="detail-top">
            <span class="detail-dot" data-slot=slot + 1></span>
            <b class="detail-service">{outline.service_of(span).to_owned()}</b>
            <span class="detail-kind">{kind}</span>
            <button type="button" class="detail-close" aria-label="Close the detail" title="Close (Esc)"
                on:click=move |_| session.open.set(false)>"✕"</button>
        </div>
        <h2 class="detail-name">{outline.name_of(span).to_owned()}</h2>
        <div class="detail-facts">
            <span title=duration_exact(length)>"Duration " <b>{duration(length)}</b></span>
            <span title=clock::exact_moment(outline.begin_unix + outline.begin[index])>
                "Start " <b>{format!("+{}", duration(outline.begin[index]))}</b>
            </span>
        </div>
        <div class="detail-stack" aria-hidden="true">
            <i data-slot=slot + 1 style:width=format!("{share}%")></i>
        </div>
        <p class="detail-note">
            {if waiting == 0 { format!("self {}", duration(own)) } else {
                format!("self {} · waiting for children {}", duration(own), duration(waiting))
            }}
        </p>
        <div class="detail-ids">
            <span class="detail-key">"Span id"</span>
            <span class="mono">{id.clone()}</span>
            <CopyButton label="Copy the span id" text=id/>
        </div>
        {parent}
    }
}

/// What was written down about the span.
#[component]
pub fn DetailBody(
    /// The page's state.
    session: Session,
    /// The span.
    whole: Whole,
    /// Addresses of other traces.
    address_of: AddressOf,
) -> impl IntoView {
    let Whole { record, resource, scope } = whole;
    let outline = session.outline();
    let begin = record.begin_unix;
    let attributes = record.attributes.len();
    let resource_name = format!("Resource · {}", resource.attributes.len());
    let scope_name = match (scope.name.as_str(), scope.version.as_str()) {
        ("", "") => None,
        (name, "") => Some(name.to_owned()),
        (name, version) => Some(format!("{name} {version}")),
    };
    let has_scope = scope_name.is_some() || !scope.attributes.is_empty();
    let state = record.trace_state.clone();
    view! {
        <Status code=record.status message=record.status_message.clone()/>
        {(!record.warnings.is_empty()).then(|| view! {
            <section class="detail-section" data-test="detail-warnings">
                <h3 class="detail-title">{format!("Warnings · {}", record.warnings.len())}</h3>
                <ul class="detail-warnings">
                    {record.warnings.iter().map(|warning| view! { <li>{warning.clone()}</li> }).collect_view()}
                </ul>
            </section>
        })}
        <section class="detail-section" data-test="detail-attributes">
            <h3 class="detail-title">{format!("Attributes · {attributes}")}</h3>
            <Attributes attributes=record.attributes/>
            <Dropped count=record.dropped_attributes what="attributes"/>
        </section>
        <section class="detail-section" data-test="detail-resource">
            <h3 class="detail-title">{resource_name}</h3>
            <Attributes attributes=resource.attributes/>
            <Dropped count=resource.dropped_attributes what="attributes"/>
        </section>
        {has_scope.then(|| view! {
            <section class="detail-section" data-test="detail-scope">
                <h3 class="detail-title">"Scope"</h3>
                <p class="mono detail-scope">{scope_name}</p>
                <Attributes attributes=scope.attributes/>
            </section>
        })}
        {(!record.events.is_empty() || record.dropped_events > 0).then(|| view! {
            <Events events=record.events begin=begin trace_begin=outline.begin_unix/>
            <Dropped count=record.dropped_events what="events"/>
        })}
        {(!record.links.is_empty() || record.dropped_links > 0).then(|| view! {
            <Links session=session links=record.links address_of=address_of/>
            <Dropped count=record.dropped_links what="links"/>
        })}
        {(!state.is_empty()).then(|| view! {
            <section class="detail-section">
                <h3 class="detail-title">"Trace state"</h3>
                <p class="mono detail-scope"><LongText text=state/></p>
            </section>
        })}
    }
}

#[component]
fn Status(code: StatusCode, message: String) -> impl IntoView {
    match code {
        StatusCode::Error => {
            let words = if message.is_empty() { "Failed, without a message".to_owned() } else { message };
            view! {
                <div class="detail-status detail-failed" data-test="detail-status">
                    <b>"Failed"</b>
                    <span class="detail-message"><LongText text=words/></span>
                </div>
            }
            .into_any()
        }
        StatusCode::Ok => {
            view! { <div class="detail-status detail-ok" data-test="detail-status">"Ok"</div> }.into_any()
        }
        StatusCode::Unset => ().into_any(),
    }
}

#[component]
fn Dropped(count: u32, what: &'static str) -> impl IntoView {
    (count > 0).then(
        || view! { <p class="detail-note">{format!("{count} more {what} were dropped by the sender")}</p> },
    )
}

#[component]
fn Events(events: Vec<Event>, begin: u64, trace_begin: u64) -> impl IntoView {
    let total = events.len();
    let events = StoredValue::new(events);
    let shown = RwSignal::new(EVENTS.min(total));
    let row = move |event: &Event| {
        let since = signed(event.time_unix, begin);
        let in_trace = format!("{} in the trace", signed(event.time_unix, trace_begin));
        let name = if event.name.is_empty() { "(no name)".to_owned() } else { event.name.clone() };
        view! {
            <li class="detail-event" data-test="event">
                <div class="detail-event-head">
                    <span class="detail-event-time" title=clock::exact_moment(event.time_unix)>{since}</span>
                    <b class="detail-event-name">{name}</b>
                    <span class="detail-event-trace">{in_trace}</span>
                </div>
                <Attributes attributes=event.attributes.clone()/>
                <Dropped count=event.dropped_attributes what="attributes"/>
            </li>
        }
    };
    let rows = move || events.with_value(|list| list.iter().take(shown.get()).map(row).collect_view());
    view! {
        <section class="detail-section" data-test="detail-events">
            <h3 class="detail-title">{format!("Events · {total}")}</h3>
            <ol class="detail-list">{rows}</ol>
            <Show when=move || shown.get() < total>
                <button type="button" class="value-more"
                    on:click=move |_| shown.update(|count| *count = (*count * 4).min(total))>
                    {move || format!("Show more of {total}")}
                </button>
            </Show>
        </section>
    }
}

#[component]
fn Links(session: Session, links: Vec<Link>, address_of: AddressOf) -> impl IntoView {
    let outline = session.outline();
    let total = links.len();
    let row = move |link: Link| {
        let here = (link.trace_id == outline.trace_id).then(|| outline.find(link.span_id)).flatten();
        let target = match here {
            Some(span) => {
                let words = named(&outline, span);
                view! {
                    <button type="button" class="detail-link" on:click=move |_| session.select(span)>{words}</button>
                }
                .into_any()
            }
            None => {
                let address = address_of(link.trace_id, link.span_id);
                let words = format!("trace {} · span {}", link.trace_id, link.span_id);
                view! { <a class="detail-link mono" href=address>{words}</a> }.into_any()
            }
        };
        view! {
            <li class="detail-event" data-test="link">
                {target}
                <Attributes attributes=link.attributes/>
            </li>
        }
    };
    view! {
        <section class="detail-section" data-test="detail-links">
            <h3 class="detail-title">{format!("Links · {total}")}</h3>
            <ul class="detail-list">{links.into_iter().map(row).collect_view()}</ul>
        </section>
    }
}

fn named(outline: &Outline, span: SpanIx) -> String {
    format!("{} · {}", outline.service_of(span), outline.name_of(span))
}

/// The time from `origin` to `time`, with its sign.
fn signed(time: u64, origin: u64) -> String {
    let sign = if time < origin { "−" } else { "+" };
    format!("{sign}{}", duration(time.abs_diff(origin)))
}
