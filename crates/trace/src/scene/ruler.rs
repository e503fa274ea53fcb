//! Ticks of the time axis: round steps from a nanosecond to days, with distinct labels that do not overlap.

use super::TimeScale;

/// A tick.
#[derive(Clone, Debug, PartialEq)]
pub struct RulerTick {
    /// Nanoseconds from the trace's start.
    pub time: u64,
    /// Position in the scale's pixels.
    pub x: f64,
    /// Label with unit.
    pub label: String,
}

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps above a second, where multiples of 60 are round.
const CLOCK_STEPS: [u64; 21] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
];

/// What the axis shows.
#[derive(Clone, Copy)]
pub struct RulerAxis<'a> {
    /// The value at the trace's start, nanoseconds: 0, or a Unix time. Ticks are at round values.
    pub origin: u64,
    /// The label of a value, given the step between ticks.
    pub label: &'a dyn Fn(u64, u64) -> String,
}

impl RulerAxis<'static> {
    /// Time since the trace's start.
    pub const RELATIVE: RulerAxis<'static> = RulerAxis { origin: 0, label: &label };
}

/// The ticks for `scale`, at least `gap` pixels plus the label's width apart. `char_width` is the width of a digit in
/// pixels.
pub fn ticks(scale: &TimeScale, gap: f64, char_width: f64, axis: RulerAxis) -> Vec<RulerTick> {
    let mut step = 1;
    loop {
        let apart = step as f64 / scale.per_pixel();
        let narrowest = gap + 3.0 * char_width;
        let next = next_step(step);
        // Skips steps that cannot fit before creating ticks: there could be billions.
        if apart >= narrowest || next.is_none() {
            let ticks = every(scale, step, axis);
            let fits = |tick: &RulerTick| apart >= gap + tick.label.chars().count() as f64 * char_width;
            if ticks.iter().all(fits) || next.is_none() {
                return ticks;
            }
        }
        let Some(longer) = next else { return Vec::new() };
        step = longer;
    }
}

fn every(scale: &TimeScale, step: u64, axis: RulerAxis) -> Vec<RulerTick> {
    let mut ticks = Vec::new();
    let mut counted = scale.start.saturating_add(axis.origin).div_ceil(step).checked_mul(step);
    while let Some(at) = counted.filter(|at| at - axis.origin <= scale.end) {
        let time = at - axis.origin;
        ticks.push(RulerTick { time, x: scale.x_of(time), label: (axis.label)(at, step) });
        counted = at.checked_add(step);
    }
    ticks
}

/// The next round step above `step`; `None` if it does not fit into 64 bits.
fn next_step(step: u64) -> Option<u64> {
    if step >= SECOND && step < CLOCK_STEPS[CLOCK_STEPS.len() - 1] {
        return CLOCK_STEPS.iter().copied().find(|next| *next > step);
    }
    // Decades of nanoseconds below a second, decades of days above ten days.
    let base = if step < SECOND { 1 } else { DAY };
    let digits = (step / base).to_string();
    match digits.as_bytes().first() {
        Some(b'2') => (step / 2).checked_mul(5),
        _ => step.checked_mul(2),
    }
}

/// A label in one unit, with as many decimals as `step` needs.
pub fn label(time: u64, step: u64) -> String {
    if time == 0 {
        return match step {
            0..1_000 => "0 ns".into(),
            1_000..1_000_000 => "0 µs".into(),
            1_000_000..SECOND => "0 ms".into(),
            _ => "0 s".into(),
        };
    }
    if time >= MINUTE {
        return clock_label(time, step);
    }
    let (unit, name) = match time {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..SECOND => (1_000_000, "ms"),
        _ => (SECOND, "s"),
    };
    format!("{} {name}", decimal(time, unit, step))
}

/// `time` in `unit`, with as many decimals as `step` needs.
fn decimal(time: u64, unit: u64, step: u64) -> String {
    let mut decimals = 0;
    let mut finest = unit;
    while finest > 1 && !step.is_multiple_of(finest) {
        finest /= 10;
        decimals += 1;
    }
    if decimals == 0 {
        return (time / unit).to_string();
    }
    let fraction = time % unit / finest;
    format!("{}.{fraction:0decimals$}", time / unit)
}

