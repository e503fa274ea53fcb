//! What was found: how many, how fast, whether that is all of it, and the list.

use super::order::ordered;
use super::row::row;
use crate::route::{Route, SearchParams, Sort};
use crate::state::colours;
use crate::state::data::OpenFiles;
use crate::state::navigation::use_navigation;
use crate::ui::empty::Empty;
use crate::ui::list::RowList;
use leptos::prelude::*;
use spandrel_trace::engine::Found;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, duration};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::JsCast;

/// Height of a row, CSS pixels.
const ROW: f64 = 34.0;

/// A list of traces and what is to be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    traces: Arc<Vec<TraceSummary>>,
    origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
enum Origin {
    /// A search that took so many milliseconds, and whether its limit was reached.
    Search { took: f64, truncated: bool, limit: u32 },
    /// Files, and what is odd about them.
    Files { name: String, warnings: Vec<String> },
}

impl Listed {
    /// What a search found in `took` milliseconds.
    pub fn of_search(found: Found, took: f64) -> Self {
        let Found { summaries, truncated, limit } = found;
        Listed { traces: Arc::new(summaries), origin: Origin::Search { took, truncated, limit } }
    }

    /// What is in the open files.
    pub fn of_files(files: OpenFiles) -> Self {
        let OpenFiles { name, traces, warnings } = files;
        Listed { traces: Arc::new(traces), origin: Origin::Files { name, warnings } }
    }
}

/// The results.
#[component]
pub fn Results(
    /// The traces.
    listed: Listed,
    /// What the page shows.
    params: Memo<SearchParams>,
) -> impl IntoView {
    if listed.traces.is_empty() {
        return nothing(listed.origin);
    }
    let traces = listed.traces.clone();
    let slots = Arc::new(slots_of(&traces));
    let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or_default();
    let number = traces.len();
    let sorted = traces.clone();
    let order = Memo::new(move |_| ordered(&sorted, params.get().sort));
    let version = Signal::derive(move || params.with(|params| params.sort) as u64);
    let make = Callback::new(move |index: usize| {
        let at = order.with(|order| order.get(index).copied());
        at.and_then(|at| traces.get(at))
            .map_or_else(|| ().into_any(), |trace| row(trace, &slots, longest, index))
    });
    view! {
        <Summary listed=listed params=params/>
        <div class="results" role="table" aria-label="Traces" aria-rowcount=number + 1 on:keydown=step>
            <div class="results__head" role="rowgroup">
                <div class="results__columns" role="row" aria-rowindex="1">
                    <span role="columnheader">"Trace"</span>
                    <span role="columnheader" class="results__services">"Services"</span>
                    <span role="columnheader" class="results__number">"Spans"</span>
                    <span role="columnheader" class="results__number">"Errors"</span>
                    <span role="columnheader">"Duration"</span>
                    <span role="columnheader" class="results__number">"Started"</span>
                </div>
            </div>
            <RowList row_height=ROW count=Signal::stored(number) version=version row=make/>
        </div>
    }
    .into_any()
}

/// One colour for a service in the whole list.
fn slots_of(traces: &[TraceSummary]) -> BTreeMap<String, u8> {
    let mut names: Vec<&str> =
        traces.iter().flat_map(|trace| trace.services.iter().map(|service| service.name.as_str())).collect();
    names.order();
    names.dedup();
    let slots = colours::slots(&names);
    let mut of = BTreeMap::new();
    for (name, slot) in names.into_iter().zip(slots) {
        of.insert(name.to_owned(), slot);
    }
    of
}

#[component]
fn Summary(listed: Listed, params: Memo<SearchParams>) -> impl IntoView {
    let navigation = use_navigation();
    let number = listed.traces.len();
    let failed = listed.traces.iter().filter(|trace| trace.errors > 0).count();
    let traces = if number == 1 { "1 trace".to_owned() } else { format!("{} traces", count(number as u64)) };
    let errors = match failed {
        0 => String::new(),
        failed => format!(" · {} with errors", count(failed as u64)),
    };
    let (facts, note, warnings) = match listed.origin {
        Origin::Search { took, truncated, limit } => {
            let note = truncated.then(|| format!("Limit of {limit} reached: more may match"));
            (format!("in {}{errors}", duration((took * 1e6) as u64)), note, Vec::new())
        }
        Origin::Files { name, warnings } => (format!("in {name}{errors}"), None, warnings),
    };
    let sort = move |event| {
        let sort = Sort::from_key(&event_target_value(&event));
        navigation.replace(Route::Search(SearchParams { sort, ..params.get_untracked() }));
    };
    let options = Sort::ALL.map(|(sort, key, label)| {
        view! { <option value=key selected=move || params.with(|params| params.sort == sort)>{label}</option> }
    });
    let odd = (!warnings.is_empty()).then(|| {
        let said =
            if warnings.len() == 1 { "1 warning".to_owned() } else { format!("{} warnings", warnings.len()) };
        let warnings = warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect_view();
        view! { <details class="results__warnings"><summary>{said}</summary><ul>{warnings}</ul></details> }
    });
    view! {
        <div class="results__summary">
            <p role="status"><b data-test="result-count">{traces}</b>" "<span class="results__facts">{facts}</span></p>
            {note.map(|note| view! { <span class="chip" data-test="truncated">{note}</span> })}
            {odd}
            <label class="results__sort">
                <span class="unseen">"Order"</span>
                <select class="field" data-test="sort" on:change=sort>{options.collect_view()}</select>
            </label>
        </div>
    }
}

fn nothing(origin: Origin) -> AnyView {
    match origin {
        Origin::Search { .. } => view! {
            <Empty title="No traces match">
                <p>"The backend was asked and found nothing. Try a longer time, fewer tags, or another operation."</p>
                <p>"The durations of the form are those of single spans, not of whole traces."</p>
            </Empty>
        }
        .into_any(),
        Origin::Files { name, .. } => {
            view! { <Empty title="No spans in this file"><p>{format!("{name} could be read, but there are no spans in it.")}</p></Empty> }
                .into_any()
        }
    }
}

/// Arrow keys go from trace to trace.
fn step(event: web_sys::KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" | "j" => true,
        "ArrowUp" | "k" => false,
        _ => return,
    };
    let table = event.current_target().and_then(|table| table.dyn_into::<web_sys::Element>().ok());
    let Some(Ok(links)) = table.map(|table| table.query_selector_all(".result__link")) else { return };
    let place = |link: &web_sys::Element| link.get_bounding_client_rect().top();
    let from =
        document().active_element().filter(|focused| focused.matches(".result__link").unwrap_or(false));
    let from = from.map(|focused| place(&focused));
    // Rows are made in any order; what counts is where they are.
    let mut next: Option<(f64, web_sys::HtmlElement)> = None;
    for at in 0..links.length() {
        let Some(link) = links.item(at).and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) else {
            continue;
        };
        let distance = match from {
            Some(from) if down => place(&link) - from,
            Some(from) => from - place(&link),
            None => place(&link),
        };
        let beyond = from.is_none() || distance > 1.0;
        if beyond && next.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
            next = Some((distance, link));
        }
    }
    if let Some((_, link)) = next {
        event.prevent_default();
        // An element of the page can be focused.
        let _ = link.focus();
    }
}
