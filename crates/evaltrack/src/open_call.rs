//! A call under way: its record is sent when it ends, however it ends.

use crate::client::Client;
use crate::id::new_id;
use crate::record::{CallState, Record};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// A call under way. Dropped before it ended, it is sent as cancelled, or as failed when its function panicked.
pub(crate) struct OpenCall {
    client: Client,
    /// What is known of it; taken when it is sent.
    record: Option<Record>,
    start: Timestamp,
    started: Instant,
    /// Whether the function runs right now: dropped while it does, it panicked.
    pub(crate) running: bool,
}

impl OpenCall {
    /// A call that starts now, with a new id.
    pub(crate) fn start(client: Client, function_name: String) -> Self {
        let start = Timestamp::now();
        let record = Record {
            id: new_id(),
            function_name: Some(function_name),
            service: client.service().map(str::to_owned),
            timestamp: u64::try_from(start.as_millisecond()).ok(),
            created_at: Some(print(start)),
            ..Record::default()
        };
        OpenCall { client, record: Some(record), start, started: Instant::now(), running: false }
    }

    /// The id of the record; `None` once it is sent.
    pub(crate) fn id(&self) -> Option<&str> {
        self.record.as_ref().map(|record| record.id.as_str())
    }

    /// The record, to add to; `None` once it is sent.
    pub(crate) fn record(&mut self) -> Option<&mut Record> {
        self.record.as_mut()
    }

    /// Ends the call and sends its record. The first end counts.
    pub(crate) fn end(&mut self, state: CallState, error: Option<String>) {
        let Some(mut record) = self.record.take() else { return };
        // A monotonic clock says how long it took, whatever happened to the clock of the machine.
        record.updated_at = Some(print(end(self.start, self.started.elapsed())));
        record.state = Some(state);
        record.error = error;
        self.client.send(&record);
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if self.running {
            self.end(CallState::Error, Some("panicked".to_owned()));
        } else {
            self.end(CallState::Cancelled, None);
        }
    }
}

fn end(start: Timestamp, elapsed: Duration) -> Timestamp {
    start.checked_add(elapsed).unwrap_or(start)
}

/// RFC 3339 in UTC with nanoseconds.
fn print(time: Timestamp) -> String {
    format!("{time:.9}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_nanoseconds_and_the_duration_of_the_monotonic_clock() {
        let start = Timestamp::new(1_700_000_000, 5).unwrap();
        assert_eq!(print(start), "2023-11-14T22:13:20.000000005Z");
        assert_eq!(print(end(start, Duration::from_micros(1))), "2023-11-14T22:13:20.000001005Z");
        assert_eq!(end(Timestamp::MAX, Duration::from_secs(1)), Timestamp::MAX);
    }
}
