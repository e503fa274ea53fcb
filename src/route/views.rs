//! View state of the dependencies and monitor pages.

use super::query::Query;
use super::search::parse_lookback;

/// View state of the dependencies page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DependenciesView {
    /// The focused service.
    pub service: Option<String>,
    /// With `service`: the focused link is from it to this one.
    pub callee: Option<String>,
    /// Whether to show a list instead of the map.
    pub list: bool,
    /// Time range back from now (`1h`, `2d`); empty for the default.
    pub lookback: String,
}

impl DependenciesView {
    /// Default time range.
    pub const LOOKBACK: &'static str = "1h";

    /// The time range in milliseconds.
    pub fn lookback_ms(&self) -> u64 {
        lookback_ms(&self.lookback, Self::LOOKBACK)
    }

    pub(super) fn read(query: &Query) -> Self {
        DependenciesView {
            service: service(query, "service"),
            callee: service(query, "callee"),
            list: query.has("list"),
            lookback: lookback(query),
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("service", self.service.as_deref().unwrap_or_default());
        query.add("callee", self.callee.as_deref().unwrap_or_default());
        query.add("list", if self.list { "1" } else { "" });
        query.add("lookback", &self.lookback);
    }
}

/// View state of the monitor page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonitorView {
    /// The service.
    pub service: Option<String>,
    /// Time range back from now (`1h`, `2d`); empty for the default.
    pub lookback: String,
}

impl MonitorView {
    /// Default time range.
    pub const LOOKBACK: &'static str = "1h";

    /// The time range in milliseconds.
    pub fn lookback_ms(&self) -> u64 {
        lookback_ms(&self.lookback, Self::LOOKBACK)
    }

    pub(super) fn read(query: &Query) -> Self {
        // Jaeger has the time range in milliseconds.
        let timeframe = query.get("timeframe").parse::<u64>().map(|ms| format!("{}m", ms.div_ceil(60_000)));
        let lookback = match lookback(query) {
            none if none.is_empty() => timeframe.unwrap_or_default(),
            lookback => lookback,
        };
        MonitorView { service: service(query, "service"), lookback }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("service", self.service.as_deref().unwrap_or_default());
        query.add("lookback", &self.lookback);
    }
}

fn service(query: &Query, key: &str) -> Option<String> {
    Some(query.get(key)).filter(|service| !service.is_empty()).map(str::to_owned)
}

/// The time range of an address; empty where it is none.
fn lookback(query: &Query) -> String {
    let text = query.get("lookback");
    if parse_lookback(text).is_some() { text.to_owned() } else { String::new() }
}

fn lookback_ms(text: &str, default: &str) -> u64 {
    parse_lookback(text).or_else(|| parse_lookback(default)).unwrap_or_default() / 1_000_000
}
