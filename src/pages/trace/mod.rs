//! Trace page: loads one trace and shows it.

mod sync;

use crate::route::Route;
use crate::state::busy;
use crate::state::colours;
use crate::state::data::use_data;
use crate::state::navigation::{entitle, use_navigation};
use crate::state::settings::{detail_place, use_settings};
use crate::state::tasks::{after_yield, spawn_scoped, yield_to_event_loop};
use crate::trace_view::canvas_style::look_up_font;
use crate::trace_view::clocks::load_clocks;
use crate::trace_view::columns::load_columns;
use crate::trace_view::critical_path::load_path;
use crate::trace_view::find::run_query;
use crate::trace_view::findings::{Findings, load_findings};
use crate::trace_view::header::{Header, root_of};
use crate::trace_view::layout::TraceLayout;
use crate::trace_view::other_views::{PanelInputs, Panels};
use crate::trace_view::parts::Part;
use crate::trace_view::regions::SkipLinks;
use crate::trace_view::session::Session;
use crate::trace_view::slots_by_string;
use crate::trace_view::span_source::SpanSource;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use spandrel_trace::engine::Progress;
use spandrel_trace::model::Outline;
use spandrel_trace::units::{Problem, TraceId, count, duration, is_blank_name};
use std::rc::Rc;
use std::sync::Arc;
use sync::sync_with_address;

/// How far loading the trace has come.
#[derive(Clone)]
enum Load {
    Loading,
    Failed(Problem),
    Loaded(Arc<Outline>),
}

/// Page of the trace with this id, as written in the address. What is shown of the trace is in the route.
#[component]
pub fn TracePage(
    /// Trace id, as in the address.
    id: String,
) -> impl IntoView {
    let (data, settings) = (use_data(), use_settings());
    let id = StoredValue::new(id);
    let (load, progress) = (RwSignal::new(Load::Loading), RwSignal::new(Progress::default()));
    let attempt = RwSignal::new(0u32);
    // Opening a file with this trace again replaces what is shown.
    let opening = Memo::new(move |_| id.with_value(|id| data.opening_of(id)));
    Effect::new(move |_| {
        attempt.track();
        settings.source();
        opening.get();
        progress.set(Progress::default());
        load.set(Load::Loading);
        spawn_scoped(async move {
            let outline = data.trace(&id.get_value(), Some(Rc::new(move |now| progress.set(now)))).await;
            // The trace is shown in another task than the one that received its columns.
            yield_to_event_loop().await;
            load.set(outline.map_or_else(Load::Failed, Load::Loaded));
        });
    });
    // Of an ID that was shortened, the address keeps the whole.
    let navigation = use_navigation();
    Effect::new(move |_| {
        let Load::Loaded(outline) = load.get() else { return };
        let written = id.get_value();
        let is_start =
            written.len() < 32 && TraceId::parse(&written).is_some_and(|id| id != outline.trace_id);
        if let Route::Trace { id, view } = navigation.route_now()
            && is_start
            && id == written
            && outline.foreign_trace_id.is_empty()
        {
            navigation.replace(Route::Trace { id: outline.trace_id.to_string(), view });
        }
    });
    spawn_scoped(async {
        yield_to_event_loop().await;
        look_up_font();
    });
    let retry = Callback::new(move |()| attempt.update(|count| *count += 1));
    let content = move || match load.get() {
        Load::Loading => view! { <h1 class="unseen">"Trace"</h1> <Loading progress=progress/> }.into_any(),
        Load::Failed(problem) => {
            view! { <h1 class="unseen">"Trace"</h1> <ProblemCard problem retry/> }.into_any()
        }
        // Keyed by the outline: Leptos would update the view of the outline before in place, and what fills rows and
        // canvases by hand would go on showing that.
        Load::Loaded(outline) => {
            let key = Arc::as_ptr(&outline) as usize;
            let trace = move |_| view! { <LoadedTrace id=id outline=outline.clone()/> };
            view! { <For each=move || [key] key=|key| *key children=trace/> }.into_any()
        }
    };
    view! { <div class="trace-page" data-test="trace-page" data-part=Part::Trace.name()>{content}</div> }
}

/// Progress of loading: bytes and spans so far.
#[component]
fn Loading(progress: RwSignal<Progress>) -> impl IntoView {
    let facts = move || {
        let Progress { bytes, total, spans } = progress.get();
        let read = match total {
            Some(total) if total >= bytes => format!("{} of {}", megabytes(bytes), megabytes(total)),
            _ => megabytes(bytes),
        };
        match bytes {
            0 => "Waiting for the server".to_owned(),
            _ => format!("{read} · {} spans so far", count(spans)),
        }
    };
    view! {
        <div class="trace-loading" data-test="loading">
            <p class="trace-loading-title" role="status">"Loading trace…"</p>
            <div class="trace-loading-bar" aria-hidden="true"><i></i></div>
            <p class="trace-loading-facts">{facts}</p>
        </div>
    }
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// Title of the trace's tab: the root's operation, or else its service, and the trace's duration.
fn title_of(outline: &Outline) -> String {
    let (service, operation) = root_of(outline);
    if outline.is_empty() {
        return "Trace without spans".to_owned();
    }
    let name = [operation, service, "Trace".to_owned()].into_iter().find(|name| !is_blank_name(name));
    format!("{} · {}", name.unwrap_or_default(), duration(outline.duration))
}

/// A loaded trace, kept in sync with the address. What lies below its header is built in a task of its own, and what is
/// shown beside the spans is loaded from another one.
#[component]
fn LoadedTrace(id: StoredValue<String>, outline: Arc<Outline>) -> impl IntoView {
    let data = use_data();
    let mut session = Session::new(outline);
    // All pages share one time zone.
    session.clock.zone = use_settings().zone;
    let slots = Memo::new(move |_| {
        Arc::new(session.outline_live().with(|outline| slots_by_string(outline, colours::slots)))
    });
    // Unless the address says otherwise, details are where this reader put them last.
    session.panels.placement.set(detail_place());
    sync_with_address(session, id.get_value());
    let busy = busy::hold();
    spawn_scoped(ScopedFuture::new_untracked(async move {
        yield_to_event_loop().await;
        run_query(session, data, id.get_value());
        load_columns(session, data, id.get_value());
        load_findings(session, data, id.get_value());
        load_path(session, data, id.get_value());
        load_clocks(session, data, id.get_value());
        drop(busy);
    }));
    // A request has found that the worker has another version of the trace than is shown.
    Effect::new(move |_| {
        let Some(outline) = data.renewed_outline(&id.get_value()) else { return };
        if !Arc::ptr_eq(&outline, &session.sent()) {
            session.renew(outline);
        }
    });
    let title = Memo::new(move |_| session.outline_live().with(|outline| title_of(outline)));
    Effect::new(move |_| entitle(&title.get()));
    let source = SpanSource::new(data, session, id);
    let has_layout = after_yield();
    view! {
        <SkipLinks session/>
        <Header session data id/>
        <Findings session data id/>
        <Panels inputs=PanelInputs { session, slots, data, id }/>
        <Show when=move || has_layout.get()>
            <TraceLayout session slots source/>
        </Show>
    }
}
