//! Links that whoever runs the backend wants on every trace (`linkPatterns` of the type "traces").

use crate::state::settings::jaeger_config;
use crate::ui::element::el;
use crate::ui::view::{View, several};
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::{PatternScope, fact_of_trace, link_patterns};
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// The links of this trace, as soon as the program has what makes them.
pub fn links(outline: &Arc<Outline>) -> View {
    // Most backends want none.
    if !untrack(jaeger_config).contains("linkPatterns") {
        return View::NONE;
    }
    made(outline)
}

fn made(outline: &Outline) -> View {
    let lookup = |name: &str| fact_of_trace(outline, name);
    let patterns = untrack(|| link_patterns(&jaeger_config()));
    let links = patterns.iter().filter_map(|pattern| pattern.link(PatternScope::Trace, "", "", &lookup));
    several(links.map(|link| {
        el("a", "detail-link")
            .test("trace-link")
            .attr("href", link.address)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .text(format!("{} ↗", link.text))
    }))
}
