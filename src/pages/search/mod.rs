//! The search page: a form on the left, the traces found on the right. Its whole state is in the address.

mod arrivals;
mod draft;
mod feed;
mod form;
mod live;
mod opening;
mod order;
mod results;
mod row;
mod services;
mod summary;
mod tags;
mod trace_list;

use crate::route::{Route, SearchParams, Zone};
use crate::state::data::{SearchPurpose, use_data};
use crate::state::last_search::{AnsweredSearch, use_last_search};
use crate::state::navigation::{use_navigation, use_route};
use crate::state::settings::{otlp_ports, use_settings};
use crate::state::tasks;
use crate::ui::empty::EmptyState;
use crate::ui::formats::FORMATS;
use crate::ui::problem::ProblemCard;
use crate::ui::progress::Progress;
use draft::Draft;
use form::SearchForm;
use leptos::prelude::*;
use live::{live_url, wait_for_first};
use results::Results;
use spandrel_trace::units::{Problem, ProblemKind};
use std::cell::Cell;
use std::sync::Arc;
use trace_list::TraceList;

/// What is shown beside the form.
#[derive(Clone, PartialEq)]
enum Outcome {
    /// Nothing was searched yet.
    Idle,
    Searching,
    Found(TraceList),
    /// The address refers to files, and none are open.
    NoFiles,
    Failed(Problem),
}

/// Names of the server's services; `None` while they are loading.
type Services = RwSignal<Option<Result<Arc<Vec<String>>, Problem>>>;

/// The search page.
#[component]
pub fn SearchPage() -> impl IntoView {
    let (data, route, settings) = (use_data(), use_route(), use_settings());
    let params = Memo::new(move |before: Option<&SearchParams>| match route.get() {
        Route::Search(params) => params,
        // The page is about to be replaced by another one.
        _ => before.cloned().unwrap_or_default(),
    });
    let attempt = RwSignal::new(0u32);
    let services: Services = RwSignal::new(None);
    Effect::new(move || {
        attempt.track();
        settings.source();
        services.set(None);
        tasks::spawn_scoped(async move {
            let answer = data.services().await;
            services.set(Some(answer.map(Arc::new)));
        });
    });
    Effect::new(move || {
        // An address without a time zone leaves the reader's own.
        if params.with(|params| params.zone) == Zone::Utc {
            settings.zone.set(Zone::Utc);
        }
    });
    let asked = Memo::new(move |_| params.get().asked());
    let draft = asked.with_untracked(|asked| Draft::new(asked, settings.zone));
    let outcome = RwSignal::new(Outcome::Idle);
    let last = use_last_search();
    let is_first = Cell::new(true);
    Effect::new(move || {
        attempt.track();
        settings.source();
        let asked = asked.get();
        if asked.files {
            let show = move |files| {
                outcome.set(Option::map_or(files, Outcome::NoFiles, |files| {
                    Outcome::Found(TraceList::of_files(files))
                }));
            };
            match data.files() {
                Some(files) => show(Some(files)),
                None => {
                    outcome.set(Outcome::Searching);
                    tasks::spawn_scoped(async move {
                        data.restore_files(None).await;
                        show(untrack(|| data.files()));
                    });
                }
            }
            return;
        }
        if !asked.log_text.is_empty() && !settings.has_log_search() {
            outcome.set(Outcome::Failed(no_log_search()));
            return;
        }
        let is_latest = !asked.has_search();
        let source = settings.source();
        // Who comes back finds the list that was left; a search that is sent again gets a new one.
        if let Some(last) = last.answer(&asked, &source).filter(|_| is_first.replace(false)) {
            outcome.set(Outcome::Found(TraceList::of_search(last.results, last.elapsed_ms, is_latest)));
            return;
        }
        is_first.set(false);
        // Without a question the latest traces are shown, if there can be any; a live search waits for the first.
        let waits = untrack(|| params.with(|params| params.live && live_url(params, settings).is_some()));
        if is_latest && !waits {
            let has_any = |names: &Result<Arc<Vec<String>>, Problem>| {
                names.as_ref().is_ok_and(|names| !names.is_empty())
            };
            let can_be_any = services.with(|services| services.as_ref().map(has_any));
            if can_be_any != Some(true) {
                outcome.set(if can_be_any.is_none() { Outcome::Searching } else { Outcome::Idle });
                return;
            }
        }
        outcome.set(Outcome::Searching);
        tasks::spawn_scoped(async move {
            let start = js_sys::Date::now();
            let answer = data.search(asked.to_query((start * 1_000.0) as u64), SearchPurpose::Results).await;
            let elapsed_ms = js_sys::Date::now() - start;
            outcome.set(match answer {
                // Some servers search in one service only, and there may be no recent traces.
                Err(_) if is_latest => Outcome::Idle,
                Ok(found) if is_latest && !waits && found.summaries.is_empty() => Outcome::Idle,
                Ok(results) => {
                    last.record(AnsweredSearch { asked, source, results: results.clone(), elapsed_ms });
                    Outcome::Found(TraceList::of_search(results, elapsed_ms, is_latest))
                }
                Err(problem) => Outcome::Failed(problem),
            });
        });
    });
    let is_searching = move || outcome.with(|outcome| *outcome == Outcome::Searching).to_string();
    view! {
        <div class="search">
            <h1 class="unseen">"Search traces"</h1>
            <SearchForm params asked draft services/>
            <section class="search__results" aria-label="Results" aria-busy=is_searching>
                <Show
                    when=move || draft.refused.with(Option::is_none)
                    // Results of another search would stand beside the form.
                    fallback=|| view! { <EmptyState title="The search was not sent" next=strings(REFUSED)/> }
                >
                    <OutcomeView outcome services params attempt/>
                </Show>
            </section>
        </div>
    }
}

