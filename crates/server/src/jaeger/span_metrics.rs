//! Calls, errors and latencies of services over time, as Jaeger's Monitor pages show them, counted from stored spans.
//!
//! A point at time t is over the spans that start in (t - ratePer, t]. Calls are per second; errors are the share of
//! calls with an error status; a latency is the shortest duration, in milliseconds, that at least the asked-for share of
//! calls does not exceed. Where there are no calls, errors and latencies are NaN, as Prometheus answers them to Jaeger.

mod entry_spans;

use crate::facts::{EMPTY_SPAN, ServiceNames, facts_of};
use crate::jaeger::failure::Failure;
use crate::store::{Store, duration};
use spandrel_trace::analysis::entries::MeasuredService;
use std::collections::BTreeMap;

/// Points of a series at most, as Prometheus has it.
pub const MOST_POINTS: u64 = 11_000;
/// Spans whose durations one query holds at most, of 16 bytes each.
const MOST_SPANS: usize = 4 << 20;
/// Values of all series at most.
const MOST_VALUES: usize = 4 << 20;
const TOO_MUCH: &str =
    "too many spans or series for one query; choose a shorter lookback, a longer step or fewer services";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Calls per second.
    Calls,
    /// Share of calls that failed.
    Errors,
    /// A quantile of durations, from 0 to 1.
    Latencies(f64),
    /// Everything of the entry spans of the first service from the first point to the last; kinds and steps do not matter.
    EntrySpans,
}

/// A query; times in nanoseconds.
#[derive(Clone, Debug)]
pub struct MetricsQuery {
    /// What is measured.
    pub measure: Measure,
    /// Of which services.
    pub services: Vec<String>,
    /// Whether each operation is a series of its own.
    pub by_operation: bool,
    /// Kinds of spans as OTLP numbers them.
    pub kinds: Vec<u32>,
    /// Time of the first point, since the Unix epoch.
    pub start: u64,
    /// Points after the first.
    pub steps: u64,
    /// Time between points, at least 1.
    pub step: u64,
    /// Time that a point is over, at least 1.
    pub rate_per: u64,
}

impl MetricsQuery {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.steps.saturating_mul(self.step))
    }

    /// The points that a span which starts at a time counts in: first and last.
    fn points(&self, start: u64) -> Option<(usize, usize)> {
        let first = start.saturating_sub(self.start).div_ceil(self.step);
        let before = start.saturating_add(self.rate_per).checked_sub(self.start)?.checked_sub(1)?;
        let last = (before / self.step).min(self.steps);
        (first <= last).then_some((first as usize, last as usize))
    }
}

/// The values of one service or operation.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsSeries {
    /// Service.
    pub service: String,
    /// Operation; empty where series are by service.
    pub operation: String,
    /// One per point.
    pub values: Vec<f64>,
}

/// What a query measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// Series, sorted by service and operation; services without calls have none.
    Series(Vec<MetricsSeries>),
    /// The entry spans of a service.
    EntrySpans(MeasuredService),
}

/// Measures. `check` is called now and then; its failure ends this. Blocks.
pub fn measure(
    store: &Store,
    query: &MetricsQuery,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    match query.measure {
        Measure::EntrySpans => entry_spans::measure(store, query, check).map(Measured::EntrySpans),
        _ => series(store, query, check).map(Measured::Series),
    }
}

fn series(
    store: &Store,
    query: &MetricsQuery,
    check: impl Fn() -> Result<(), Failure>,
) -> Result<Vec<MetricsSeries>, Failure> {
    // A span that starts when the first point's time starts is not in it.
    let window = (query.start.saturating_sub(query.rate_per).saturating_add(1), query.end());
    let mut series: BTreeMap<(String, String), Counts> = BTreeMap::new();
    let mut held = 0;
    let wanted = |service: &str, kind: u32| {
        // What OTLP does not number is no kind.
        query.kinds.contains(&(if kind > 5 { 0 } else { kind }))
            && query.services.iter().any(|wanted| wanted == service)
    };
    store.each_with_operation(
        window,
        |operation| wanted(&operation.service, operation.kind),
        &check,
        |stored| {
            let mut names = ServiceNames::default();
            stored.each_span(&mut |parts| {
                let facts = match facts_of(parts.span) {
                    Ok(facts) => facts,
                    Err(error) => return stored.left_out(&error),
                };
                let service = names.name(parts.resource);
                let Some(points) = query.points(facts.start) else { return };
                if !wanted(service, facts.kind) {
                    return;
                }
                let operation = match facts.name {
                    _ if !query.by_operation => String::new(),
                    [] => EMPTY_SPAN.to_owned(),
                    name => String::from_utf8_lossy(name).into_owned(),
                };
                let counts = series.entry((service.to_owned(), operation)).or_default();
                let took = duration(facts.start, facts.end);
                held += counts.add(query, points, took, facts.status == 2);
            });
            if held > MOST_SPANS || series.len() * (query.steps as usize + 2) > MOST_VALUES {
                return Err(Failure::Parameter(TOO_MUCH.to_owned()));
            }
            Ok(())
        },
    )?;
    let series = series.into_iter().map(|((service, operation), counts)| {
        check()?;
        Ok(MetricsSeries { service, operation, values: counts.values(query) })
    });
    series.collect()
}

