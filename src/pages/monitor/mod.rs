//! Monitor page: requests, errors and latency of a service over time and by operation, computed from its entry spans.

mod charts;
mod load;
mod measured;
mod operations;
mod plots;
mod time_range;
mod tools;

use crate::route::{MonitorView, Route, SearchParams, Sort};
use crate::state::clock;
use crate::state::data::use_data;
use crate::state::navigation::use_navigation;
use crate::state::part::part;
use crate::state::settings::use_settings;
use crate::state::tasks::spawn_scoped;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use spandrel_trace::units::Problem;

use charts::{BucketTable, Charts};
pub use measured::{Basis, ServiceMetrics};
use operations::ServiceOperations;
pub use plots::{Kind, LinkedSearch};
use tools::{RangeField, ServiceField, note};

/// Limit of the search that a point links to.
const LISTED: u32 = 200;

/// State of the page.
#[derive(Clone, Debug, PartialEq)]
enum Load {
    Loading,
    /// The server has no services.
    NoServices,
    Ready(Box<ServiceMetrics>),
    Failed(Problem),
}

/// The kind of content. The view is rebuilt when the kind changes, not for other metrics.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Loading,
    NoServices,
    Failed,
    NoTraces,
    Charts,
}

part! {
    /// Builds the page; it is in a part of the program.
    pub fn monitor_page in pages -> fn() -> AnyView = || view! { <MonitorPage/> }.into_any();
}

/// Metrics of one service.
#[component]
pub fn MonitorPage() -> impl IntoView {
    let navigation = use_navigation();
    let view = Memo::new(move |before: Option<&MonitorView>| match navigation.route() {
        Route::Monitor(view) => view,
        // The route has changed to another page; this one is about to be removed.
        _ => before.cloned().unwrap_or_default(),
    });
    let (load, services) = (RwSignal::new(Load::Loading), RwSignal::new(Vec::<String>::new()));
    let attempt = RwSignal::new(0u32);
    load_services(view, attempt, services, load);
    load_metrics(view, attempt, load);
    let refresh = Callback::new(move |()| {
        load.set(Load::Loading);
        attempt.update(|attempt| *attempt += 1);
    });

    let measured = Memo::new(move |before: Option<&ServiceMetrics>| match load.get() {
        Load::Ready(measured) => *measured,
        _ => before.cloned().unwrap_or_default(),
    });
    let address = Callback::new(|wanted: LinkedSearch| search(&wanted).to_string());
    let open = Callback::new(move |wanted: LinkedSearch| navigation.push(search(&wanted)));
    let content = Memo::new(move |_| match load.get() {
        Load::Loading => Content::Loading,
        Load::NoServices => Content::NoServices,
        Load::Failed(_) => Content::Failed,
        Load::Ready(measured) if measured.metrics.total.calls == 0 => Content::NoTraces,
        Load::Ready(_) => Content::Charts,
    });
    let main = move || match content.get() {
        Content::Loading => {
            view! { <p class="monitor__blank" role="status">"Loading traces…"</p> }.into_any()
        }
        Content::NoServices => {
            view! { <Blank title="No services yet" next="Services are listed once they have sent spans."/> }
                .into_any()
        }
        Content::NoTraces => view! {
            <Blank
                title="No traces of this service in this time range"
                next="Choose a longer time range or another service."
            />
        }
        .into_any(),
        Content::Failed => match load.get_untracked() {
            Load::Failed(problem) => view! { <ProblemCard problem=problem retry=refresh/> }.into_any(),
            _ => ().into_any(),
        },
        Content::Charts => view! {
            <Charts measured=measured address=address open=open/>
            <p class="monitor__meaning" data-test="monitor-meaning">{move || measured.with(meaning)}</p>
            <Show when=move || measured.with(|measured| !measured.operations.is_empty())>
                <ServiceOperations measured=measured address=address/>
            </Show>
            <BucketTable measured=measured address=address/>
        }
        .into_any(),
    };
    let note = move || {
        let is_ready = matches!(content.get(), Content::NoTraces | Content::Charts);
        is_ready.then(|| measured.with(note))
    };

    view! {
        <div class="monitor">
            <h1 class="unseen">"Monitor"</h1>
            <div class="monitor__tools">
                <ServiceField view=view services=services/>
                <RangeField view=view/>
                <button type="button" class="button" on:click=move |_| refresh.run(())>
                    "Refresh"
                </button>
                <p class="monitor__note" data-test="monitor-note" role="status">
                    {note}
                </p>
            </div>
            {main}
        </div>
    }
}

