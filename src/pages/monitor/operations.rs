//! The operations of a service as a sortable table. Each row links to the traces of its operation.

use super::measured::ServiceMetrics;
use super::plots::LinkedSearch;
use leptos::prelude::*;
use spandrel_trace::analysis::entries::OperationMetrics;
use spandrel_trace::units::{count, duration, percent};
use std::cmp::Ordering;

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SortBy {
    Name,
    #[default]
    Requests,
    Errors,
    P50,
    P95,
    Change,
}

/// Label, order, and an explanation of each column.
const COLUMNS: [(&str, SortBy, &str); 6] = [
    ("Operation", SortBy::Name, "Name of the entry spans"),
    ("Requests", SortBy::Requests, "Number of entry spans"),
    ("Errors", SortBy::Errors, "Entry spans with an error"),
    ("p50", SortBy::P50, "Median duration"),
    ("p95", SortBy::P95, "95th percentile of the duration, from 20 requests on"),
    (
        "Change",
        SortBy::Change,
        "Median duration in the second half of the covered time against the first half, from 5 requests in each half on",
    ),
];

/// Operations that are shown at first, and that each press of the button below adds: services that put ids into span names have
/// thousands, and building all rows would block the page.
const PAGE: usize = 100;

/// Table of the operations, as many as [`PAGE`] first.
#[component]
pub fn ServiceOperations(
    measured: Memo<ServiceMetrics>,
    /// Address of the traces of an operation.
    address: Callback<LinkedSearch, String>,
) -> impl IntoView {
    let sort = RwSignal::new((SortBy::default(), descends(SortBy::default())));
    let head = |(label, by, title): (&'static str, SortBy, &'static str)| {
        let direction = move || {
            let (sorted_by, descending) = sort.get();
            (sorted_by == by).then_some(if descending { "descending" } else { "ascending" })
        };
        let choose = move |_| {
            sort.update(|sort| *sort = if sort.0 == by { (by, !sort.1) } else { (by, descends(by)) });
        };
        view! {
            <th scope="col" aria-sort=direction>
                <button type="button" class="monitor__sort" title=title on:click=choose>
                    {label}
                </button>
            </th>
        }
    };
    let shown = RwSignal::new(PAGE);
    let rows = move || {
        let (by, descending) = sort.get();
        measured.with(|measured| {
            let mut operations: Vec<&OperationMetrics> = measured.operations.iter().collect();
            operations.sort_by(|one, other| compare(one, other, by, descending));
            let first = operations.into_iter().take(shown.get());
            first.map(|operation| row(measured, operation, address)).collect_view()
        })
    };
    let more = move || {
        let total = measured.with(|measured| measured.operations.len());
        (total > shown.get()).then(|| {
            view! {
                <button
                    type="button"
                    class="button monitor__more"
                    data-test="monitor-more"
                    on:click=move |_| shown.update(|shown| *shown += PAGE)
                >
                    {format!("Show more of {}", count(total as u64))}
                </button>
            }
        })
    };
    view! {
        <section class="monitor__section">
            <h2 class="monitor__heading">"Operations"</h2>
            <div class="monitor__scroll" tabindex="0" role="region" aria-label="Operations">
                <table class="monitor__table" data-test="monitor-operations">
                    <thead>
                        <tr>{COLUMNS.map(head).collect_view()}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </section>
    }
}