/// What is counted of one series.
#[derive(Default)]
struct Counts {
    /// Calls and errors that a point has more than the one before.
    calls: Vec<i64>,
    errors: Vec<i64>,
    /// Duration, first and last point.
    spans: Vec<(u64, u32, u32)>,
}

impl Counts {
    /// Adds a span; the number of spans that are held more.
    fn add(&mut self, query: &MetricsQuery, (first, last): (usize, usize), took: u64, failed: bool) -> usize {
        if self.calls.is_empty() {
            self.calls.resize(query.steps as usize + 2, 0);
            self.errors.resize(query.steps as usize + 2, 0);
        }
        self.calls[first] += 1;
        self.calls[last + 1] -= 1;
        if failed {
            self.errors[first] += 1;
            self.errors[last + 1] -= 1;
        }
        if !matches!(query.measure, Measure::Latencies(_)) {
            return 0;
        }
        self.spans.push((took, first as u32, last as u32));
        1
    }

    fn values(self, query: &MetricsQuery) -> Vec<f64> {
        let points = query.steps as usize + 1;
        match query.measure {
            Measure::Calls => {
                let seconds = query.rate_per as f64 / 1e9;
                running(&self.calls, points).map(|calls| calls as f64 / seconds).collect()
            }
            Measure::Errors => {
                let both = running(&self.errors, points).zip(running(&self.calls, points));
                both.map(|(errors, calls)| errors as f64 / calls as f64).collect()
            }
            Measure::Latencies(quantile) => latencies(self.spans, quantile, points),
            Measure::EntrySpans => Vec::new(),
        }
    }
}

fn running(changes: &[i64], points: usize) -> impl Iterator<Item = i64> {
    changes.iter().take(points).scan(0, |sum, change| {
        *sum += change;
        Some(*sum)
    })
}

/// The quantile at each point: spans enter and leave a tree of counts over their ranks by duration.
fn latencies(mut spans: Vec<(u64, u32, u32)>, quantile: f64, points: usize) -> Vec<f64> {
    spans.sort_unstable();
    let (mut entering, mut leaving) =
        (by_point(&spans, points, |span| span.1), by_point(&spans, points, |span| span.2));
    let mut counts = RankCounts::new(spans.len());
    let mut values = Vec::with_capacity(points);
    for point in 0..points as u32 {
        while let Some(rank) = entering.pop_if(|rank| spans[*rank as usize].1 == point) {
            counts.add(rank as usize, 1);
        }
        let wanted = ((quantile * counts.total as f64).ceil() as u64).max(1);
        values.push(match counts.total {
            0 => f64::NAN,
            total => spans[counts.rank_of(wanted.min(total))].0 as f64 / 1e6,
        });
        while let Some(rank) = leaving.pop_if(|rank| spans[*rank as usize].2 == point) {
            counts.add(rank as usize, -1);
        }
    }
    values
}

/// Ranks by descending point.
fn by_point(spans: &[(u64, u32, u32)], points: usize, of: impl Fn(&(u64, u32, u32)) -> u32) -> Vec<u32> {
    let mut starts = vec![0u32; points + 1];
    spans.iter().for_each(|span| starts[points - 1 - of(span) as usize + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut ranks = vec![0; spans.len()];
    for (rank, span) in spans.iter().enumerate() {
        let start = &mut starts[points - 1 - of(span) as usize];
        ranks[*start as usize] = rank as u32;
        *start += 1;
    }
    ranks
}

/// Counts by rank whose sums are found in logarithmic time (a Fenwick tree).
struct RankCounts {
    sums: Vec<i64>,
    total: u64,
}

impl RankCounts {
    fn new(ranks: usize) -> Self {
        RankCounts { sums: vec![0; ranks + 1], total: 0 }
    }

    fn add(&mut self, rank: usize, count: i64) {
        self.total = self.total.saturating_add_signed(count);
        let mut at = rank + 1;
        while let Some(sum) = self.sums.get_mut(at) {
            *sum += count;
            at += at & at.wrapping_neg();
        }
    }

    /// The rank up to which there are `wanted`, from 1 to the total.
    fn rank_of(&self, wanted: u64) -> usize {
        let (mut at, mut left) = (0, wanted as i64);
        let mut step = self.sums.len().next_power_of_two() / 2;
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step).filter(|sum| **sum < left) {
                left -= sum;
                at += step;
            }
            step /= 2;
        }
        at
    }
}
