//! What was measured as plots, and what each point of them says and opens. Pure.

use crate::ui::chart::backend::Ink;
use crate::ui::chart::plot::{Line, Plot};
use crate::ui::chart::{PointAt, PointFacts};
use spandrel_trace::analysis::metrics::{Bucket, Metrics, Quantiles, TimeWindow};
use spandrel_trace::scene::series::{Unit, clock, time_axis, value_axis};
use spandrel_trace::units::{count, duration, percent, rate};

/// The three charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How long traces took.
    Latency,
    /// How many there were.
    Rate,
    /// How many of them failed.
    Errors,
}

/// What was measured, of what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The service.
    pub service: String,
    /// The numbers.
    pub metrics: Metrics,
    /// What local time is ahead of UTC.
    pub offset_minutes: i32,
    /// How many traces the backend answered with.
    pub sample: usize,
    /// It has more than it answered.
    pub truncated: bool,
}

/// A search that a point stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Traces of this service.
    pub service: String,
    /// That began then.
    pub window: TimeWindow,
    /// The longest first.
    pub longest_first: bool,
    /// And failed.
    pub failed: bool,
}

/// A percentile's name, its line's ink and its value.
type Percentile = (&'static str, Ink, fn(&Quantiles) -> u64);

/// The percentiles of the latency chart, in the order of its lines.
const PERCENTILES: [Percentile; 3] = [
    ("p50", Ink::First, |latency| latency.p50),
    ("p95", Ink::Second, |latency| latency.p95),
    ("p99", Ink::Third, |latency| latency.p99),
];

impl Kind {
    /// What the chart is called.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Latency => "Latency",
            Kind::Rate => "Rate",
            Kind::Errors => "Errors",
        }
    }

    /// The name that tests know it by.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Latency => "latency",
            Kind::Rate => "rate",
            Kind::Errors => "errors",
        }
    }

    fn values(self, bucket: &Bucket) -> Vec<Option<f64>> {
        match self {
            Kind::Latency => {
                PERCENTILES.map(|(_, _, of)| bucket.latency.as_ref().map(|latency| of(latency) as f64)).into()
            }
            Kind::Rate => vec![bucket.rate()],
            Kind::Errors => vec![bucket.error_rate()],
        }
    }

    /// A value as text.
    fn said(self, value: f64) -> String {
        match self {
            Kind::Latency => duration(value as u64),
            Kind::Rate => rate(value),
            Kind::Errors => percent(value),
        }
    }

    /// The plot.
    pub fn plot(self, measured: &Measured) -> Plot {
        let metrics = &measured.metrics;
        let mut lines: Vec<Line> = match self {
            Kind::Latency => PERCENTILES
                .map(|(label, ink, _)| Line {
                    label: label.into(),
                    ink,
                    filled: label == "p50",
                    values: Vec::new(),
                })
                .into(),
            Kind::Rate => {
                vec![Line { label: "rate".into(), ink: Ink::First, filled: true, values: Vec::new() }]
            }
            Kind::Errors => {
                vec![Line { label: "failed".into(), ink: Ink::Error, filled: true, values: Vec::new() }]
            }
        };
        for bucket in &metrics.buckets {
            lines.iter_mut().zip(self.values(bucket)).for_each(|(line, value)| line.values.push(value));
        }
        let most = lines.iter().flat_map(|line| &line.values).copied().flatten().fold(0.0, f64::max);
        let unit = match self {
            Kind::Latency => Unit::Duration,
            Kind::Rate => Unit::PerSecond,
            Kind::Errors => Unit::Share,
        };
        let TimeWindow { start_unix, end_unix } = metrics.total.window;
        Plot {
            x: time_axis(start_unix, end_unix, measured.offset_minutes, 5),
            y: value_axis(most, unit, 4),
            moments: metrics.buckets.iter().map(|bucket| middle(bucket.window)).collect(),
            lines,
        }
    }

    /// The whole window in a few numbers.
    pub fn summary(self, measured: &Measured) -> String {
        let total = &measured.metrics.total;
        match self {
            Kind::Latency => total.latency.as_ref().map(|latency| {
                PERCENTILES.map(|(label, _, of)| format!("{label} {}", duration(of(latency)))).join(" · ")
            }),
            Kind::Rate => total.rate().map(|per_second| {
                format!("{}{}", if measured.truncated { "at least " } else { "" }, rate(per_second))
            }),
            Kind::Errors => total.error_rate().map(|share| {
                format!(
                    "{} · {} of {}",
                    percent(share),
                    count(total.errors as u64),
                    count(total.calls as u64)
                )
            }),
        }
        .unwrap_or_default()
    }

    /// What a point says; its address is the caller's.
    pub fn facts(self, measured: &Measured, at: PointAt) -> PointFacts {
        let Some(bucket) = measured.metrics.buckets.get(at.moment) else { return PointFacts::default() };
        let values =
            self.values(bucket).into_iter().map(|value| value.map(|value| self.said(value))).collect();
        let traces = if bucket.calls == 1 {
            "1 trace".to_owned()
        } else {
            format!("{} traces", count(bucket.calls as u64))
        };
        let note = match bucket.errors {
            0 => traces,
            errors => format!("{traces}, {} failed", count(errors as u64)),
        };
        PointFacts { when: when(measured, bucket.window), values, note, href: String::new() }
    }

    /// The traces that a point stands for.
    pub fn wanted(self, measured: &Measured, at: PointAt) -> Option<Wanted> {
        let bucket = measured.metrics.buckets.get(at.moment).filter(|bucket| bucket.calls > 0)?;
        // Backends compare durations of spans, and these are of whole traces: asked for a least duration they
        // would leave out what is looked for.
        let longest_first = self == Kind::Latency && at.line > 0;
        let failed = self == Kind::Errors && bucket.errors > 0;
        Some(Wanted { service: measured.service.clone(), window: bucket.window, longest_first, failed })
    }
}