fn row(
    measured: &ServiceMetrics,
    operation: &OperationMetrics,
    address: Callback<LinkedSearch, String>,
) -> impl IntoView + use<> {
    let wanted = |longest_first: bool, failed: bool| LinkedSearch {
        service: measured.service.clone(),
        operation: operation.name.clone(),
        window: measured.metrics.total.window,
        longest_first,
        failed,
    };
    let link = |wanted: LinkedSearch, text: String| view! { <a href=address.run(wanted)>{text}</a> };
    let name = if operation.name.is_empty() { "(no name)".to_owned() } else { operation.name.clone() };
    let errors = match operation.errors {
        0 => "0".into_any(),
        errors => {
            let text = format!("{} ({})", count(errors as u64), percent(operation.error_share()));
            link(wanted(false, true), text).into_any()
        }
    };
    let p95 = match operation.p95 {
        Some(p95) => link(wanted(true, false), duration(p95)).into_any(),
        None => view! { <span title="Too few requests">"–"</span> }.into_any(),
    };
    let change = match operation.change {
        Some(change) => {
            view! { <span class:monitor__slower=change.ge(&SLOWER)>{signed(change)}</span> }.into_any()
        }
        None => view! { <span title="Too few requests">"–"</span> }.into_any(),
    };
    view! {
        <tr data-test="monitor-operation" data-operation=name.clone()>
            <th scope="row" class="monitor__name" title=name.clone()>
                {link(wanted(false, false), name.clone())}
            </th>
            <td>{count(operation.requests as u64)}</td>
            <td class:failing=operation.errors.gt(&0)>{errors}</td>
            <td>{duration(operation.p50)}</td>
            <td>{p95}</td>
            <td>{change}</td>
        </tr>
    }
}

/// From this change on an operation stands out as slower.
const SLOWER: f64 = 0.2;

/// A change as `+34 %`, `−8 %` or `0 %`.
fn signed(change: f64) -> String {
    let rounded = (change * 100.0).round();
    match rounded {
        0.0 => "0 %".to_owned(),
        rounded if rounded < 0.0 => format!("−{} %", -rounded),
        rounded => format!("+{rounded} %"),
    }
}

/// Names are sorted from A on first, numbers from the largest on.
fn descends(by: SortBy) -> bool {
    by != SortBy::Name
}

/// Order of two rows; unknown values come last in either direction, equal ones by name.
fn compare(one: &OperationMetrics, other: &OperationMetrics, by: SortBy, descending: bool) -> Ordering {
    let value = |operation: &OperationMetrics| match by {
        SortBy::Name => None,
        SortBy::Requests => Some(operation.requests as f64),
        SortBy::Errors => Some(operation.errors as f64),
        SortBy::P50 => Some(operation.p50 as f64),
        SortBy::P95 => operation.p95.map(|p95| p95 as f64),
        SortBy::Change => operation.change,
    };
    let directed = |order: Ordering| if descending { order.reverse() } else { order };
    let by_value = match (value(one), value(other)) {
        (Some(one), Some(other)) => directed(one.total_cmp(&other)),
        (one, other) => other.is_some().cmp(&one.is_some()),
    };
    match by {
        SortBy::Name => directed(one.name.cmp(&other.name)),
        _ => by_value.then_with(|| one.name.cmp(&other.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn named(name: &str, requests: usize, p95: Option<u64>) -> OperationMetrics {
        OperationMetrics { name: name.into(), requests, p95, ..OperationMetrics::default() }
    }

    #[test]
    fn unknown_values_come_last_in_either_direction() {
        let all = [named("b", 3, Some(40)), named("a", 3, None), named("c", 9, Some(90))];
        let sorted = |by, descending| {
            let mut all = all.clone();
            all.sort_by(|one, other| compare(one, other, by, descending));
            all.map(|operation| operation.name).join("")
        };
        assert_eq!(sorted(SortBy::Requests, true), "cab");
        assert_eq!(sorted(SortBy::P95, true), "cba");
        assert_eq!(sorted(SortBy::P95, false), "bca");
        assert_eq!(sorted(SortBy::Name, false), "abc");
        assert_eq!(sorted(SortBy::Name, true), "cba");
    }

    #[test]
    fn changes_have_a_sign() {
        assert_eq!([0.342, -0.08, 0.001, -0.004].map(signed), ["+34 %", "−8 %", "0 %", "0 %"]);
    }
}
