//! What is loaded of a span: status, warnings, attributes, events, links, resource and scope.

use super::super::session::Session;
use super::super::span_source::SpanSource;
use super::attributes::Attributes;
use super::events::Events;
use super::links::{LinkedFrom, Links};
use super::logs::SpanLogs;
use super::paging::Dropped;
use super::peers::{MissingAttributes, load_peers};
use super::shown::ShownSpan;
use super::value::LongText;
use leptos::html;
use leptos::prelude::*;
use spandrel_trace::analysis::advisor::event_failure_text;
use spandrel_trace::analysis::key_order::listed;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::analysis::outliving::outlives_parent;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::record::{Scope, SpanRecord};
use spandrel_trace::model::{SpanIx, StatusCode};
use spandrel_trace::units::duration;
use std::sync::Arc;

/// From so many attributes on there is a filter.
const FILTERED: usize = 9;

/// The body of a span's details.
#[component]
pub fn DetailBody(
    /// State of the trace.
    session: Session,
    /// Where the details come from.
    source: SpanSource,
    /// The span.
    span: SpanIx,
    /// All of the span.
    detail: Arc<SpanDetail>,
) -> impl IntoView {
    let shown = ShownSpan::new(session, source, span, detail.clone());
    load_peers(shown);
    let SpanDetail { record, resource, scope } = &*detail;
    let of_events: usize = record.events.iter().map(|event| event.attributes.len()).sum();
    let total = record.attributes.len() + resource.attributes.len() + scope.attributes.len() + of_events;
    let order = listed(&record.attributes, &source.top_prefixes());
    let attributes: Vec<_> = order.into_iter().map(|at| record.attributes[at as usize].clone()).collect();
    let outline = session.outline();
    let outlives = outlives_parent(&outline, span).map(|by| {
        let parent_end = outline.parent_of(span).map_or(0, |parent| outline.end[parent as usize]);
        let counted = match outline.start[span as usize] < parent_end {
            true => "The critical path counts it up to the parent's end.",
            false => "It starts after the parent's end, so the critical path leaves it out.",
        };
        format!("Ends {} after its parent. {counted}", duration(by))
    });
    let warnings: Vec<String> = record.warnings.iter().cloned().chain(outlives).collect();
    let exceptions = NodeRef::<html::Section>::new();
    let has_exception = record.events.iter().any(|event| event.name == "exception");
    view! {
        <Status
            code=record.status
            message=error_message(record)
            exception=has_exception.then_some(exceptions)
        />
        <Warnings warnings/>
        {(total >= FILTERED).then(|| view! { <Filter shown/> })}
        <section class="detail-section" data-test="detail-attributes">
            <h3 class="detail-title">{format!("Attributes · {}", attributes.len())}</h3>
            <Attributes shown place=PatternScope::Attributes list=attributes/>
            <Dropped number=record.dropped_attributes what="attributes"/>
            <MissingAttributes shown/>
        </section>
        {(!record.events.is_empty() || record.dropped_events > 0)
            .then(|| view! { <Events shown section=exceptions/> })}
        <SpanLogs shown span/>
        {(!record.links.is_empty() || record.dropped_links > 0).then(|| view! { <Links shown/> })}
        <LinkedFrom shown/>
        <section class="detail-section" data-test="detail-resource">
            <h3 class="detail-title">{format!("Resource · {}", resource.attributes.len())}</h3>
            <Attributes shown place=PatternScope::Resource list=resource.attributes.clone()/>
            <Dropped number=resource.dropped_attributes what="attributes"/>
        </section>
        <ScopeSection shown scope=scope.clone()/>
        {(!record.trace_state.is_empty())
            .then(|| {
                view! {
                    <section class="detail-section">
                        <h3 class="detail-title">"Trace state"</h3>
                        <p class="mono detail-scope">
                            <LongText text=record.trace_state.clone()/>
                        </p>
                    </section>
                }
            })}
    }
    .into_any()
}

/// The message of the status; without one that of the last event of an error: an OpenTelemetry exception, or what
/// OpenTracing logs with `event` or `level` set to `error`.
fn error_message(record: &SpanRecord) -> String {
    if !record.status_message.trim().is_empty() {
        return record.status_message.clone();
    }
    event_failure_text(record).unwrap_or_default()
}

/// Whether the span ended well. An error leads to the exception, where one was recorded.
#[component]
fn Status(
    code: StatusCode,
    message: String,
    /// The section of the events, where one of them is an exception.
    exception: Option<NodeRef<html::Section>>,
) -> impl IntoView {
    let show_exception = exception.map(|section| {
        let show = move |_| {
            if let Some(section) = section.get_untracked() {
                section.scroll_into_view();
            }
        };
        view! {
            <button type="button" class="detail-link" data-test="to-exception" on:click=show>
                "Show exception"
            </button>
        }
    });
    match code {
        StatusCode::Error => view! {
            <div class="detail-status detail-failed" data-test="detail-status">
                <b>"Error"</b>
                <span class="detail-message">
                    {match message.is_empty() {
                        true => "(no message)".into_any(),
                        false => view! { <LongText text=message/> }.into_any(),
                    }}
                </span>
                {show_exception}
            </div>
        }
        .into_any(),
        StatusCode::Ok => {
            view! { <div class="detail-status detail-ok" data-test="detail-status">"Ok"</div> }.into_any()
        }
        StatusCode::Unset => ().into_any(),
    }
}

/// What is wrong with the span as it was received.
#[component]
fn Warnings(warnings: Vec<String>) -> impl IntoView {
    (!warnings.is_empty()).then(|| {
        let title = format!("Warnings · {}", warnings.len());
        view! {
            <section class="detail-section" data-test="detail-warnings">
                <h3 class="detail-title">{title}</h3>
                <ul class="detail-warnings">
                    {warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view()}
                </ul>
            </section>
        }
    })
}

/// The field that filters attributes by a part of their key or value.
#[component]
fn Filter(shown: ShownSpan) -> impl IntoView {
    view! {
        <input
            class="detail-filter"
            data-test="detail-filter"
            type="search"
            placeholder="Filter attributes"
            aria-label="Filter attributes by key or value"
            autocomplete="off"
            spellcheck="false"
            on:input:target=move |event| shown.filter.set(event.target().value())
        />
    }
}

/// The instrumentation scope, where there is one.
#[component]
fn ScopeSection(shown: ShownSpan, scope: Scope) -> impl IntoView {
    let name = match (scope.name.as_str(), scope.version.as_str()) {
        (name, "") => name.to_owned(),
        (name, version) => format!("{name} {version}"),
    };
    (!name.is_empty() || !scope.attributes.is_empty()).then(|| {
        view! {
            <section class="detail-section" data-test="detail-scope">
                <h3 class="detail-title">"Scope"</h3>
                <p class="mono detail-scope">{name}</p>
                <Attributes shown place=PatternScope::Resource list=scope.attributes/>
            </section>
        }
    })
}
