//! The page from the door: the trace is asked for, its way here is shown, and what went wrong is said.

use super::address;
use super::colours::slots_of;
use super::detail::{AddressOf, Whole};
use super::header::grouped;
use super::opened::{Ask, Opened};
use super::session::Session;
use crate::route::{Route, TraceView};
use crate::state::colours;
use crate::state::data::use_data;
use crate::state::errand::Errand;
use crate::state::navigation::use_navigation;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use spandrel_trace::engine::Progress;
use spandrel_trace::model::Outline;
use spandrel_trace::units::Problem;
use std::rc::Rc;
use std::sync::Arc;

/// The page of one trace. Made anew for another id; what is shown of the trace is in the route.
#[component]
pub fn TracePage(
    /// The trace's id, as it stands in the address.
    id: String,
) -> impl IntoView {
    let data = use_data();
    let progress = RwSignal::new(Progress::default());
    let loaded = RwSignal::new_local(None::<Result<Arc<Outline>, Problem>>);
    let attempt = RwSignal::new(0u32);
    let errand = StoredValue::new_local(None::<Errand>);
    let asked = id.clone();
    Effect::new(move |_| {
        attempt.track();
        loaded.set(None);
        progress.set(Progress::default());
        let id = asked.clone();
        errand.set_value(Some(Errand::send(async move {
            let heard = move |now| {
                progress.try_set(now);
            };
            let answer = data.trace(&id, heard).await;
            loaded.try_set(Some(answer));
        })));
    });
    let retry = Callback::new(move |()| attempt.update(|count| *count += 1));
    view! {
        <div class="trace-page" data-test="trace-page">
            {move || match loaded.get() {
                None => view! { <Loading progress=progress/> }.into_any(),
                Some(Err(problem)) => view! { <ProblemCard problem=problem retry=retry/> }.into_any(),
                Some(Ok(outline)) => view! { <Linked id=id.clone() outline=outline/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Loading(progress: RwSignal<Progress>) -> impl IntoView {
    let facts = move || {
        let Progress { bytes, total, spans } = progress.get();
        let read = match total {
            Some(total) if total >= bytes => format!("{} of {}", megabytes(bytes), megabytes(total)),
            _ => megabytes(bytes),
        };
        match (bytes, spans) {
            (0, _) => "Waiting for the first byte".to_owned(),
            (_, spans) => format!("{read} · {} spans so far", grouped(spans as usize)),
        }
    };
    view! {
        <div class="trace-loading" data-test="loading">
            <p class="trace-loading-title" role="status">"Loading the trace"</p>
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

/// The open trace, tied to the address: what the address says is shown, what is shown is written to it.
#[component]
fn Linked(id: String, outline: Arc<Outline>) -> impl IntoView {
    let (data, navigation) = (use_data(), use_navigation());
    let slots = Arc::new(slots_of(&outline, colours::slots));
    let session = Session::new(outline);

    // What was last shown and written, so that neither side answers its own echo.
    let settled = StoredValue::new(TraceView::default());
    let here = id.clone();
    Effect::new(move |_| {
        let Route::Trace { id, view } = navigation.route() else { return };
        if id == here && settled.with_value(|settled| *settled != view) {
            settled.set_value(view.clone());
            address::apply(session, &view);
        }
    });
    let here = id.clone();
    Effect::new(move |before: Option<()>| {
        let view = address::view_of(session);
        // The first run only listens: an address that names a span that is not there yet is left alone.
        if before.is_some() && settled.with_value(|settled| *settled != view) {
            settled.set_value(view.clone());
            navigation.replace(Route::Trace { id: here.clone(), view });
        }
    });

    let ask: Ask = Rc::new(move |span| {
        let id = id.clone();
        Box::pin(async move {
            match data.detail(&id, span).await {
                Ok(detail) => {
                    Ok(Whole { record: detail.record, resource: detail.resource, scope: detail.scope })
                }
                Err(problem) => Err(ViewFn::from(move || view! { <ProblemCard problem=problem.clone()/> })),
            }
        })
    });
    let address_of: AddressOf = Arc::new(|trace, span| {
        let view = TraceView { span: Some(span), open: true, ..TraceView::default() };
        Route::Trace { id: trace.to_string(), view }.to_string()
    });
    view! { <Opened session=session slots=slots ask=ask address_of=address_of/> }
}
