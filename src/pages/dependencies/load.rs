//! Loads the calls between services, and describes their source.

use super::examples::Examples;
use crate::state::data::{CountedCalls, Data, SearchPurpose};
use spandrel_trace::analysis::dependencies::{CountedRequests, Failures, RatedLink, rated};
use spandrel_trace::model::{DependencyLink, TraceSummary};
use spandrel_trace::source::SearchQuery;
use spandrel_trace::units::{Problem, ProblemKind, count, sort_by_number_descending};
use std::collections::HashSet;
use std::fmt;

/// Whole traces that are read to count calls or errors.
const SAMPLE: u32 = 200;
/// Traces that examples are chosen from.
const EXAMPLES: u32 = 100;
/// Searches for examples at most.
const ROUNDS: usize = 5;
/// Examples shown.
const SHOWN: usize = 8;
/// Services that are queried one by one if the server cannot search all services at once.
const ASKED: usize = 12;

/// A time range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Its end, milliseconds since the Unix epoch.
    pub end_unix_ms: u64,
    /// Its length, milliseconds.
    pub lookback_ms: u64,
}

impl Window {
    /// The time up to now.
    pub fn back_from_now(lookback_ms: u64) -> Self {
        Window { end_unix_ms: js_sys::Date::now() as u64, lookback_ms }
    }

    fn query(self, service: &str, limit: u32) -> SearchQuery {
        SearchQuery {
            service: service.to_owned(),
            start_unix_us: self.end_unix_ms.saturating_sub(self.lookback_ms) * 1_000,
            end_unix_us: self.end_unix_ms * 1_000,
            limit,
            ..SearchQuery::default()
        }
    }
}

/// Calls between services.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Links, merged.
    pub links: Vec<RatedLink>,
    /// Requests of the services.
    pub requests: CountedRequests,
    /// Their source.
    pub origin: LinksOrigin,
}

/// Source of the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinksOrigin {
    /// Length of the time range, milliseconds.
    pub lookback_ms: u64,
    /// The server counted the calls; otherwise they were counted in traces.
    pub counted: bool,
    /// Whole traces that were read.
    pub traces: usize,
    /// As many as requested, so there may be more.
    pub truncated: bool,
    /// Requests and errors are those of the traces that were read, not all.
    pub sampled: bool,
}

impl fmt::Display for LinksOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.traces == 1 { "" } else { "s" };
        let newest = if self.truncated { "the newest " } else { "" };
        let traces = format!("{newest}{} trace{plural}", count(self.traces as u64));
        let range = span(self.lookback_ms);
        match (self.counted, self.sampled) {
            (false, _) => write!(f, "Based on {traces}, last {range}"),
            (true, false) => write!(f, "Source: /api/dependencies, last {range}"),
            (true, true) => {
                write!(f, "Source: /api/dependencies, last {range} · requests and errors from {traces}")
            }
        }
    }
}

/// Formats a length as `hour`, `15 minutes` or `2 days`.
fn span(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000;
    let units = [(10_080, "week"), (1_440, "day"), (60, "hour"), (1, "minute")];
    let fits = |unit: &(u64, &str)| minutes >= unit.0 && minutes.is_multiple_of(unit.0);
    let (length, unit) = units.into_iter().find(fits).unwrap_or((1, "minute"));
    if minutes == length { unit.to_owned() } else { format!("{} {unit}s", minutes / length) }
}

/// Requests the calls from the server. If it does not count calls, requests or errors, counts them in traces. `ready` is called
/// as soon as the calls are known, and again when the rest is.
pub async fn load(data: Data, window: Window, ready: impl Fn(Loaded)) -> Result<(), Problem> {
    let origin = LinksOrigin { lookback_ms: window.lookback_ms, ..LinksOrigin::default() };
    let counted = match data.dependencies(window.end_unix_ms, window.lookback_ms).await {
        Ok(counted) => counted,
        // A server without this API has traces all the same.
        Err(problem) if matches!(problem.status, Some(404 | 405 | 501)) => CountedCalls::default(),
        Err(problem) => return Err(problem),
    };
    if counted.links.is_empty() && counted.requests.is_empty() {
        let CountedCalls { links, requests, traces } = of_traces(data, window).await?;
        let truncated = traces >= SAMPLE as usize;
        let requests = CountedRequests { services: requests, sampled: false };
        ready(Loaded {
            links: rated(links, &[]),
            requests,
            origin: LinksOrigin { traces, truncated, ..origin },
        });
        return Ok(());
    }
    let links = counted.links;
    let known = Loaded {
        links: rated(links.clone(), &[]),
        requests: CountedRequests { services: counted.requests, sampled: false },
        origin: LinksOrigin { counted: true, ..origin },
    };
    let complete = !known.requests.services.is_empty()
        && known.links.iter().all(|link| link.failures != Failures::Unknown);
    ready(known);
    // Without a sample, requests and errors are shown as unknown.
    if !complete
        && let Ok(sample) = of_traces(data, window).await
        && sample.traces > 0
    {
        let (traces, truncated) = (sample.traces, sample.traces >= SAMPLE as usize);
        let origin = LinksOrigin { counted: true, sampled: true, traces, truncated, ..origin };
        let requests = CountedRequests { services: sample.requests, sampled: true };
        ready(Loaded { links: rated(links, &sample.links), requests, origin });
    }
    Ok(())
}