fn clock_label(time: u64, step: u64) -> String {
    let (days, hours, minutes) = (time / DAY, time % DAY / HOUR, time % HOUR / MINUTE);
    let seconds = decimal(time % MINUTE, SECOND, step);
    let mut parts = Vec::new();
    if days > 0 {
        parts.push(format!("{days} d"));
    }
    if hours > 0 {
        parts.push(format!("{hours} h"));
    }
    if minutes > 0 {
        parts.push(format!("{minutes} min"));
    }
    if !time.is_multiple_of(MINUTE) {
        parts.push(format!("{seconds} s"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn labels(start: u64, end: u64) -> Vec<String> {
        ticks(&TimeScale::new(start, end, 1000.0), 60.0, 7.0, RulerAxis::RELATIVE)
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn labels_have_one_step_and_a_unit() {
        assert_eq!(labels(0, 560_000_000), ["0 ms", "100 ms", "200 ms", "300 ms", "400 ms", "500 ms"]);
        assert_eq!(
            labels(121_040_000, 121_050_000),
            ["121.04 ms", "121.042 ms", "121.044 ms", "121.046 ms", "121.048 ms", "121.05 ms"]
                .map(|label| if label.len() < 10 { label.replace(" ms", "0 ms") } else { label.into() })
        );
        assert_eq!(
            labels(0, 10),
            ["0 ns", "1 ns", "2 ns", "3 ns", "4 ns", "5 ns", "6 ns", "7 ns", "8 ns", "9 ns", "10 ns"]
        );
        assert_eq!(labels(0, 2_000_000_000), ["0 ms", "500 ms", "1.0 s", "1.5 s", "2.0 s"]);
        assert_eq!(
            labels(0, 3 * MINUTE),
            ["0 s", "30 s", "1 min", "1 min 30 s", "2 min", "2 min 30 s", "3 min"]
        );
        assert_eq!(
            labels(0, 2 * DAY),
            ["0 s", "6 h", "12 h", "18 h", "1 d", "1 d 6 h", "1 d 12 h", "1 d 18 h", "2 d"]
        );
    }

    #[test]
    fn times_of_day_are_round_themselves() {
        let axis =
            RulerAxis { origin: 1_700_000_000_000_000_300, label: &|time, step| format!("{time} {step}") };
        let marks = ticks(&TimeScale::new(0, 1_000, 1000.0), 10.0, 7.0, axis);
        let times: Vec<_> = marks.iter().map(|tick| tick.time).collect();
        assert_eq!(times, [100, 300, 500, 700, 900]);
        assert_eq!(marks[0].label, "1700000000000000400 200");
    }

    #[test]
    fn steps_rise_to_the_end_of_time() {
        let mut step = 1;
        while let Some(next) = next_step(step) {
            assert!(next > step && next <= step.saturating_mul(3), "{step} {next}");
            step = next;
        }
        assert!(step > u64::MAX / 3);
    }

    proptest! {
        #[test]
        fn marks_are_distinct_and_apart(
            start in prop_oneof![0..1_000u64, 0..10 * DAY, 0..u64::MAX / 2],
            span in prop_oneof![1..100u64, 1..1_000_000u64, 1..10 * MINUTE, 1..400 * DAY],
            width in 300.0..4000.0f64,
        ) {
            let scale = TimeScale::new(start, start + span, width);
            let ticks = ticks(&scale, 40.0, 7.0, RulerAxis::RELATIVE);
            prop_assert!(ticks.len() <= 1 + (width / 60.0) as usize);
            for tick in &ticks {
                prop_assert!((start..=start + span).contains(&tick.time));
                prop_assert!((0.0..=width).contains(&tick.x));
            }
            let distinct: HashSet<_> = ticks.iter().map(|tick| tick.label.clone()).collect();
            prop_assert_eq!(distinct.len(), ticks.len());
            for pair in ticks.windows(2) {
                let needed = pair[0].label.chars().count() as f64 * 7.0 + 30.0;
                prop_assert!(pair[1].x - pair[0].x >= needed, "{:?}", pair);
            }
        }
    }
}
