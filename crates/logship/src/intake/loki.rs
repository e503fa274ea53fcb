//! Loki's push API: `POST /loki/api/v1/push` with JSON, answered 204.

use super::entry::{Entry, start_of};
use super::json::{Object, Part};
use super::pack::{Item, Limits, append};
use crate::builder::Builder;
use crate::invalid::Invalid;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::time::Duration;

/// The most bytes of a line.
const LINE: usize = 256 << 10;
/// The most labels of a stream.
const LABELS: usize = 15;
/// Labels that every stream has: service_name, level, and environment where there is one.
const OWN_LABELS: [&str; 3] = ["service_name", "level", "environment"];

/// Records at most a week old and 10 minutes ahead. A request stays below the 4 MB that Loki's components exchange.
pub(super) const LIMITS: Limits = Limits {
    records: 5000,
    bytes: 3_000_000,
    each: 4,
    oldest: Some(Duration::from_secs(168 * 3600)),
    newest: Some(Duration::from_secs(600)),
    span: None,
    sorted: true,
};

/// Checks the labels.
pub(super) fn check(settings: &Builder) -> Result<(), Invalid> {
    let invalid = |why: String| Err(Invalid::new("labels", why));
    if settings.labels.len() + OWN_LABELS.len() > LABELS {
        return invalid(format!(
            "a stream has at most {LABELS} labels, {} of them are the handler's",
            OWN_LABELS.len()
        ));
    }
    for (name, value) in &settings.labels {
        let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !start || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return invalid(format!("{name:?} is not a name of letters, digits and _"));
        }
        if value.is_empty() {
            return invalid(format!("the value of {name} is empty"));
        }
        if OWN_LABELS.contains(&name.as_str()) {
            return invalid(format!("{name} is set by the handler"));
        }
    }
    Ok(())
}

/// `Authorization`: basic for `user:token`, else a bearer token.
pub(super) fn authorization(key: &str) -> String {
    match key.contains(':') {
        true => format!("Basic {}", STANDARD.encode(key)),
        false => format!("Bearer {key}"),
    }
}

/// One value: nanoseconds as text, the line, and everything else as structured metadata, whose values are texts.
pub(super) fn item(entry: &Entry<'_>) -> Item {
    let settings = entry.settings;
    let mut labels = BTreeMap::from([
        ("service_name", settings.service.as_str()),
        ("level", entry.record.severity.name()),
    ]);
    if let Some(environment) = entry.context.environment.as_deref().filter(|name| !name.is_empty()) {
        labels.insert("environment", environment);
    }
    labels.extend(settings.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut metadata = Object::default();
    entry.describe(&mut metadata);
    if !entry.context.tags.is_empty() {
        metadata.add("tags", Part::Owned(entry.context.tags.join(",")));
    }
    metadata.add_some("hostname", settings.hostname.as_deref());
    for (name, value) in &entry.record.attributes {
        if !metadata.has(name) {
            metadata.add(name, value.as_str().map_or_else(|| Part::Owned(value.to_string()), Part::Text));
        }
    }
    for (_, value) in &mut metadata.0 {
        if let Part::Number(number) = value {
            *value = Part::Owned(number.to_string());
        }
    }
    value(entry, &labels, Some(metadata))
}

/// A value of the stream that has the labels.
pub(super) fn value(entry: &Entry<'_>, labels: &BTreeMap<&str, &str>, metadata: Option<Object<'_>>) -> Item {
    let mut json = Vec::with_capacity(entry.record.message.len() + 64);
    json.push(b'[');
    let time = Part::Owned(entry.record.time.to_string());
    let line = Part::Text(start_of(&entry.record.message, LINE));
    let metadata = metadata.filter(|metadata| !metadata.0.is_empty()).map(Part::Object);
    let parts: Vec<Vec<u8>> = [Some(time), Some(line), metadata]
        .into_iter()
        .flatten()
        .map(|part| serde_json::to_vec(&part).unwrap_or_default())
        .collect();
    append(&mut json, parts.iter().map(Vec::as_slice));
    json.push(b']');
    let mut item = Item::new(entry.record, json);
    item.stream = serde_json::to_string(labels).unwrap_or_default();
    item
}

/// Values grouped by stream.
pub(super) fn body(items: &[Item]) -> Vec<u8> {
    let mut streams: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for item in items {
        streams.entry(&item.stream).or_default().push(&item.json);
    }
    let mut body = b"{\"streams\":[".to_vec();
    for (number, (labels, values)) in streams.into_iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        body.extend_from_slice(b"{\"stream\":");
        body.extend_from_slice(labels.as_bytes());
        body.extend_from_slice(b",\"values\":[");
        append(&mut body, values.into_iter());
        body.extend_from_slice(b"]}");
    }
    body.extend_from_slice(b"]}");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_base64() {
        // RFC 7617, section 2.
        assert_eq!(authorization("Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(authorization("glsa_1"), "Bearer glsa_1");
    }
}
