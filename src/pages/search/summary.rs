//! What stands above a list of traces.

use super::arrivals::MOST;
use super::feed::Feed;
use super::live::LiveSwitch;
use super::trace_list::TracesOrigin;
use crate::route::{Named, Route, SearchParams, Sort, Zone};
use crate::state::navigation::use_navigation;
use crate::state::settings::{store_zone, use_settings};
use crate::ui::zone::ZoneSwitch;
use leptos::prelude::*;
use spandrel_trace::units::{count, duration};

/// Number of traces, where they come from, warnings, time zone and order.
#[component]
pub fn Summary(
    /// The traces.
    feed: Feed,
    /// Where the first of them come from.
    origin: TracesOrigin,
    params: Memo<SearchParams>,
    /// Whether others can be added as they arrive.
    #[prop(into)]
    can_be_live: Signal<bool>,
) -> impl IntoView {
    let navigation = use_navigation();
    let zone = use_settings().zone;
    let number = Memo::new(move |_| feed.traces.with(|traces| traces.len()));
    let first_number = number.get_untracked();
    let traces = move || match number.get() {
        1 => "1 trace".to_owned(),
        number => format!("{} traces", count(number as u64)),
    };
    let errors =
        move || match feed.traces.with(|traces| traces.iter().filter(|trace| trace.errors > 0).count()) {
            0 => String::new(),
            number => format!(" · {} with errors", count(number as u64)),
        };
    let is_live = move || can_be_live.get() && params.with(|params| params.live);
    // The newest ones were received, and there are more.
    let is_cut = matches!(origin, TracesOrigin::Search { truncated: true, .. });
    let (facts, limit, warnings) = match origin {
        TracesOrigin::Search { elapsed_ms, is_latest, truncated, limit } => {
            let limit =
                (truncated && !is_latest).then(|| format!("Limit of {limit} reached: more may match"));
            let which = if is_latest { "the latest of all services, " } else { "" };
            (format!("({which}{})", duration((elapsed_ms * 1e6) as u64)), limit, Vec::new())
        }
        TracesOrigin::Files { name, warnings } => (format!("in {name}"), None, warnings),
    };
    let bound = move || {
        (number.get() >= MOST && is_live()).then(|| {
            view! {
                <span class="chip" data-test="bounded" title="Older traces are removed while new ones arrive">
                    {format!("The latest {}", count(MOST as u64))}
                </span>
            }
        })
    };
    // What arrives live is not limited.
    let limit = move || {
        limit.clone().filter(|_| !is_live()).map(|text| {
            view! {
                <span class="chip" data-test="truncated">
                    {text}
                </span>
            }
        })
    };
    // An order other than by time is one of the traces that were received, not of all that match.
    // More are added while the list is live.
    let received = is_cut.then(|| format!(" of the {} most recent", count(first_number as u64)));
    let options = Sort::ALL.iter().map(|&(sort, name, label)| {
        let of = received.clone().filter(|_| sort != Sort::Recent).unwrap_or_default();
        let label = move || if is_live() { label.to_owned() } else { format!("{label}{of}") };
        let is_chosen = move || params.with(|params| params.sort == sort);
        view! {
            <option value=name prop:selected=is_chosen>
                {label}
            </option>
        }
    });
    let sort = move |event| {
        let sort = Sort::from_name(&event_target_value(&event));
        navigation.replace(Route::Search(SearchParams { sort, ..params.get_untracked() }));
    };
    let switch_zone = move |()| {
        let other = zone.get_untracked().other();
        store_zone(other);
        zone.set(other);
        navigation.replace(Route::Search(SearchParams { zone: other, ..params.get_untracked() }));
    };
    view! {
        <div class="results__summary">
            // Counts that change every second are not announced; see `LiveSwitch`.
            <p role=move || (!is_live()).then_some("status")>
                <b data-test="result-count">{traces}</b>
                " "
                <span class="results__facts">{facts}{errors}</span>
            </p>
            {limit}
            {bound}
            <Warnings warnings/>
            <Show when=move || can_be_live.get()>
                <LiveSwitch feed params/>
            </Show>
            <ZoneSwitch is_utc=Signal::derive(move || zone.get() == Zone::Utc) switch=switch_zone/>
            <label class="results__sort">
                <span class="unseen">"Sort by"</span>
                <select class="field" data-test="sort" on:change=sort>
                    {options.collect_view()}
                </select>
            </label>
        </div>
    }
}

/// Warnings about the open files, behind a disclosure; nothing where there are none.
#[component]
fn Warnings(warnings: Vec<String>) -> impl IntoView {
    let title = match warnings.len() {
        0 => return None,
        1 => "1 warning".to_owned(),
        number => format!("{number} warnings"),
    };
    Some(view! {
        <details class="results__warnings">
            <summary>{title}</summary>
            <ul>{warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view()}</ul>
        </details>
    })
}
