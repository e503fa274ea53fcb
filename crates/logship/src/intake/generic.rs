//! JSON for any endpoint, in the default shape or in that of a template.

use super::entry::Entry;
use super::json::{Object, Part};
use super::pack::{Item, Limits, append, array};
use crate::builder::GenericBody;
use crate::invalid::Invalid;
use serde_json::{Map, Value};

/// Nobody documents limits of an unknown endpoint: 1,000 records and 4 MB are taken by most.
pub(super) const LIMITS: Limits = Limits {
    records: 1000,
    bytes: 4_000_000,
    each: 1,
    oldest: None,
    newest: None,
    span: None,
    sorted: false,
};

/// The names that a template may use.
const NAMES: [&str; 22] = [
    "timestamp",
    "timestamp_ms",
    "timestamp_ns",
    "level",
    "message",
    "service",
    "environment",
    "hostname",
    "trace_id",
    "span_id",
    "parent_span_id",
    "run_id",
    "parent_run_id",
    "workflow_name",
    "stage_name",
    "job_name",
    "user_id",
    "tenant_id",
    "target",
    "filename",
    "lineno",
    "tags",
];

/// The shape of one record.
pub(crate) enum Template {
    /// All that is known, as a flat object.
    Default,
    /// A value whose texts may have names in double braces.
    Given(Value),
}

impl Template {
    /// Checks the names in a template.
    pub(super) fn new(template: Option<&Value>) -> Result<Self, Invalid> {
        let Some(template) = template else { return Ok(Template::Default) };
        if !template.is_object() {
            return Err(Invalid::new("template", "is not a JSON object"));
        }
        // A template is written by the program's author: its depth is that of its text.
        let mut left = vec![template];
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => {
                    for name in names(text) {
                        let name =
                            name.map_err(|why| Invalid::new("template", format!("{text:?}: {why}")))?;
                        if !NAMES.contains(&name) && name != "attributes" && !name.starts_with("attributes.")
                        {
                            let why =
                                format!("{{{{{name}}}}} is none of {NAMES:?}, attributes, attributes.NAME");
                            return Err(Invalid::new("template", why));
                        }
                    }
                }
                Value::Array(items) => left.extend(items),
                Value::Object(fields) => left.extend(fields.values()),
                _ => {}
            }
        }
        Ok(Template::Given(template.clone()))
    }

    /// The JSON of a record.
    pub(super) fn item(&self, entry: &Entry<'_>) -> Item {
        let known = known(entry);
        let json = match self {
            Template::Default => {
                let mut object = Object(known.0);
                let attributes = &entry.record.attributes;
                if !attributes.is_empty() {
                    let parts = attributes.iter().map(|(name, value)| (name.as_str(), Part::Json(value)));
                    object.add("attributes", Part::Object(Object(parts.collect())));
                }
                object.write()
            }
            Template::Given(template) => {
                serde_json::to_vec(&filled(template, &known, entry)).unwrap_or_default()
            }
        };
        Item::new(entry.record, json)
    }
}

/// All that is known of a record by the names of templates, without its attributes.
fn known<'a>(entry: &'a Entry<'_>) -> Object<'a> {
    let mut object = Object::default();
    object.add("timestamp", Part::Owned(entry.rfc3339()));
    object.add("level", Part::Text(entry.record.severity.name()));
    object.add("message", Part::Text(&entry.record.message));
    object.add("service", Part::Text(&entry.settings.service));
    object.add_some("environment", entry.context.environment.as_deref());
    object.add_some("hostname", entry.settings.hostname.as_deref());
    entry.describe(&mut object);
    if !entry.context.tags.is_empty() {
        object.add("tags", Part::Texts(entry.context.tags.clone()));
    }
    object
}

/// The template with its names replaced. A text that is one name takes the value as it is, null when it is absent; in
/// longer texts an absent value is empty.
fn filled(template: &Value, known: &Object<'_>, entry: &Entry<'_>) -> Value {
    match template {
        Value::String(text) => filled_text(text, known, entry),
        Value::Array(items) => items.iter().map(|item| filled(item, known, entry)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, known, entry))).collect()
        }
        other => other.clone(),
    }
}

fn filled_text(text: &str, known: &Object<'_>, entry: &Entry<'_>) -> Value {
    if let Some(name) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
        && !name.contains("{{")
    {
        return value_of(name.trim(), known, entry);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, tail) = after.split_once("}}").unwrap_or((after, ""));
        match value_of(name.trim(), known, entry) {
            Value::Null => {}
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = tail;
    }
    out.push_str(rest);
    Value::String(out)
}

fn value_of(name: &str, known: &Object<'_>, entry: &Entry<'_>) -> Value {
    let attributes = &entry.record.attributes;
    match name {
        "timestamp_ms" => entry.millis().into(),
        "timestamp_ns" => entry.record.time.into(),
        "attributes" => Value::Object(attributes.iter().cloned().collect::<Map<_, _>>()),
        _ => match name.strip_prefix("attributes.") {
            Some(name) => {
                attributes.iter().find(|(key, _)| key == name).map_or(Value::Null, |(_, value)| value.clone())
            }
            None => known
                .0
                .iter()
                .find(|(key, _)| *key == name)
                .and_then(|(_, part)| serde_json::to_value(part).ok())
                .unwrap_or_default(),
        },
    }
}

/// The names in double braces of a text.
fn names(text: &str) -> impl Iterator<Item = Result<&str, &'static str>> {
    text.split("{{")
        .skip(1)
        .map(|rest| rest.split_once("}}").map(|(name, _)| name.trim()).ok_or("a name has no closing braces"))
}

/// The body of some records.
pub(super) fn body(items: &[Item], arranged: GenericBody) -> Vec<u8> {
    match arranged {
        GenericBody::Array => array(items),
        GenericBody::Lines => {
            let mut body = Vec::new();
            for item in items {
                append(&mut body, std::iter::once(item.json.as_slice()));
                body.push(b'\n');
            }
            body
        }
    }
}

/// The type of a body.
pub(super) fn media(arranged: GenericBody) -> &'static str {
    match arranged {
        GenericBody::Array => "application/json",
        GenericBody::Lines => "application/x-ndjson",
    }
}
