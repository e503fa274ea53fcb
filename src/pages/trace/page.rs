//! The page from the door: the trace is asked for, its way here is shown, and what went wrong is said.

use super::address;
use super::colours::slots_of;
use super::columns::ask_for_columns;
use super::detail::{Around, Whole};
use super::find::look;
use super::header::{grouped, header};
use super::opened::{Ask, opened};
use super::session::Session;
use crate::later;
use crate::route::{Placement, Route, TraceView};
use crate::signal::*;
use crate::state::colours;
use crate::state::data::{Data, use_data};
use crate::state::errand;
use crate::state::navigation::{use_navigation, whole_address};
use crate::state::settings::{detail_place, jaeger_config, use_settings};
use crate::ui::element::{El, el};
use crate::ui::problem::{Retry, problem_card};
use crate::ui::view::{View, effect, part};
use spandrel_trace::analysis::key_order::top_prefixes;
use spandrel_trace::analysis::link_pattern::{LinkPattern, link_patterns};
use spandrel_trace::engine::Progress;
use spandrel_trace::model::Outline;
use spandrel_trace::units::{Problem, SpanId};
use std::rc::Rc;
use std::sync::Arc;

/// The page of one trace. Made anew for another id; what is shown of the trace is in the route.
/// `id` is as it stands in the address.
pub fn trace_page(id: String) -> El {
    let data = use_data();
    let progress = RwSignal::new(Progress::default());
    let loaded = RwSignal::new(None::<Result<Arc<Outline>, Problem>>);
    let attempt = RwSignal::new(0u32);
    let asked = id.clone();
    // A file with this very trace is shown in place of what is shown.
    let opening = Memo::new({
        let id = id.clone();
        move |_| data.opening_of(&id)
    });
    effect(move || {
        attempt.track();
        opening.get();
        loaded.set(None);
        progress.set(Progress::default());
        let id = asked.clone();
        errand::begin(async move {
            let heard = move |now| {
                progress.set(now);
            };
            let answer = data.trace(&id, heard).await;
            // Taking the columns over was one task; building the page is another.
            errand::turn().await;
            loaded.set(Some(answer));
        });
    });
    let retry: Retry = Rc::new(move || attempt.update(|count| *count += 1));
    let body = part(
        move || loaded.get(),
        move |loaded| -> View {
            match loaded {
                None => loading(progress).into(),
                Some(Err(problem)) => problem_card(problem, Some(retry.clone())).into(),
                Some(Ok(outline)) => linked(id.clone(), outline),
            }
        },
    );
    el("div", "trace-page").test("trace-page").child(body)
}

fn loading(progress: RwSignal<Progress>) -> El {
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
    el("div", "trace-loading").test("loading").children([
        el("p", "trace-loading-title").attr("role", "status").text("Loading the trace"),
        el("div", "trace-loading-bar").attr("aria-hidden", "true").child(el("i", "")),
        el("p", "trace-loading-facts").live_text(facts),
    ])
}

fn megabytes(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// The open trace, tied to the address: what the address says is shown, what is shown is written to it.
fn linked(id: String, outline: Arc<Outline>) -> View {
    let (data, navigation) = (use_data(), use_navigation());
    let slots = RwSignal::new(Arc::new(slots_of(&outline, colours::slots)));
    let mut session = Session::new(outline);
    // Whose clock is read is one and the same on all pages.
    session.zone = use_settings().zone;
    // Unless an address says otherwise, details are where this reader put them last.
    session.placement.set(Placement::of_word(&detail_place()));
    let live = session.outline_live();
    effect(move || {
        let now = live.with(|outline| slots_of(outline, colours::slots));
        if slots.with_untracked(|slots| **slots != now) {
            slots.set(Arc::new(now));
        }
    });
    look(session, data, id.clone());
    let header = header(session, data, &id);
    ask_for_columns(session, data, id.clone());

    // What was last shown and written, so that neither side answers its own echo.
    let settled = StoredValue::new(TraceView::default());
    let here = id.clone();
    effect(move || {
        let Route::Trace { id, view } = navigation.route() else { return };
        if id == here && settled.with_value(|settled| *settled != view) {
            settled.set_value(view.clone());
            address::apply(session, &view);
        }
    });
    let here = id.clone();
    let mut listening = false;
    effect(move || {
        let view = address::view_of(session);
        // The first run only listens: an address that names a span that is not there yet is left alone.
        if std::mem::replace(&mut listening, true) && settled.with_value(|settled| *settled != view) {
            settled.set_value(view.clone());
            navigation.replace(Route::Trace { id: here.clone(), view });
        }
    });

    let of = id.clone();
    let ask: Ask = Rc::new(move |span| {
        let id = of.clone();
        Box::pin(async move {
            let detail = data.detail(&id, span).await?;
            Ok(Rc::new(Whole { record: detail.record, resource: detail.resource, scope: detail.scope }))
        })
    });
    opened(session, header, slots, ask, around(id, data))
}

/// What the detail asks of the page.
fn around(id: String, data: Data) -> Around {
    let route = |id: String, span: SpanId| {
        let view = TraceView { span: Some(span), open: true, ..TraceView::default() };
        Route::Trace { id, view }
    };
    let (here, of_links, of_peers, not_this) = (id.clone(), id.clone(), id.clone(), id.clone());
    Around {
        address_of: Rc::new(move |trace, span| route(trace.to_string(), span).to_string()),
        link_to: Rc::new(move |span| whole_address(&route(here.clone(), span))),
        linked_from: Rc::new(move |span| {
            let id = of_links.clone();
            // A list that nobody could make is left out: the rest of the detail is worth more than a complaint.
            Box::pin(async move { data.linked_from(&id, span).await.unwrap_or_default() })
        }),
        peers: Rc::new(move |span| {
            let id = of_peers.clone();
            Box::pin(async move { data.peers(&id, span).await.ok() })
        }),
        export: Rc::new(move |begin, end, format| {
            let id = id.clone();
            Box::pin(async move { data.export(&id, begin, end, format).await.ok() })
        }),
        found: Rc::new(move |service, operation| data.found_durations(service, operation, &not_this)),
        patterns: Rc::new(later!(fn() -> Vec<LinkPattern> { link_patterns(&jaeger_config()) })),
        top: top_prefixes(&jaeger_config()).into(),
    }
}
