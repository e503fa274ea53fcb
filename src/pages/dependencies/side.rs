//! Beside the map: all services, or the selected service or link with its numbers, neighbours and slowest traces.

use super::examples::{ExampleList, Examples};
use super::named;
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::{Failures, RatedLink, by_errors};
use spandrel_trace::scene::graph::{GraphElement, GraphScene};
use spandrel_trace::units::{count, percent, sort_by_number_descending};
use std::sync::Arc;

/// Services listed at most; the list view has all.
const LISTED: usize = 100;

/// Addresses of other pages.
#[derive(Clone, Copy)]
pub struct ServiceLinks {
    /// Of a trace, by its id.
    pub trace: Callback<String, String>,
    /// Of a service's monitor.
    pub monitor: Callback<String, String>,
    /// Of a search for a service's traces.
    pub search: Callback<String, String>,
}

/// What every view of the panel needs.
#[derive(Clone, Copy)]
struct Panel {
    select: Callback<Option<GraphElement>>,
    links: ServiceLinks,
    examples: Signal<Examples>,
}

/// The panel beside the map.
#[component]
pub fn SidePanel(
    /// What the map shows.
    #[prop(into)]
    scene: Signal<Arc<GraphScene>>,
    /// The selection.
    #[prop(into)]
    selected: Signal<Option<GraphElement>>,
    /// Selects something else; `None` shows all services.
    select: Callback<Option<GraphElement>>,
    /// Addresses of other pages.
    links: ServiceLinks,
    /// Traces of the selection.
    #[prop(into)]
    examples: Signal<Examples>,
) -> impl IntoView {
    let panel = Panel { select, links, examples };
    move || {
        let scene = scene.get();
        match selected.get() {
            None => panel.overview(&scene).into_any(),
            Some(GraphElement::Node(node)) => panel.service(&scene, node).into_any(),
            Some(GraphElement::Edge(edge)) => panel.link(&scene, edge).into_any(),
        }
    }
}

impl Panel {
    /// All services: those with errors first, then by requests.
    fn overview(self, scene: &GraphScene) -> impl IntoView + use<> {
        let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
        order.sort_by(|one, other| {
            let key = |index: &usize| (scene.nodes[*index].error_share, scene.nodes[*index].served);
            by_errors(key(one), key(other))
        });
        let left_out = order.len().saturating_sub(LISTED);
        let row = |index: usize| {
            let node = &scene.nodes[index];
            let is_failing = node.error_share.unwrap_or(0.0) > 0.0;
            self.service_row(index as u32, &node.name, &node.note, is_failing)
        };
        let rows = order.into_iter().take(LISTED).map(row).collect_view();
        let more = (left_out > 0).then(|| note(format!("and {left_out} more in the list")));
        view! {
            <h2 class="side__title">"Services"</h2>
            <ul class="side__rows">{rows}</ul>
            {more}
        }
    }

    fn service_row(self, node: u32, name: &str, number: &str, is_failing: bool) -> impl IntoView + use<> {
        let (service, number) = (name.to_owned(), number.to_owned());
        view! {
            <li>
                <button
                    type="button"
                    class="side__row"
                    data-test="node-link"
                    data-service=service
                    on:click=move |_| self.select.run(Some(GraphElement::Node(node)))
                >
                    <span class="side__name">{named(name).to_owned()}</span>
                    <span class="side__number" class:failing=is_failing>
                        {number}
                    </span>
                </button>
            </li>
        }
    }

    /// A link as a row with the name of its other end.
    fn link_row(self, edge: u32, link: &RatedLink, name_caller: bool) -> impl IntoView + use<> {
        let share = link.error_share().filter(|share| *share > 0.0);
        let number = match share {
            Some(share) => format!("{} · {}", count(link.calls), percent(share)),
            None => count(link.calls),
        };
        let name = named(if name_caller { &link.parent } else { &link.child }).to_owned();
        let (caller, callee) = (link.parent.clone(), link.child.clone());
        view! {
            <li>
                <button
                    type="button"
                    class="side__row"
                    data-test="edge-link"
                    data-caller=caller
                    data-callee=callee
                    on:click=move |_| self.select.run(Some(GraphElement::Edge(edge)))
                >
                    <span class="side__name">{name}</span>
                    <span class="side__number" class:failing=share.is_some()>
                        {number}
                    </span>
                </button>
            </li>
        }
    }

