//! The search page's address, in Jaeger's words.

use super::Zone;
use super::query::Query;
use serde_json::Value as Json;
use spandrel_trace::source::{SearchQuery, tags_as_json};
use spandrel_trace::units::parse_go_duration;

/// The search form's fields as they stand in the address. Texts as typed: what is wrong with them is said
/// beside the field, not swallowed here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchParams {
    /// Service; empty for all.
    pub service: String,
    /// Operation; empty for all.
    pub operation: String,
    /// Tags that one span must have.
    pub tags: Vec<(String, String)>,
    /// Window back from now (`1h`, `2d`); empty for a window of one's own, or for the default.
    pub lookback: String,
    /// Begin of the window, microseconds since the Unix epoch. Beside a lookback: where it was when it was asked,
    /// so that the same address shows the same traces.
    pub start: Option<u64>,
    /// End of the window, likewise.
    pub end: Option<u64>,
    /// Shortest span, Go notation.
    pub min_duration: String,
    /// Longest span, Go notation.
    pub max_duration: String,
    /// Most traces; 0 for the default.
    pub limit: u32,
    /// The order of results.
    pub sort: Sort,
    /// The traces of the files that are open, in place of a search.
    pub files: bool,
    /// Whose clock times of day are of.
    pub zone: Zone,
}

/// The order of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Latest begin first.
    #[default]
    Recent,
    /// Earliest begin first.
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Most spans first.
    MostSpans,
    /// Fewest spans first.
    FewestSpans,
    /// Most failed spans first.
    MostErrors,
}

impl Sort {
    /// All there are, with their name in addresses and for people.
    pub const ALL: [(Sort, &'static str, &'static str); 7] = [
        (Sort::Recent, "recent", "Most recent"),
        (Sort::Oldest, "oldest", "Oldest"),
        (Sort::Longest, "longest", "Longest"),
        (Sort::Shortest, "shortest", "Shortest"),
        (Sort::MostSpans, "most-spans", "Most spans"),
        (Sort::FewestSpans, "fewest-spans", "Fewest spans"),
        (Sort::MostErrors, "most-errors", "Most errors"),
    ];

    /// Its name in addresses.
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|(sort, ..)| *sort == self).map_or("", |(_, key, _)| key)
    }

    /// From its name in addresses; the first for anything else.
    pub fn from_key(key: &str) -> Self {
        Self::ALL.iter().find(|(_, name, _)| *name == key).map(|(sort, ..)| *sort).unwrap_or_default()
    }
}

impl SearchParams {
    /// Traces asked for where nothing else is said (Jaeger UI's default).
    pub const LIMIT: u32 = 20;
    /// Most traces that can be asked for (Jaeger UI's limit).
    pub const MOST: u32 = 1_500;
    /// Window where nothing else is said (Jaeger UI's default).
    pub const LOOKBACK: &'static str = "1h";

    pub(super) fn read(query: &Query) -> Self {
        // Jaeger's forms say "all" in three ways.
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
            limit: query.get("limit").parse().unwrap_or(0).min(Self::MOST),
            sort: Sort::from_key(query.get("sort")),
            files: query.get("from") == "files",
            zone: Zone::from_word(query.get("zone")),
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
        if self.limit > 0 {
            query.add("limit", self.limit.to_string());
        }
        query.add("sort", if self.sort == Sort::default() { "" } else { self.sort.key() });
        query.add("zone", self.zone.word());
    }

    /// Whether the address asks for anything; without that the page shows an empty form.
    pub fn asks(&self) -> bool {
        let (lookback, limit, sort, zone) = (self.lookback.clone(), self.limit, self.sort, self.zone);
        *self != SearchParams { lookback, limit, sort, zone, ..SearchParams::default() }
    }

    /// What is asked, whatever its answer looks like: neither another order nor another clock is a new search.
    #[must_use]
    pub fn asked(self) -> Self {
        SearchParams { sort: Sort::default(), zone: Zone::default(), ..self }
    }

    /// The same search with its lookback counted from `now_us`; a window of one's own stays.
    #[must_use]
    pub fn asked_at(mut self, now_us: u64) -> Self {
        if !self.lookback.is_empty() || self.start.is_none() {
            (self.start, self.end) = (None, None);
            let (start, end) = self.window(now_us);
            (self.start, self.end) = (Some(start), Some(end));
            if self.lookback.is_empty() {
                self.lookback = Self::LOOKBACK.to_owned();
            }
        }
        self
    }

    /// The window, microseconds since the Unix epoch.
    pub fn window(&self, now_us: u64) -> (u64, u64) {
        match (self.start, self.end) {
            (Some(start), Some(end)) => (start, end),
            _ => {
                let lookback = parse_lookback(&self.lookback).or_else(|| parse_lookback(Self::LOOKBACK));
                (now_us.saturating_sub(lookback.unwrap_or_default() / 1000), now_us)
            }
        }
    }

    /// What to ask the backend.
    pub fn to_query(&self, now_us: u64) -> SearchQuery {
        let (start_unix_us, end_unix_us) = self.window(now_us);
        SearchQuery {
            service: self.service.clone(),
            operation: self.operation.clone(),
            tags: self.tags.clone(),
            start_unix_us,
            end_unix_us,
            min_duration: parse_go_duration(self.min_duration.trim()),
            max_duration: parse_go_duration(self.max_duration.trim()),
            limit: if self.limit == 0 { Self::LIMIT } else { self.limit },
        }
    }
}

/// A tag's value as text; lists and objects are none.
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
        None => parse_go_duration(text.trim()),
    }
}
