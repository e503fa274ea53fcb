//! Moments as calendars and clocks show them, some minutes east of Greenwich. Which minutes those are, others know.

use super::time::civil;

const SECOND: u64 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND as i128;
const DAY: u64 = 86_400 * SECOND;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment on the calendar and the clock of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Year, month and day, the latter two from 1.
    date: (u64, u64, u64),
    /// Nanoseconds since midnight.
    clock: u64,
}

impl Moment {
    /// `unix` nanoseconds since the Unix epoch, where clocks are `east` minutes before those of Greenwich.
    pub fn new(unix: u64, east: i32) -> Self {
        let here = i128::from(unix) + i128::from(east) * MINUTE;
        let (days, clock) = (here.div_euclid(i128::from(DAY)), here.rem_euclid(i128::from(DAY)));
        let (year, month, day) = civil(days as i64);
        Moment { date: (year, month, day), clock: clock as u64 }
    }

    /// `2026-11-21`.
    pub fn day(&self) -> String {
        let (year, month, day) = self.date;
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `14:03:22.481`, with so many digits after the second.
    pub fn time(&self, digits: usize) -> String {
        let seconds = self.clock / SECOND;
        let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if digits > 0 {
            let fraction = format!(".{:09}", self.clock % SECOND);
            text.push_str(fraction.get(..=digits).unwrap_or(&fraction));
        }
        text
    }

    /// To the nanosecond: `2026-11-21 14:03:22.481000123`.
    pub fn exact(&self) -> String {
        format!("{} {}", self.day(), self.time(9))
    }

    /// The time of day of a moment that is told from its neighbours `step` nanoseconds away; the day where they are
    /// days away.
    pub fn told_apart(&self, step: u64) -> String {
        if step.is_multiple_of(DAY) {
            return self.day();
        }
        self.time((0..9).take_while(|digits| !step.is_multiple_of(10u64.pow(9 - digits))).count())
    }

    /// `14:03:22` on the day of `now`, else `Nov 20 14:03:22`; with the year where it is another one.
    pub fn short(&self, now: &Moment) -> String {
        let (year, month, day) = self.date;
        if self.date == now.date {
            return self.time(0);
        }
        let name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
        let year = if year == now.date.0 { String::new() } else { format!(" {year}") };
        format!("{name} {day}{year} {}", self.time(0))
    }

    /// As `<input type="datetime-local" step="1">` has it: `2026-11-21T14:03:22`.
    pub fn field(&self) -> String {
        format!("{}T{}", self.day(), self.time(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    /// 2023-11-14 22:13:20.123456789 in Greenwich.
    const AT: u64 = 1_700_000_000_123_456_789;

    #[test]
    fn a_moment_is_another_day_elsewhere() {
        assert_eq!(Moment::new(AT, 0).exact(), "2023-11-14 22:13:20.123456789");
        assert_eq!(Moment::new(AT, 330).exact(), "2023-11-15 03:43:20.123456789");
        assert_eq!(Moment::new(AT, -480).field(), "2023-11-14T14:13:20");
        assert_eq!(Moment::new(0, -60).exact(), "1969-12-31 23:00:00.000000000");
        assert_eq!(Moment::new(u64::MAX, 0).day(), "2554-07-21");
    }

    #[test]
    fn a_time_of_day_has_the_digits_that_it_needs() {
        let told = |step| Moment::new(AT, 0).told_apart(step);
        assert_eq!(told(1_000_000_000), "22:13:20");
        assert_eq!(told(50_000_000), "22:13:20.12");
        assert_eq!(told(1_000_000), "22:13:20.123");
        assert_eq!(told(500), "22:13:20.1234567");
        assert_eq!(told(1), "22:13:20.123456789");
        assert_eq!(told(2 * 86_400_000_000_000), "2023-11-14");
    }

    #[test]
    fn what_is_known_from_now_is_left_out() {
        let day = 86_400_000_000_000;
        let short = |now: u64| Moment::new(AT, 0).short(&Moment::new(now, 0));
        assert_eq!(short(AT + 1_000_000_000), "22:13:20");
        assert_eq!(short(AT + day), "Nov 14 22:13:20");
        assert_eq!(short(AT + 60 * day), "Nov 14 2023 22:13:20");
    }
}
