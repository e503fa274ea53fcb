//! Beside the map: what is selected, in words, and where it leads.

use super::map::named;
use crate::ui::element::{El, button, el};
use crate::ui::view::{View, part, several};
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::{Failures, RatedLink};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::scene::graph::{GraphScene, Hit};
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, duration, percent};
use std::sync::Arc;
use web_sys::MouseEvent;

/// So many services are listed here; the rest is in the list view.
const LISTED: usize = 100;

/// Addresses of other pages.
#[derive(Clone, Copy)]
pub struct Links {
    /// Of a trace, by its id.
    pub trace: Callback<String, String>,
    /// Of a service's monitor.
    pub monitor: Callback<String, String>,
    /// Of a search for a service's traces.
    pub search: Callback<String, String>,
}

/// What is known of the traces behind the selection.
#[derive(Clone, Debug, PartialEq)]
pub enum Examples {
    /// Being asked for.
    Loading,
    /// These, slowest first.
    Traces(Vec<TraceSummary>),
    /// Could not be had; why, in a line.
    Failed(String),
}

/// What the panel works with, whatever is selected.
#[derive(Clone, Copy)]
struct Panel {
    select: Callback<Option<Hit>>,
    links: Links,
    examples: Signal<Examples>,
}

/// The panel. `links` are the addresses of other pages, `examples` the traces of what is selected.
pub fn side(
    scene: Signal<Arc<GraphScene>>,
    selected: Signal<Option<Hit>>,
    select: Callback<Option<Hit>>,
    links: Links,
    examples: Signal<Examples>,
) -> View {
    let panel = Panel { select, links, examples };
    part(
        move || (scene.get(), selected.get()),
        move |(scene, selected)| match selected {
            None => panel.overview(&scene),
            Some(Hit::Node(node)) => panel.of_service(&scene, node).into(),
            Some(Hit::Edge(edge)) => panel.of_link(&scene, edge).into(),
        },
    )
}

impl Panel {
    /// Every service, those that fail first, then the busiest.
    fn overview(self, scene: &GraphScene) -> View {
        let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
        order.order_by(|one, other| {
            let key =
                |index: usize| (scene.nodes[index].error_share.unwrap_or(0.0), scene.nodes[index].served);
            key(*other).0.total_cmp(&key(*one).0).then(key(*other).1.cmp(&key(*one).1)).then(one.cmp(other))
        });
        let left_out = order.len().saturating_sub(LISTED);
        let rows = order.into_iter().take(LISTED).map(|index| {
            let node = &scene.nodes[index];
            let failing = node.error_share.unwrap_or(0.0) > 0.0;
            self.service_row(index as u32, &node.service, &node.note, failing)
        });
        several([
            View::from(el("h2", "side__title").text("Services")),
            el("ul", "side__rows").children(rows).into(),
            (left_out > 0).then(|| note(&format!("and {left_out} more in the list"))).into(),
        ])
    }

    /// A row that selects something, with a name and a number.
    fn row(self, hit: Hit, test: &str, name: &str, number: &str, failing: bool) -> El {
        button("side__row")
            .test(test)
            .on("click", move |_: MouseEvent| self.select.run(Some(hit)))
            .child(el("span", "side__name").text(named(name)))
            .child(el("span", "side__number").class_if("failing", failing).text(number))
    }

    fn service_row(self, node: u32, name: &str, number: &str, failing: bool) -> El {
        let row = self.row(Hit::Node(node), "node-link", name, number, failing);
        el("li", "").child(row.attr("data-service", name))
    }

    /// A link as a row, named by its other end.
    fn link_row(self, edge: u32, link: &RatedLink, name_caller: bool) -> El {
        let failed = link.error_share().filter(|share| *share > 0.0);
        let number = match failed {
            Some(share) => format!("{} · {}", count(link.calls), percent(share)),
            None => count(link.calls),
        };
        let name = if name_caller { &link.parent } else { &link.child };
        let row = self.row(Hit::Edge(edge), "edge-link", name, &number, failed.is_some());
        el("li", "").child(row.attr("data-caller", &link.parent).attr("data-callee", &link.child))
    }

