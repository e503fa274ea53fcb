//! The traces found: how many, how fast, whether that is all, and the table.

use super::order::ordered;
use super::row::{TraceRow, started};
use super::services::ServiceSlots;
use crate::route::{Route, SearchParams, Sort, Zone};
use crate::state::colours;
use crate::state::data::OpenFiles;
use crate::state::last_search::{LastSearch, use_last_search};
use crate::state::navigation::use_navigation;
use crate::state::settings::{store_zone, use_settings};
use crate::ui::empty::EmptyState;
use crate::ui::list::RowList;
use crate::ui::zone::ZoneSwitch;
use leptos::html;
use leptos::prelude::*;
use leptos_use_resize_observer::use_resize_observer;
use spandrel_trace::engine::SearchResults;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::{count, duration};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

/// Height of a row, CSS pixels.
const ROW: f64 = 34.0;
/// Width assumed for the services before it is measured, and the step in which it is followed, CSS pixels.
const SERVICES_WIDTH: f64 = 280.0;
const SERVICES_STEP: f64 = 16.0;

/// Traces, and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceList {
    traces: Arc<Vec<TraceSummary>>,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// A search: how long it took, whether it reached its limit, and whether it was for the latest traces of all.
    Search { elapsed_ms: f64, truncated: bool, limit: u32, is_latest: bool },
    /// Open files and their warnings.
    Files { name: String, warnings: Vec<String> },
}

impl TraceList {
    /// What a search found in `elapsed_ms` milliseconds; `is_latest` if nothing in particular was searched for.
    pub fn of_search(found: SearchResults, elapsed_ms: f64, is_latest: bool) -> Self {
        let SearchResults { summaries, truncated, limit } = found;
        let origin = Origin::Search { elapsed_ms, truncated, limit, is_latest };
        TraceList { traces: Arc::new(summaries), origin }
    }

    /// The traces of the open files.
    pub fn of_files(files: OpenFiles) -> Self {
        let OpenFiles { name, traces, warnings, .. } = files;
        TraceList { traces: Arc::new(traces), origin: Origin::Files { name, warnings } }
    }

