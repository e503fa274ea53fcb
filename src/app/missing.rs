//! What is shown at an address that no page has.

use crate::route::Route;
use crate::state::navigation::entitle;
use crate::ui::element::{El, el};
use crate::ui::problem::problem_card;
use crate::ui::view::{View, several};
use spandrel_trace::units::{Problem, ProblemKind};

/// Says so; Jaeger's address of a comparison (`trace/a...b`) offers the traces that it names.
pub fn missing(path: &str) -> View {
    let Some((one, other)) = path.strip_prefix("trace/").and_then(|ids| ids.split_once("...")) else {
        entitle("Not found");
        let problem = Problem::new(
            ProblemKind::NotFound,
            "Opening this address",
            format!("There is no page at “{path}”."),
        );
        return problem_card(problem.advise("Start from the search, or open a trace by its id above."), None)
            .into();
    };
    entitle("Comparison");
    let problem =
        Problem::new(ProblemKind::Unsupported, "Comparing two traces", "Spandrel cannot compare traces yet.");
    let card = problem_card(problem.advise("Open each of them, in two tabs if you like."), None);
    several([
        card,
        el("ul", "problem__traces").test("compared").children([one, other].into_iter().filter_map(link)),
    ])
}

/// A way to the trace with this id, as it stands in an address.
fn link(id: &str) -> Option<El> {
    let route = Route::parse(&format!("trace/{id}"), "");
    let Route::Trace { id, .. } = &route else { return None };
    let link = el("a", "").attr("href", route.to_string()).text("Trace ").child(el("span", "mono").text(id));
    Some(el("li", "").child(link))
}
