//! A service over time: rate, failures and latency, computed here from the summaries of its traces.

mod charts;
mod plots;

use crate::route::{MonitorView, Route, SearchParams, Sort};
use crate::state::clock;
use crate::state::data::{SearchPurpose, use_data};
use crate::state::navigation::use_navigation;
use crate::state::settings::use_settings;
use crate::state::tasks;
use crate::ui::element::{El, button, el, option, typed};
use crate::ui::problem::{Retry, problem_card};
use crate::ui::view::{View, effect, part, several};
use leptos::prelude::*;
use spandrel_trace::analysis::metrics::{TimeWindow, bucket_width, metrics};
use spandrel_trace::source::SearchQuery;
use spandrel_trace::units::{Problem, count};
use std::rc::Rc;
use web_sys::{Event, MouseEvent};

use charts::{charts, table};
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
pub fn monitor() -> El {
    let (data, navigation) = (use_data(), use_navigation());
    let view = Memo::new(move |before: Option<&MonitorView>| match navigation.route() {
        Route::Monitor(view) => view,
        // The address has moved on and this page is about to go.
        _ => before.cloned().unwrap_or_default(),
    });
    let stage = RwSignal::new(Stage::Loading);
    let zone = use_settings().zone;
    let services = RwSignal::new(Vec::<String>::new());
    let turn = RwSignal::new(0u32);
    effect(move || {
        turn.track();
        tasks::spawn_scoped(async move {
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
    effect(move || {
        turn.track();
        let MonitorView { service: Some(service), .. } = view.get() else { return };
        let lookback_ms = view.with_untracked(MonitorView::lookback_ms);
        stage.set(Stage::Loading);
        tasks::spawn_scoped(async move {
            let end_us = (js_sys::Date::now() * 1e3) as u64;
            let query = SearchQuery {
                service: service.clone(),
                start_unix_us: end_us.saturating_sub(lookback_ms * 1_000),
                end_unix_us: end_us,
                limit: SAMPLE,
                ..SearchQuery::default()
            };
            let window = TimeWindow { start_unix: query.start_unix_us * 1_000, end_unix: end_us * 1_000 };
            match data.search(query, SearchPurpose::Metrics).await {
                Ok(found) => stage.set(Stage::Ready(Box::new(Measured {
                    metrics: metrics(&found.summaries, &service, window, bucket_width(window)),
                    service,
                    offset_minutes: clock::east(window.end_unix, zone.get_untracked()),
                    sample: found.summaries.len(),
                    truncated: found.truncated,
                }))),
                Err(problem) => stage.set(Stage::Failed(problem)),
            }
        });
    });
    let again: Retry = Rc::new(move || {
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
    let retry = again.clone();
    let main = part(
        move || kind.get(),
        move |kind| -> View {
            match (kind, stage.get_untracked()) {
                (0, _) => el("p", "monitor__blank").attr("role", "status").text("Looking for traces…").into(),
                (1, _) => {
                    nothing("No services yet", "Send some traces, or place an order in the shop.").into()
                }
                (2, Stage::Failed(problem)) => problem_card(problem, Some(retry.clone())).into(),
                (3, _) => nothing(
                    "No traces of this service in this time",
                    "Choose a longer window or another service.",
                )
                .into(),
                _ => several([
                    charts(measured, address, open),
                    el("p", "monitor__meaning").live_text(move || measured.with(meaning)),
                    table(measured, address),
                ]),
            }
        },
    );
    let facts =
        move || (kind.get() >= 3).then(|| measured.with(|measured| (measured.sample, measured.truncated)));
    let note = part(facts, |facts| -> View {
        let Some((sample, truncated)) = facts else { return View::NONE };
        let (traces, plural) = (count(sample as u64), if sample == 1 { "" } else { "s" });
        match truncated {
            true => el("span", "monitor__partial")
                .text(format!("from {traces} traces, truncated at the limit"))
                .into(),
            false => format!("from {traces} trace{plural}, all that the backend gave").into(),
        }
    });
    let tools = el("div", "monitor__tools").children([
        service_field(view, services),
        lookback_field(view),
        button("button").on("click", move |_: MouseEvent| again()).text("Refresh"),
        el("p", "monitor__note").test("monitor-note").attr("role", "status").child(note),
    ]);
    el("div", "monitor").child(tools).child(main)
}

fn service_field(view: Memo<MonitorView>, services: RwSignal<Vec<String>>) -> El {
    let navigation = use_navigation();
    let offered = move || (view.with(|view| view.service.clone()).unwrap_or_default(), services.get());
    let options = part(offered, |(now, names)| {
        let unknown = (!now.is_empty() && !names.contains(&now)).then_some(&now);
        several(unknown.into_iter().chain(&names).map(|name| option(name, name, &now)))
    });
    let chosen = move |event: Event| {
        let (service, now) = (Some(typed(&event)), view.get_untracked());
        navigation.push(Route::Monitor(MonitorView { service, ..now }));
    };
    el("select", "field monitor__service")
        .attr("aria-label", "Service")
        .test("monitor-service")
        .on("change", chosen)
        .child(options)
}

fn lookback_field(view: Memo<MonitorView>) -> El {
    let navigation = use_navigation();
    let now = move || {
        view.with(|view| match view.lookback.as_str() {
            "" => MonitorView::LOOKBACK.to_owned(),
            lookback => lookback.to_owned(),
        })
    };
    let options = part(now, |now| {
        let known = LOOKBACKS.iter().any(|(value, _)| *value == now);
        let other = (!known).then(|| option(&now, &format!("Last {now}"), &now));
        several(LOOKBACKS.iter().map(|(value, label)| option(value, label, &now)).chain(other))
    });
    let chosen = move |event: Event| {
        let (lookback, now) = (typed(&event), view.get_untracked());
        navigation.push(Route::Monitor(MonitorView { lookback, ..now }));
    };
    el("select", "field")
        .attr("aria-label", "Time window")
        .test("monitor-lookback")
        .on("change", chosen)
        .child(options)
}

fn nothing(title: &str, advice: &str) -> El {
    el("div", "monitor__blank").test("empty").children([el("h2", "").text(title), el("p", "").text(advice)])
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
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_point_opens_its_own_traces() {
        let wanted = Wanted {
            service: "order".into(),
            window: TimeWindow { start_unix: 1_795_219_200_000_000_000, end_unix: 1_795_219_260_000_000_000 },
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
