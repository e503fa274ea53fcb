//! The three charts of a service, and the same values as a table.

use super::plots::{Basis, Kind, Measured, Wanted, when};
use crate::ui::chart::{Chart, PointAt, PointFacts};
use leptos::prelude::*;
use spandrel_trace::analysis::metrics::Bucket;
use spandrel_trace::units::{count, duration, percent, rate};

/// Duration, rate and errors over the same time, with a shared crosshair.
#[component]
pub fn Charts(
    measured: Memo<Measured>,
    /// Address of the traces of a point.
    address: Callback<Wanted, String>,
    /// Opens the traces of a point.
    open: Callback<Wanted>,
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
        view! { <Chart title=title kind=kind.name() summary=summary plot=plot crosshair=crosshair facts=facts open=open/> }
    };
    view! { <div class="monitor__charts">{[Kind::Latency, Kind::Rate, Kind::Errors].map(chart).collect_view()}</div> }
}

const TOO_FEW: &str = "Too few for this percentile";

/// The time slices that have traces, latest first.
#[component]
pub fn BucketTable(
    measured: Memo<Measured>,
    /// Address of the traces of a value.
    address: Callback<Wanted, String>,
) -> impl IntoView {
    let heads = move || {
        let counted = match measured.with(|measured| measured.basis) {
            Basis::EntrySpans => "Requests",
            Basis::Summaries => "Traces",
        };
        let heads = ["Time", counted, "Rate", "Errors", "p50", "p95", "p99", "Longest"];
        heads.map(|name| view! { <th scope="col">{name}</th> }).collect_view()
    };
    let rows = move || {
        measured.with(|measured| {
            let buckets = measured.metrics.buckets.iter().enumerate().rev();
            let buckets = buckets.filter(|(_, bucket)| bucket.calls > 0);
            buckets.map(|(moment, bucket)| row(measured, moment, bucket, address)).collect_view()
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

fn row(
    measured: &Measured,
    moment: usize,
    bucket: &Bucket,
    address: Callback<Wanted, String>,
) -> impl IntoView + use<> {
    let link = |kind: Kind, line: usize, text: String| {
        let href = kind.wanted(measured, PointAt { line, moment }).map(|wanted| address.run(wanted));
        view! { <a href=href>{text}</a> }
    };
    let latency = bucket.latency.unwrap_or_default();
    let percentile = |line: usize, value: Option<u64>| match value {
        Some(value) => link(Kind::Latency, line, duration(value)).into_any(),
        None => view! { <span title=TOO_FEW>"–"</span> }.into_any(),
    };
    let errors = match bucket.errors {
        0 => "0 %".into_any(),
        _ => link(Kind::Errors, 0, percent(bucket.error_rate().unwrap_or(0.0))).into_any(),
    };
    view! {
        <tr>
            <td>{when(measured, bucket.window)}</td>
            <td>{link(Kind::Rate, 0, count(bucket.calls as u64))}</td>
            <td>{bucket.rate().map(rate).unwrap_or_default()}</td>
            <td class:failing=bucket.errors.gt(&0)>{errors}</td>
            <td>{duration(latency.p50)}</td>
            <td>{percentile(1, latency.p95)}</td>
            <td>{percentile(2, latency.p99)}</td>
            <td>{link(Kind::Latency, 1, duration(latency.max))}</td>
        </tr>
    }
}
