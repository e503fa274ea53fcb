//! What the outline has of a span: service, name, times, ids. Shown before its attributes are loaded.

use super::super::copy::CopyButton;
use super::super::session::{Session, path_words};
use super::super::span_source::SpanSource;
use super::super::what_if::try_out;
use super::SpanButton;
use super::export::CopyMenu;
use super::standing::{Histogram, rank};
use super::time::TimeBreakdown;
use crate::route::{Named, Placement, WhatIfChange, WhatIfScope};
use crate::state::clock;
use crate::ui::menu::{Menu, MenuItem};
use leptos::prelude::*;
use spandrel_trace::analysis::duration_rank::DurationRank;
use spandrel_trace::engine::SpanDetail;
use spandrel_trace::model::{Outline, SpanIx};
use spandrel_trace::units::{count, display_name, duration, duration_exact};
use std::sync::Arc;

/// The head of a span's details.
#[component]
pub fn DetailHead(
    /// State of the trace.
    session: Session,
    /// Where the details come from.
    source: SpanSource,
    /// The span.
    span: SpanIx,
    /// Colour slots by string index.
    slots: Arc<Vec<u8>>,
    /// All of the span, once it is loaded.
    #[prop(into)]
    detail: Signal<Option<Arc<SpanDetail>>>,
) -> impl IntoView {
    let outline = session.outline();
    let index = span as usize;
    let slot = usize::from(slots.get(outline.service[index] as usize).copied().unwrap_or(0)) + 1;
    let id = outline.id[index].to_string();
    let standing = DurationRank::of(&outline, span);
    let parent = outline.parent_of(span).map(|parent| {
        view! {
            <div class="detail-parent">
                <span class="detail-key">"Parent"</span>
                <SpanButton session outline=outline.clone() span=parent/>
            </div>
        }
    });
    view! {
        <div class="detail-top">
            <span class="detail-dot" data-slot=slot></span>
            <b class="detail-service">{display_name(outline.service_of(span)).to_owned()}</b>
            <span class="detail-kind">{outline.kind[index].name()}</span>
            <span class="detail-tools">
                <button
                    type="button"
                    class="button button--flat detail-what-if"
                    data-test="what-if-span"
                    title="Try out a faster, cached or parallel span (Shift+F)"
                    on:click=move |_| {
                        try_out(session, WhatIfChange::Faster(200), WhatIfScope::Spans, &[span])
                    }
                >
                    "What if"
                </button>
                <CopyMenu session source span detail/>
                <PlacementMenu session span/>
                <button
                    type="button"
                    class="detail-close"
                    aria-label="Close details"
                    title="Close (Esc)"
                    on:click=move |_| session.close_detail_of(span)
                >
                    "✕"
                </button>
            </span>
        </div>
        <h2 class="detail-name">{display_name(outline.name_of(span)).to_owned()}</h2>
        <SpanFacts session source span outline=outline.clone() standing=standing.clone()/>
        <TimeBreakdown session span slots/>
        <Histogram outline=outline.clone() span standing/>
        <div class="detail-ids">
            <span class="detail-key">"Span ID"</span>
            <span class="mono">{id.clone()}</span>
            <CopyButton label="Copy span ID" text=id/>
        </div>
        {parent}
    }
    .into_any()
}

/// Duration, start, children, and how the duration ranks.
#[component]
fn SpanFacts(
    session: Session,
    source: SpanSource,
    span: SpanIx,
    outline: Arc<Outline>,
    standing: DurationRank,
) -> impl IntoView {
    let (length, start) = (outline.duration_of(span), outline.start[span as usize]);
    let of_path = outline.clone();
    let children = outline.has_children(span).then(|| {
        let direct = outline.children(span).count() as u64;
        let below = u64::from(outline.subtree_end[span as usize] - span - 1);
        view! {
            <span title=format!("{} descendants", count(below))>"Children "<b>{count(direct)}</b></span>
        }
    });
    let in_trace = rank(&standing).map(|rank| {
        let title = "By duration, among the spans of this trace with the same service, name and kind";
        view! {
            <span title=title data-test="detail-rank">
                <b>{rank}</b>
                " similar spans"
            </span>
        }
    });
    let on_path = move || {
        session.path.path.with(|path| {
            let path = path.as_ref().filter(|path| path.is_of(of_path.len()))?;
            Some(path_words(&of_path, path, span))
        })
    };
    // A search has durations of traces, not of their spans: the whole trace is compared.
    let in_search = outline.parent_of(span).is_none().then(|| {
        let mut durations = source.found_durations(outline.service_of(span), outline.name_of(span));
        durations.push(outline.duration);
        rank(&DurationRank::among(durations, outline.duration)).map(|rank| {
            let title = "By duration, among the traces of the last search with the same root";
            view! { <span title=title data-test="detail-rank-found">"Rank in last search: "<b>{rank}</b></span> }
        })
    });
    view! {
        <div class="detail-facts">
            <span title=duration_exact(length)>"Duration "<b>{duration(length)}</b></span>
            <span title=duration_exact(start)>"Start "<b>{format!("+{}", duration(start))}</b></span>
            <At session outline start/>
            {children}
            <span data-test="detail-path">{on_path}</span>
            {in_trace}
            {in_search.flatten()}
        </div>
    }
}

/// When the span started, by the clock: with the day where the trace goes on for days.
#[component]
fn At(
    session: Session,
    outline: Arc<Outline>,
    /// Nanoseconds since the trace's start.
    start: u64,
) -> impl IntoView {
    let (first, length, zone) = (outline.start_unix, outline.duration, session.clock.zone);
    let moment = move || clock::moment(first + start, zone.get());
    let text = move || {
        let day = |unix: u64| clock::moment(unix, zone.get()).day();
        let time = moment().time(9);
        if day(first) == day(first + length) { time } else { format!("{} {time}", moment().day()) }
    };
    view! {
        <span title=move || moment().exact() data-test="detail-at">
            "At "
            <b>{text}</b>
        </span>
    }
}

/// The menu of where details are shown.
#[component]
fn PlacementMenu(session: Session, span: SpanIx) -> impl IntoView {
    let items = move |()| {
        let now = session.panels.placement.get_untracked();
        let item = |&(place, _, label): &(Placement, &str, &str)| {
            MenuItem::radio(label, place == now, move || session.place_detail(place, span))
        };
        Placement::ALL.iter().map(item).collect()
    };
    view! { <Menu face="◫" label="Panel position" items=items attr:data-test="placement-menu"/> }
}
