//! Metrics of a service, with the texts of rates and times that the whole page has in one format. Pure.

use spandrel_trace::analysis::entries::OperationMetrics;
use spandrel_trace::analysis::metrics::{Bucket, Metrics, TimeWindow};
use spandrel_trace::scene::series::clock;
use spandrel_trace::units::{RateUnit, count};

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// The service's entry spans, each a request: counted by the server, or read from whole traces.
    EntrySpans,
    /// Series of the server's metrics store.
    MetricsStore,
    /// Whole traces that pass through the service: the server gave only summaries.
    #[default]
    Summaries,
}

impl Basis {
    /// A number of what is measured: `1 request`, `31 traces`.
    pub fn counted(self, number: usize) -> String {
        let one = match self {
            Basis::EntrySpans | Basis::MetricsStore => "request",
            Basis::Summaries => "trace",
        };
        format!("{} {one}{}", count(number as u64), if number == 1 { "" } else { "s" })
    }
}

/// Metrics of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceMetrics {
    /// The service.
    pub service: String,
    /// The time range that was asked for.
    pub window: TimeWindow,
    /// The metrics over the part of it that the received traces cover.
    pub metrics: Metrics,
    /// What they are of.
    pub basis: Basis,
    /// The operations over that part; none of summaries.
    pub operations: Vec<OperationMetrics>,
    /// Offset of the time zone from UTC, minutes.
    pub offset_minutes: i32,
    /// Number of traces received; `None` if the server counted.
    pub sample: Option<usize>,
    /// The server has more traces than it was asked for.
    pub truncated: bool,
}

impl ServiceMetrics {
    /// A rate, in the unit and with the decimals that all rates of the page have.
    pub fn rate(&self, per_second: f64) -> String {
        let all = self.metrics.buckets.iter().chain([&self.metrics.total]);
        let most = all.filter_map(Bucket::rate).fold(0.0, f64::max);
        let (scale, sign) = RateUnit::of(most).scale();
        let (decimals, least) = match most * scale {
            ..10.0 => (2, "0.01"),
            ..100.0 => (1, "0.1"),
            _ => (0, "1"),
        };
        let rate = (per_second * scale).max(0.0);
        let text = match decimals {
            0 => count(rate.round() as u64),
            decimals => {
                let text = format!("{rate:.decimals$}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        };
        let text = if text == "0" && rate > 0.0 { format!("< {least}") } else { text };
        no_break(&format!("{text} {sign}"))
    }

    /// Why the start of the time range has no data; `None` if all of it is covered.
    pub fn gap(&self) -> Option<&'static str> {
        match (self.metrics.total.window.start_unix > self.window.start_unix, self.basis) {
            (false, _) => None,
            (true, _) if self.truncated => Some("Not loaded"),
            (true, Basis::Summaries) => Some("No earlier traces"),
            (true, _) => Some("No earlier requests"),
        }
    }
}

/// A time range to the second, for what is covered.
pub fn range(measured: &ServiceMetrics, window: TimeWindow) -> String {
    format!("{} to {}", instant(measured, window.start_unix), instant(measured, window.end_unix))
}

/// A time to the second.
pub fn instant(measured: &ServiceMetrics, unix: u64) -> String {
    clock(unix, measured.offset_minutes, true, has_dates(measured))
}

fn has_dates(measured: &ServiceMetrics) -> bool {
    measured.window.seconds() >= 86_400.0
}

/// A minute, nanoseconds.
pub const MINUTE: u64 = 60_000_000_000;

/// A time slice, as long as it is where nothing cuts it: minutes where all are whole minutes, else seconds.
pub fn slice(measured: &ServiceMetrics, window: TimeWindow) -> String {
    let width = measured.metrics.width;
    let is_minutes = width > 0 && width.is_multiple_of(MINUTE);
    let unit = if is_minutes { MINUTE } else { MINUTE / 60 };
    let start = window.start_unix / unit * unit;
    let end = window.end_unix.div_ceil(unit).saturating_mul(unit);
    let date = has_dates(measured);
    let at = |unix: u64, date: bool| clock(unix, measured.offset_minutes, !is_minutes, date);
    let same_day = window.seconds() < 86_400.0;
    format!("{} to {}", at(start, date), at(end, date && !same_day))
}

/// A text that is not wrapped.
pub fn no_break(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use spandrel_trace::analysis::metrics::{metrics, samples_of_summaries};
    use spandrel_trace::model::{ServiceCount, TraceSummary};
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Midnight, nanoseconds since the Unix epoch.
    pub const DAY: u64 = 1_795_219_200_000_000_000;

    /// Summaries of three traces through a service in the first and the last of three minutes.
    pub fn measured() -> ServiceMetrics {
        let summary = |minute: u64, duration: u64, errors: u32| TraceSummary {
            start_unix: DAY + minute * MINUTE,
            duration,
            services: vec![ServiceCount { name: "order".into(), spans: 1, errors }],
            ..TraceSummary::default()
        };
        let summaries = [summary(0, 40_000_000, 0), summary(0, 80_000_000, 1), summary(2, 7_000_000, 0)];
        let window = TimeWindow { start_unix: DAY, end_unix: DAY + 3 * MINUTE };
        ServiceMetrics {
            service: "order".into(),
            window,
            metrics: metrics(samples_of_summaries(&summaries, "order"), window, MINUTE),
            sample: Some(3),
            ..ServiceMetrics::default()
        }
    }

    /// A rate of 0.02 /s was beside one of 0.0292 /s, and times with seconds above times without.
    #[test]
    fn figures_of_one_page_have_one_format() {
        let rates = |rate: f64| ServiceMetrics {
            metrics: Metrics {
                total: Bucket {
                    calls: (rate * 100.0) as usize,
                    window: TimeWindow { start_unix: 0, end_unix: 100_000_000_000 },
                    ..Bucket::default()
                },
                ..Metrics::default()
            },
            ..ServiceMetrics::default()
        };
        let text = |most: f64, rate: f64| rates(most).rate(rate).replace('\u{a0}', " ");
        assert_eq!([text(2.0, 0.0292), text(2.0, 0.02), text(2.0, 2.0)], ["0.03 /s", "0.02 /s", "2 /s"]);
        assert_eq!([text(20.0, 0.01), text(200.0, 1234.4)], ["< 0.1 /s", "1,234 /s"]);
        let cut = TimeWindow { start_unix: DAY + MINUTE, end_unix: DAY + MINUTE + MINUTE / 3 };
        assert_eq!(slice(&measured(), cut), "00:01 to 00:02");
        assert_eq!(range(&measured(), cut), "00:01:00 to 00:01:20");
        let mut narrow = measured();
        narrow.metrics.width = MINUTE / 4;
        assert_eq!(
            slice(&narrow, TimeWindow { end_unix: DAY + MINUTE, start_unix: DAY }),
            "00:00:00 to 00:01:00"
        );
    }
}
