//! The current time, and moments in the time zone that the user chose.

use crate::io::clock;
use crate::route::Zone;
use js_sys::Date;
use spandrel_trace::units::CalendarTime;

/// The current time, milliseconds since the Unix epoch.
pub fn now() -> f64 {
    Date::now()
}

/// A moment, given in nanoseconds since the Unix epoch, in that time zone.
pub fn moment(unix: u64, zone: Zone) -> CalendarTime {
    CalendarTime::new(unix, east(unix, zone))
}

/// The time zone's offset from UTC at a moment, minutes; positive east of Greenwich.
pub fn east(unix: u64, zone: Zone) -> i32 {
    match zone {
        Zone::Utc => 0,
        // Milliseconds since the epoch are exact in a float for the next 285,000 years.
        Zone::Local => -Date::new(&((unix / 1_000_000) as f64).into()).get_timezone_offset() as i32,
    }
}

/// The current moment in that time zone.
pub fn present(zone: Zone) -> CalendarTime {
    moment(clock::now_us().saturating_mul(1_000), zone)
}

/// The value of an `<input type="datetime-local">` in that time zone, microseconds since the Unix epoch; `None` if it is
/// empty or before 1970.
pub fn from_field(text: &str, zone: Zone) -> Option<u64> {
    let ms = match zone {
        Zone::Local => Date::parse(text),
        Zone::Utc => Date::parse(&format!("{text}Z")),
    };
    (!text.is_empty() && ms.is_finite() && ms >= 0.0).then_some((ms * 1_000.0) as u64)
}
