//! The charts of a service: their plots, texts and links. Pure.

use super::measured::{Basis, ServiceMetrics, no_break, slice};
use crate::ui::chart::backend::Ink;
use crate::ui::chart::plot::{ChartLine, Plot};
use crate::ui::chart::{PointAt, PointFacts};
use spandrel_trace::analysis::metrics::{Bucket, Quantiles, TimeWindow};
use spandrel_trace::scene::series::{Unit, time_axis, value_axis};
use spandrel_trace::units::{count, duration, percent};

/// The three charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Durations.
    Latency,
    /// Requests or traces per second.
    Rate,
    /// Share of them with errors of the service.
    Errors,
}

/// The search that a point links to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedSearch {
    /// Traces of this service.
    pub service: String,
    /// Of this operation of it; empty for all.
    pub operation: String,
    /// That started in this time.
    pub window: TimeWindow,
    /// The longest first.
    pub longest_first: bool,
    /// With errors only.
    pub failed: bool,
}

/// A percentile's name, its line's ink and its value.
type Percentile = (&'static str, Ink, fn(&Quantiles) -> Option<u64>);

/// The percentiles of the latency chart, in the order of its lines.
const PERCENTILES: [Percentile; 3] = [
    ("p50", Ink::First, |latency| Some(latency.p50)),
    ("p95", Ink::Second, |latency| latency.p95),
    ("p99", Ink::Third, |latency| latency.p99),
];

impl Kind {
    /// Title of the chart. Summaries have the duration of whole traces only, with asynchronous work that other services do
    /// after the response.
    pub fn title(self, measured: &ServiceMetrics) -> String {
        match (self, measured.basis) {
            (Kind::Latency, Basis::EntrySpans | Basis::MetricsStore) => {
                format!("Latency of {}", measured.service)
            }
            (Kind::Latency, Basis::Summaries) => format!("Duration of traces through {}", measured.service),
            (Kind::Rate, Basis::EntrySpans | Basis::MetricsStore) => "Requests".to_owned(),
            (Kind::Rate, Basis::Summaries) => "Rate of traces".to_owned(),
            (Kind::Errors, _) => "Errors".to_owned(),
        }
    }

    /// `data-kind` of the chart.
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
                let value = |of: fn(&Quantiles) -> Option<u64>| Some(of(bucket.latency.as_ref()?)? as f64);
                PERCENTILES.map(|(_, _, of)| value(of)).into()
            }
            Kind::Rate => vec![bucket.rate()],
            Kind::Errors => vec![bucket.error_rate()],
        }
    }

    /// Formats a value.
    fn format(self, measured: &ServiceMetrics, value: f64) -> String {
        match self {
            Kind::Latency => no_break(&duration(value as u64)),
            Kind::Rate => measured.rate(value),
            Kind::Errors => percent(value),
        }
    }

    /// The plot.
    pub fn plot(self, measured: &ServiceMetrics) -> Plot {
        let metrics = &measured.metrics;
        let mut lines: Vec<ChartLine> = match self {
            Kind::Latency => PERCENTILES
                .map(|(label, ink, _)| ChartLine {
                    label: label.into(),
                    ink,
                    filled: label == "p50",
                    values: Vec::new(),
                })
                .into(),
            Kind::Rate => {
                vec![ChartLine { label: "rate".into(), ink: Ink::First, filled: true, values: Vec::new() }]
            }
            Kind::Errors => {
                vec![ChartLine { label: "errors".into(), ink: Ink::Error, filled: true, values: Vec::new() }]
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
        let TimeWindow { start_unix, end_unix } = measured.window;
        let covered = metrics.total.window;
        Plot {
            x: time_axis(start_unix, end_unix, measured.offset_minutes, 5),
            y: value_axis(most, unit, 4),
            moments: metrics.buckets.iter().map(|bucket| middle(bucket.window)).collect(),
            lines,
            uncovered: measured.gap().map(|_| (start_unix as f64, covered.start_unix as f64)),
            is_flush: false,
        }
    }

    /// The whole window in a few numbers.
    pub fn summary(self, measured: &ServiceMetrics) -> String {
        let total = &measured.metrics.total;
        match self {
            Kind::Latency => total.latency.as_ref().map(|latency| {
                let known = PERCENTILES.iter().filter_map(|(label, _, of)| Some((*label, of(latency)?)));
                let known = known.chain(latency.max.map(|max| ("max", max)));
                let texts = known.map(|(label, value)| no_break(&format!("{label} {}", duration(value))));
                texts.collect::<Vec<_>>().join(" · ")
            }),
            Kind::Rate => total.rate().map(|rate| measured.rate(rate)),
            Kind::Errors => total.error_rate().map(|share| {
                let counted = format!("{} of {}", count(total.errors as u64), count(total.calls as u64));
                format!("{} · {}", no_break(&percent(share)), no_break(&counted))
            }),
        }
        .unwrap_or_default()
    }

    /// Texts of a point, without its link.
    pub fn facts(self, measured: &ServiceMetrics, at: PointAt) -> PointFacts {
        let Some(bucket) = measured.metrics.buckets.get(at.moment) else { return PointFacts::default() };
        // A percentile needs a number of requests.
        let unknown = || (bucket.calls > 0).then(|| "too few".to_owned());
        let text = |value: Option<f64>| value.map(|value| self.format(measured, value)).or_else(unknown);
        let values = self.values(bucket).into_iter().map(text).collect();
        let counted = measured.basis.counted(bucket.calls);
        let note = match bucket.errors {
            0 => counted,
            errors => format!("{counted}, {} with errors", count(errors as u64)),
        };
        PointFacts { when: slice(measured, bucket.window), values, note, href: String::new() }
    }

    /// The search for the traces of a point; `None` in a gap.
    pub fn wanted(self, measured: &ServiceMetrics, at: PointAt) -> Option<LinkedSearch> {
        let bucket = measured.metrics.buckets.get(at.moment).filter(|bucket| bucket.calls > 0)?;
        // Servers compare durations of single spans: a minimum would leave out traces that are meant.
        let longest_first = self == Kind::Latency && at.line > 0;
        let failed = self == Kind::Errors && bucket.errors > 0;
        let (service, window) = (measured.service.clone(), bucket.window);
        Some(LinkedSearch { service, window, longest_first, failed, ..LinkedSearch::default() })
    }
}

fn middle(window: TimeWindow) -> f64 {
    window.start_unix as f64 + window.length() as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::monitor::measured::MINUTE;
    use crate::pages::monitor::measured::tests::{DAY, measured};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn minutes_without_traces_are_gaps_in_every_chart() {
        for kind in [Kind::Latency, Kind::Rate, Kind::Errors] {
            let plot = kind.plot(&measured());
            assert_eq!(plot.moments.len(), 3);
            for line in &plot.lines {
                let known: Vec<bool> = line.values.iter().map(Option::is_some).collect();
                let few = ["p95", "p99"].contains(&line.label.as_str());
                assert_eq!(
                    known,
                    if few { [false; 3] } else { [true, false, true] },
                    "{kind:?}, {}",
                    line.label
                );
            }
            assert_eq!(kind.wanted(&measured(), PointAt { line: 0, moment: 1 }), None);
        }
    }

    #[test]
    fn points_link_to_their_traces() {
        let window = TimeWindow { start_unix: DAY, end_unix: DAY + MINUTE };
        let order = LinkedSearch { service: "order".into(), window, ..LinkedSearch::default() };
        let at = |line| PointAt { line, moment: 0 };
        assert_eq!(Kind::Rate.wanted(&measured(), at(0)), Some(order.clone()));
        assert_eq!(Kind::Latency.wanted(&measured(), at(0)), Some(order.clone()));
        let longest_first = LinkedSearch { longest_first: true, ..order.clone() };
        assert_eq!(Kind::Latency.wanted(&measured(), at(1)), Some(longest_first.clone()));
        assert_eq!(Kind::Latency.wanted(&measured(), at(2)), Some(longest_first));
        assert_eq!(Kind::Errors.wanted(&measured(), at(0)), Some(LinkedSearch { failed: true, ..order }));
    }

    #[test]
    fn points_have_texts() {
        let facts = Kind::Latency.facts(&measured(), PointAt { line: 1, moment: 0 });
        assert_eq!((facts.when.as_str(), facts.note.as_str()), ("00:00 to 00:01", "2 traces, 1 with errors"));
        assert_eq!(facts.values, [Some("40\u{a0}ms".into()), Some("too few".into()), Some("too few".into())]);
        // Lines break between the figures only.
        assert_eq!(Kind::Errors.summary(&measured()), "33\u{a0}% · 1\u{a0}of\u{a0}3");
        assert_eq!(Kind::Latency.summary(&measured()), "p50\u{a0}40\u{a0}ms · max\u{a0}80\u{a0}ms");
        assert_eq!(Kind::Rate.summary(&measured()), "1\u{a0}/min");
    }

    #[test]
    fn titles_say_what_is_measured() {
        let summaries = measured();
        assert_eq!(Kind::Latency.title(&summaries), "Duration of traces through order");
        let entries = ServiceMetrics { basis: Basis::EntrySpans, ..summaries };
        assert_eq!(Kind::Latency.title(&entries), "Latency of order");
        let facts = Kind::Rate.facts(&entries, PointAt { line: 0, moment: 2 });
        assert_eq!(facts.note, "1 request");
    }

    /// The part of the window before the oldest trace received was drawn as quiet.
    #[test]
    fn the_part_without_data_is_marked_on_the_time_axis() {
        let whole = measured();
        assert_eq!(Kind::Rate.plot(&whole).uncovered, None);
        let window = TimeWindow { start_unix: DAY - 10 * MINUTE, ..whole.window };
        let partial = ServiceMetrics { window, truncated: true, ..whole };
        assert_eq!(partial.gap(), Some("Not loaded"));
        let earliest = ServiceMetrics { truncated: false, basis: Basis::EntrySpans, ..partial.clone() };
        assert_eq!((earliest.gap(), measured().gap()), (Some("No earlier requests"), None));
        let plot = Kind::Rate.plot(&partial);
        assert_eq!(plot.uncovered, Some(((DAY - 10 * MINUTE) as f64, DAY as f64)));
        assert_eq!((plot.x.low, plot.x.high), ((DAY - 10 * MINUTE) as f64, (DAY + 3 * MINUTE) as f64));
    }
}
