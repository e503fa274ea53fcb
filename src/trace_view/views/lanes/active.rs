//! The chart of active spans over the visible time.

use super::super::super::address;
use super::super::super::counted::counted;
use super::super::super::session::Session;
use super::super::super::span_filter::span_filter;
use super::super::super::span_source::SpanSource;
use crate::route::TraceView;
use crate::state::busy;
use crate::state::tasks::{sleep, spawn_scoped};
use crate::ui::chart::backend::Ink;
use crate::ui::chart::plot::{ChartLine, Plot};
use crate::ui::chart::{Chart, PointAt, PointFacts};
use leptos::prelude::*;
use spandrel_trace::analysis::concurrency::Concurrency;
use spandrel_trace::engine::{Answer, QuestionTopic};
use spandrel_trace::scene::series::{ChartAxis, Unit, value_axis};
use spandrel_trace::units::{count, duration};
use std::sync::Arc;

/// Intervals that the visible time is divided into.
const INTERVALS: u32 = 240;
/// Milliseconds after the last zoom or pan until spans are counted again.
const PAUSE: u32 = 120;
/// Lines of services, besides the one of all spans.
const INKS: [Ink; 2] = [Ink::Third, Ink::Second];

/// The chart.
#[component]
pub fn ActiveSpans(session: Session, source: SpanSource) -> impl IntoView {
    let counts = load(session, source);
    let plot = Signal::derive(move || counts.with(|counts| plot(counts)));
    let summary = Signal::derive(move || {
        counts.with(|counts| {
            let peak = counts.all.iter().max().copied().unwrap_or(0);
            let others = match counts.other_services {
                0 => String::new(),
                others => format!(" · {} not drawn", counted(others, "more service", "more services")),
            };
            match peak {
                0 => format!("no span is active for any time{others}"),
                _ => format!("at most {}{others}", counted(peak as usize, "span", "spans")),
            }
        })
    });
    let facts = Callback::new(move |at: PointAt| {
        counts.with_untracked(|counts| {
            let (start, end) = interval(counts, at.moment);
            let value = |line: &[u32]| line.get(at.moment).map(|spans| count(u64::from(*spans)));
            let values = lines(counts).map(|(_, _, line)| value(line)).collect();
            let view = TraceView { range: Some((start, end)), ..untrack(|| address::view_of(session)) };
            PointFacts {
                when: format!("{} to {}", duration(start), duration(end)),
                values,
                note: "most at once".to_owned(),
                href: source.link_with(view),
            }
        })
    });
    let open = Callback::new(move |at: PointAt| {
        let (start, end) = counts.with_untracked(|counts| interval(counts, at.moment));
        session.viewport.zoom_to(start, end);
    });
    let crosshair = RwSignal::new(None);
    view! {
        <div class="lanes-chart">
            <Chart
                title=Signal::stored("Active spans".to_owned())
                kind="active"
                summary
                plot
                crosshair
                facts
                open
                enter="zooms to an interval"
            />
        </div>
    }
}

fn load(session: Session, source: SpanSource) -> RwSignal<Arc<Concurrency>> {
    let counts = RwSignal::new(Arc::<Concurrency>::default());
    let filter = span_filter(session);
    Effect::new(move |before: Option<()>| {
        let outline = session.outline_live().get();
        let (range, filter) = (session.viewport.range.get(), filter.get());
        let busy = busy::hold();
        spawn_scoped(async move {
            let _busy = busy;
            if before.is_some() {
                sleep(PAUSE).await;
            }
            let topic = QuestionTopic::Concurrency { filter, range, intervals: INTERVALS };
            let answer = source.ask(topic).await;
            // Without an answer the chart stays as it was.
            if let Ok(Answer::Concurrency(found)) = answer
                && Arc::ptr_eq(&outline, &session.outline())
            {
                counts.set(Arc::new(found));
            }
        });
    });
    counts
}

/// Start and end of an interval, nanoseconds from the trace's start.
fn interval(counts: &Concurrency, index: usize) -> (u64, u64) {
    let (start, end) = counts.range;
    let bound = |index: usize| {
        start + (u128::from(end - start) * index as u128 / counts.all.len().max(1) as u128) as u64
    };
    (bound(index), bound(index + 1))
}

/// The lines: all spans first.
fn lines(counts: &Concurrency) -> impl Iterator<Item = (&str, Ink, &[u32])> {
    let services =
        counts.services.iter().zip(INKS).map(|((name, line), ink)| (name.as_str(), ink, &line[..]));
    std::iter::once(("All spans", Ink::First, &counts.all[..])).chain(services)
}

fn plot(counts: &Concurrency) -> Plot {
    let (start, end) = counts.range;
    if counts.all.is_empty() {
        return Plot::default();
    }
    // The ruler of the lanes labels it.
    let x = ChartAxis { low: start as f64, high: end as f64, ticks: Vec::new() };
    let most = counts.all.iter().max().copied().unwrap_or(0);
    let moments = (0..counts.all.len())
        .map(|index| {
            let (start, end) = interval(counts, index);
            (start as f64 + end as f64) / 2.0
        })
        .collect();
    let line = |(label, ink, values): (&str, Ink, &[u32])| ChartLine {
        label: label.to_owned(),
        ink,
        filled: ink == Ink::First,
        values: values.iter().map(|value| Some(f64::from(*value))).collect(),
    };
    let lines = lines(counts).map(line).collect();
    Plot {
        x,
        y: value_axis(f64::from(most), Unit::Count, 3),
        moments,
        lines,
        uncovered: None,
        is_flush: true,
    }
}
