//! The map as a table: every link with its numbers, for reading, sorting and screen readers.

use super::map::named;
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::Failures;
use spandrel_trace::scene::graph::{Edge, GraphScene, Hit};
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{count, percent};
use std::sync::Arc;

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
#[component]
pub fn List(
    #[prop(into)] scene: Signal<Arc<GraphScene>>,
    #[prop(into)] find: Signal<String>,
    #[prop(into)] selected: Signal<Option<Hit>>,
    #[prop(into)] select: Callback<Option<Hit>>,
) -> impl IntoView {
    let order = RwSignal::new(Order::default());
    let rows = move || {
        let scene = scene.get();
        let wanted = find.get().to_lowercase();
        let matches = |name: &str| named(name).to_lowercase().contains(&wanted);
        let mut rows: Vec<u32> = (0..scene.edges.len() as u32)
            .filter(|index| {
                let link = &scene.edges[*index as usize].link;
                matches(&link.parent) || matches(&link.child)
            })
            .collect();
        sort(&mut rows, &scene, order.get());
        if rows.is_empty() {
            return view! { <tr><td colspan="4" class="links__none">"No service of that name calls or is called."</td></tr> }.into_any();
        }
        rows.into_iter()
            .map(|index| {
                let edge = &scene.edges[index as usize];
                row(edge, index, selected, select)
            })
            .collect_view()
            .into_any()
    };
    let head = move |label: &'static str, by: Order, class: &'static str| {
        view! {
            <th scope="col" class=class aria-sort=move || (order.get() == by).then_some(if matches!(by, Order::Caller | Order::Callee) { "ascending" } else { "descending" })>
                <button type="button" class="links__sort" class:links__sort--on=move || order.get() == by on:click=move |_| order.set(by)>{label}</button>
            </th>
        }
    };
    view! {
        <div class="links" tabindex="0" role="region" aria-label="Links between services">
            <table class="links__table" data-test="dependencies-list">
                <thead>
                    <tr>
                        {head("Caller", Order::Caller, "")}
                        {head("Callee", Order::Callee, "")}
                        {head("Calls", Order::Calls, "links__number")}
                        {head("Failed", Order::Failed, "links__number")}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(
    edge: &Edge,
    index: u32,
    selected: Signal<Option<Hit>>,
    select: Callback<Option<Hit>>,
) -> impl IntoView + use<> {
    let link = &edge.link;
    let failed = match (link.failures, link.error_share()) {
        (Failures::Unknown, _) | (_, None) => "not known".to_owned(),
        (Failures::Counted(_), Some(share)) => percent(share),
        (Failures::Sampled { .. }, Some(share)) => format!("{} of a sample", percent(share)),
    };
    let failing = link.error_share().unwrap_or(0.0) > 0.0;
    let is_selected = move || selected.get() == Some(Hit::Edge(index));
    let (caller, callee) = (edge.caller, edge.callee);
    let service = |node: u32, name: &str| {
        let (shown, name) = (named(name).to_owned(), name.to_owned());
        view! { <button type="button" class="links__service" data-test="node-link" data-service=name on:click=move |_| select.run(Some(Hit::Node(node)))>{shown}</button> }
    };
    view! {
        <tr class:links__selected=is_selected>
            <td>{service(caller, &link.parent)}</td>
            <td>{service(callee, &link.child)}</td>
            <td class="links__number">
                <button type="button" class="links__service" data-test="edge-link" data-caller=link.parent.clone() data-callee=link.child.clone()
                    aria-label=format!("{} calls from {} to {}", count(link.calls), named(&link.parent), named(&link.child))
                    on:click=move |_| select.run(Some(Hit::Edge(index)))
                >{count(link.calls)}</button>
            </td>
            <td class="links__number" class:failing=failing>{failed}</td>
        </tr>
    }
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
