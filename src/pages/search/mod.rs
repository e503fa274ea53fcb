//! The search page: a form at the left, what was found at the right. The address says all of it.

mod form;
mod order;
mod results;
mod row;

use crate::route::{Route, SearchParams, Zone};
use crate::state::data::{SearchPurpose, use_data};
use crate::state::navigation::use_route;
use crate::state::settings::use_settings;
use crate::state::tasks;
use crate::ui::element::{El, el};
use crate::ui::empty::empty;
use crate::ui::problem::{Retry, problem_card};
use crate::ui::progress::progress;
use crate::ui::view::{View, effect, part};
use form::search_form;
use leptos::prelude::*;
use results::{Listed, results};
use spandrel_trace::units::Problem;
use std::rc::Rc;
use std::sync::Arc;

/// What is shown beside the form.
#[derive(Clone)]
enum Shown {
    Form,
    Searching,
    Found(Listed),
    NoFiles,
    Failed(Problem),
}

/// The services of the backend, as far as they are known.
pub type Services = RwSignal<Option<Result<Arc<Vec<String>>, Problem>>>;

/// The search page.
pub fn search() -> El {
    let (data, route, settings) = (use_data(), use_route(), use_settings());
    let params = Memo::new(move |before: Option<&SearchParams>| match route.get() {
        Route::Search(params) => params,
        // On the way to another page nothing here has to change any more.
        _ => before.cloned().unwrap_or_default(),
    });
    let services: Services = RwSignal::new(None);
    let again = RwSignal::new(0u32);
    effect(move || {
        again.track();
        settings.source();
        services.set(None);
        tasks::spawn_scoped(async move {
            let answer = data.services().await;
            services.set(Some(answer.map(Arc::new)));
        });
    });

    let shown = RwSignal::new(Shown::Form);
    effect(move || {
        // An address that does not say leaves everybody their own.
        if params.with(|params| params.zone) == Zone::Utc {
            settings.zone.set(Zone::Utc);
        }
    });
    let asked = Memo::new(move |_| params.get().asked());
    effect(move || {
        again.track();
        settings.source();
        let asked = asked.get();
        if asked.files {
            shown.set(data.files().map_or(Shown::NoFiles, |files| Shown::Found(Listed::of_files(files))));
            return;
        }
        if !asked.asks() {
            shown.set(Shown::Form);
            return;
        }
        shown.set(Shown::Searching);
        tasks::spawn_scoped(async move {
            let began = js_sys::Date::now();
            let answer = data.search(asked.to_query((began * 1_000.0) as u64), SearchPurpose::Results).await;
            let took = js_sys::Date::now() - began;
            let now = match answer {
                Ok(found) => Shown::Found(Listed::of_search(found, took)),
                Err(problem) => Shown::Failed(problem),
            };
            shown.set(now);
        });
    });

    let retry: Retry = Rc::new(move || again.update(|count| *count = count.wrapping_add(1)));
    let failed = move |problem| problem_card(problem, Some(retry.clone()));
    // One failure is shown once: whoever cannot say its services cannot search either.
    let state = move || match shown.get() {
        Shown::Form => match services.get() {
            Some(Err(problem)) => (Shown::Failed(problem), false),
            Some(Ok(services)) => (Shown::Form, services.is_empty()),
            None => (Shown::Form, false),
        },
        shown => (shown, false),
    };
    let body = part(state, move |(shown, no_services)| -> View {
        match shown {
            Shown::Form if no_services => empty("No traces have arrived yet", NO_SERVICES).into(),
            Shown::Form => empty("Find a trace", WELCOME).into(),
            Shown::Searching => {
                let text = Signal::stored("Searching".to_owned());
                el("div", "search__wait").child(progress(text, Signal::stored(None))).into()
            }
            Shown::Found(listed) => results(listed, params),
            Shown::NoFiles => empty("The files are not open any more", NO_FILES).into(),
            Shown::Failed(problem) => failed(problem).into(),
        }
    });
    let is_searching = move || shown.with(|shown| matches!(shown, Shown::Searching)).to_string();
    let found = el("section", "search__results")
        .attr("aria-label", "Results")
        .live_attr("aria-busy", is_searching)
        .child(body);
    el("div", "search").children([
        el("h1", "unseen").text("Search traces"),
        search_form(params, services),
        found,
    ])
}

const WELCOME: &[&str] = &[
    "Choose a service and press “Find traces”, or open a trace by its id above.",
    "Trace files can be dropped anywhere on this page: Jaeger JSON, OTLP JSON or OTLP protobuf, plain or gzipped. They stay in this browser.",
];

const NO_SERVICES: &[&str] = &[
    "The backend answers, but knows no service. Send it spans with OpenTelemetry: OTLP over HTTP to port 4318, over gRPC to port 4317.",
    "Or drop a trace file anywhere on this page.",
];

const NO_FILES: &[&str] = &[
    "Files are read in this browser and kept nowhere else, so a reload lets go of them. Drop them on this page again.",
];
