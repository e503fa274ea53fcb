//! The three charts of a service and the same numbers as a table.

use super::plots::{Kind, Measured, Wanted, when};
use crate::ui::chart::{Chart, PointAt, PointFacts};
use leptos::prelude::*;
use spandrel_trace::units::{count, duration, percent, rate};

/// Latency, rate and errors over the same time, with one crosshair.
#[component]
pub fn Charts(
    /// What is drawn.
    #[prop(into)]
    measured: Signal<Measured>,
    /// The address of the traces that a point stands for.
    #[prop(into)]
    address: Callback<Wanted, String>,
    /// Goes there.
    #[prop(into)]
    open: Callback<Wanted>,
) -> impl IntoView {
    let crosshair = RwSignal::new(None);
    Effect::new(move |_| {
        // The moments of other measurements are others.
        measured.track();
        crosshair.set(None);
    });
    let chart = move |kind: Kind| {
        let plot = Memo::new(move |_| measured.with(|measured| kind.plot(measured)));
        let summary = Memo::new(move |_| measured.with(|measured| kind.summary(measured)));
        let wanted = move |at: PointAt| measured.with(|measured| kind.wanted(measured, at));
        let facts = move |at: PointAt| PointFacts {
            href: wanted(at).map(|wanted| address.run(wanted)).unwrap_or_else(|| "#".to_owned()),
            ..measured.with(|measured| kind.facts(measured, at))
        };
        let opened = move |at: PointAt| {
            if let Some(wanted) = measured.with_untracked(|measured| kind.wanted(measured, at)) {
                open.run(wanted);
            }
        };
        view! { <Chart title=kind.title() summary plot crosshair facts open=opened kind=kind.name() /> }
    };
    view! {
        <div class="monitor__charts">
            {chart(Kind::Latency)} {chart(Kind::Rate)} {chart(Kind::Errors)}
        </div>
    }
}

/// Every stretch of time that has traces, the latest first.
#[component]
pub fn Table(
    /// What is listed.
    #[prop(into)]
    measured: Signal<Measured>,
    /// The address of the traces that a number stands for.
    #[prop(into)]
    address: Callback<Wanted, String>,
) -> impl IntoView {
    let rows = move || {
        measured.with(|measured| {
            let buckets = measured.metrics.buckets.iter().enumerate().rev().filter(|(_, bucket)| bucket.calls > 0);
            buckets
                .map(|(moment, bucket)| {
                    let link = |kind: Kind, line: usize, text: String| {
                        let href = kind.wanted(measured, PointAt { line, moment }).map(|wanted| address.run(wanted));
                        view! { <a href=href>{text}</a> }
                    };
                    let latency = bucket.latency.unwrap_or_default();
                    let failing = bucket.errors > 0;
                    view! {
                        <tr>
                            <td>{when(measured, bucket.window)}</td>
                            <td>{link(Kind::Rate, 0, count(bucket.calls as u64))}</td>
                            <td>{bucket.rate().map(rate)}</td>
                            <td class:failing=failing>
                                {if failing {
                                    link(Kind::Errors, 0, percent(bucket.error_rate().unwrap_or(0.0))).into_any()
                                } else {
                                    "0 %".into_any()
                                }}
                            </td>
                            <td>{duration(latency.p50)}</td>
                            <td>{link(Kind::Latency, 1, duration(latency.p95))}</td>
                            <td>{link(Kind::Latency, 2, duration(latency.p99))}</td>
                            <td>{duration(latency.max)}</td>
                        </tr>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <table class="monitor__table" data-test="monitor-table">
            <thead>
                <tr>
                    <th scope="col">"Time"</th>
                    <th scope="col">"Traces"</th>
                    <th scope="col">"Rate"</th>
                    <th scope="col">"Failed"</th>
                    <th scope="col">"p50"</th>
                    <th scope="col">"p95"</th>
                    <th scope="col">"p99"</th>
                    <th scope="col">"Longest"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
