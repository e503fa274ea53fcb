//! Datadog's log intake, version 2: `POST /api/v2/logs` with `DD-API-KEY`.

use super::entry::{Entry, start_of};
use super::json::{Object, Part};
use super::pack::{Item, Limits};
use std::time::Duration;

/// An entry longer than this is truncated by Datadog; here its message is, which keeps the JSON whole.
const ENTRY: usize = 1_000_000;

/// An array of at most 1,000 entries, 5 MB; entries at most 18 h old.
pub(super) const LIMITS: Limits = Limits {
    records: 1000,
    bytes: 5_000_000 - 2,
    each: 1,
    oldest: Some(Duration::from_secs(18 * 3600)),
    newest: None,
    span: None,
    sorted: false,
};

/// One entry: the reserved attributes, then everything else beside them.
pub(super) fn item(entry: &Entry<'_>) -> Result<Item, &'static str> {
    let tags = tags(entry);
    let shortened = |message: &str| entry_json(entry, &tags, message);
    fit(entry, ENTRY, shortened)
}

/// Writes an entry, with less of its message when it is longer than `most` bytes.
pub(super) fn fit(
    entry: &Entry<'_>,
    most: usize,
    write: impl Fn(&str) -> Vec<u8>,
) -> Result<Item, &'static str> {
    let message = entry.record.message.as_str();
    let json = write(message);
    if json.len() <= most {
        return Ok(Item::new(entry.record, json));
    }
    // What is escaped takes up to six bytes for one: the second try counts with that.
    let excess = json.len() - most;
    let shorter = write(start_of(message, message.len().saturating_sub(excess)));
    if shorter.len() <= most {
        return Ok(Item::new(entry.record, shorter));
    }
    let rest = json.len().saturating_sub(message.len() * 6).max(write("").len());
    let least = write(start_of(message, most.saturating_sub(rest) / 6));
    match least.len() <= most {
        true => Ok(Item::new(entry.record, least)),
        false => Err("larger than an entry may be, even without its message"),
    }
}

fn entry_json(entry: &Entry<'_>, tags: &str, message: &str) -> Vec<u8> {
    let settings = entry.settings;
    let mut object = Object::default();
    object.add("message", Part::Text(message));
    object.add("status", Part::Text(entry.record.severity.name()));
    object.add("timestamp", Part::Number(entry.millis()));
    object.add("service", Part::Text(&settings.service));
    object.add("ddsource", Part::Text(&settings.source));
    if !tags.is_empty() {
        object.add("ddtags", Part::Text(tags));
    }
    object.add_some("hostname", settings.hostname.as_deref());
    if let Some(trace) = &entry.trace {
        // Datadog joins logs and spans by these: the trace in hexadecimal, the span in decimal.
        let mut ids = Object::default();
        ids.add("trace_id", Part::Text(trace));
        if let Some(span) = entry.span.as_deref().and_then(|span| u64::from_str_radix(span, 16).ok()) {
            ids.add("span_id", Part::Owned(span.to_string()));
        }
        object.add("dd", Part::Object(ids));
    }
    entry.describe(&mut object);
    let mut others = Object::default();
    for (name, value) in &entry.record.attributes {
        // An attribute must not take the place of a reserved one.
        match object.has(name) {
            true => others.add(name, Part::Json(value)),
            false => object.add(name, Part::Json(value)),
        }
    }
    if !others.0.is_empty() {
        object.add("attributes", Part::Object(others));
    }
    object.write()
}

/// `ddtags`: tags with commas between them; a comma within a tag would split it.
fn tags(entry: &Entry<'_>) -> String {
    let environment = entry.context.environment.iter().map(|name| format!("env:{name}"));
    let tags: Vec<String> = environment
        .chain(entry.context.tags.iter().cloned())
        .map(|tag| tag.replace(',', "_"))
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.join(",")
}
