//! The page at an address that no other page has.

use crate::route::{Route, SearchParams};
use crate::state::navigation::entitle;
use crate::ui::problem::ProblemCard;
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};

/// Says that the page was not found. For Jaeger's address of a comparison (`trace/a...b`) it links to the two traces.
#[component]
pub fn MissingPage(
    /// The address below the mount prefix.
    path: String,
) -> impl IntoView {
    let compared = path.strip_prefix("trace/").and_then(|ids| ids.split_once("..."));
    let Some((first, second)) = compared else {
        entitle("Page not found");
        return view! {
            <div class="missing" data-test="missing">
                <h1 class="missing__title">"Page not found"</h1>
                <p>"There is no page at “" <bdi>{path}</bdi> "”. Open a trace by its ID above, or go to the "
                    <a href=Route::Search(SearchParams::default()).to_string()>"search"</a> "."
                </p>
            </div>
        }
        .into_any();
    };
    entitle("Comparison");
    let problem =
        Problem::new(ProblemKind::NotFound, "compare two traces", "Trace comparison is not available yet.")
            .advise("Open each of them, in two tabs if you like.");
    let traces = [first, second].into_iter().filter_map(trace_link).collect_view();
    view! {
        <h1 class="unseen">"Comparison"</h1>
        <ProblemCard problem/>
        <ul class="problem__traces" data-test="compared">
            {traces}
        </ul>
    }
    .into_any()
}

/// Link to the trace with this ID, as it is written in an address.
fn trace_link(id: &str) -> Option<impl IntoView + use<>> {
    let route = Route::parse(&format!("trace/{id}"), "");
    let Route::Trace { id, .. } = &route else { return None };
    let id = id.clone();
    Some(view! {
        <li>
            <a href=route.to_string()>"Trace " <span class="mono">{id}</span></a>
        </li>
    })
}
