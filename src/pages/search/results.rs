//! What was found: how many, how fast, whether that is all of it, and the list.

use super::order::ordered;
use super::row::row;
use crate::route::{Route, SearchParams, Sort, Zone};
use crate::state::colours;
use crate::state::data::OpenFiles;
use crate::state::navigation::use_navigation;
use crate::state::settings::{store_zone, use_settings};
use crate::ui::element::{El, el, typed};
use crate::ui::empty::empty;
use crate::ui::list::row_list;
use crate::ui::view::{View, several};
use crate::ui::zone::zone_switch;
use leptos::prelude::*;
use spandrel_trace::engine::SearchResults;
use spandrel_trace::model::TraceSummary;
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, duration};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

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
    pub fn of_search(found: SearchResults, took: f64) -> Self {
        let SearchResults { summaries, truncated, limit } = found;
        Listed { traces: Arc::new(summaries), origin: Origin::Search { took, truncated, limit } }
    }

    /// What is in the open files.
    pub fn of_files(files: OpenFiles) -> Self {
        let OpenFiles { name, traces, warnings, .. } = files;
        Listed { traces: Arc::new(traces), origin: Origin::Files { name, warnings } }
    }
}

/// The results, in the order that `params` says.
pub fn results(listed: Listed, params: Memo<SearchParams>) -> View {
    if listed.traces.is_empty() {
        return nothing(listed.origin).into();
    }
    let traces = listed.traces.clone();
    let slots = slots_of(&traces);
    let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or_default();
    let number = traces.len();
    let sorted = traces.clone();
    let order = Memo::new(move |_| ordered(&sorted, params.with(|params| params.sort)));
    let zone = use_settings().zone;
    let version = Signal::derive(move || {
        params.with(|params| params.sort) as u64 * 2 + u64::from(zone.get() == Zone::Utc)
    });
    let make = move |index: usize| {
        let at = order.with(|order| order.get(index).copied());
        at.and_then(|at| traces.get(at))
            .map(|trace| row(trace, &slots, longest, index, zone.get_untracked()))
            .into()
    };
    let column = |label: &str, class: &str| el("span", class).attr("role", "columnheader").text(label);
    let columns = [
        ("Trace", ""),
        ("Services", "results__services"),
        ("Spans", "results__number"),
        ("Errors", "results__number"),
        ("Duration", ""),
        ("Started", "results__number"),
    ];
    let columns = el("div", "results__columns")
        .attr("role", "row")
        .attr("aria-rowindex", "1")
        .children(columns.map(|(label, class)| column(label, class)));
    let table = el("div", "results")
        .attr("role", "table")
        .attr("aria-label", "Traces")
        .attr("aria-rowcount", number + 1)
        .on("keydown", step)
        .child(el("div", "results__head").attr("role", "rowgroup").child(columns))
        .child(row_list(ROW, Signal::stored(number), version, make));
    several([summary(listed, params), table])
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

fn summary(listed: Listed, params: Memo<SearchParams>) -> El {
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
    let sort = move |event: Event| {
        let sort = Sort::from_key(&typed(&event));
        navigation.replace(Route::Search(SearchParams { sort, ..params.get_untracked() }));
    };
    let options = Sort::ALL.map(|(sort, key, label)| {
        let chosen = move || params.with(|params| params.sort == sort);
        el("option", "").attr("value", key).live_attr("selected", chosen).text(label)
    });
    let odd = (!warnings.is_empty()).then(|| {
        let said =
            if warnings.len() == 1 { "1 warning".to_owned() } else { format!("{} warnings", warnings.len()) };
        let warnings = el("ul", "").children(warnings.into_iter().map(|warning| el("li", "").text(warning)));
        el("details", "results__warnings").child(el("summary", "").text(said)).child(warnings)
    });
    let said = el("p", "")
        .attr("role", "status")
        .child(el("b", "").test("result-count").text(traces))
        .text(" ")
        .child(el("span", "results__facts").text(facts));
    let order = el("label", "results__sort")
        .child(el("span", "unseen").text("Order"))
        .child(el("select", "field").test("sort").on("change", sort).children(options));
    let zone = use_settings().zone;
    let switch = move || {
        let other = zone.get_untracked().other();
        store_zone(other);
        zone.set(other);
        navigation.replace(Route::Search(SearchParams { zone: other, ..params.get_untracked() }));
    };
    let clock = zone_switch(move || zone.get() == Zone::Utc, switch);
    el("div", "results__summary")
        .child(said)
        .child(note.map(|note| el("span", "chip").test("truncated").text(note)))
        .child(odd)
        .child(clock)
        .child(order)
}

fn nothing(origin: Origin) -> El {
    match origin {
        Origin::Search { .. } => empty(
            "No traces match",
            &[
                "The backend was asked and found nothing. Try a longer time, fewer tags, or another operation.",
                "The durations of the form are those of single spans, not of whole traces.",
            ],
        ),
        Origin::Files { name, .. } => {
            empty("No spans in this file", &[&format!("{name} could be read, but there are no spans in it.")])
        }
    }
}

/// Arrow keys go from trace to trace.
fn step(event: KeyboardEvent) {
    let down = match event.key().as_str() {
        "ArrowDown" | "j" => true,
        "ArrowUp" | "k" => false,
        _ => return,
    };
    let table = event.current_target().and_then(|table| table.dyn_into::<Element>().ok());
    let Some(Ok(links)) = table.map(|table| table.query_selector_all(".result__link")) else { return };
    let place = |link: &Element| link.get_bounding_client_rect().top();
    let from =
        document().active_element().filter(|focused| focused.matches(".result__link").unwrap_or(false));
    let from = from.map(|focused| place(&focused));
    // Rows are made in any order; what counts is where they are.
    let mut next: Option<(f64, HtmlElement)> = None;
    for at in 0..links.length() {
        let Some(link) = links.item(at).and_then(|link| link.dyn_into::<HtmlElement>().ok()) else {
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
