//! The time at which requests arrive, as it is kept with them: it never goes back, neither where the system's clock does
//! nor from one run of the server to the next.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A clock of one run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    base: u64,
    started: Instant,
}

impl Clock {
    /// A clock that starts now, or at `least` (milliseconds since the Unix epoch) where that is later.
    pub fn new(least: u64) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Clock { base: now.max(least), started: Instant::now() }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.base.saturating_add(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
