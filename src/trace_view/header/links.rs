//! Links that the server's operator has configured for every trace (`linkPatterns` of the type "traces").

use crate::state::settings::jaeger_config;
use leptos::prelude::*;
use spandrel_trace::analysis::link_pattern::{PatternScope, link_patterns, trace_value};
use spandrel_trace::model::Outline;
use std::sync::Arc;

/// The links of this trace.
#[component]
pub fn TraceLinks(outline: Arc<Outline>) -> impl IntoView {
    let config = untrack(jaeger_config);
    // Most servers have none: the configuration is then not parsed.
    let patterns = if config.contains("linkPatterns") { link_patterns(&config) } else { Vec::new() };
    let lookup = |name: &str| trace_value(&outline, name);
    let links = patterns.iter().filter_map(|pattern| pattern.link(PatternScope::Trace, "", "", &lookup));
    links
        .map(|link| {
            view! {
                <a
                    class="detail-link"
                    data-test="trace-link"
                    href=link.address
                    target="_blank"
                    rel="noopener noreferrer"
                >
                    <bdi>{link.text}</bdi>
                    " ↗"
                </a>
            }
        })
        .collect_view()
}