    fn of_service(self, scene: &GraphScene, node: u32) -> Option<View> {
        let shown = scene.nodes.get(node as usize)?;
        let within = scene.edges.iter().find(|edge| edge.caller == node && edge.callee == node);
        let errors = shown.error_share.map_or_else(|| "not known".to_owned(), percent);
        let neighbours = |incoming: bool| {
            let mut edges: Vec<u32> = (0..scene.edges.len() as u32)
                .filter(|index| {
                    let edge = &scene.edges[*index as usize];
                    edge.caller != edge.callee && node == if incoming { edge.callee } else { edge.caller }
                })
                .collect();
            edges.order_by_key(|index| std::cmp::Reverse(scene.edges[*index as usize].link.calls));
            let title = if incoming { "Called by" } else { "Calls" };
            let none = if incoming { "Nobody: requests enter here." } else { "Nobody." };
            let row = |index: &u32| self.link_row(*index, &scene.edges[*index as usize].link, incoming);
            several([
                View::from(subtitle(title)),
                edges.is_empty().then(|| note(none)).into(),
                el("ul", "side__rows").children(edges.iter().map(row)).into(),
            ])
        };
        let mut facts = vec![
            ("Calls answered", count(shown.served), false),
            ("Failed", errors, shown.error_share.unwrap_or(0.0) > 0.0),
        ];
        facts.extend(within.map(|edge| ("Spans within", count(edge.link.calls), false)));
        let search = self.links.search.run(shown.service.clone());
        let monitor = self.links.monitor.run(shown.service.clone());
        let actions = el("p", "side__actions")
            .child(view_traces(&search, "View traces"))
            .child(el("a", "button").attr("href", monitor).text("Monitor"));
        Some(several([
            View::from(self.head("Service", named(&shown.service))),
            list_of_facts(&facts).into(),
            actions.into(),
            neighbours(true),
            neighbours(false),
            self.example_list(),
        ]))
    }

    fn of_link(self, scene: &GraphScene, edge: u32) -> Option<View> {
        let edge = scene.edges.get(edge as usize)?;
        let link = &edge.link;
        let failed = match link.failures {
            Failures::Unknown => "not known".to_owned(),
            Failures::Counted(errors) => {
                format!("{} ({})", count(errors), percent(link.error_share().unwrap_or(0.0)))
            }
            Failures::Sampled { calls, errors } => match link.error_share() {
                Some(share) => format!("{} ({errors} of {} sampled)", percent(share), count(calls)),
                None => "not known".to_owned(),
            },
        };
        let failing = link.error_share().unwrap_or(0.0) > 0.0;
        let facts = [("Calls", count(link.calls), false), ("Failed", failed, failing)];
        let title = format!("{} → {}", named(&link.parent), named(&link.child));
        let within = edge.caller == edge.callee;
        let words = format!("Search traces of {}", named(&link.child));
        let search = self.links.search.run(link.child.clone());
        let ends = el("ul", "side__rows")
            .child(self.service_row(edge.caller, &link.parent, "caller", false))
            .child((!within).then(|| self.service_row(edge.callee, &link.child, "callee", false)));
        Some(several([
            View::from(self.head(if within { "Within a service" } else { "Link" }, &title)),
            list_of_facts(&facts).into(),
            el("p", "side__actions").child(view_traces(&search, &words)).into(),
            ends.into(),
            self.example_list(),
        ]))
    }

    /// What is selected, and how to let go of it.
    fn head(self, kind: &str, title: &str) -> El {
        let said = el("div", "").children([
            el("span", "side__kind").text(kind),
            el("h2", "side__title").test("dependencies-selected").text(title),
        ]);
        let back = button("button button--flat")
            .attr("title", "Back to all services (Escape)")
            .on("click", move |_: MouseEvent| self.select.run(None))
            .text("All services");
        el("header", "side__head").children([said, back])
    }

    /// The slowest of some traces behind the selection.
    fn example_list(self) -> View {
        let row = move |trace: &TraceSummary, longest: u64| {
            let share = trace.duration as f64 / longest as f64 * 100.0;
            let link = el("a", "side__row side__trace")
                .class_if("side__trace--failed", trace.errors > 0)
                .test("example-trace")
                .attr("href", self.links.trace.run(trace.key()))
                .children([
                    el("span", "side__bar").child(el("i", "").style("width", &format!("{share:.1}%"))),
                    el("span", "side__number").text(duration(trace.duration)),
                    el("span", "side__root").text(format!("{} {}", trace.root_service, trace.root_operation)),
                ]);
            el("li", "").child(link)
        };
        let list = part(
            move || self.examples.get(),
            move |examples| match examples {
                Examples::Loading => note("Looking for traces…"),
                Examples::Failed(why) => note(&why),
                Examples::Traces(traces) if traces.is_empty() => {
                    note("No traces of this in the time looked at.")
                }
                Examples::Traces(traces) => {
                    let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or(1).max(1);
                    el("ul", "side__rows").children(traces.iter().map(|trace| row(trace, longest)))
                }
            },
        );
        several([subtitle("Its slowest traces").into(), list])
    }
}

fn subtitle(words: &str) -> El {
    el("h3", "side__subtitle").text(words)
}

fn note(words: &str) -> El {
    el("p", "side__note").text(words)
}

fn view_traces(href: &str, words: &str) -> El {
    el("a", "button button--main").test("view-traces").attr("href", href).text(words)
}

/// Names and numbers, and whether they are bad news.
fn list_of_facts(facts: &[(&str, String, bool)]) -> El {
    let fact = |(name, fact, failing): &(&str, String, bool)| {
        [el("dt", "").text(name), el("dd", "").class_if("failing", *failing).text(fact)]
    };
    el("dl", "side__facts").children(facts.iter().flat_map(fact))
}
