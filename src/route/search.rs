//! The search page's address, in Jaeger's words.

use super::query::Query;
use spandrel_trace::source::{SearchQuery, parse_duration};

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
    /// Window back from now (`1h`, `2d`); empty where `start` and `end` say it.
    pub lookback: String,
    /// Begin of a fixed window, microseconds since the Unix epoch.
    pub start: Option<u64>,
    /// End of a fixed window, microseconds since the Unix epoch.
    pub end: Option<u64>,
    /// Shortest span, Go notation.
    pub min_duration: String,
    /// Longest span, Go notation.
    pub max_duration: String,
    /// Most traces; 0 for the default.
    pub limit: u32,
}

impl SearchParams {
    /// Traces asked for where nothing else is said (Jaeger UI's default).
    pub const LIMIT: u32 = 20;
    /// Window where nothing else is said (Jaeger UI's default).
    pub const LOOKBACK: &'static str = "1h";

    pub(super) fn read(query: &Query) -> Self {
        // Jaeger's forms say "all" in three ways.
        let name = |key: &str| match query.get(key) {
            "all" | "__all_services__" | "__all_operations__" => String::new(),
            name => name.to_owned(),
        };
        let mut tags = Vec::new();
        if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(query.get("tags")) {
            tags.extend(object.into_iter().map(|(key, value)| match value {
                serde_json::Value::String(text) => (key, text),
                other => (key, other.to_string()),
            }));
        }
        tags.extend(query.all("tag").filter_map(|tag| {
            let (key, value) = tag.split_once(':')?;
            Some((key.to_owned(), value.to_owned()))
        }));
        let lookback = query.get("lookback");
        let (start, end) = (query.get("start").parse().ok(), query.get("end").parse().ok());
        // Jaeger writes start and end beside every lookback; a lookback that can be read is the fresher wish.
        let relative = parse_lookback(lookback).is_some() || start.is_none() || end.is_none();
        SearchParams {
            service: name("service"),
            operation: name("operation"),
            tags,
            lookback: if relative && lookback != "custom" { lookback.to_owned() } else { String::new() },
            start: start.filter(|_| !relative),
            end: end.filter(|_| !relative),
            min_duration: query.get("minDuration").to_owned(),
            max_duration: query.get("maxDuration").to_owned(),
            limit: query.get("limit").parse().unwrap_or(0),
        }
    }

    pub(super) fn write(&self, query: &mut Query) {
        query.add("service", &self.service);
        query.add("operation", &self.operation);
        if !self.tags.is_empty() {
            let object: serde_json::Map<_, _> =
                self.tags.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
            query.add("tags", serde_json::Value::from(object).to_string());
        }
        match (self.start, self.end) {
            (Some(start), Some(end)) => {
                query.add("lookback", "custom");
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
    }

    /// Whether the address asks for anything; without that the page shows an empty form.
    pub fn asks(&self) -> bool {
        *self != SearchParams::default()
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
        let (begin_unix_us, end_unix_us) = self.window(now_us);
        SearchQuery {
            service: self.service.clone(),
            operation: self.operation.clone(),
            tags: self.tags.clone(),
            begin_unix_us,
            end_unix_us,
            min_duration: parse_duration(&self.min_duration),
            max_duration: parse_duration(&self.max_duration),
            limit: if self.limit == 0 { Self::LIMIT } else { self.limit },
        }
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
        None => parse_duration(text),
    }
}
