//! When a trace began, as people read it in a list; and moments in form fields.

use js_sys::Date;
use wasm_bindgen::JsValue;

fn date(unix_ms: f64) -> Date {
    Date::new(&JsValue::from_f64(unix_ms))
}

/// `14:03:22` of today, else `Nov 20 14:03:22`; with the year where it is another one. Local time.
pub fn short(unix_ns: u64) -> String {
    let (then, now) = (date(unix_ns as f64 / 1e6), date(Date::now()));
    let time = format!("{:02}:{:02}:{:02}", then.get_hours(), then.get_minutes(), then.get_seconds());
    let day = (then.get_full_year(), then.get_month(), then.get_date());
    if day == (now.get_full_year(), now.get_month(), now.get_date()) {
        return time;
    }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.get(then.get_month() as usize).copied().unwrap_or_default();
    let year = if day.0 == now.get_full_year() { String::new() } else { format!(" {}", day.0) };
    format!("{month} {}{year} {time}", day.2)
}

/// The whole moment, to the nanosecond, in local time: `2026-11-21 14:03:22.481000123`.
pub fn exact(unix_ns: u64) -> String {
    let text = field(unix_ns / 1_000).replace('T', " ");
    format!("{text}.{:09}", unix_ns % 1_000_000_000)
}

/// For `<input type="datetime-local" step="1">`: local time without a zone.
pub fn field(unix_us: u64) -> String {
    let then = date(unix_us as f64 / 1e3);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        then.get_full_year(),
        then.get_month() + 1,
        then.get_date(),
        then.get_hours(),
        then.get_minutes(),
        then.get_seconds()
    )
}

/// What such a field says, microseconds since the Unix epoch; `None` where it says nothing.
pub fn from_field(text: &str) -> Option<u64> {
    let ms = Date::parse(text);
    (!text.is_empty() && ms.is_finite() && ms >= 0.0).then_some((ms * 1_000.0) as u64)
}
