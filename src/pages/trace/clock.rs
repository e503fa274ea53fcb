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
