//! Where the map's numbers come from, and how that is said.

use super::side::Examples;
use crate::state::data::{Data, SearchPurpose};
use spandrel_trace::analysis::dependencies::{Failures, RatedLink, rated};
use spandrel_trace::model::DependencyLink;
use spandrel_trace::source::SearchQuery;
use spandrel_trace::units::Order as _;
use spandrel_trace::units::{Problem, ProblemKind, count};
use std::fmt;

/// Traces that are read whole to count calls or failures in.
const SAMPLE: u32 = 200;
/// Traces that are looked through for examples.
const EXAMPLES: u32 = 100;
/// Examples that are shown.
const SHOWN: usize = 8;
/// Services that are asked one by one where a backend cannot search all at once.
const ASKED: usize = 12;

/// The time that is looked at.
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

/// What the map is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// Links, merged.
    pub links: Vec<RatedLink>,
    /// Where they come from.
    pub origin: Origin,
}

/// Where the numbers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The time, milliseconds.
    pub lookback_ms: u64,
    /// The backend counted the calls; else they were counted in traces.
    pub counted: bool,
    /// Whole traces that were read.
    pub traces: usize,
    /// As many as were asked for, so that there may be more.
    pub truncated: bool,
    /// Failures are of the traces that were read, not of all.
    pub sampled_failures: bool,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.traces == 1 { "" } else { "s" };
        let traces = format!("{} trace{plural}", count(self.traces as u64));
        let limit = if self.truncated { ", truncated at the limit" } else { "" };
        let span = span(self.lookback_ms);
        match (self.counted, self.sampled_failures) {
            (false, _) => write!(f, "counted in {traces} of the last {span}{limit}"),
            (true, false) => write!(f, "from /api/dependencies, last {span}"),
            (true, true) => write!(f, "from /api/dependencies, last {span}, failures from {traces}{limit}"),
        }
    }
}

/// `hour`, `15 minutes`, `2 days`.
fn span(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000;
    let units = [(10_080, "week"), (1_440, "day"), (60, "hour"), (1, "minute")];
    let fits = |unit: &(u64, &str)| minutes >= unit.0 && minutes.is_multiple_of(unit.0);
    let (length, unit) = units.into_iter().find(fits).unwrap_or((1, "minute"));
    if minutes == length { unit.to_owned() } else { format!("{} {unit}s", minutes / length) }
}

/// Asks the backend, and where it does not count, or does not say what failed, reads traces. `ready` is called
/// with the calls as soon as they are known and again when failures are.
pub async fn load(data: Data, window: Window, ready: impl Fn(Loaded)) -> Result<(), Problem> {
    let origin = Origin { lookback_ms: window.lookback_ms, ..Origin::default() };
    let links = match data.dependencies(window.end_unix_ms, window.lookback_ms).await {
        Ok(links) => links,
        // A backend without this call has traces all the same.
        Err(problem) if matches!(problem.status, Some(404 | 405 | 501)) => Vec::new(),
        Err(problem) => return Err(problem),
    };
    if links.is_empty() {
        let (links, traces) = of_traces(data, window).await?;
        let truncated = traces >= SAMPLE as usize;
        ready(Loaded { links: rated(links, &[]), origin: Origin { traces, truncated, ..origin } });
        return Ok(());
    }
    let known = Loaded { links: rated(links.clone(), &[]), origin: Origin { counted: true, ..origin } };
    let complete = known.links.iter().all(|link| link.failures != Failures::Unknown);
    ready(known);
    // Without a sample the map just says that failures are not known.
    if !complete && let Ok((sample, traces)) = of_traces(data, window).await {
        let truncated = traces >= SAMPLE as usize;
        let origin = Origin { counted: true, sampled_failures: true, traces, truncated, ..origin };
        ready(Loaded { links: rated(links, &sample), origin });
    }
    Ok(())
}

/// Links counted in traces. Where a backend must be asked service by service, each link is taken from the
/// service that saw most of it, for their traces overlap.
async fn of_traces(data: Data, window: Window) -> Result<(Vec<DependencyLink>, usize), Problem> {
    let problem = match data.dependencies_of_traces(window.query("", SAMPLE)).await {
        Err(problem) if problem.kind == ProblemKind::Refused => problem,
        other => return other,
    };
    let services = data.services().await.map_err(|_| problem)?;
    let asked = services.len().clamp(1, ASKED);
    let mut best: Vec<DependencyLink> = Vec::new();
    let mut traces = 0;
    for service in services.iter().take(asked) {
        let (links, read) = data.dependencies_of_traces(window.query(service, SAMPLE / asked as u32)).await?;
        traces = traces.max(read);
        for link in links {
            match best.iter_mut().find(|known| known.parent == link.parent && known.child == link.child) {
                Some(known) if known.calls < link.calls => *known = link,
                Some(_) => {}
                None => best.push(link),
            }
        }
    }
    Ok((best, traces))
}

/// The slowest traces of a service, or of a call from one to another, among those that the backend gives.
pub async fn examples(data: Data, window: Window, service: &str, callee: Option<&str>) -> Examples {
    match data.search(window.query(callee.unwrap_or(service), EXAMPLES), SearchPurpose::Examples).await {
        Err(problem) => Examples::Failed(format!("{}: {}", problem.attempted, problem.happened)),
        Ok(found) => {
            let mut traces = found.summaries;
            traces.retain(|trace| {
                let has = |name: &str| {
                    trace.services.is_empty() || trace.services.iter().any(|one| one.name == name)
                };
                has(service) && callee.is_none_or(has)
            });
            traces.order_by_key(|trace| std::cmp::Reverse(trace.duration));
            traces.truncate(SHOWN);
            Examples::Traces(traces)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_origin_is_said_in_a_line() {
        let hour = Origin { lookback_ms: 3_600_000, ..Origin::default() };
        let said = |origin: Origin| origin.to_string();
        assert_eq!(said(Origin { counted: true, ..hour }), "from /api/dependencies, last hour");
        assert_eq!(
            said(Origin { counted: true, sampled_failures: true, traces: 200, truncated: true, ..hour }),
            "from /api/dependencies, last hour, failures from 200 traces, truncated at the limit"
        );
        assert_eq!(said(Origin { traces: 1, ..hour }), "counted in 1 trace of the last hour");
        assert_eq!(
            said(Origin { traces: 1_500, truncated: true, lookback_ms: 172_800_000, ..hour }),
            "counted in 1,500 traces of the last 2 days, truncated at the limit"
        );
    }

    #[test]
    fn windows_are_told_in_their_largest_unit() {
        let told = [900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000].map(span);
        assert_eq!(told, ["15 minutes", "hour", "6 hours", "day", "week"]);
    }
}
