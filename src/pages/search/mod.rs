//! The search page: a form at the left, what was found at the right. The address says all of it.

mod form;
mod moment;
mod order;
mod results;
mod row;

use crate::route::{Route, SearchParams, Sort};
use crate::state::data::use_data;
use crate::state::errand::Errand;
use crate::state::navigation::use_route;
use crate::state::settings::use_settings;
use crate::ui::empty::Empty;
use crate::ui::problem::ProblemCard;
use crate::ui::progress::Progress;
use form::SearchForm;
use leptos::prelude::*;
use results::{Listed, Results};
use spandrel_trace::units::Problem;
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
#[component]
pub fn Search() -> impl IntoView {
    let (data, route, settings) = (use_data(), use_route(), use_settings());
    let params = Memo::new(move |before: Option<&SearchParams>| match route.get() {
        Route::Search(params) => params,
        // On the way to another page nothing here has to change any more.
        _ => before.cloned().unwrap_or_default(),
    });
    let services: Services = RwSignal::new(None);
    let again = RwSignal::new(0u32);
    let asking = StoredValue::new_local(None::<Errand>);
    Effect::new(move |_| {
        again.track();
        settings.source();
        services.set(None);
        asking.set_value(Some(Errand::send(async move {
            let answer = data.services().await;
            services.try_set(Some(answer.map(Arc::new)));
        })));
    });

    let shown = RwSignal::new(Shown::Form);
    // Sorting is no new search.
    let asked = Memo::new(move |_| SearchParams { sort: Sort::default(), ..params.get() });
    let searching = StoredValue::new_local(None::<Errand>);
    Effect::new(move |_| {
        again.track();
        settings.source();
        let asked = asked.get();
        searching.set_value(None);
        if asked.files {
            shown.set(data.files().map_or(Shown::NoFiles, |files| Shown::Found(Listed::of_files(files))));
            return;
        }
        if !asked.asks() {
            shown.set(Shown::Form);
            return;
        }
        shown.set(Shown::Searching);
        searching.set_value(Some(Errand::send(async move {
            let began = js_sys::Date::now();
            let answer = data.search(asked.to_query((began * 1_000.0) as u64)).await;
            let took = js_sys::Date::now() - began;
            let now = match answer {
                Ok(found) => Shown::Found(Listed::of_search(found, took)),
                Err(problem) => Shown::Failed(problem),
            };
            shown.try_set(now);
        })));
    });

    let retry = Callback::new(move |()| again.update(|count| *count = count.wrapping_add(1)));
    // One failure is shown once: whoever cannot say its services cannot search either.
    let body = move || {
        match shown.get() {
        Shown::Form => match services.get() {
            Some(Err(problem)) => view! { <ProblemCard problem=problem retry=retry/> }.into_any(),
            Some(Ok(services)) if services.is_empty() => no_services().into_any(),
            _ => welcome().into_any(),
        },
        Shown::Searching => view! {
            <div class="search__wait"><Progress text=Signal::stored("Searching".to_owned()) share=Signal::stored(None)/></div>
        }
        .into_any(),
        Shown::Found(listed) => view! { <Results listed=listed params=params/> }.into_any(),
        Shown::NoFiles => no_files().into_any(),
        Shown::Failed(problem) => view! { <ProblemCard problem=problem retry=retry/> }.into_any(),
    }
    };
    view! {
        <div class="search">
            <h1 class="unseen">"Search traces"</h1>
            <SearchForm params=params services=services/>
            <section class="search__results" aria-label="Results" aria-busy=move || shown.with(|shown| matches!(shown, Shown::Searching)).to_string()>
                {body}
            </section>
        </div>
    }
}

fn welcome() -> impl IntoView {
    view! {
        <Empty title="Find a trace">
            <p>"Choose a service and press “Find traces”, or open a trace by its id above."</p>
            <p>"Trace files can be dropped anywhere on this page: Jaeger JSON, OTLP JSON or OTLP protobuf, plain or gzipped. They stay in this browser."</p>
        </Empty>
    }
}

fn no_services() -> impl IntoView {
    view! {
        <Empty title="No traces have arrived yet">
            <p>"The backend answers, but knows no service. Send it spans with OpenTelemetry: OTLP over HTTP to port 4318, over gRPC to port 4317."</p>
            <p>"Or drop a trace file anywhere on this page."</p>
        </Empty>
    }
}

fn no_files() -> impl IntoView {
    view! {
        <Empty title="The files are not open any more">
            <p>"Files are read in this browser and kept nowhere else, so a reload lets go of them. Drop them on this page again."</p>
        </Empty>
    }
}
