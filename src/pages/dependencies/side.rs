//! Beside the map: what is selected, in words, and where it leads.

use super::map::named;
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::{Failures, RatedLink};
use spandrel_trace::model::TraceSummary;
use spandrel_trace::scene::graph::{GraphScene, Hit};
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, duration, percent};
use std::sync::Arc;

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

/// The panel.
#[component]
pub fn Side(
    #[prop(into)] scene: Signal<Arc<GraphScene>>,
    #[prop(into)] selected: Signal<Option<Hit>>,
    #[prop(into)] select: Callback<Option<Hit>>,
    /// Addresses of other pages.
    links: Links,
    /// Traces of what is selected.
    #[prop(into)]
    examples: Signal<Examples>,
) -> impl IntoView {
    move || {
        let scene = scene.get();
        match selected.get() {
            None => view! { <Overview scene select /> }.into_any(),
            Some(Hit::Node(node)) => view! { <OfService scene node select links examples /> }.into_any(),
            Some(Hit::Edge(edge)) => view! { <OfLink scene edge select links examples /> }.into_any(),
        }
    }
}

/// Every service, those that fail first, then the busiest.
#[component]
fn Overview(scene: Arc<GraphScene>, select: Callback<Option<Hit>>) -> impl IntoView {
    let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
    order.order_by(|one, other| {
        let key = |index: usize| (scene.nodes[index].error_share.unwrap_or(0.0), scene.nodes[index].served);
        key(*other).0.total_cmp(&key(*one).0).then(key(*other).1.cmp(&key(*one).1)).then(one.cmp(other))
    });
    let left_out = order.len().saturating_sub(LISTED);
    let rows = order.into_iter().take(LISTED).map(|index| {
        let node = &scene.nodes[index];
        let failing = node.error_share.unwrap_or(0.0) > 0.0;
        let pick = move || select.run(Some(Hit::Node(index as u32)));
        view! { <ServiceRow name=node.service.clone() note=node.note.clone() failing pick /> }
    });
    view! {
        <h2 class="side__title">"Services"</h2>
        <ul class="side__rows">{rows.collect_view()}</ul>
        {(left_out > 0).then(|| view! { <p class="side__note">{format!("and {left_out} more in the list")}</p> })}
    }
}

/// One service as a row that selects it.
#[component]
fn ServiceRow(name: String, note: String, failing: bool, pick: impl Fn() + 'static) -> impl IntoView {
    view! {
        <li>
            <button type="button" class="side__row" data-test="node-link" data-service=name.clone() on:click=move |_| pick()>
                <span class="side__name">{named(&name).to_owned()}</span>
                <span class="side__number" class:failing=failing>{note}</span>
            </button>
        </li>
    }
}

#[component]
fn OfService(
    scene: Arc<GraphScene>,
    node: u32,
    select: Callback<Option<Hit>>,
    links: Links,
    examples: Signal<Examples>,
) -> impl IntoView {
    let shown = scene.nodes.get(node as usize)?;
    let service = shown.service.clone();
    let within = scene.edges.iter().find(|edge| edge.caller == node && edge.callee == node);
    let errors = shown.error_share.map_or_else(|| "not known".to_owned(), percent);
    let failing = shown.error_share.unwrap_or(0.0) > 0.0;
    let search = links.search.run(service.clone());
    let monitor = links.monitor.run(service.clone());
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
        let rows: Vec<_> = edges
            .iter()
            .map(|index| view! { <LinkRow link=scene.edges[*index as usize].link.clone() name_caller=incoming pick={let index = *index; move || select.run(Some(Hit::Edge(index)))} /> })
            .collect();
        view! {
            <h3 class="side__subtitle">{title}</h3>
            {rows.is_empty().then(|| view! { <p class="side__note">{none}</p> })}
            <ul class="side__rows">{rows}</ul>
        }
    };
    Some(view! {
        <Head kind="Service" title=named(&service).to_owned() select />
        <dl class="side__facts">
            <dt>"Calls answered"</dt>
            <dd>{count(shown.served)}</dd>
            <dt>"Failed"</dt>
            <dd class:failing=failing>{errors}</dd>
            {within.map(|edge| view! { <dt>"Spans within"</dt><dd>{count(edge.link.calls)}</dd> })}
        </dl>
        <p class="side__actions">
            <a class="button button--main" data-test="view-traces" href=search>"View traces"</a>
            <a class="button" href=monitor>"Monitor"</a>
        </p>
        {neighbours(true)}
        {neighbours(false)}
        <ExampleList examples links />
    })
}