/// Links and requests counted in traces. If the server must be queried service by service, each number is taken from the
/// service with the most of it, because their traces overlap.
async fn of_traces(data: Data, window: Window) -> Result<CountedCalls, Problem> {
    let problem = match data.dependencies_of_traces(window.query("", SAMPLE)).await {
        Err(problem) if problem.kind == ProblemKind::Refused => problem,
        other => return other,
    };
    let services = data.services().await.map_err(|_| problem)?;
    let asked = services.len().clamp(1, ASKED);
    let mut best = CountedCalls::default();
    for service in services.iter().take(asked) {
        let counted = data.dependencies_of_traces(window.query(service, SAMPLE / asked as u32)).await?;
        best.traces = best.traces.max(counted.traces);
        for link in counted.links {
            let same = |known: &&mut DependencyLink| known.parent == link.parent && known.child == link.child;
            match best.links.iter_mut().find(same) {
                Some(known) if known.calls < link.calls => *known = link,
                Some(_) => {}
                None => best.links.push(link),
            }
        }
        for requests in counted.requests {
            match best.requests.iter_mut().find(|known| known.service == requests.service) {
                Some(known) if known.requests < requests.requests => *known = requests,
                Some(_) => {}
                None => best.requests.push(requests),
            }
        }
    }
    best.requests.sort_by(|one, other| one.service.cmp(&other.service));
    Ok(best)
}

/// The slowest traces of a service, or with calls from `service` to `callee`: of the newest [`EXAMPLES`] and, if there are
/// more, of those with the longest spans of the service or the callee.
pub async fn examples(data: Data, window: Window, service: &str, callee: Option<&str>) -> Examples {
    let mut query = window.query(callee.unwrap_or(service), EXAMPLES);
    let has = |trace: &TraceSummary, name: &str| {
        trace.services.is_empty() || trace.services.iter().any(|one| one.name == name)
    };
    let (mut traces, mut is_sample): (Vec<TraceSummary>, bool) = (Vec::new(), false);
    for _ in 0..ROUNDS {
        let found = match data.search(query.clone(), SearchPurpose::Examples).await {
            Ok(found) => found.summaries,
            // Without a search by duration the newest ones are shown.
            Err(_) if is_sample => break,
            Err(problem) => return Examples::Failed(problem.to_string()),
        };
        let is_cut = found.len() >= EXAMPLES as usize;
        let is_wanted =
            |trace: &TraceSummary| has(trace, service) && callee.is_none_or(|callee| has(trace, callee));
        traces.extend(found.into_iter().filter(is_wanted));
        sort_by_number_descending(&mut traces, |trace| trace.duration);
        let mut keys = HashSet::new();
        traces.retain(|trace| keys.insert(trace.key()));
        traces.truncate(SHOWN);
        if !is_cut {
            break;
        }
        is_sample = true;
        // A trace that takes longer than the last one here, in a single span of the service.
        let last = traces.last().map_or(0, |trace| trace.duration).max(1_000);
        if query.min_duration.is_some_and(|least| least >= last) {
            break;
        }
        query.min_duration = Some(last);
    }
    Examples::Traces { traces, is_sample }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_source_is_described_in_a_line() {
        let hour = LinksOrigin { lookback_ms: 3_600_000, ..LinksOrigin::default() };
        let text = |origin: LinksOrigin| origin.to_string();
        assert_eq!(text(LinksOrigin { counted: true, ..hour }), "Source: /api/dependencies, last hour");
        assert_eq!(
            text(LinksOrigin { counted: true, sampled: true, traces: 200, truncated: true, ..hour }),
            "Source: /api/dependencies, last hour · requests and errors from the newest 200 traces"
        );
        assert_eq!(text(LinksOrigin { traces: 1, ..hour }), "Based on 1 trace, last hour");
        assert_eq!(
            text(LinksOrigin { traces: 1_500, truncated: true, lookback_ms: 172_800_000, ..hour }),
            "Based on the newest 1,500 traces, last 2 days"
        );
    }

    #[test]
    fn time_ranges_are_formatted_in_their_largest_unit() {
        let formatted = [900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000].map(span);
        assert_eq!(formatted, ["15 minutes", "hour", "6 hours", "day", "week"]);
    }
}