/// A stretch of time as people read it.
pub fn when(measured: &Measured, window: TimeWindow) -> String {
    let seconds = !window.length().is_multiple_of(60_000_000_000) || window.length() < 60_000_000_000;
    let date = measured.metrics.total.window.seconds() > 86_400.0;
    let at = |unix: u64, date: bool| clock(unix, measured.offset_minutes, seconds, date);
    let same_day = window.seconds() < 86_400.0;
    format!("{} to {}", at(window.start_unix, date), at(window.end_unix, date && !same_day))
}

fn middle(window: TimeWindow) -> f64 {
    window.start_unix as f64 + window.length() as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use spandrel_trace::analysis::metrics::metrics;
    use spandrel_trace::model::{ServiceCount, TraceSummary};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const MINUTE: u64 = 60_000_000_000;
    const DAY: u64 = 1_795_219_200_000_000_000;

    fn measured() -> Measured {
        let summary = |minute: u64, duration: u64, errors: u32| TraceSummary {
            start_unix: DAY + minute * MINUTE,
            duration,
            services: vec![ServiceCount { name: "order".into(), spans: 1, errors }],
            ..TraceSummary::default()
        };
        let summaries = [summary(0, 40_000_000, 0), summary(0, 80_000_000, 1), summary(2, 7_000_000, 0)];
        let window = TimeWindow { start_unix: DAY, end_unix: DAY + 3 * MINUTE };
        Measured {
            service: "order".into(),
            metrics: metrics(&summaries, "order", window, MINUTE),
            sample: 3,
            ..Measured::default()
        }
    }

    #[test]
    fn minutes_without_traces_are_gaps_in_every_chart() {
        for kind in [Kind::Latency, Kind::Rate, Kind::Errors] {
            let plot = kind.plot(&measured());
            assert_eq!(plot.moments.len(), 3);
            for line in &plot.lines {
                assert!(
                    line.values[0].is_some() && line.values[1].is_none() && line.values[2].is_some(),
                    "{kind:?}"
                );
            }
            assert_eq!(kind.wanted(&measured(), PointAt { line: 0, moment: 1 }), None);
        }
    }

    #[test]
    fn points_stand_for_their_traces() {
        let window = TimeWindow { start_unix: DAY, end_unix: DAY + MINUTE };
        let order = Wanted { service: "order".into(), window, ..Wanted::default() };
        let at = |line| PointAt { line, moment: 0 };
        assert_eq!(Kind::Rate.wanted(&measured(), at(0)), Some(order.clone()));
        assert_eq!(Kind::Latency.wanted(&measured(), at(0)), Some(order.clone()));
        let longest_first = Wanted { longest_first: true, ..order.clone() };
        assert_eq!(Kind::Latency.wanted(&measured(), at(1)), Some(longest_first.clone()));
        assert_eq!(Kind::Latency.wanted(&measured(), at(2)), Some(longest_first));
        assert_eq!(Kind::Errors.wanted(&measured(), at(0)), Some(Wanted { failed: true, ..order }));
    }

    #[test]
    fn points_say_what_they_are() {
        let facts = Kind::Latency.facts(&measured(), PointAt { line: 1, moment: 0 });
        assert_eq!((facts.when.as_str(), facts.note.as_str()), ("00:00 to 00:01", "2 traces, 1 failed"));
        assert_eq!(facts.values, [Some("40 ms".into()), Some("80 ms".into()), Some("80 ms".into())]);
        assert_eq!(Kind::Errors.summary(&measured()), "33 % · 1 of 3");
        assert_eq!(Kind::Rate.summary(&Measured { truncated: true, ..measured() }), "at least 1 /min");
    }
}
