//! From requests in the queue to batches for a target.

use super::batch::{Batch, Batches};
use super::queue_file::{Entry, QueueError, QueueReader};
use super::rewrite::{LeftOut, each_span, rewrite};
use super::rules::Rules;
use super::tail::Window;
use crate::config::forward::{Forward, Signal};
use crate::facts::Facts;

/// How many requests are looked at together.
const STEP: usize = 256;

/// What turns requests into batches.
pub struct Preparation {
    signal: Signal,
    rules: Rules,
    window: Option<Window>,
    most_spans: u64,
    most_bytes: usize,
}

/// Batches, and what is not in them.
#[derive(Debug, Default)]
pub struct Prepared {
    /// What is to be sent.
    pub batches: Vec<Batch>,
    /// Spans that rules left out.
    pub left_out: LeftOut,
    /// Spans that cannot be read.
    pub unreadable: u64,
}

impl Preparation {
    /// What a target's settings say about a signal. Lines do not wait for traces to be decided.
    pub fn of(settings: &Forward, signal: Signal) -> Self {
        Preparation {
            signal,
            rules: Rules::of(settings),
            window: settings.tail.clone().filter(|_| signal == Signal::Traces).map(Window::new),
            most_spans: u64::from(settings.batch.spans.0),
            most_bytes: usize::try_from(settings.batch.bytes.0).unwrap_or(usize::MAX / 2),
        }
    }

    /// How long spans wait for the others of their trace, milliseconds.
    pub fn wait(&self) -> u64 {
        self.window.as_ref().map_or(0, Window::wait)
    }

    /// Prepares these requests, which have waited long enough. Blocks.
    pub fn prepare(&mut self, reader: &QueueReader, entries: &[Entry]) -> Result<Prepared, QueueError> {
        let mut prepared = Prepared::default();
        if let (Some(window), Some(last)) = (&mut self.window, entries.last()) {
            window.forget(last.arrived);
            look_ahead(window, reader, last.arrived.saturating_add(window.wait()))?;
        }
        let mut batches = Batches::new(self.most_spans, self.most_bytes);
        for entry in entries {
            let Some(request) = read(reader, entry)? else {
                prepared.unreadable += entry.spans;
                continue;
            };
            let is_whole = self.window.is_none()
                && self.rules.change_nothing()
                && batches.fits(entry.spans, request.len());
            if is_whole {
                batches.whole(&request, entry.spans);
                continue;
            }
            let window = &mut self.window;
            let mut is_wanted =
                |facts: &Facts<'_>| window.as_mut().is_none_or(|window| window.is_wanted(facts));
            match rewrite(&request, self.signal, &self.rules, &mut is_wanted, &mut batches) {
                Ok(more) => {
                    prepared.left_out.filtered += more.filtered;
                    prepared.left_out.sampled_out += more.sampled_out;
                }
                // Only checked requests are queued, so this is damage on disk.
                Err(error) => {
                    tracing::error!("a queued request cannot be read: {error}");
                    prepared.unreadable += entry.spans;
                }
            }
        }
        prepared.batches = batches.finish();
        Ok(prepared)
    }
}

/// Lets the window see what arrived until then.
fn look_ahead(window: &mut Window, reader: &QueueReader, until: u64) -> Result<(), QueueError> {
    loop {
        let entries = reader.oldest(window.seen, STEP)?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            if entry.arrived > until {
                return Ok(());
            }
            window.seen = entry.number;
            if let Some(request) = read(reader, &entry)? {
                // What cannot be read is counted when its turn comes.
                let _ = each_span(&request, |facts| window.see(&facts, entry.arrived));
            }
        }
    }
}

/// A request's bytes; `None` where it is gone or damaged.
fn read(reader: &QueueReader, entry: &Entry) -> Result<Option<Vec<u8>>, QueueError> {
    let packed = match reader.read(entry.number) {
        Err(error) if error.is_damage() => {
            tracing::error!("a queued request cannot be read: {error}");
            return Ok(None);
        }
        read => read?,
    };
    let Some(packed) = packed else { return Ok(None) };
    match packed.unpack() {
        Ok(request) => Ok(Some(request)),
        Err(error) => {
            tracing::error!("a queued request cannot be read: {error}");
            Ok(None)
        }
    }
}
