//! Links that whoever runs the backend wants on every trace (`linkPatterns` of the type "traces").

use crate::signal::*;
use crate::state::settings::jaeger_config;
use crate::ui::element::el;
use crate::ui::view::{View, several};
use spandrel_trace::analysis::link_pattern::{Place, fact_of_trace, link_patterns};
use spandrel_trace::model::Outline;

/// The links of this trace.
pub fn links(outline: &Outline) -> View {
    let lookup = |name: &str| fact_of_trace(outline, name);
    let patterns = untrack(|| link_patterns(&jaeger_config()));
    let links = patterns.iter().filter_map(|pattern| pattern.link(Place::Trace, "", "", &lookup));
    several(links.map(|link| {
        el("a", "detail-link")
            .test("trace-link")
            .attr("href", link.address)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .text(format!("{} ↗", link.text))
    }))
}
