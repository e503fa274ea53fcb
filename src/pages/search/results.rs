//! The traces found: how many, how fast, whether that is all, and the table.

use super::feed::Feed;
use super::live::{NewTraces, follow, live_url};
use super::opening::{Press, focus_row, move_focus, offer_links, open_clicked};
use super::order::ordered;
use super::row::TraceRow;
use super::summary::Summary;
use super::trace_list::{TraceList, TracesOrigin, slots, start_characters};
use crate::route::{Route, SearchParams, Sort, Zone};
use crate::state::last_search::use_last_search;
use crate::state::navigation::use_navigation;
use crate::state::settings::use_settings;
use crate::state::tasks::after_yield;
use crate::ui::empty::EmptyState;
use crate::ui::list::RowList;
use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;

/// Height of a row, CSS pixels.
const ROW: f64 = 34.0;
/// Width assumed for the services before it is measured, and the step in which it is followed, CSS pixels.
const SERVICES_WIDTH: f64 = 280.0;
const SERVICES_STEP: f64 = 16.0;

/// A list of traces in the order of `params`, or what to do where it is empty. While `params` are live, traces that arrive are
/// added.
#[component]
pub fn Results(list: TraceList, params: Memo<SearchParams>) -> impl IntoView {
    let settings = use_settings();
    let TraceList { traces, origin } = list;
    let feed = Feed::new(traces, use_last_search());
    let is_search = matches!(origin, TracesOrigin::Search { .. });
    let url = Memo::new(move |_| params.with(|params| live_url(params, settings)).filter(|_| is_search));
    let can_be_live = Memo::new(move |_| url.with(Option::is_some));
    follow(feed, params, url);
    let has_traces = Memo::new(move |_| feed.traces.with(|traces| !traces.is_empty()));
    let is_live = Memo::new(move |_| can_be_live.get() && params.with(|params| params.live));
    let origin = StoredValue::new(origin);
    let empty = move || match is_live.get() {
        true => view! { <EmptyState title="No traces yet" next=vec![WAITING.to_owned()]/> }.into_any(),
        false => view! { <NoResults origin=origin.get_value() params/> }.into_any(),
    };
    view! {
        <Show when=move || has_traces.get() || is_search>
            <Summary feed origin=origin.get_value() params can_be_live/>
        </Show>
        <Show when=move || has_traces.get() fallback=empty>
            <ResultTable feed params/>
        </Show>
    }
}

const WAITING: &str = "Traces that match are listed as they arrive.";
const DURATIONS: &str = "Duration filters apply to single spans, not whole traces.";

/// Rows that are made in one task with the table. The others are made in the next, so that neither is long.
const FIRST_ROWS: usize = 8;