/// Loads the services, and chooses the busiest one if the address names none.
fn load_services(
    view: Memo<MonitorView>,
    attempt: RwSignal<u32>,
    services: RwSignal<Vec<String>>,
    load: RwSignal<Load>,
) {
    let (data, navigation, settings) = (use_data(), use_navigation(), use_settings());
    Effect::new(move |_| {
        attempt.track();
        settings.source();
        spawn_scoped(async move {
            match data.services().await {
                Ok(names) => {
                    services.set(names.clone());
                    let has_service = || view.with_untracked(|view| view.service.is_some());
                    if has_service() {
                        return;
                    }
                    let lookback_ms = view.with_untracked(MonitorView::lookback_ms);
                    match load::busiest(data, &names, lookback_ms).await {
                        // One may have been chosen meanwhile.
                        Some(_) if has_service() => {}
                        service @ Some(_) => {
                            let now = view.get_untracked();
                            navigation.replace(Route::Monitor(MonitorView { service, ..now }));
                        }
                        None => load.set(Load::NoServices),
                    }
                }
                // With a service in the address the page works without the list.
                Err(problem) if view.with_untracked(|view| view.service.is_none()) => {
                    load.set(Load::Failed(problem));
                }
                Err(_) => {}
            }
        });
    });
}

/// Loads the metrics of the service in the address.
fn load_metrics(view: Memo<MonitorView>, attempt: RwSignal<u32>, state: RwSignal<Load>) {
    let (data, settings) = (use_data(), use_settings());
    let zone = settings.zone;
    Effect::new(move |_| {
        attempt.track();
        settings.source();
        let MonitorView { service: Some(service), .. } = view.get() else { return };
        let lookback_ms = view.with_untracked(MonitorView::lookback_ms);
        state.set(Load::Loading);
        spawn_scoped(async move {
            let offset = |unix: u64| clock::east(unix, zone.get_untracked());
            state.set(match load::load(data, service, lookback_ms, offset).await {
                Ok(measured) => Load::Ready(Box::new(measured)),
                Err(problem) => Load::Failed(problem),
            });
        });
    });
}

/// Says why there are no charts, and what to do next.
#[component]
fn Blank(title: &'static str, next: &'static str) -> impl IntoView {
    view! {
        <div class="monitor__blank" data-test="empty">
            <h2>{title}</h2>
            <p>{next}</p>
        </div>
    }
}

/// What the charts mean.
fn meaning(measured: &ServiceMetrics) -> String {
    let service = &measured.service;
    match measured.basis {
        Basis::EntrySpans => format!(
            "Requests are the entry spans of {service}: its spans of kind server or consumer, and roots of traces of any \
             kind. Latency is their duration. {}",
            gaps(measured, "requests")
        ),
        Basis::MetricsStore => format!(
            "Requests are the spans of {service} of kind server or consumer, as the server's metrics have them: numbers are \
             computed from rates, and percentiles estimated from histograms. {}",
            gaps(measured, "requests")
        ),
        Basis::Summaries => format!(
            "Duration of whole traces through {service}, not of {service} itself: only summaries of traces could be loaded. \
             Errors: traces with an error of {service}. {}",
            gaps(measured, "traces")
        ),
    }
}

/// What it means where there is no line.
fn gaps(measured: &ServiceMetrics, what: &str) -> String {
    match measured.gap() {
        Some(why) => format!("Gaps: no {what}; hatched: {}.", why.to_lowercase()),
        None => format!("Gaps: no {what}."),
    }
}

/// The search that shows a point's traces.
fn search(wanted: &LinkedSearch) -> Route {
    Route::Search(SearchParams {
        service: wanted.service.clone(),
        operation: wanted.operation.clone(),
        start: Some(wanted.window.start_unix / 1_000),
        end: Some(wanted.window.end_unix.div_ceil(1_000)),
        sort: if wanted.longest_first { Sort::Longest } else { Sort::default() },
        tags: if wanted.failed { vec![("error".to_owned(), "true".to_owned())] } else { Vec::new() },
        limit: LISTED,
        ..SearchParams::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::metrics::TimeWindow;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_point_opens_its_own_traces() {
        let wanted = LinkedSearch {
            service: "order".into(),
            operation: String::new(),
            window: TimeWindow { start_unix: 1_795_219_200_000_000_000, end_unix: 1_795_219_260_000_000_000 },
            longest_first: true,
            failed: false,
        };
        let address = search(&wanted).to_string();
        assert!(address.contains("service=order"), "{address}");
        assert!(address.contains("start=1795219200000000&end=1795219260000000"), "{address}");
        let failed = search(&LinkedSearch { failed: true, longest_first: false, ..wanted.clone() });
        let Route::Search(params) = &failed else { panic!("not a search") };
        assert_eq!(params.tags, [("error".to_owned(), "true".to_owned())]);
        assert_eq!(params.sort, Sort::default());
        let operation = "POST /orders".to_owned();
        let Route::Search(params) = search(&LinkedSearch { operation: operation.clone(), ..wanted.clone() })
        else {
            panic!("not a search")
        };
        assert_eq!(params.operation, operation);
        let Route::Search(params) = search(&wanted) else { panic!("not a search") };
        assert_eq!(params.sort, Sort::Longest);
    }
}
