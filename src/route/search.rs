//! Address of the search page, with Jaeger's parameters.

use super::query::Query;
use super::{Named, Zone};
use serde_json::Value as Json;
use spandrel_trace::source::{SearchQuery, tags_as_json};
use spandrel_trace::units::parse_go_duration;

/// The fields of the search form, as typed; errors are shown beside the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchParams {
    /// Service; empty for all.
    pub service: String,
    /// Operation; empty for all.
    pub operation: String,
    /// Tags that one span must have.
    pub tags: Vec<(String, String)>,
    /// Time range back from now (`1h`, `2d`); empty for a custom range or the default.
    pub lookback: String,
    /// Start of the time range, microseconds since the Unix epoch. Also set with a lookback, so that the address
    /// always shows the same traces.
    pub start: Option<u64>,
    /// End of the window, likewise.
    pub end: Option<u64>,
    /// Minimum duration, Go notation.
    pub min_duration: String,
    /// Maximum duration, Go notation.
    pub max_duration: String,
    /// Text of a log line of the trace; empty for any. Only on our own server.
    pub log_text: String,
    /// Maximum number of traces; 0 for the default.
    pub limit: u32,
    /// The order of results.
    pub sort: Sort,
    /// Whether to show the traces of open files instead of a search.
    pub files: bool,
    /// Time zone of absolute times.
    pub zone: Zone,
    /// Whether traces that arrive are added to the results.
    pub live: bool,
}

/// The order of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Latest start first.
    #[default]
    Recent,
    /// Earliest start first.
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Most spans first.
    MostSpans,
    /// Fewest spans first.
    FewestSpans,
    /// Most errors first.
    MostErrors,
}

impl Named for Sort {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Sort::Recent, "recent", "Most recent"),
        (Sort::Oldest, "oldest", "Oldest"),
        (Sort::Longest, "longest", "Longest"),
        (Sort::Shortest, "shortest", "Shortest"),
        (Sort::MostSpans, "most-spans", "Most spans"),
        (Sort::FewestSpans, "fewest-spans", "Fewest spans"),
        (Sort::MostErrors, "most-errors", "Most errors"),
    ];
}

impl SearchParams {
    /// Default limit (as in Jaeger UI).
    pub const LIMIT: u32 = 20;
    /// Maximum limit (as in Jaeger UI).
    pub const MOST: u32 = 1_500;
    /// Default time range (as in Jaeger UI).
    pub const LOOKBACK: &'static str = "1h";

