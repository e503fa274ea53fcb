//! A service over time: rate, failures and latency, computed here from the summaries of its traces.

mod charts;
mod plots;

use crate::route::{MonitorView, Route, SearchParams, Sort};
use crate::state::data::use_data;
use crate::state::navigation::use_navigation;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;
use spandrel_trace::analysis::metrics::{Window, bucket_width, metrics};
use spandrel_trace::source::SearchQuery;
use spandrel_trace::units::{Problem, count};

pub use charts::{Charts, Table};
pub use plots::{Kind, Measured, Wanted};

/// Traces whose summaries are asked for.
const SAMPLE: u32 = 1_500;
/// Traces that a point's search may show.
const LISTED: u32 = 200;

/// Windows that are offered: how the address says them and how people do.
const LOOKBACKS: [(&str, &str); 7] = [
    ("5m", "Last 5 minutes"),
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("6h", "Last 6 hours"),
    ("12h", "Last 12 hours"),
    ("1d", "Last day"),
    ("2d", "Last 2 days"),
];

/// Where the page has come to.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    Loading,
    /// There is no service to look at.
    NoServices,
    Ready(Box<Measured>),
    Failed(Problem),
}

/// The page.
#[component]
pub fn Monitor() -> impl IntoView {
    let (data, navigation) = (use_data(), use_navigation());
    let view = Memo::new(move |before: Option<&MonitorView>| match navigation.route() {
        Route::Monitor(view) => view,
        // The address has moved on and this page is about to go.
        _ => before.cloned().unwrap_or_default(),
    });
    let stage = RwSignal::new(Stage::Loading);
    let services = RwSignal::new(Vec::<String>::new());
    let turn = RwSignal::new(0u32);
    Effect::new(move |_| {
        turn.track();
        spawn_local_scoped_with_cancellation(async move {
            match data.services().await {
                Ok(names) => {
                    let now = view.get_untracked();
                    if now.service.is_none() {
                        match names.first() {
                            Some(first) => {
                                let service = Some(first.clone());
                                navigation.replace(Route::Monitor(MonitorView { service, ..now }));
                            }
                            None => stage.set(Stage::NoServices),
                        }
                    }
                    services.set(names);
                }
                // With a service in the address the page can do without the list.
                Err(problem) if view.with_untracked(|view| view.service.is_none()) => {
                    stage.set(Stage::Failed(problem));
                }
                Err(_) => {}
            }
        });
    });
    Effect::new(move |_| {
        turn.track();
        let MonitorView { service: Some(service), .. } = view.get() else { return };
        let lookback_ms = view.with_untracked(MonitorView::lookback_ms);
        stage.set(Stage::Loading);
        spawn_local_scoped_with_cancellation(async move {
            let end_us = (js_sys::Date::now() * 1e3) as u64;
            let query = SearchQuery {
                service: service.clone(),
                begin_unix_us: end_us.saturating_sub(lookback_ms * 1_000),
                end_unix_us: end_us,
                limit: SAMPLE,
                ..SearchQuery::default()
            };
            let window = Window { begin_unix: query.begin_unix_us * 1_000, end_unix: end_us * 1_000 };
            match data.search(query).await {
                Ok(found) => stage.set(Stage::Ready(Box::new(Measured {
                    metrics: metrics(&found.summaries, &service, window, bucket_width(window)),
                    service,
                    offset_minutes: -(js_sys::Date::new_0().get_timezone_offset() as i32),
                    sample: found.summaries.len(),
                    truncated: found.truncated,
                }))),
                Err(problem) => stage.set(Stage::Failed(problem)),
            }
        });
    });
    let again = Callback::new(move |()| {
        stage.set(Stage::Loading);
        turn.update(|turn| *turn += 1);
    });

    let measured = Memo::new(move |before: Option<&Measured>| match stage.get() {
        Stage::Ready(measured) => *measured,
        _ => before.cloned().unwrap_or_default(),
    });
    let address = Callback::new(|wanted: Wanted| search(&wanted).to_string());
    let open = Callback::new(move |wanted: Wanted| navigation.push(search(&wanted)));
    let kind = Memo::new(move |_| match stage.get() {
        Stage::Loading => 0,
        Stage::NoServices => 1,
        Stage::Failed(_) => 2,
        Stage::Ready(measured) if measured.metrics.total.calls == 0 => 3,
        Stage::Ready(_) => 4,
    });
    let main = move || {
        match (kind.get(), stage.get_untracked()) {
        (0, _) => view! { <p class="monitor__blank" role="status">"Looking for traces…"</p> }.into_any(),
        (1, _) => view! { <Nothing title="No services yet" advice="Send some traces, or place an order in the shop." /> }.into_any(),
        (2, Stage::Failed(problem)) => view! { <ProblemCard problem retry=again /> }.into_any(),
        (3, _) => view! { <Nothing title="No traces of this service in this time" advice="Choose a longer window or another service." /> }.into_any(),
        _ => view! {
            <Charts measured address open />
            <p class="monitor__meaning">{move || measured.with(meaning)}</p>
            <Table measured address />
        }
        .into_any(),
    }
    };
    let note = move || {
        (kind.get() >= 3).then(|| {
            measured.with(|measured| {
                let sample = count(measured.sample as u64);
                if measured.truncated {
                    let text = format!("from {sample} traces, truncated at the limit");
                    view! { <span class="monitor__partial">{text}</span> }.into_any()
                } else {
                    let plural = if measured.sample == 1 { "" } else { "s" };
                    format!("from {sample} trace{plural}, all that the backend gave").into_any()
                }
            })
        })
    };
    view! {
        <div class="monitor">
            <div class="monitor__tools">
                <ServiceField view services />
                <LookbackField view />
                <button type="button" class="button" on:click=move |_| again.run(())>"Refresh"</button>
                <p class="monitor__note" data-test="monitor-note" role="status">{note}</p>
            </div>
            {main}
        </div>
    }
}

