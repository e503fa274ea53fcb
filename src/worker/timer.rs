//! When long work yields to the event loop, and when it reports progress.

use crate::io::clock;

/// Milliseconds of work between two yields: the longest that a request waits.
const YIELD_EVERY: f64 = 12.0;
/// Milliseconds between two progress messages.
const REPORT_EVERY: f64 = 60.0;

/// Times of the last yield and of the last report, milliseconds since the Unix epoch.
#[derive(Default)]
pub(super) struct YieldTimer {
    yielded: f64,
    reported: f64,
}

impl YieldTimer {
    /// Yields to the event loop if the last yield was [`YIELD_EVERY`] ago.
    pub async fn yield_if_due(&mut self) {
        if js_sys::Date::now() - self.yielded > YIELD_EVERY {
            clock::yield_to_event_loop().await;
            self.yielded = js_sys::Date::now();
        }
    }

    /// Whether the last report was [`REPORT_EVERY`] ago; then this is one.
    pub fn report_is_due(&mut self) -> bool {
        let now = js_sys::Date::now();
        let is_due = now - self.reported > REPORT_EVERY;
        if is_due {
            self.reported = now;
        }
        is_due
    }
}
