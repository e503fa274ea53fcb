//! Moments on the reader's own clock.

use js_sys::Date;

/// Date and time of a moment in nanoseconds since the Unix epoch, to the millisecond.
pub fn moment(unix: u64) -> (String, String) {
    // Milliseconds since the epoch are exact in a float for the next 285,000 years.
    let date = Date::new(&((unix / 1_000_000) as f64).into());
    let day = format!("{}-{:02}-{:02}", date.get_full_year(), date.get_month() + 1, date.get_date());
    let time = format!(
        "{:02}:{:02}:{:02}.{:03}",
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
        date.get_milliseconds()
    );
    (day, time)
}

/// Today's date in the same form.
pub fn today() -> String {
    moment((Date::now() * 1_000_000.0) as u64).0
}

/// A moment to the nanosecond.
pub fn exact_moment(unix: u64) -> String {
    let (day, time) = moment(unix);
    format!("{day} {time}{:06}", unix % 1_000_000)
}

/// Milliseconds since the Unix epoch.
pub fn now() -> f64 {
    Date::now()
}

/// The time of day of a moment that is told from its neighbours `step` nanoseconds away.
pub fn of_day(unix: u64, step: u64) -> String {
    let (day, time) = moment(unix);
    let exact = format!("{time}{:06}", unix % 1_000_000);
    let seconds = exact.len() - 10;
    // Digits after the second, until the step's own.
    let digits = (0..9).take_while(|digits| !step.is_multiple_of(10u64.pow(9 - digits))).count();
    match digits {
        _ if step.is_multiple_of(86_400_000_000_000) => day,
        0 => exact[..seconds].to_owned(),
        digits => exact[..seconds + 1 + digits].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::of_day;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_time_of_day_has_the_digits_that_it_needs() {
        let at = 1_700_000_000_123_456_789;
        let tail = |step| of_day(at, step).chars().skip(5).collect::<String>();
        assert_eq!(tail(1_000_000_000), ":20");
        assert_eq!(tail(50_000_000), ":20.12");
        assert_eq!(tail(1_000_000), ":20.123");
        assert_eq!(tail(500), ":20.1234567");
        assert_eq!(tail(1), ":20.123456789");
    }
}
