//! The lanes of a trace: spans packed by service, host or thread instead of the tree, below a chart of how many are active
//! over time.

mod active;

use super::super::colouring::ColouringMemo;
use super::super::counted::counted;
use super::super::nothing_to_show::{AllFiltered, NoSpans};
use super::super::parts::Part;
use super::super::session::Session;
use super::super::span_filter::span_filter;
use super::super::span_source::SpanSource;
use super::flame::{FlameLoad, FrameGraph, LoadedFrames};
use crate::route::{FlameLayout, LaneGroup, Named};
use crate::state::busy;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use active::ActiveSpans;
use leptos::prelude::*;
use spandrel_trace::analysis::flame::PackedBy;
use spandrel_trace::engine::{Answer, QuestionTopic};
use std::sync::Arc;

/// What lanes are grouped by, as the tooltip of its button says it.
fn described(group: LaneGroup) -> &'static str {
    match group {
        LaneGroup::Service => "One group of lanes per service",
        LaneGroup::Host => "One group of lanes per host, pod, container or instance of a service",
        LaneGroup::Thread => "One group of lanes per thread or process of a service",
    }
}

/// The lanes with their chart.
#[component]
pub fn Lanes(
    /// State of the trace.
    session: Session,
    /// What the colours mean.
    colouring: ColouringMemo,
    /// Where lanes come from.
    source: SpanSource,
) -> impl IntoView {
    let state = load(session, source);
    let shown = Memo::new(move |_| {
        state.with(|state| match state {
            FlameLoad::Loaded(loaded) if loaded.outline.is_empty() => LanesContent::NoSpans,
            FlameLoad::Loaded(loaded) if loaded.frames.is_empty() => LanesContent::AllFiltered,
            FlameLoad::Loaded(_) => LanesContent::Lanes,
            FlameLoad::Failed(_) => LanesContent::Failed,
            _ => LanesContent::Loading,
        })
    });
    let content = move || {
        match shown.get() {
        LanesContent::Loading => view! { <p class="view-loading" role="status">"Computing lanes…"</p> }.into_any(),
        LanesContent::NoSpans => view! { <NoSpans/> }.into_any(),
        LanesContent::AllFiltered => view! { <AllFiltered/> }.into_any(),
        LanesContent::Failed => match state.get() {
            FlameLoad::Failed(problem) => view! { <ProblemCard problem/> }.into_any(),
            _ => ().into_any(),
        },
        LanesContent::Lanes => view! {
            <ActiveSpans session source/>
            <FrameGraph
                session
                colouring
                state
                label=Signal::stored("Lanes of spans. Arrow keys move between spans, Z zooms to one, Enter opens its details.".to_owned())
            />
        }
        .into_any(),
    }
    };
    let group = |&(group, _, label): &(LaneGroup, &'static str, &'static str)| {
        view! {
            <button
                type="button"
                class="flame-layout"
                data-test="lane-group"
                title=described(group)
                aria-pressed=move || (session.lanes.get() == group).to_string()
                on:click=move |_| session.lanes.set(group)
            >
                {label}
            </button>
        }
    };
    let note = move || {
        state.with(|state| match state {
            FlameLoad::Loaded(loaded) => {
                let groups = loaded.frames.groups.len();
                let lanes = loaded.frames.lanes() - groups;
                let zero = if loaded.outline.duration == 0 { " · No span has a duration" } else { "" };
                format!("{}, {}{zero}", counted(groups, "group", "groups"), counted(lanes, "lane", "lanes"))
            }
            _ => String::new(),
        })
    };
    view! {
        <div class="flame" data-part=Part::Frames.name() data-test="lanes-view">
            <div class="flame-tools">
                <div class="flame-layouts" role="group" aria-label="Group lanes by">
                    {LaneGroup::ALL.iter().map(group).collect_view()}
                </div>
                <span class="flame-note" data-test="lanes-note">{note}</span>
            </div>
            {content}
        </div>
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LanesContent {
    Loading,
    NoSpans,
    AllFiltered,
    Failed,
    Lanes,
}

fn load(session: Session, source: SpanSource) -> RwSignal<FlameLoad> {
    let state = RwSignal::new(FlameLoad::Loading);
    let filter = span_filter(session);
    Effect::new(move |_| {
        let outline = session.outline_live().get();
        let by = match session.lanes.get() {
            LaneGroup::Service => PackedBy::Service,
            LaneGroup::Host => PackedBy::Host,
            LaneGroup::Thread => PackedBy::Thread,
        };
        let topic = QuestionTopic::Packed { by, filter: filter.get() };
        spawn_scoped(async move {
            let _busy = busy::hold();
            let answer = source.ask(topic).await;
            if !Arc::ptr_eq(&outline, &session.outline()) {
                return;
            }
            match answer {
                Ok(Answer::Flame(frames)) => {
                    let (frames, layout) = (Arc::new(*frames), FlameLayout::Time);
                    state.set(FlameLoad::Loaded(LoadedFrames { frames, outline, layout }));
                }
                Ok(_) => {}
                Err(problem) => state.set(FlameLoad::Failed(problem)),
            }
        });
    });
    state
}
