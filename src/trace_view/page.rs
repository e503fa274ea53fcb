//! The page from the door: the trace is asked for, its way here is shown, and what went wrong is said.

use super::address;
use super::colours::slots_of;
use super::columns::ask_for_columns;
use super::detail::{Around, Whole};
use super::find::look;
use super::header::{grouped, header};
use super::opened::{Ask, STEPS, opened};
use super::session::Session;
use crate::route::{Placement, Route, TraceView};
use crate::state::colours;
use crate::state::data::{Data, use_data};
use crate::state::navigation::{use_navigation, whole_address};
use crate::state::settings::{detail_place, jaeger_config, use_settings};
use crate::state::tasks::{after_yield, count_up, spawn_scoped, yield_to_event_loop};
use crate::ui::element::{El, el};
use crate::ui::problem::{Retry, problem_card};
use crate::ui::view::{View, effect, keyed, part, several, when};
use leptos::prelude::*;
use spandrel_trace::analysis::key_order::top_prefixes;
use spandrel_trace::analysis::link_pattern::link_patterns;
use spandrel_trace::engine::Progress;
use spandrel_trace::units::{Problem, SpanId};
use std::rc::Rc;
use std::sync::Arc;

/// More spans than these are shown in another task than the one that took them over.
const AT_ONCE: usize = 250_000;

/// The page of one trace. Made anew for another id; what is shown of the trace is in the route.
/// `id` is as it stands in the address, once it `is_known`.
pub fn page_of(id: StoredValue<String>, is_known: RwSignal<bool>) -> El {
    let data = use_data();
    let attempt = RwSignal::new(0u32);
    // A file with this very trace is shown in place of what is shown.
    let first = StoredValue::new(None::<u32>);
    let opening = move || {
        if !is_known.get() {
            return 0;
        }
        let now = id.with_value(|id| data.opening_of(id));
        now - first.try_update_value(|first| *first.get_or_insert(now)).unwrap_or(now)
    };
    let retry: Retry = Rc::new(move || attempt.update(|count| *count += 1));
    el("div", "trace-page")
        .test("trace-page")
        .child(keyed(move || (attempt.get(), opening()), move |_| asked(id, is_known, retry.clone())))
}

/// The page while the trace is on its way, and with it. The page is built while there is nothing to show yet: when the
/// trace comes, what is there only takes it in, and the next frame shows it.
fn asked(id: StoredValue<String>, is_known: RwSignal<bool>, retry: Retry) -> View {
    let data = use_data();
    let progress = RwSignal::new(Progress::default());
    let problem = RwSignal::new(None::<Problem>);
    let is_here = RwSignal::new(false);
    let mut session = Session::new(Arc::default());
    // Whose clock is read is one and the same on all pages.
    session.zone = use_settings().zone;
    effect(move || {
        if !is_known.get() {
            return;
        }
        spawn_scoped(async move {
            match data.trace(&id.get_value(), move |now| progress.set(now)).await {
                Ok(outline) => {
                    if outline.len() > AT_ONCE {
                        // Taking the columns over was one task; showing them is another.
                        yield_to_event_loop().await;
                    }
                    batch(|| {
                        session.renew(outline);
                        is_here.set(true);
                    });
                }
                Err(why) => problem.set(Some(why)),
            }
        });
    });
    // First the question, then in a task of its own what will show the answer.
    let begun = after_yield();
    part(
        move || (problem.get(), begun.get()),
        move |(problem, begun)| -> View {
            if let Some(problem) = problem {
                return problem_card(problem, Some(retry.clone())).into();
            }
            if !begun {
                return View::NONE;
            }
            // While the trace comes there is time: a frame for each step. Before, the browser is busy with the program.
            let built = RwSignal::new(0);
            let is_coming = Memo::new(move |before| {
                let bytes = progress.with(|progress| progress.bytes);
                before == Some(&true) || is_here.get() || bytes > 0 || !is_known.get()
            });
            effect(move || {
                if is_coming.get() {
                    count_up(STEPS, built, move || is_here.get_untracked());
                }
            });
            let is_shown = move || is_here.get() && built.get() == STEPS;
            let page = el("div", "trace-opened")
                .live_class("trace-awaited", move || !is_shown())
                .child(linked(id, session, is_here, built));
            // Of a page that is built ahead nobody sees anything: there is nothing to move in it.
            let is_awaited = move || is_known.get() && !is_here.get();
            several([View::from(page), when(is_awaited, move || loading(progress))])
        },
    )
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

/// The page of the trace that is in `session` once it `is_here`, then tied to the address: what the address says is
/// shown, what is shown is written to it.
fn linked(id: StoredValue<String>, session: Session, is_here: RwSignal<bool>, built: RwSignal<u32>) -> View {
    let data = use_data();
    let slots = Memo::new(move |_| {
        Arc::new(session.outline_live().with(|outline| slots_of(outline, colours::slots)))
    });
    // Unless an address says otherwise, details are where this reader put them last.
    session.placement.set(Placement::of_word(&detail_place()));
    effect(move || {
        if is_here.get() {
            follow_address(session, id.get_value());
            look(session, data, id.get_value());
            ask_for_columns(session, data, id.get_value());
        }
    });
    let ask: Ask = Rc::new(move |span| {
        Box::pin(async move {
            let detail = data.detail(&id.get_value(), span).await?;
            Ok(Arc::new(Whole { record: detail.record, resource: detail.resource, scope: detail.scope }))
        })
    });
    opened(session, built, move || header(session, data, id), slots, ask, around(id, data))
}

/// Keeps page and address true to each other.
fn follow_address(session: Session, id: String) {
    let navigation = use_navigation();
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
    let mut listening = false;
    effect(move || {
        let view = address::view_of(session);
        // The first run only listens: an address that names a span that is not there yet is left alone.
        if std::mem::replace(&mut listening, true) && settled.with_value(|settled| *settled != view) {
            settled.set_value(view.clone());
            navigation.replace(Route::Trace { id: id.clone(), view });
        }
    });
}

/// What the detail asks of the page.
fn around(id: StoredValue<String>, data: Data) -> Around {
    let route = |id: String, span: SpanId| {
        let view = TraceView { span: Some(span), open: true, ..TraceView::default() };
        Route::Trace { id, view }
    };
    Around {
        address_of: Rc::new(move |trace, span| route(trace.to_string(), span).to_string()),
        link_to: Rc::new(move |span| whole_address(&route(id.get_value(), span))),
        linked_from: Rc::new(move |span| {
            // A list that nobody could make is left out: the rest of the detail is worth more than a complaint.
            Box::pin(async move { data.linked_from(&id.get_value(), span).await.unwrap_or_default() })
        }),
        peers: Rc::new(move |span| Box::pin(async move { data.peers(&id.get_value(), span).await.ok() })),
        export: Rc::new(move |begin, end, format| {
            Box::pin(async move { data.export(&id.get_value(), begin, end, format).await.ok() })
        }),
        found: Rc::new(move |service, operation| data.found_durations(service, operation, &id.get_value())),
        patterns: Rc::new(|| link_patterns(&jaeger_config())),
        top: top_prefixes(&jaeger_config()).into(),
    }
}
