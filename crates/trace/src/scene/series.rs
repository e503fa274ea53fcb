//! Line charts over time: gaps, axes, tick labels.

use crate::units::{RateUnit, count, date_time, duration, month_name};
use jiff::civil::DateTime;
use std::ops::Range;

const SECOND: u64 = 1_000_000_000;

/// Unit of a value axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Number of items.
    #[default]
    Count,
    /// Items per second.
    PerSecond,
    /// Share, 0 to 1.
    Share,
    /// Nanoseconds.
    Duration,
}

/// A tick of an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartTick {
    /// Value on the axis.
    pub at: f64,
    /// Label.
    pub label: String,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartAxis {
    /// Value at its start.
    pub low: f64,
    /// Value at its end, above `low`.
    pub high: f64,
    /// Ticks in ascending order.
    pub ticks: Vec<ChartTick>,
}

/// Runs of consecutive values, which are connected by lines. A run of one is a dot.
pub fn runs(values: &[Option<f64>]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if !value.is_some_and(f64::is_finite) {
            continue;
        }
        match runs.last_mut().filter(|run| run.end == index) {
            Some(run) => run.end += 1,
            None => runs.push(index..index + 1),
        }
    }
    runs
}

/// An axis from 0 to at least `max`, in about `about` round steps.
pub fn value_axis(max: f64, unit: Unit, about: usize) -> ChartAxis {
    let least = match unit {
        Unit::Duration => 1_000.0,
        Unit::Share => 0.01,
        Unit::PerSecond => 0.001,
        Unit::Count => 1.0,
    };
    let max = if max.is_finite() { max.max(least) } else { least };
    if unit == Unit::PerSecond {
        let (scale, sign) = RateUnit::of(max).scale();
        let mut axis = rate_axis(max * scale, sign, about);
        axis.high /= scale;
        axis.ticks.iter_mut().for_each(|tick| tick.at /= scale);
        return axis;
    }
    let steps = about.clamp(1, 20) as f64;
    let step = match unit {
        Unit::Duration => duration_step(max / steps),
        Unit::Count => nice_step(max / steps).max(1.0),
        Unit::Share | Unit::PerSecond => nice_step(max / steps),
    };
    let last = (max / step - 1e-9).ceil().max(1.0) as usize;
    let high = match unit {
        Unit::Share => (last as f64 * step).min(1.0),
        _ => last as f64 * step,
    };
    let values = (0..=last).map(|index| index as f64 * step).filter(|at| *at <= high * (1.0 + 1e-9));
    ChartAxis {
        low: 0.0,
        high,
        ticks: values.map(|at| ChartTick { at, label: value_label(at, step, unit) }).collect(),
    }
}

fn rate_axis(max: f64, unit: &str, about: usize) -> ChartAxis {
    let step = nice_step(max / about.clamp(1, 20) as f64);
    let last = (max / step - 1e-9).ceil().max(1.0) as usize;
    let tick = |index: usize| {
        let at = index as f64 * step;
        let label = if index == 0 { "0".to_owned() } else { format!("{} {unit}", decimal(at, step)) };
        ChartTick { at, label }
    };
    ChartAxis { low: 0.0, high: last as f64 * step, ticks: (0..=last).map(tick).collect() }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `ideal`.
fn nice_step(ideal: f64) -> f64 {
    let power = 10f64.powf(ideal.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= ideal * (1.0 - 1e-9))
        .unwrap_or(power * 10.0)
}

/// Steps in nanoseconds that are round in their unit.
fn duration_step(ideal: f64) -> f64 {
    const LONG: [u64; 12] = [15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 43_200];
    if ideal <= 10e9 {
        return nice_step(ideal);
    }
    let long = LONG.into_iter().map(|seconds| (seconds * SECOND) as f64).find(|step| *step >= ideal);
    long.unwrap_or_else(|| nice_step(ideal / 86_400e9).max(1.0) * 86_400e9)
}

fn value_label(at: f64, step: f64, unit: Unit) -> String {
    match unit {
        Unit::Duration if at == 0.0 => "0".to_owned(),
        Unit::Duration => duration(at.round() as u64),
        Unit::Count | Unit::PerSecond => count(at.round() as u64),
        Unit::Share => format!("{} %", decimal(at * 100.0, step * 100.0)),
    }
}

/// As many decimals as the step has, with thousands separators.
fn decimal(at: f64, step: f64) -> String {
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).max(0.0) as usize;
    if decimals == 0 { count(at.round() as u64) } else { format!("{at:.decimals$}") }
}

/// An axis over a time range (nanoseconds since the Unix epoch) with ticks at round local times. `offset_minutes` is
/// the offset of local time from UTC.
pub fn time_axis(start_unix: u64, end_unix: u64, offset_minutes: i32, about: usize) -> ChartAxis {
    const STEPS: [u64; 17] =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];
    let end_unix = end_unix.max(start_unix.saturating_add(1));
    let ideal = (end_unix - start_unix).div_ceil(about.clamp(1, 50) as u64).div_ceil(SECOND);
    let step =
        STEPS.into_iter().find(|step| *step >= ideal).unwrap_or_else(|| ideal.div_ceil(86_400) * 86_400);
    let (offset, step_length) = (i64::from(offset_minutes) * 60, step as i64);
    let local_start = (start_unix / SECOND) as i64 + offset;
    let first = local_start.div_euclid(step_length) * step_length;
    let ticks = (0..=about.clamp(1, 50) as i64 + 2)
        .map(|index| first + index * step_length)
        .filter_map(|local| {
            let at = u64::try_from(local - offset).ok()?.checked_mul(SECOND)?;
            (start_unix..=end_unix)
                .contains(&at)
                .then(|| ChartTick { at: at as f64, label: time_label(date_time(at, offset_minutes), step) })
        })
        .collect();
    ChartAxis { low: start_unix as f64, high: end_unix as f64, ticks }
}

