//! From requests in the queue to batches for a target.

use super::batch::{Batch, Batches};
use super::queue_file::{Entry, QueueError, QueueReader};
use super::rewrite::{DroppedCounts, each_span, rewrite};
use super::rules::Rules;
use super::tail::TailSampler;
use crate::config::forward::{Forward, Signal};
use crate::facts::Facts;

/// How many requests are looked at together.
const STEP: usize = 256;

/// What turns requests into batches.
pub struct Preparation {
    signal: Signal,
    rules: Rules,
    sampler: Option<TailSampler>,
    most_spans: u64,
    most_bytes: usize,
}

/// Batches, and what is not in them.
#[derive(Debug, Default)]
pub struct Prepared {
    /// What is to be sent.
    pub batches: Vec<Batch>,
    /// Spans that rules left out.
    pub left_out: DroppedCounts,
    /// Spans that cannot be read.
    pub unreadable: u64,
}

impl Preparation {
    /// What a target's settings say about a signal. Lines do not wait for traces to be decided.
    pub fn of(settings: &Forward, signal: Signal) -> Self {
        Preparation {
            signal,
            rules: Rules::of(settings),
            sampler: settings.tail.clone().filter(|_| signal == Signal::Traces).map(TailSampler::new),
            most_spans: u64::from(settings.batch.spans.0),
            most_bytes: usize::try_from(settings.batch.bytes.0).unwrap_or(usize::MAX / 2),
        }
    }

    /// How long spans wait for the others of their trace, milliseconds.
    pub fn wait(&self) -> u64 {
        self.sampler.as_ref().map_or(0, TailSampler::wait)
    }

    /// Prepares these requests, which have waited long enough. Blocks.
    pub fn prepare(&mut self, reader: &QueueReader, entries: &[Entry]) -> Result<Prepared, QueueError> {
        let mut prepared = Prepared::default();
        if let (Some(sampler), Some(last)) = (&mut self.sampler, entries.last()) {
            sampler.forget(last.arrived);
            look_ahead(sampler, reader, last.arrived.saturating_add(sampler.wait()))?;
        }
        let mut batches = Batches::new(self.most_spans, self.most_bytes);
        for entry in entries {
            let Some(request) = read(reader, entry)? else {
                prepared.unreadable += entry.spans;
                continue;
            };
            let is_whole = self.sampler.is_none()
                && self.rules.change_nothing()
                && batches.fits(entry.spans, request.len());
            if is_whole {
                batches.whole(&request, entry.spans);
                continue;
            }
            let sampler = &mut self.sampler;
            let mut is_wanted =
                |facts: &Facts<'_>| sampler.as_mut().is_none_or(|sampler| sampler.is_wanted(facts));
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

/// Shows the sampler what arrived until then.
fn look_ahead(sampler: &mut TailSampler, reader: &QueueReader, until: u64) -> Result<(), QueueError> {
    loop {
        let entries = reader.oldest(sampler.seen, STEP)?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            if entry.arrived > until {
                return Ok(());
            }
            sampler.seen = entry.number;
            if let Some(request) = read(reader, &entry)? {
                // What cannot be read is counted when its turn comes.
                let _ = each_span(&request, |facts| sampler.observe(&facts, entry.arrived));
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
