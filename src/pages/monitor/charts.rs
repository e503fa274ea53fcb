//! The three charts of a service, and the same values as a table.

use super::measured::{Basis, ServiceMetrics, slice};
use super::plots::{Kind, LinkedSearch};
use crate::ui::chart::{Chart, PointAt, PointFacts};
use leptos::prelude::*;
use spandrel_trace::analysis::metrics::Bucket;
use spandrel_trace::units::{count, duration, percent};

/// Duration, rate and errors over the same time, with a shared crosshair.
#[component]
pub fn Charts(
    measured: Memo<ServiceMetrics>,
    /// Address of the traces of a point.
    address: Callback<LinkedSearch, String>,
    /// Opens the traces of a point.
    open: Callback<LinkedSearch>,
) -> impl IntoView {
    let crosshair = RwSignal::new(None);
    Effect::new(move |_| {
        // Other measurements have other moments.
        measured.with(|_| ());
        crosshair.set(None);
    });
    let chart = move |kind: Kind| {
        let facts = Callback::new(move |at: PointAt| {
            measured.with(|measured| PointFacts {
                href: kind.wanted(measured, at).map_or_else(|| "#".to_owned(), |wanted| address.run(wanted)),
                ..kind.facts(measured, at)
            })
        });
        let open = Callback::new(move |at: PointAt| {
            if let Some(wanted) = measured.with_untracked(|measured| kind.wanted(measured, at)) {
                open.run(wanted);
            }
        });
        let title = Signal::derive(move || measured.with(|measured| kind.title(measured)));
        let summary = Signal::derive(move || measured.with(|measured| kind.summary(measured)));
        let plot = Memo::new(move |_| measured.with(|measured| kind.plot(measured)));
        let gap = Signal::derive(move || measured.with(ServiceMetrics::gap).unwrap_or_default());
        view! {
            <Chart
                title=title
                kind=kind.name()
                summary=summary
                plot=plot
                gap=gap
                crosshair=crosshair
                facts=facts
                open=open
            />
        }
    };
    view! { <div class="monitor__charts">{[Kind::Latency, Kind::Rate, Kind::Errors].map(chart).collect_view()}</div> }
}

const TOO_FEW: &str = "Too few for this percentile";
const TOO_SHORT: &str = "Too little of this time slice is covered";

/// The time slices that have traces, latest first.
#[component]
pub fn BucketTable(
    measured: Memo<ServiceMetrics>,
    /// Address of the traces of a value.
    address: Callback<LinkedSearch, String>,
) -> impl IntoView {
    let columns = Memo::new(move |_| measured.with(columns));
    let heads = move || {
        let counted = match measured.with(|measured| measured.basis) {
            Basis::EntrySpans | Basis::MetricsStore => "Requests",
            Basis::Summaries => "Traces",
        };
        let name = |column: Column| match column {
            Column::Count => counted,
            other => other.name(),
        };
        let head = |column: Column| view! { <th scope="col">{name(column)}</th> };
        columns.get().into_iter().map(head).collect_view()
    };
    let rows = move || {
        let columns = columns.get();
        measured.with(|measured| {
            let buckets = measured.metrics.buckets.iter().enumerate().rev();
            let buckets = buckets.filter(|(_, bucket)| bucket.calls > 0);
            buckets.map(|(moment, bucket)| row(measured, moment, bucket, &columns, address)).collect_view()
        })
    };
    view! {
        <section class="monitor__section">
            <h2 class="monitor__heading">"Over time"</h2>
            <div class="monitor__scroll" tabindex="0" role="region" aria-label="Over time">
                <table class="monitor__table" data-test="monitor-table">
                    <thead>
                        <tr>{heads}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    Count,
    Rate,
    Errors,
    P50,
    P95,
    P99,
    Longest,
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Column::Time => "Time",
            Column::Count => "Requests",
            Column::Rate => "Rate",
            Column::Errors => "Errors",
            Column::P50 => "p50",
            Column::P95 => "p95",
            Column::P99 => "p99",
            Column::Longest => "Longest",
        }
    }
}

/// The columns that say something: percentiles that some time slice has, and the longest where it differs from the median.
fn columns(measured: &ServiceMetrics) -> Vec<Column> {
    let latencies = || measured.metrics.buckets.iter().filter_map(|bucket| bucket.latency.as_ref());
    let mut columns = vec![Column::Time, Column::Count, Column::Rate, Column::Errors, Column::P50];
    columns.extend(latencies().any(|latency| latency.p95.is_some()).then_some(Column::P95));
    columns.extend(latencies().any(|latency| latency.p99.is_some()).then_some(Column::P99));
    columns.extend(
        latencies()
            .any(|latency| latency.max.is_some_and(|max| max != latency.p50))
            .then_some(Column::Longest),
    );
    columns
}

fn row(
    measured: &ServiceMetrics,
    moment: usize,
    bucket: &Bucket,
    columns: &[Column],
    address: Callback<LinkedSearch, String>,
) -> impl IntoView + use<> {
    let link = |kind: Kind, line: usize, text: String| {
        let href = kind.wanted(measured, PointAt { line, moment }).map(|wanted| address.run(wanted));
        view! { <a href=href>{text}</a> }.into_any()
    };
    let latency = bucket.latency.unwrap_or_default();
    let percentile = |line: usize, value: Option<u64>| match value {
        Some(value) => link(Kind::Latency, line, duration(value)),
        None => view! { <span title=TOO_FEW>"–"</span> }.into_any(),
    };
    let cell = |column: &Column| {
        let content = match column {
            Column::Time => slice(measured, bucket.window).into_any(),
            Column::Count => link(Kind::Rate, 0, count(bucket.calls as u64)),
            Column::Rate => match bucket.rate() {
                Some(rate) => measured.rate(rate).into_any(),
                None => view! { <span title=TOO_SHORT>"–"</span> }.into_any(),
            },
            Column::Errors if bucket.errors == 0 => "0 %".into_any(),
            Column::Errors => link(Kind::Errors, 0, percent(bucket.error_rate().unwrap_or(0.0))),
            Column::P50 => duration(latency.p50).into_any(),
            Column::P95 => percentile(1, latency.p95),
            Column::P99 => percentile(2, latency.p99),
            Column::Longest => {
                latency.max.map(|max| link(Kind::Latency, 1, duration(max))).unwrap_or_else(|| ().into_any())
            }
        };
        let is_failing = *column == Column::Errors && bucket.errors > 0;
        view! { <td class:failing=is_failing>{content}</td> }
    };
    let cells = columns.iter().map(cell).collect_view();
    view! { <tr>{cells}</tr> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::metrics::{Metrics, Quantiles};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn columns_without_values_and_columns_like_another_are_left_out() {
        let with = |latency: Quantiles| ServiceMetrics {
            metrics: Metrics {
                buckets: vec![Bucket { calls: 1, latency: Some(latency), ..Bucket::default() }],
                ..Metrics::default()
            },
            ..ServiceMetrics::default()
        };
        let names = |latency: Quantiles| -> Vec<&str> {
            columns(&with(latency)).into_iter().map(Column::name).collect()
        };
        let one = Quantiles { p50: 7, max: Some(7), ..Quantiles::default() };
        assert_eq!(names(one), ["Time", "Requests", "Rate", "Errors", "p50"]);
        let some = Quantiles { p95: Some(8), max: Some(9), ..one };
        assert_eq!(names(some), ["Time", "Requests", "Rate", "Errors", "p50", "p95", "Longest"]);
    }
}
