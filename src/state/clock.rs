//! What time it is, and moments on the clock that the user reads.

use crate::io::clock;
use crate::route::Zone;
use js_sys::Date;
use spandrel_trace::units::Moment;

/// Now, milliseconds since the Unix epoch.
pub fn now() -> f64 {
    Date::now()
}

/// A moment in nanoseconds since the Unix epoch as that clock shows it.
pub fn moment(unix: u64, zone: Zone) -> Moment {
    Moment::new(unix, east(unix, zone))
}

/// How many minutes that clock is before Greenwich's at that moment.
pub fn east(unix: u64, zone: Zone) -> i32 {
    match zone {
        Zone::Utc => 0,
        // Milliseconds since the epoch are exact in a float for the next 285,000 years.
        Zone::Local => -Date::new(&((unix / 1_000_000) as f64).into()).get_timezone_offset() as i32,
    }
}

/// This very moment, likewise.
pub fn present(zone: Zone) -> Moment {
    moment(clock::now_us().saturating_mul(1_000), zone)
}

/// What `<input type="datetime-local">` says on that clock, microseconds since the Unix epoch; `None` where it says
/// nothing.
pub fn from_field(text: &str, zone: Zone) -> Option<u64> {
    let ms = match zone {
        Zone::Local => Date::parse(text),
        Zone::Utc => Date::parse(&format!("{text}Z")),
    };
    (!text.is_empty() && ms.is_finite() && ms >= 0.0).then_some((ms * 1_000.0) as u64)
}