    /// The callers or callees of a service, by calls.
    fn neighbours(self, scene: &GraphScene, node: u32, callers: bool) -> impl IntoView + use<> {
        let mut edges: Vec<u32> = (0..scene.edges.len() as u32)
            .filter(|index| {
                let edge = &scene.edges[*index as usize];
                edge.caller != edge.callee && node == if callers { edge.callee } else { edge.caller }
            })
            .collect();
        sort_by_number_descending(&mut edges, |index| scene.edges[*index as usize].link.calls);
        let title = if callers { "Called by" } else { "Calls" };
        let none = if callers { "Entry point: no callers" } else { "Calls no other service" };
        let none = edges.is_empty().then(|| note(none.to_owned()));
        let row = |index: u32| self.link_row(index, &scene.edges[index as usize].link, callers);
        let rows = edges.into_iter().map(row).collect_view();
        view! {
            <h3 class="side__subtitle">{title}</h3>
            {none}
            <ul class="side__rows">{rows}</ul>
        }
    }

    fn service(self, scene: &GraphScene, node: u32) -> Option<impl IntoView + use<>> {
        let shown = scene.nodes.get(node as usize)?;
        let internal = scene.edges.iter().find(|edge| edge.caller == node && edge.callee == node);
        let errors = shown.error_share.map_or_else(|| "unknown".to_owned(), percent);
        let requests = match shown.requests {
            Some((requests, _)) => ("Requests", count(requests)),
            None => ("Calls from other services", count(shown.served)),
        };
        let errors = match shown.requests {
            Some((_, number)) if number > 0 => format!("{} ({errors})", count(number)),
            _ => errors,
        };
        let mut facts =
            vec![(requests.0, requests.1, false), ("Errors", errors, shown.error_share.unwrap_or(0.0) > 0.0)];
        facts.extend(internal.map(|edge| ("Internal spans", count(edge.link.calls), false)));
        let (search, monitor) =
            (self.links.search.run(shown.name.clone()), self.links.monitor.run(shown.name.clone()));
        Some(view! {
            {self.head("Service", named(&shown.name).to_owned())}
            {facts_list(facts)}
            <p class="side__actions">
                {view_traces(search, "View traces".to_owned())}
                <a class="button" href=monitor>
                    "Monitor"
                </a>
            </p>
            {self.neighbours(scene, node, true)}
            {self.neighbours(scene, node, false)}
            <ExampleList examples=self.examples trace=self.links.trace/>
        })
    }

    fn link(self, scene: &GraphScene, edge: u32) -> Option<impl IntoView + use<>> {
        let edge = scene.edges.get(edge as usize)?;
        let link = &edge.link;
        let unknown = || "unknown".to_owned();
        let errors = match (link.failures, link.error_share()) {
            (Failures::Unknown, _) | (Failures::Sampled { .. }, None) => unknown(),
            (Failures::Counted(errors), share) => {
                format!("{} ({})", count(errors), percent(share.unwrap_or(0.0)))
            }
            (Failures::Sampled { calls, errors }, Some(share)) => {
                format!("{} ({errors} of {} sampled)", percent(share), count(calls))
            }
        };
        let is_failing = link.error_share().unwrap_or(0.0) > 0.0;
        let facts = vec![("Calls", count(link.calls), false), ("Errors", errors, is_failing)];
        let title = format!("{} → {}", named(&link.parent), named(&link.child));
        let is_internal = edge.caller == edge.callee;
        let kind = if is_internal { "Within a service" } else { "Link" };
        let search = self.links.search.run(link.child.clone());
        let caller = self.service_row(edge.caller, &link.parent, "caller", false);
        let callee = (!is_internal).then(|| self.service_row(edge.callee, &link.child, "callee", false));
        Some(view! {
            {self.head(kind, title)}
            {facts_list(facts)}
            <p class="side__actions">{view_traces(search, format!("Search traces of {}", named(&link.child)))}</p>
            <ul class="side__rows">{caller} {callee}</ul>
            <ExampleList examples=self.examples trace=self.links.trace/>
        })
    }

    /// Name of the selection, and a button that clears it.
    fn head(self, kind: &'static str, title: String) -> impl IntoView + use<> {
        view! {
            <header class="side__head">
                <div>
                    <span class="side__kind">{kind}</span>
                    <h2 class="side__title" data-test="dependencies-selected">
                        {title}
                    </h2>
                </div>
                <button
                    type="button"
                    class="button button--flat"
                    title="Back to all services (Escape)"
                    on:click=move |_| self.select.run(None)
                >
                    "All services"
                </button>
            </header>
        }
    }
}

fn note(text: String) -> impl IntoView {
    view! { <p class="side__note">{text}</p> }
}

fn view_traces(href: String, label: String) -> impl IntoView {
    view! {
        <a class="button button--main" data-test="view-traces" href=href>
            {label}
        </a>
    }
}

/// Names and values; the flag marks errors.
fn facts_list(facts: Vec<(&'static str, String, bool)>) -> impl IntoView {
    let fact = |(name, value, is_failing)| view! { <dt>{name}</dt><dd class:failing=is_failing>{value}</dd> };
    view! { <dl class="side__facts">{facts.into_iter().map(fact).collect_view()}</dl> }
}