#[component]
fn OfLink(
    scene: Arc<GraphScene>,
    edge: u32,
    select: Callback<Option<Hit>>,
    links: Links,
    examples: Signal<Examples>,
) -> impl IntoView {
    let edge = scene.edges.get(edge as usize)?;
    let link = edge.link.clone();
    let (caller, callee) = (edge.caller, edge.callee);
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
    let title = format!("{} → {}", named(&link.parent), named(&link.child));
    let kind = if caller == callee { "Within a service" } else { "Link" };
    let go = |node: u32, name: &str, role: &'static str| {
        let name = name.to_owned();
        view! { <ServiceRow name note=role.to_owned() failing=false pick=move || select.run(Some(Hit::Node(node))) /> }
    };
    let search = links.search.run(link.child.clone());
    Some(view! {
        <Head kind title select />
        <dl class="side__facts">
            <dt>"Calls"</dt>
            <dd>{count(link.calls)}</dd>
            <dt>"Failed"</dt>
            <dd class:failing=failing>{failed}</dd>
        </dl>
        <p class="side__actions">
            <a class="button button--main" data-test="view-traces" href=search>{format!("Search traces of {}", named(&link.child))}</a>
        </p>
        <ul class="side__rows">
            {go(caller, &link.parent, "caller")}
            {(caller != callee).then(|| go(callee, &link.child, "callee"))}
        </ul>
        <ExampleList examples links />
    })
}

/// What is selected, and how to let go of it.
#[component]
fn Head(kind: &'static str, title: String, select: Callback<Option<Hit>>) -> impl IntoView {
    view! {
        <header class="side__head">
            <div>
                <span class="side__kind">{kind}</span>
                <h2 class="side__title" data-test="dependencies-selected">{title}</h2>
            </div>
            <button type="button" class="button button--flat" title="Back to all services (Escape)" on:click=move |_| select.run(None)>"All services"</button>
        </header>
    }
}

/// A link as a row that selects it, named by its other end.
#[component]
fn LinkRow(link: RatedLink, name_caller: bool, pick: impl Fn() + 'static) -> impl IntoView {
    let name = named(if name_caller { &link.parent } else { &link.child }).to_owned();
    let failed = link.error_share().filter(|share| *share > 0.0);
    let note = match failed {
        Some(share) => format!("{} · {}", count(link.calls), percent(share)),
        None => count(link.calls),
    };
    view! {
        <li>
            <button type="button" class="side__row" data-test="edge-link" data-caller=link.parent.clone() data-callee=link.child.clone() on:click=move |_| pick()>
                <span class="side__name">{name}</span>
                <span class="side__number" class:failing=failed.is_some()>{note}</span>
            </button>
        </li>
    }
}

/// The slowest of some traces behind the selection.
#[component]
fn ExampleList(examples: Signal<Examples>, links: Links) -> impl IntoView {
    let list = move || match examples.get() {
        Examples::Loading => view! { <p class="side__note">"Looking for traces…"</p> }.into_any(),
        Examples::Failed(why) => view! { <p class="side__note">{why}</p> }.into_any(),
        Examples::Traces(traces) if traces.is_empty() => {
            view! { <p class="side__note">"No traces of this in the time looked at."</p> }.into_any()
        }
        Examples::Traces(traces) => {
            let longest = traces.iter().map(|trace| trace.duration).max().unwrap_or(1).max(1);
            let row = |trace: TraceSummary| {
                let id = trace.key();
                let (share, failed) = (trace.duration as f64 / longest as f64 * 100.0, trace.errors > 0);
                view! {
                    <li>
                        <a class="side__row side__trace" class:side__trace--failed=failed data-test="example-trace" href=links.trace.run(id)>
                            <span class="side__bar"><i style:width=format!("{share:.1}%")></i></span>
                            <span class="side__number">{duration(trace.duration)}</span>
                            <span class="side__root">{format!("{} {}", trace.root_service, trace.root_operation)}</span>
                        </a>
                    </li>
                }
            };
            view! { <ul class="side__rows">{traces.into_iter().map(row).collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <h3 class="side__subtitle">"Its slowest traces"</h3>
        {list}
    }
}