/// Results, progress, a problem, or what to do first. `attempt` counts how often the requests were made again.
#[component]
fn OutcomeView(
    outcome: RwSignal<Outcome>,
    services: Services,
    params: Memo<SearchParams>,
    attempt: RwSignal<u32>,
) -> impl IntoView {
    let failed = move |problem| {
        view! { <ProblemCard problem retry=move |()| attempt.update(|count| *count = count.wrapping_add(1))/> }.into_any()
    };
    // Services matter only before the first search: a server that does not list them cannot search either.
    let idle = move || match services.get() {
        Some(Err(problem)) => failed(problem),
        Some(Ok(services)) if services.is_empty() => view! { <NoServices params attempt/> }.into_any(),
        _ => view! { <EmptyState title="Find a trace" next=first_steps() opens_files=true/> }.into_any(),
    };
    move || match outcome.get() {
        Outcome::Idle => idle.into_any(),
        Outcome::Searching => {
            view! { <div class="search__wait"><Progress text="Searching…"/></div> }.into_any()
        }
        Outcome::Found(list) => view! { <Results list params/> }.into_any(),
        Outcome::NoFiles => {
            view! { <EmptyState title="Files are no longer open" next=strings(NO_FILES)/> }.into_any()
        }
        Outcome::Failed(problem) => failed(problem),
    }
}

/// What to do while the server has no services. Where it tells of traces as they arrive, the first ones are listed without a
/// reload, and the list is live from then on.
#[component]
fn NoServices(params: Memo<SearchParams>, attempt: RwSignal<u32>) -> impl IntoView {
    let (settings, navigation) = (use_settings(), use_navigation());
    let url = Memo::new(move |_| params.with(|params| live_url(params, settings)));
    wait_for_first(params, url, move || {
        navigation.replace(Route::Search(SearchParams { live: true, ..params.get_untracked() }));
        attempt.update(|count| *count = count.wrapping_add(1));
    });
    move || {
        let next = no_services(url.with(Option::is_some));
        view! { <EmptyState title="No traces have arrived yet" next opens_files=true/> }
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

const REFUSED: &[&str] = &["Correct the marked field, then press “Find traces” again."];

fn first_steps() -> Vec<String> {
    vec![
        "Choose a service and press “Find traces”, or open a trace by its ID above.".to_owned(),
        format!("Drop trace files anywhere on this page: {FORMATS}. They stay in this browser."),
    ]
}

/// What to do while the server has no services, with the ports that take spans where the server has written them into the
/// page; `is_awaited` if the first traces are listed when they arrive.
fn no_services(is_awaited: bool) -> Vec<String> {
    let send = match otlp_ports() {
        Some((http, grpc)) => format!(
            "The server has no services yet. Send it spans with OpenTelemetry: OTLP over HTTP to port {http}, or over gRPC to port \
             {grpc}."
        ),
        None => "The server has no services yet. Send it spans with OpenTelemetry.".to_owned(),
    };
    let send =
        if is_awaited { format!("{send} The first traces are listed here as they arrive.") } else { send };
    vec![send, "Or drop a trace file anywhere on this page.".to_owned()]
}

const NO_FILES: &[&str] = &[
    "The browser keeps the files opened last only, and none that are very large. Drop them on this page again.",
];

/// Other servers would leave the text out and answer traces that may not have it.
fn no_log_search() -> Problem {
    Problem::new(
        ProblemKind::Unsupported,
        "search traces",
        "This server cannot search by the text of log lines.",
    )
    .advise("Remove the log text, or leave the URL of the server in the settings empty.")
}