/// `14:05`, with seconds if the step has them; a date at midnight and for steps of days.
fn time_label(local: DateTime, step: u64) -> String {
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    if (hour, minute, second) == (0, 0, 0) {
        return day_and_month(local);
    }
    if step < 60 { format!("{hour:02}:{minute:02}:{second:02}") } else { format!("{hour:02}:{minute:02}") }
}

/// An instant (nanoseconds since the Unix epoch) in local time: `14:05`, `14:05:30`, `21 Nov 14:05`.
pub fn clock(unix: u64, offset_minutes: i32, seconds: bool, date: bool) -> String {
    let local = date_time(unix, offset_minutes);
    let mut text = format!("{:02}:{:02}", local.hour(), local.minute());
    if seconds {
        text.push_str(&format!(":{:02}", local.second()));
    }
    if date {
        text.insert_str(0, &format!("{} ", day_and_month(local)));
    }
    text
}

fn day_and_month(local: DateTime) -> String {
    format!("{} {}", local.day(), month_name(local.month()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &ChartAxis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn gaps_break_the_line() {
        let values = [None, Some(1.0), Some(2.0), None, None, Some(0.0), None, Some(f64::NAN), Some(4.0)];
        assert_eq!(runs(&values), [1..3, 5..6, 8..9]);
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[None]), []);
    }

    #[test]
    fn value_axes_count_in_round_steps() {
        assert_eq!(labels(&value_axis(37.0, Unit::PerSecond, 4)), ["0", "10 /s", "20 /s", "30 /s", "40 /s"]);
        assert_eq!(labels(&value_axis(0.5, Unit::PerSecond, 4)), ["0", "10 /min", "20 /min", "30 /min"]);
        assert_eq!(labels(&value_axis(0.05, Unit::PerSecond, 4)), ["0", "1 /min", "2 /min", "3 /min"]);
        assert_eq!(labels(&value_axis(1.0, Unit::Share, 4)), ["0 %", "50 %", "100 %"]);
        assert_eq!(labels(&value_axis(0.019, Unit::Share, 4)), ["0.0 %", "0.5 %", "1.0 %", "1.5 %", "2.0 %"]);
        assert_eq!(labels(&value_axis(0.0, Unit::Count, 4)), ["0", "1"]);
        assert_eq!(labels(&value_axis(912e6, Unit::Duration, 4)), ["0", "500 ms", "1 s"]);
        assert_eq!(
            labels(&value_axis(100e9, Unit::Duration, 4)),
            ["0", "30 s", "1 min", "1 min 30 s", "2 min"]
        );
        assert_eq!(value_axis(f64::NAN, Unit::Duration, 4), value_axis(0.0, Unit::Duration, 4));
    }

    #[test]
    fn time_axes_tick_at_round_local_times() {
        let day = 1_795_219_200 * SECOND; // 21 November 2026, 00:00 UTC
        assert_eq!(
            labels(&time_axis(day + 3_905 * SECOND, day + 7_505 * SECOND, 0, 4)),
            ["01:15", "01:30", "01:45", "02:00"]
        );
        assert_eq!(
            labels(&time_axis(day, day + 20 * SECOND, 330, 4)),
            ["05:30:00", "05:30:05", "05:30:10", "05:30:15", "05:30:20"]
        );
        assert_eq!(
            labels(&time_axis(day - 7_200 * SECOND, day + 7_200 * SECOND, 0, 4)),
            ["22:00", "23:00", "21 Nov", "01:00", "02:00"]
        );
        assert_eq!(
            labels(&time_axis(day - 7 * 86_400 * SECOND, day, 0, 4)),
            ["15 Nov", "17 Nov", "19 Nov", "21 Nov"]
        );
        assert_eq!(labels(&time_axis(0, 0, -600, 4)), ["14:00:00"]);
    }

    #[test]
    fn instants_are_formatted_in_local_time() {
        let evening = (1_795_219_200 + 86_399) * SECOND;
        assert_eq!(clock(evening, 0, true, false), "23:59:59");
        assert_eq!(clock(evening, 60, false, true), "22 Nov 00:59");
        assert_eq!(clock(0, -60, false, true), "31 Dec 23:00");
    }

    proptest! {
        #[test]
        fn axes_hold_their_values(max in 0.0f64..1e18, about in 1usize..12, unit in 0usize..4) {
            let unit = [Unit::Count, Unit::PerSecond, Unit::Duration, Unit::Share][unit];
            let max = if unit == Unit::Share { max / 1e18 } else { max };
            let axis = value_axis(max, unit, about);
            prop_assert!(axis.high >= max * (1.0 - 1e-6) && axis.high > axis.low);
            prop_assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= about + 3, "{:?}", axis);
            prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].at < pair[1].at));
        }

        #[test]
        fn any_time_has_an_axis(start: u64, length: u64, offset in -840i32..840, about in 0usize..60) {
            let axis = time_axis(start, start.saturating_add(length), offset, about);
            prop_assert!(axis.ticks.iter().all(|tick| tick.at >= axis.low && tick.at <= axis.high));
        }
    }
}
