//! The three charts of a service and the same numbers as a table.

use super::plots::{Kind, Measured, Wanted, when};
use crate::ui::chart::{Charted, PointAt, PointFacts, chart};
use crate::ui::element::{El, el};
use crate::ui::view::{effect, part, several};
use leptos::prelude::*;
use spandrel_trace::analysis::metrics::Bucket;
use spandrel_trace::units::{count, duration, percent, rate};

/// Latency, rate and errors over the same time, with one crosshair. `address` is that of the traces that a point
/// stands for, `open` goes there.
pub fn charts(measured: Memo<Measured>, address: Callback<Wanted, String>, open: Callback<Wanted>) -> El {
    let crosshair = RwSignal::new(None);
    effect(move || {
        // The moments of other measurements are others.
        measured.track();
        crosshair.set(None);
    });
    let charted = move |kind: Kind| {
        let facts = move |at: PointAt| {
            measured.with(|measured| PointFacts {
                href: kind.wanted(measured, at).map_or_else(|| "#".to_owned(), |wanted| address.run(wanted)),
                ..kind.facts(measured, at)
            })
        };
        let opened = move |at: PointAt| {
            if let Some(wanted) = measured.with_untracked(|measured| kind.wanted(measured, at)) {
                open.run(wanted);
            }
        };
        chart(Charted {
            title: kind.title(),
            kind: kind.name(),
            summary: Signal::derive(move || measured.with(|measured| kind.summary(measured))),
            plot: Memo::new(move |_| measured.with(|measured| kind.plot(measured))).into(),
            crosshair,
            facts: Callback::new(facts),
            open: Callback::new(opened),
        })
    };
    el("div", "monitor__charts").children([Kind::Latency, Kind::Rate, Kind::Errors].map(charted))
}

/// Every stretch of time that has traces, the latest first. `address` is that of the traces behind a number.
pub fn table(measured: Memo<Measured>, address: Callback<Wanted, String>) -> El {
    let columns = ["Time", "Traces", "Rate", "Failed", "p50", "p95", "p99", "Longest"];
    let columns = columns.map(|name| el("th", "").attr("scope", "col").text(name));
    let rows = part(
        move || measured.get(),
        move |measured| {
            let buckets = measured.metrics.buckets.iter().enumerate().rev();
            let buckets = buckets.filter(|(_, bucket)| bucket.calls > 0);
            several(buckets.map(|(moment, bucket)| row(&measured, moment, bucket, address)))
        },
    );
    el("table", "monitor__table")
        .test("monitor-table")
        .child(el("thead", "").child(el("tr", "").children(columns)))
        .child(el("tbody", "").child(rows))
}

fn row(measured: &Measured, moment: usize, bucket: &Bucket, address: Callback<Wanted, String>) -> El {
    let cell = |text: String| el("td", "").text(text);
    let link = |kind: Kind, line: usize, text: String| {
        let href = kind.wanted(measured, PointAt { line, moment }).map(|wanted| address.run(wanted));
        el("td", "").child(el("a", "").attr("href", href).text(text))
    };
    let latency = bucket.latency.unwrap_or_default();
    let failed = match bucket.errors {
        0 => cell("0 %".to_owned()),
        _ => link(Kind::Errors, 0, percent(bucket.error_rate().unwrap_or(0.0))).class_if("failing", true),
    };
    el("tr", "").children([
        cell(when(measured, bucket.window)),
        link(Kind::Rate, 0, count(bucket.calls as u64)),
        cell(bucket.rate().map(rate).unwrap_or_default()),
        failed,
        cell(duration(latency.p50)),
        link(Kind::Latency, 1, duration(latency.p95)),
        link(Kind::Latency, 2, duration(latency.p99)),
        cell(duration(latency.max)),
    ])
}
