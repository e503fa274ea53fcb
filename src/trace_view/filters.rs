//! What leaves out spans of the trace, each as a chip with the button that shows them again.

use super::session::Session;
use crate::route::{Show as ShowMode, ShowPath, TraceTab};
use leptos::prelude::*;
use spandrel_trace::units::display_name;

/// Hidden services that a chip names at most.
const NAMED: usize = 3;

/// A filter that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SpanFilterChip {
    /// Only the spans on the critical path have rows.
    CriticalPath,
    /// Only the matches of the find are shown, with their ancestors or without.
    Matches {
        /// Whether the ancestors are shown too.
        with_ancestors: bool,
    },
    /// The spans of these services are hidden, with all below them.
    Hidden(Vec<String>),
}

impl SpanFilterChip {
    fn label(&self) -> String {
        match self {
            SpanFilterChip::CriticalPath => "Only the critical path".to_owned(),
            SpanFilterChip::Matches { with_ancestors: true } => "Matches with ancestors".to_owned(),
            SpanFilterChip::Matches { with_ancestors: false } => "Matches only".to_owned(),
            SpanFilterChip::Hidden(services) => {
                let named: Vec<&str> =
                    services.iter().take(NAMED).map(|service| display_name(service)).collect();
                let more = match services.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("Hidden: {}{more}, with all descendants", named.join(", "))
            }
        }
    }

    fn remove(&self, session: Session) {
        match self {
            SpanFilterChip::CriticalPath => session.path.show.set(ShowPath::Line),
            SpanFilterChip::Matches { .. } => session.find.show.set(ShowMode::All),
            SpanFilterChip::Hidden(_) => session.change(|view| view.hidden.clear()),
        }
    }
}

/// The filters that are on. A focused subtree is not among them: the path above the rows shows that.
fn filters(session: Session) -> Vec<SpanFilterChip> {
    let mut filters = Vec::new();
    // The other views show all of the trace whatever rows the waterfall has.
    if session.tab.get() == TraceTab::Waterfall
        && session.path.show.get() == ShowPath::Only
        && session.path.path.with(Option::is_some)
    {
        filters.push(SpanFilterChip::CriticalPath);
    }
    let is_finding =
        session.find.matches.with(|found| found.as_ref().is_some_and(|found| found.error.is_none()));
    match session.find.show.get() {
        ShowMode::Matches if is_finding => filters.push(SpanFilterChip::Matches { with_ancestors: false }),
        ShowMode::Ancestors if is_finding => filters.push(SpanFilterChip::Matches { with_ancestors: true }),
        _ => {}
    }
    let hidden = session.folding.view.with(|view| view.hidden.clone());
    if !hidden.is_empty() {
        filters.push(SpanFilterChip::Hidden(hidden));
    }
    filters
}

/// The chips. Nothing while all spans are shown.
#[component]
pub fn Filters(
    /// State of the trace.
    session: Session,
) -> impl IntoView {
    let on = Memo::new(move |_| filters(session));
    let chip = move |filter: SpanFilterChip| {
        let label = filter.label();
        view! {
            <span class="filter-chip" data-test="filter">
                <bdi>{label}</bdi>
                " · "
                <button type="button" class="filter-chip-all" data-test="show-all" on:click=move |_| filter.remove(session)>
                    "Show all"
                </button>
            </span>
        }
    };
    view! {
        <div class="filter-chips" role="group" aria-label="Filters">
            {move || on.get().into_iter().map(chip).collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_chip_names_some_of_many_hidden_services() {
        let hidden = |names: &[&str]| {
            SpanFilterChip::Hidden(names.iter().map(|name| (*name).to_owned()).collect()).label()
        };
        assert_eq!(hidden(&["redis", " "]), "Hidden: redis, (no name), with all descendants");
        assert_eq!(hidden(&["a", "b", "c", "d", "e"]), "Hidden: a, b, c and 2 more, with all descendants");
    }
}
