//! The map as a table: every call between services with its numbers, sortable.

use super::named;
use leptos::prelude::*;
use spandrel_trace::analysis::dependencies::{Failures, SHARE_FROM, by_errors};
use spandrel_trace::scene::graph::{Edge, GraphElement, GraphScene};
use spandrel_trace::units::{count, percent, sort_by_number_descending};
use std::sync::Arc;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SortBy {
    Caller,
    Callee,
    Calls,
    #[default]
    Errors,
}

/// Table of the calls between services. Calls within a service are left out.
#[component]
pub fn LinkList(
    /// What the map shows.
    #[prop(into)]
    scene: Signal<Arc<GraphScene>>,
    /// Only links whose caller or callee contains this text are shown.
    #[prop(into)]
    find: Signal<String>,
    /// The selection.
    #[prop(into)]
    selected: Signal<Option<GraphElement>>,
    /// Selects a service or a link.
    select: Callback<Option<GraphElement>>,
) -> impl IntoView {
    let sort_by = RwSignal::new(SortBy::default());
    let rows = move || {
        let (scene, wanted) = (scene.get(), find.get().to_lowercase());
        let matches = |name: &str| named(name).to_lowercase().contains(&wanted);
        let mut rows: Vec<u32> = (0..scene.edges.len() as u32)
            .filter(|index| {
                let edge = &scene.edges[*index as usize];
                edge.caller != edge.callee && (matches(&edge.link.parent) || matches(&edge.link.child))
            })
            .collect();
        sort(&mut rows, &scene, sort_by.get());
        if rows.is_empty() {
            return view! {
                <tr>
                    <td class="links__none" colspan="4">
                        "No service of that name calls another or is called."
                    </td>
                </tr>
            }
            .into_any();
        }
        let row = |index: u32| row(&scene.edges[index as usize], index, selected, select);
        rows.into_iter().map(row).collect_view().into_any()
    };
    let head = move |label: &'static str, by: SortBy, class: &'static str| {
        let direction = match by {
            SortBy::Caller | SortBy::Callee => "ascending",
            SortBy::Calls | SortBy::Errors => "descending",
        };
        let is_on = move || sort_by.get() == by;
        view! {
            <th class=class scope="col" aria-sort=move || is_on().then_some(direction)>
                <button
                    type="button"
                    class="links__sort"
                    class=("links__sort--on", is_on)
                    title=(by == SortBy::Errors).then(|| format!("Highest share first; those of fewer than {SHARE_FROM} calls come after the others"))
                    on:click=move |_| sort_by.set(by)
                >
                    {label}
                </button>
            </th>
        }
    };
    view! {
        <div class="links" tabindex="0" role="region" aria-label="Links between services">
            <table class="links__table" data-test="dependencies-list">
                <thead>
                    <tr>
                        {head("Caller", SortBy::Caller, "")}
                        {head("Callee", SortBy::Callee, "")}
                        {head("Calls", SortBy::Calls, "links__number")}
                        {head("Errors", SortBy::Errors, "links__number")}
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
    selected: Signal<Option<GraphElement>>,
    select: Callback<Option<GraphElement>>,
) -> impl IntoView + use<> {
    let link = &edge.link;
    let errors = match (link.failures, link.error_share()) {
        (Failures::Unknown, _) | (_, None) => "unknown".to_owned(),
        (Failures::Counted(_), Some(share)) => percent(share),
        (Failures::Sampled { .. }, Some(share)) => format!("{} of a sample", percent(share)),
    };
    let is_failing = link.error_share().unwrap_or(0.0) > 0.0;
    let service = |node: u32, name: &str| {
        view! {
            <td>
                <button
                    type="button"
                    class="links__service"
                    data-test="node-link"
                    data-service=name.to_owned()
                    on:click=move |_| select.run(Some(GraphElement::Node(node)))
                >
                    {named(name).to_owned()}
                </button>
            </td>
        }
    };
    let (caller, callee, calls) = (link.parent.clone(), link.child.clone(), count(link.calls));
    let label = format!("{calls} calls from {} to {}", named(&caller), named(&callee));
    view! {
        <tr class=("links__selected", move || selected.get() == Some(GraphElement::Edge(index)))>
            {service(edge.caller, &link.parent)}
            {service(edge.callee, &link.child)}
            <td class="links__number">
                <button
                    type="button"
                    class="links__service"
                    data-test="edge-link"
                    data-caller=caller
                    data-callee=callee
                    aria-label=label
                    on:click=move |_| select.run(Some(GraphElement::Edge(index)))
                >
                    {calls}
                </button>
            </td>
            <td class="links__number" class:failing=is_failing>
                {errors}
            </td>
        </tr>
    }
}

/// Sorts edges, which are in the order of caller and callee; the sort is stable.
fn sort(rows: &mut [u32], scene: &GraphScene, by: SortBy) {
    let link = |index: &u32| &scene.edges[*index as usize].link;
    match by {
        SortBy::Caller => {}
        SortBy::Callee => rows.sort_by(|one, other| link(one).child.cmp(&link(other).child)),
        SortBy::Calls => sort_by_number_descending(rows, |index| link(index).calls),
        SortBy::Errors => rows.sort_by(|one, other| {
            let key = |index: &u32| (link(index).error_share(), link(index).calls);
            by_errors(key(one), key(other))
        }),
    }
}