    /// One colour for each service in the whole list.
    fn slots(&self) -> ServiceSlots {
        let services = self.traces.iter().flat_map(|trace| &trace.services);
        let mut names: Vec<&str> = services.map(|service| service.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let slots = colours::slots(&names);
        Arc::new(names.into_iter().map(str::to_owned).zip(slots).collect())
    }

    /// Characters of the longest start as the list shows it.
    fn start_characters(&self, zone: Zone) -> usize {
        self.traces.iter().map(|trace| started(trace, zone).len()).max().unwrap_or_default()
    }
}

/// A list of traces in the order of `params`, or what to do where it is empty.
#[component]
pub fn Results(list: TraceList, params: Memo<SearchParams>) -> impl IntoView {
    if list.traces.is_empty() {
        return view! { <NoResults origin=list.origin/> }.into_any();
    }
    view! {
        <Summary list=list.clone() params/>
        <ResultTable list params/>
    }
    .into_any()
}

/// The table of traces. Its rows are mounted as they scroll into view.
#[component]
fn ResultTable(list: TraceList, params: Memo<SearchParams>) -> impl IntoView {
    let zone = use_settings().zone;
    let (traces, slots, number) = (list.traces.clone(), list.slots(), list.traces.len());
    let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or_default();
    let start_width = Memo::new(move |_| format!("{}ch", list.start_characters(zone.get())));
    let sort = Memo::new(move |_| params.with(|params| params.sort));
    let sorted = traces.clone();
    let order = Memo::new(move |_| ordered(&sorted, sort.get()));
    let version = Signal::derive(move || sort.get() as u64 * 2 + u64::from(zone.get() == Zone::Utc));

    let last = use_last_search();
    let place = last.place();
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
        let trace = order.with(|order| order.get(index).and_then(|at| traces.get(*at)).cloned());
        let slots = slots.clone();
        let zone = zone.get_untracked();
        trace.map(|trace| {
            let is_visited = last.is_visited(&trace.key());
            view! { <TraceRow trace slots longest index zone services_width=services_width.into() is_visited/> }
        })
    };
    let table = NodeRef::<html::Div>::new();
    Effect::new(move || {
        // Who comes back goes on at the trace that was opened.
        if let (Some(table), Some(key)) = (table.get(), &place.opened) {
            focus_row(&table, key);
        }
    });
    view! {
        <div
            class="results"
            role="table"
            aria-label="Traces"
            aria-rowcount=number + 1
            style:--start-width=start_width
            on:keydown=move_focus
            on:click=move |event| note_opened(&event, last)
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
                count=Signal::stored(number)
                version
                row
                scroll=place.scroll
                scrolled=move |scroll| last.set_scroll(scroll)
            />
        </div>
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

/// Number of traces, where they come from, warnings, time zone and order.
#[component]
fn Summary(list: TraceList, params: Memo<SearchParams>) -> impl IntoView {
    let navigation = use_navigation();
    let zone = use_settings().zone;
    let number = list.traces.len();
    let with_errors = list.traces.iter().filter(|trace| trace.errors > 0).count();
    let traces = if number == 1 { "1 trace".to_owned() } else { format!("{} traces", count(number as u64)) };
    let errors = match with_errors {
        0 => String::new(),
        number => format!(" · {} with errors", count(number as u64)),
    };
    let (facts, limit, warnings) = match list.origin {
        Origin::Search { elapsed_ms, is_latest, truncated, limit } => {
            let limit =
                (truncated && !is_latest).then(|| format!("Limit of {limit} reached: more may match"));
            let which = if is_latest { "the latest of all services, " } else { "" };
            (format!("({which}{}){errors}", duration((elapsed_ms * 1e6) as u64)), limit, Vec::new())
        }
        Origin::Files { name, warnings } => (format!("in {name}{errors}"), None, warnings),
    };
    let limit = limit.map(|text| {
        view! {
            <span class="chip" data-test="truncated">
                {text}
            </span>
        }
    });
    // An order other than by time is one of the traces that were received, not of all that match.
    let received = limit.is_some().then(|| format!(" of the {} most recent", count(number as u64)));
    let options = Sort::ALL.map(|(sort, key, label)| {
        let of = received.as_deref().filter(|_| sort != Sort::Recent).unwrap_or_default();
        let label = format!("{label}{of}");
        let is_chosen = move || params.with(|params| params.sort == sort);
        view! {
            <option value=key prop:selected=is_chosen>
                {label}
            </option>
        }
    });
    let sort = move |event| {
        let sort = Sort::from_key(&event_target_value(&event));
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
            <p role="status">
                <b data-test="result-count">{traces}</b>
                " "
                <span class="results__facts">{facts}</span>
            </p>
            {limit}
            <Warnings warnings/>
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

#[component]
fn NoResults(origin: Origin) -> impl IntoView {
    let (title, next) = match origin {
        Origin::Search { .. } => (
            "No traces match",
            vec![
                "Nothing matched. Try a longer time range, fewer tags, or another operation.".to_owned(),
                "Duration filters apply to single spans, not whole traces.".to_owned(),
            ],
        ),
        Origin::Files { name, mut warnings } => {
            warnings.insert(0, format!("{name} was read, but contains no spans."));
            ("No spans in this file", warnings)
        }
    };
    view! { <EmptyState title next/> }
}

/// Notes which trace is opened by a click or by Enter, which is a click on its link.
fn note_opened(event: &MouseEvent, last: LastSearch) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = target.and_then(|target| target.closest("[data-result-link]").ok().flatten());
    let row = link.and_then(|link| link.closest("[data-trace-id]").ok().flatten());
    if let Some(key) = row.and_then(|row| row.get_attribute("data-trace-id")) {
        last.set_opened(&key);
    }
}

/// Focuses the link of a trace, if its row is mounted, without scrolling.
fn focus_row(table: &Element, key: &str) {
    let selector = format!("[data-trace-id=\"{key}\"] [data-result-link]");
    let link = table.query_selector(&selector).ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // Focusing an element of the page does not fail.
        let _ = link.focus_with_options(&options);
    }
}

/// Moves the focus to the next trace (arrow down, `j`) or the one before (arrow up, `k`).
fn move_focus(event: KeyboardEvent) {
    let is_down = match event.key().as_str() {
        "ArrowDown" | "j" => true,
        "ArrowUp" | "k" => false,
        _ => return,
    };
    let table = event.current_target().and_then(|table| table.dyn_into::<Element>().ok());
    let Some(Ok(links)) = table.map(|table| table.query_selector_all("[data-result-link]")) else { return };
    let focused = document().active_element();
    let link = |index: u32| links.item(index).and_then(|link| link.dyn_into::<HtmlElement>().ok());
    let current = (0..links.length())
        .find(|index| link(*index).is_some_and(|link| focused.as_ref() == Some(link.as_ref())));
    let next = match current {
        None => Some(0),
        Some(index) if is_down => Some(index + 1),
        Some(index) => index.checked_sub(1),
    };
    if let Some(link) = next.and_then(link) {
        event.prevent_default();
        // Focusing an element of the page does not fail.
        let _ = link.focus();
    }
}