#[component]
fn ServiceField(view: Memo<MonitorView>, services: RwSignal<Vec<String>>) -> impl IntoView {
    let navigation = use_navigation();
    let options = move || {
        let now = view.with(|view| view.service.clone());
        let mut names = services.get();
        if let Some(now) = now.as_ref().filter(|now| !names.contains(now)) {
            names.insert(0, now.clone());
        }
        let option = |name: String| {
            let selected = now.as_ref() == Some(&name);
            let label = name.clone();
            view! { <option value=name selected=selected>{label}</option> }
        };
        names.into_iter().map(option).collect_view()
    };
    let chosen = move |event: web_sys::Event| {
        let (service, now) = (Some(event_target_value(&event)), view.get_untracked());
        navigation.push(Route::Monitor(MonitorView { service, ..now }));
    };
    view! {
        <select class="field monitor__service" aria-label="Service" data-test="monitor-service" on:change=chosen>
            {options}
        </select>
    }
}

#[component]
fn LookbackField(view: Memo<MonitorView>) -> impl IntoView {
    let navigation = use_navigation();
    let options = move || {
        let now = view.with(|view| match view.lookback.as_str() {
            "" => MonitorView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        });
        let known = LOOKBACKS.iter().any(|(value, _)| *value == now);
        let other = (!known).then(|| (now.clone(), format!("Last {now}")));
        let offered = LOOKBACKS.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned()));
        let option = |(value, label): (String, String)| {
            let selected = value == now;
            view! { <option value=value selected=selected>{label}</option> }
        };
        offered.chain(other).map(option).collect_view()
    };
    let chosen = move |event: web_sys::Event| {
        let (lookback, now) = (event_target_value(&event), view.get_untracked());
        navigation.push(Route::Monitor(MonitorView { lookback, ..now }));
    };
    view! {
        <select class="field" aria-label="Time window" data-test="monitor-lookback" on:change=chosen>
            {options}
        </select>
    }
}

#[component]
fn Nothing(title: &'static str, advice: &'static str) -> impl IntoView {
    view! {
        <div class="monitor__blank" data-test="empty">
            <h2>{title}</h2>
            <p>{advice}</p>
        </div>
    }
}

/// What the numbers are of, in words.
fn meaning(measured: &Measured) -> String {
    let Measured { service, metrics, truncated, .. } = measured;
    let of = match metrics.roots == metrics.total.calls {
        true => format!("Every one of these traces begins in {service}, so latency is its own."),
        false => format!("Latency is of whole traces that pass through {service}, not of its part of them."),
    };
    let rate =
        if *truncated { " The backend has more traces than it gave: rates are at least these." } else { "" };
    format!(
        "{of} A trace counts as failed when a span of {service} failed in it. Gaps are times without traces.{rate}"
    )
}

/// The search that shows a point's traces.
fn search(wanted: &Wanted) -> Route {
    Route::Search(SearchParams {
        service: wanted.service.clone(),
        start: Some(wanted.window.begin_unix / 1_000),
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
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_point_opens_its_own_traces() {
        let wanted = Wanted {
            service: "order".into(),
            window: Window { begin_unix: 1_795_219_200_000_000_000, end_unix: 1_795_219_260_000_000_000 },
            longest_first: true,
            failed: false,
        };
        let address = search(&wanted).to_string();
        assert!(address.contains("service=order"), "{address}");
        assert!(address.contains("start=1795219200000000&end=1795219260000000"), "{address}");
        let failed = search(&Wanted { failed: true, longest_first: false, ..wanted.clone() });
        let Route::Search(params) = &failed else { panic!("not a search") };
        assert_eq!(params.tags, [("error".to_owned(), "true".to_owned())]);
        assert_eq!(params.sort, Sort::default());
        let Route::Search(params) = search(&wanted) else { panic!("not a search") };
        assert_eq!(params.sort, Sort::Longest);
    }
}
