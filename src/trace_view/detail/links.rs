//! Links of a span in both directions: to other spans, and from other spans of the trace.

use super::SpanButton;
use super::attributes::Attributes;
use super::paging::{Dropped, Paging, ShowMore};
use super::shown::ShownSpan;
use crate::state::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::PatternScope;
use spandrel_trace::model::record::Link;
use spandrel_trace::model::{Flags, SpanIx};

/// Spans that are listed at first.
const FIRST: usize = 50;

/// The links that the span has.
#[component]
pub fn Links(shown: ShownSpan) -> impl IntoView {
    let detail = shown.detail();
    let links = &detail.record.links;
    view! {
        <section class="detail-section" data-test="detail-links">
            <h3 class="detail-title">{format!("Links · {}", links.len())}</h3>
            <ul class="detail-list">
                {links.iter().map(|link| view! { <LinkItem shown link=link.clone()/> }).collect_view()}
            </ul>
        </section>
        <Dropped number=detail.record.dropped_links what="links"/>
    }
}

/// A link: a button where its span is in this trace, else an anchor to its trace.
#[component]
fn LinkItem(shown: ShownSpan, link: Link) -> impl IntoView {
    let session = shown.session;
    let outline = session.outline();
    let here = (link.trace_id == outline.trace_id).then(|| outline.find(link.span_id)).flatten();
    let target = match here {
        Some(span) => view! { <SpanButton session outline span/> }.into_any(),
        None => view! {
            <a class="detail-link mono" href=shown.source.address_of(link.trace_id, link.span_id)>
                {format!("trace {} · span {}", link.trace_id, link.span_id)}
            </a>
        }
        .into_any(),
    };
    view! {
        <li class="detail-event" data-test="link">
            {target}
            // Configured links apply to them as to attributes of events, as in Jaeger.
            <Attributes shown place=PatternScope::Events list=link.attributes/>
        </li>
    }
}

/// The spans of this trace that link to the span; nothing where none do. Loaded once the rest is shown.
#[component]
pub fn LinkedFrom(shown: ShownSpan) -> impl IntoView {
    let found = RwSignal::new(Vec::<SpanIx>::new());
    // Without any link in the trace there is nothing to load.
    if shown.session.outline().flags.iter().any(|flags| flags.has(Flags::HAS_LINKS)) {
        Effect::new(move || {
            spawn_scoped(async move {
                let spans = shown.source.linked_from(shown.span).await;
                found.set(spans);
            });
        });
    }
    move || {
        let spans = found.get();
        (!spans.is_empty()).then(|| view! { <LinkedFromSection shown spans/> })
    }
}

#[component]
fn LinkedFromSection(shown: ShownSpan, spans: Vec<SpanIx>) -> impl IntoView {
    let (session, total) = (shown.session, spans.len());
    let outline = session.outline();
    let paging = Paging::new(total, FIRST);
    let item = move |at: usize| {
        let (span, outline) = (*spans.get(at)?, outline.clone());
        Some(view! {
            <li class="detail-event" data-test="linked-from">
                <SpanButton session outline span/>
            </li>
        })
    };
    view! {
        <section class="detail-section" data-test="detail-linked-from">
            <h3 class="detail-title">{format!("Linked from · {total}")}</h3>
            <ul class="detail-list">
                <For each=move || paging.indices() key=|at| *at children=item/>
            </ul>
            <ShowMore paging/>
        </section>
    }
}
