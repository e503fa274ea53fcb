//! The map as a table: every link with its numbers, for reading, sorting and screen readers.

use super::map::named;
use crate::ui::element::{El, button, el};
use crate::ui::view::{View, part, several};
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::Failures;
use spandrel_trace::scene::graph::{Edge, GraphScene, Hit};
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, percent};
use std::sync::Arc;
use web_sys::MouseEvent;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    Caller,
    Callee,
    #[default]
    Calls,
    Failed,
}

/// The table. `find` keeps links whose caller or callee contains it.
pub fn list(
    scene: Signal<Arc<GraphScene>>,
    find: Signal<String>,
    selected: Signal<Option<Hit>>,
    select: Callback<Option<Hit>>,
) -> El {
    let order = RwSignal::new(Order::default());
    let rows = part(
        move || (scene.get(), find.get().to_lowercase(), order.get()),
        move |(scene, wanted, order)| -> View {
            let matches = |name: &str| named(name).to_lowercase().contains(&wanted);
            let mut rows: Vec<u32> = (0..scene.edges.len() as u32)
                .filter(|index| {
                    let link = &scene.edges[*index as usize].link;
                    matches(&link.parent) || matches(&link.child)
                })
                .collect();
            sort(&mut rows, &scene, order);
            if rows.is_empty() {
                let none = el("td", "links__none").attr("colspan", "4");
                let none = none.text("No service of that name calls or is called.");
                return el("tr", "").child(none).into();
            }
            several(rows.into_iter().map(|index| row(&scene.edges[index as usize], index, selected, select)))
        },
    );
    let head = move |(label, by, class): (&str, Order, &str)| {
        let direction = match by {
            Order::Caller | Order::Callee => "ascending",
            Order::Calls | Order::Failed => "descending",
        };
        let sort = button("links__sort")
            .live_class("links__sort--on", move || order.get() == by)
            .on("click", move |_: MouseEvent| order.set(by))
            .text(label);
        el("th", class)
            .attr("scope", "col")
            .live_attr("aria-sort", move || (order.get() == by).then_some(direction))
            .child(sort)
    };
    let heads = [
        ("Caller", Order::Caller, ""),
        ("Callee", Order::Callee, ""),
        ("Calls", Order::Calls, "links__number"),
        ("Failed", Order::Failed, "links__number"),
    ];
    let table = el("table", "links__table")
        .test("dependencies-list")
        .child(el("thead", "").child(el("tr", "").children(heads.map(head))))
        .child(el("tbody", "").child(rows));
    el("div", "links")
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", "Links between services")
        .child(table)
}

fn row(edge: &Edge, index: u32, selected: Signal<Option<Hit>>, select: Callback<Option<Hit>>) -> El {
    let link = &edge.link;
    let failed = match (link.failures, link.error_share()) {
        (Failures::Unknown, _) | (_, None) => "not known".to_owned(),
        (Failures::Counted(_), Some(share)) => percent(share),
        (Failures::Sampled { .. }, Some(share)) => format!("{} of a sample", percent(share)),
    };
    let failing = link.error_share().unwrap_or(0.0) > 0.0;
    let pick = |hit: Hit| button("links__service").on("click", move |_: MouseEvent| select.run(Some(hit)));
    let service = |node: u32, name: &str| {
        let service = pick(Hit::Node(node)).test("node-link").attr("data-service", name).text(named(name));
        el("td", "").child(service)
    };
    let calls = count(link.calls);
    let label = format!("{calls} calls from {} to {}", named(&link.parent), named(&link.child));
    let calls = pick(Hit::Edge(index))
        .test("edge-link")
        .attr("data-caller", &link.parent)
        .attr("data-callee", &link.child)
        .attr("aria-label", label)
        .text(calls);
    el("tr", "").live_class("links__selected", move || selected.get() == Some(Hit::Edge(index))).children([
        service(edge.caller, &link.parent),
        service(edge.callee, &link.child),
        el("td", "links__number").child(calls),
        el("td", "links__number").class_if("failing", failing).text(failed),
    ])
}

fn sort(rows: &mut [u32], scene: &GraphScene, order: Order) {
    // Edges are sorted by caller and callee already, and sorting is stable.
    let edge = |index: &u32| &scene.edges[*index as usize];
    match order {
        Order::Caller => {}
        Order::Callee => rows.order_by(|one, other| edge(one).link.child.cmp(&edge(other).link.child)),
        Order::Calls => rows.order_by_key(|index| std::cmp::Reverse(edge(index).link.calls)),
        Order::Failed => rows.order_by(|one, other| {
            let share = |index: &u32| edge(index).link.error_share().unwrap_or(-1.0);
            share(other).total_cmp(&share(one))
        }),
    }
}