    pub(super) fn read(query: &Query) -> Self {
        // Jaeger UI has three values for "all".
        let name = |key: &str| match query.get(key) {
            "all" | "__all_services__" | "__all_operations__" => String::new(),
            name => name.to_owned(),
        };
        let mut tags = Vec::new();
        if let Ok(Json::Object(object)) = serde_json::from_slice(query.get("tags").as_bytes()) {
            tags.extend(object.into_iter().filter_map(|(key, value)| Some((key, plain(value)?))));
        }
        tags.extend(query.all("tag").filter_map(|tag| {
            let (key, value) = tag.split_once(':')?;
            Some((key.to_owned(), value.to_owned()))
        }));
        let lookback = query.get("lookback");
        let window: Option<(u64, u64)> = query
            .get("start")
            .parse()
            .ok()
            .zip(query.get("end").parse().ok())
            .filter(|(start, end)| start <= end);
        SearchParams {
            service: name("service"),
            operation: name("operation"),
            tags,
            lookback: if parse_lookback(lookback).is_some() { lookback.to_owned() } else { String::new() },
            start: window.map(|(start, _)| start),
            end: window.map(|(_, end)| end),
            min_duration: query.get("minDuration").to_owned(),
            max_duration: query.get("maxDuration").to_owned(),
            log_text: query.get("logText").to_owned(),
            limit: query.get("limit").parse().unwrap_or(0).min(Self::MOST),
            sort: Sort::from_name(query.get("sort")),
            files: query.get("from") == "files",
            zone: Zone::from_name(query.get("zone")),
            live: query.get("live") == "1",
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("from", if self.files { "files" } else { "" });
        query.add("service", &self.service);
        query.add("operation", &self.operation);
        if !self.tags.is_empty() {
            query.add("tags", tags_as_json(&self.tags));
        }
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                query.add("lookback", if self.lookback.is_empty() { "custom" } else { &self.lookback });
                query.add("start", start.to_string());
                query.add("end", end.to_string());
            }
            _ => query.add("lookback", &self.lookback),
        }
        query.add("minDuration", &self.min_duration);
        query.add("maxDuration", &self.max_duration);
        query.add("logText", &self.log_text);
        if self.limit > 0 {
            query.add("limit", self.limit.to_string());
        }
        query.add("sort", if self.sort == Sort::default() { "" } else { self.sort.name() });
        query.add("zone", self.zone.name());
        query.add("live", if self.live { "1" } else { "" });
    }

    /// Whether the address has a search; otherwise the form is empty.
    pub fn has_search(&self) -> bool {
        let SearchParams { limit, sort, zone, live, .. } = *self;
        let lookback = self.lookback.clone();
        *self != SearchParams { lookback, limit, sort, zone, live, ..SearchParams::default() }
    }

    /// The search without options of display: sort order, time zone, and whether it is live.
    #[must_use]
    pub fn asked(self) -> Self {
        SearchParams { sort: Sort::default(), zone: Zone::default(), live: false, ..self }
    }

    /// Whether the time range ends now, so that traces that arrive belong to it: a lookback, not a custom range.
    pub fn ends_now(&self) -> bool {
        !self.lookback.is_empty() || self.start.is_none()
    }

    /// The search with the lookback resolved at `now_us`; a custom range is kept.
    #[must_use]
    pub fn at(mut self, now_us: u64) -> Self {
        if self.ends_now() {
            (self.start, self.end) = (None, None);
            let (start, end) = self.window(now_us);
            (self.start, self.end) = (Some(start), Some(end));
            if self.lookback.is_empty() {
                self.lookback = Self::LOOKBACK.to_owned();
            }
        }
        self
    }

    /// The time range, microseconds since the Unix epoch.
    pub fn window(&self, now_us: u64) -> (u64, u64) {
        match (self.start, self.end) {
            (Some(start), Some(end)) => (start, end),
            _ => {
                let lookback = parse_lookback(&self.lookback).or_else(|| parse_lookback(Self::LOOKBACK));
                (now_us.saturating_sub(lookback.unwrap_or_default() / 1000), now_us)
            }
        }
    }

    /// The query for the server.
    pub fn to_query(&self, now_us: u64) -> SearchQuery {
        let (start_unix_us, end_unix_us) = self.window(now_us);
        SearchQuery {
            service: self.service.clone(),
            operation: self.operation.clone(),
            tags: self.tags.clone(),
            log_text: self.log_text.trim().to_owned(),
            start_unix_us,
            end_unix_us,
            min_duration: parse_go_duration(self.min_duration.trim()).ok(),
            max_duration: parse_go_duration(self.max_duration.trim()).ok(),
            limit: if self.limit == 0 { Self::LIMIT } else { self.limit },
        }
    }
}

/// A tag's value as text; `None` for lists and objects.
fn plain(value: Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => Some(whole.to_string()),
            (_, Some(whole)) => Some(whole.to_string()),
            _ => number.as_f64().map(|real| real.to_string()),
        },
        _ => None,
    }
}

/// A lookback in nanoseconds: Go's units and Jaeger's days and weeks (`2d`, `1w`).
pub(super) fn parse_lookback(text: &str) -> Option<u64> {
    let days = |number: &str, days: u64| number.parse::<u64>().ok()?.checked_mul(days * 86_400_000_000_000);
    match text
        .strip_suffix('d')
        .map(|number| (number, 1))
        .or(text.strip_suffix('w').map(|number| (number, 7)))
    {
        Some((number, each)) => days(number, each),
        None => parse_go_duration(text.trim()).ok(),
    }
}
