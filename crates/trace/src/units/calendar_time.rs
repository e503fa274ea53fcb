//! Calendar date and time of day at a given offset from UTC.

use super::time::{date_time, month_name};
use jiff::civil::DateTime;

const DAY: u64 = 86_400_000_000_000;

/// An instant as date and time of day at an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarTime(DateTime);

impl CalendarTime {
    /// `unix` nanoseconds since the Unix epoch, where clocks are `east` minutes ahead of UTC.
    pub fn new(unix: u64, east: i32) -> Self {
        CalendarTime(date_time(unix, east))
    }

    /// `2026-11-21`.
    pub fn day(&self) -> String {
        self.0.date().to_string()
    }

    /// `14:03:22.481`, with `digits` decimals, at most 9.
    pub fn time(&self, digits: usize) -> String {
        let mut text = format!("{:02}:{:02}:{:02}", self.0.hour(), self.0.minute(), self.0.second());
        if digits > 0 {
            let fraction = format!(".{:09}", self.0.subsec_nanosecond());
            text.push_str(fraction.get(..=digits).unwrap_or(&fraction));
        }
        text
    }

    /// To the nanosecond: `2026-11-21 14:03:22.481000123`.
    pub fn exact(&self) -> String {
        format!("{} {}", self.day(), self.time(9))
    }

    /// A label for an instant on an axis with ticks `step` nanoseconds apart: the time of day with as many decimals
    /// as `step` needs, or the day for steps of days.
    pub fn label_for_step(&self, step: u64) -> String {
        if step.is_multiple_of(DAY) {
            return self.day();
        }
        self.time((0..9).take_while(|digits| !step.is_multiple_of(10u64.pow(9 - digits))).count())
    }

    /// `14:03:22` on the day of `now`, else `Nov 20 14:03:22`; with the year where it differs.
    pub fn short(&self, now: &CalendarTime) -> String {
        let (date, today) = (self.0.date(), now.0.date());
        if date == today {
            return self.time(0);
        }
        let year = if date.year() == today.year() { String::new() } else { format!(" {}", date.year()) };
        format!("{} {}{year} {}", month_name(date.month()), date.day(), self.time(0))
    }

    /// The value of `<input type="datetime-local" step="1">`: `2026-11-21T14:03:22`.
    pub fn field(&self) -> String {
        format!("{}T{}", self.day(), self.time(0))
    }
}

#[cfg(test)]
mod tests {
    use super::CalendarTime;

    /// 2023-11-14 22:13:20.123456789 in Greenwich.
    const AT: u64 = 1_700_000_000_123_456_789;

    #[test]
    fn utc_offset_changes_the_day() {
        assert_eq!(CalendarTime::new(AT, 0).exact(), "2023-11-14 22:13:20.123456789");
        assert_eq!(CalendarTime::new(AT, 330).exact(), "2023-11-15 03:43:20.123456789");
        assert_eq!(CalendarTime::new(AT, -480).field(), "2023-11-14T14:13:20");
        assert_eq!(CalendarTime::new(0, -60).exact(), "1969-12-31 23:00:00.000000000");
        assert_eq!(CalendarTime::new(u64::MAX, 0).day(), "2554-07-21");
    }

    #[test]
    fn a_time_of_day_has_the_digits_that_it_needs() {
        let label = |step| CalendarTime::new(AT, 0).label_for_step(step);
        assert_eq!(label(1_000_000_000), "22:13:20");
        assert_eq!(label(50_000_000), "22:13:20.12");
        assert_eq!(label(1_000_000), "22:13:20.123");
        assert_eq!(label(500), "22:13:20.1234567");
        assert_eq!(label(1), "22:13:20.123456789");
        assert_eq!(label(2 * 86_400_000_000_000), "2023-11-14");
    }

    #[test]
    fn what_is_known_from_now_is_left_out() {
        let day = 86_400_000_000_000;
        let short = |now: u64| CalendarTime::new(AT, 0).short(&CalendarTime::new(now, 0));
        assert_eq!(short(AT + 1_000_000_000), "22:13:20");
        assert_eq!(short(AT + day), "Nov 14 22:13:20");
        assert_eq!(short(AT + 60 * day), "Nov 14 2023 22:13:20");
    }
}