/// The table of traces. Its rows are mounted as they scroll into view.
#[component]
fn ResultTable(feed: Feed, params: Memo<SearchParams>) -> impl IntoView {
    let zone = use_settings().zone;
    let traces = feed.traces;
    let number = Memo::new(move |_| traces.with(|traces| traces.len()));
    let slots = Memo::new(move |_| traces.with(|traces| slots(traces)));
    let longest = Memo::new(move |_| {
        traces.with(|all| all.iter().map(|trace| trace.duration).max()).unwrap_or_default()
    });
    let start_width =
        Memo::new(move |_| format!("{}ch", traces.with(|traces| start_characters(traces, zone.get()))));
    let sort = Memo::new(move |_| params.with(|params| params.sort));
    let order = Memo::new(move |_| traces.with(|traces| ordered(traces, sort.get())));
    let version = Signal::derive(move || {
        feed.version.get() * 32 + sort.get() as u64 * 2 + u64::from(zone.get() == Zone::Utc)
    });

    let last = use_last_search();
    let position = last.position();
    // Where the list was scrolled before, its first rows are not those on screen.
    let has_all = if position.scroll > 0.0 { RwSignal::new(true) } else { after_yield() };
    let made = Memo::new(move |_| number.get().min(if has_all.get() { usize::MAX } else { FIRST_ROWS }));
    let services_cell = NodeRef::<html::Span>::new();
    let services_width = RwSignal::new(SERVICES_WIDTH);
    use_resize_observer(services_cell, move |entries, _| {
        let width = entries.first().map_or(SERVICES_WIDTH, |entry| entry.content_rect().width());
        let width = (width / SERVICES_STEP).floor() * SERVICES_STEP;
        if width != services_width.get_untracked() {
            services_width.set(width);
        }
    });
    let row = move |index: usize| {
        let trace = order.with(|order| traces.with(|traces| traces.get(*order.get(index)?).cloned()));
        trace.map(|trace| {
            let (slots, longest, zone) = (slots.get(), longest.get(), zone.get());
            let is_visited = last.is_visited(&trace.key());
            view! { <TraceRow trace slots longest index zone services_width=services_width.into() is_visited/> }
        })
    };
    let table = feed.table;
    Effect::new(move || {
        // Who comes back goes on at the trace that was opened.
        if let (Some(table), Some(key)) = (table.get(), &position.opened) {
            focus_row(&table, key);
        }
    });
    let (press, navigation) = (Press::new(), use_navigation());
    view! {
        <div
            class="results"
            role="table"
            aria-label="Traces"
            aria-rowcount=move || number.get() + 1
            style:--start-width=start_width
            on:keydown=move_focus
            on:mousedown=move |event| press.start(&event)
            on:pointerdown=move |event| {
                if let Some(table) = table.get_untracked() {
                    offer_links(&table, &event);
                }
            }
            on:pointermove=move |_| feed.point()
            on:click=move |event| open_clicked(&event, press, last, navigation)
            on:auxclick=move |event| open_clicked(&event, press, last, navigation)
            node_ref=table
        >
            <div class="results__head" role="rowgroup">
                <div class="results__columns" role="row" aria-rowindex="1">
                    <span role="columnheader">"Trace"</span>
                    <span class="results__services" role="columnheader" node_ref=services_cell>
                        "Services"
                    </span>
                    <SortHead label="Spans" class="results__number" params orders=[Sort::MostSpans, Sort::FewestSpans]/>
                    <SortHead label="Errors" class="results__number" params orders=[Sort::MostErrors, Sort::MostErrors]/>
                    <SortHead label="Duration" params orders=[Sort::Longest, Sort::Shortest]/>
                    <SortHead label="Started" class="results__number" params orders=[Sort::Recent, Sort::Oldest]/>
                </div>
            </div>
            <RowList
                row_height=ROW
                count=made
                version
                row
                scroll=position.scroll
                scrolled=move |scroll| last.set_scroll(scroll)
            />
        </div>
        <NewTraces feed/>
    }
}

/// The head of a column that sorts by it: in the first order, and in the second one if it is sorted in the first already.
#[component]
fn SortHead(
    label: &'static str,
    #[prop(default = "")] class: &'static str,
    params: Memo<SearchParams>,
    /// Descending and ascending.
    orders: [Sort; 2],
) -> impl IntoView {
    let navigation = use_navigation();
    let [descending, ascending] = orders;
    let direction = move || match params.with(|params| params.sort) {
        sort if sort == descending => Some("descending"),
        sort if sort == ascending => Some("ascending"),
        _ => None,
    };
    let choose = move |_| {
        let params = params.get_untracked();
        let sort = if params.sort == descending { ascending } else { descending };
        navigation.replace(Route::Search(SearchParams { sort, ..params }));
    };
    view! {
        <span class=class role="columnheader" aria-sort=direction>
            <button type="button" class="results__sort-head" data-test="sort-head" on:click=choose>
                {label}
            </button>
        </span>
    }
}

const WHOLE_TAGS: &str = "Tags are compared as whole key=value pairs, not by parts of a key or value.";

fn has_durations(params: &SearchParams) -> bool {
    !params.min_duration.is_empty() || !params.max_duration.is_empty()
}

/// What may help where nothing was found, by what was searched for.
fn advice(params: &SearchParams) -> Vec<String> {
    let has_tags = !params.tags.is_empty();
    let mut tries = "Nothing matched. Try a longer time range".to_owned();
    for (is_set, what) in [
        (has_tags, ", or fewer tags"),
        (!params.log_text.is_empty(), ", or no log text"),
        (has_durations(params), ", or other durations"),
        (!params.operation.is_empty(), ", or another operation"),
    ] {
        if is_set {
            tries.push_str(what);
        }
    }
    tries.push('.');
    let mut advice = vec![tries];
    if has_tags {
        advice.push(WHOLE_TAGS.to_owned());
    }
    if has_durations(params) {
        advice.push(DURATIONS.to_owned());
    }
    advice
}

/// What to do where nothing was found.
#[component]
fn NoResults(origin: TracesOrigin, params: Memo<SearchParams>) -> impl IntoView {
    let (title, next) = match origin {
        TracesOrigin::Search { .. } => ("No traces match", params.with(advice)),
        TracesOrigin::Files { name, mut warnings } => {
            warnings.insert(0, format!("{name} was read, but contains no spans."));
            ("No spans in this file", warnings)
        }
    };
    view! { <EmptyState title next/> }
}
