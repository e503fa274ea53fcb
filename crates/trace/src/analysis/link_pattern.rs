//! Configured links on attributes and traces: `linkPatterns` of Jaeger UI's configuration. Functions and regular
//! expressions are not supported, because they exist only in scripts.
//!
//! `#{name}` in a URL or text is replaced by a value, `#{name | formatter argument}` by a formatted one. Values in
//! URLs are percent-encoded. A pattern yields no link if a value is missing, or if the URL is not http, https or
//! mailto.

use super::text_format::{address, encoded};
use crate::model::Outline;
use crate::units::rfc3339;
use serde::Deserialize;
use serde_json::Value as Json;

/// What a pattern applies to; Jaeger's current and former names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternScope {
    /// A span's attributes.
    Attributes,
    /// The attributes of a span's resource.
    Resource,
    /// The attributes of an event.
    Events,
    /// The trace as a whole.
    Trace,
}

impl PatternScope {
    fn words(self) -> [&'static str; 2] {
        match self {
            PatternScope::Attributes => ["attributes", "tags"],
            PatternScope::Resource => ["resource", "process"],
            PatternScope::Events => ["events", "logs"],
            PatternScope::Trace => ["traces", "traces"],
        }
    }
}

/// A string, or a list of alternatives.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    OneOf(Vec<String>),
}

impl OneOrMany {
    fn has(&self, text: &str) -> bool {
        match self {
            OneOrMany::One(one) => one == text,
            OneOrMany::OneOf(several) => several.iter().any(|one| one == text),
        }
    }
}

/// Whether `text` matches; everything matches `None`.
fn wants(wanted: &Option<OneOrMany>, text: &str) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted.has(text))
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LinkPattern {
    #[serde(rename = "type")]
    place: Option<OneOrMany>,
    key: Option<OneOrMany>,
    value: Option<OneOrMany>,
    url: String,
    text: String,
}

/// A link made from a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternLink {
    /// URL.
    pub address: String,
    /// Text.
    pub text: String,
}

/// The value of a name in a pattern for a trace, with or without the prefix `trace.`; times are in microseconds as in
/// Jaeger.
pub fn trace_value(outline: &Outline, name: &str) -> Option<String> {
    Some(match name.strip_prefix("trace.").unwrap_or(name) {
        "traceID" => outline.trace_id.to_string(),
        "traceName" if !outline.is_empty() => format!("{}: {}", outline.service_of(0), outline.name_of(0)),
        "duration" => (outline.duration / 1_000).to_string(),
        "startTime" => (outline.start_unix / 1_000).to_string(),
        "endTime" => ((outline.start_unix + outline.duration) / 1_000).to_string(),
        _ => return None,
    })
}

/// Parses the patterns of a configuration (JSON); invalid ones are skipped.
pub fn link_patterns(config: &str) -> Vec<LinkPattern> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Config {
        link_patterns: Vec<Json>,
    }
    let config: Config = serde_json::from_str(config).unwrap_or_default();
    config.link_patterns.into_iter().filter_map(|pattern| serde_json::from_value(pattern).ok()).collect()
}

impl LinkPattern {
    /// The link for an attribute, or for a trace (empty key and value). `lookup` returns the values of names; times
    /// are in microseconds as in Jaeger.
    pub fn link(
        &self,
        place: PatternScope,
        key: &str,
        value: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Option<PatternLink> {
        if !place.words().iter().any(|word| wants(&self.place, word)) {
            return None;
        }
        if place != PatternScope::Trace && !(wants(&self.key, key) && wants(&self.value, value)) {
            return None;
        }
        let url = filled(&self.url, lookup, encoded)?;
        // The prefix of the URL is from the configuration, so its host is trusted.
        let followed =
            address(&url).is_some() || (url.starts_with('/') && address(&format!("http:/{url}")).is_some());
        let text = filled(&self.text, lookup, |value| value.to_owned())?;
        followed.then_some(PatternLink { address: url, text })
    }
}

/// Replaces the placeholders of a template; `None` if a value is missing.
fn filled(
    template: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    written: impl Fn(&str) -> String,
) -> Option<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("#{") {
        let inside = &rest[start + 2..];
        // Names contain no braces; anything else is literal text.
        let Some(end) = inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}')) else {
            out.push_str(&rest[..start + 2]);
            rest = inside;
            continue;
        };
        out.push_str(&rest[..start]);
        let mut parts = inside[..end].split('|').map(str::trim);
        let value = lookup(parts.next().unwrap_or_default())?;
        out.push_str(&written(&parts.fold(value, |value, formatter| formatted(&value, formatter))));
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// Applies a formatter; returns the value unchanged if the formatter is unknown or not applicable.
fn formatted(value: &str, formatter: &str) -> String {
    let mut words = formatter.split_ascii_whitespace();
    let (name, argument, fill) = (words.next().unwrap_or_default(), words.next(), words.next());
    let made = match name {
        "epoch_micros_to_date_iso" => value.parse::<u64>().ok().map(|micros| {
            // JavaScript writes three digits of milliseconds.
            let whole = rfc3339((micros / 1_000_000).saturating_mul(1_000_000_000));
            format!("{}.{:03}Z", whole.trim_end_matches('Z'), micros / 1_000 % 1_000)
        }),
        "add" => argument.and_then(|more| {
            let sum = value.parse::<i64>().ok()?.checked_add(more.parse().ok()?)?;
            Some(sum.to_string())
        }),
        "pad_start" => argument.and_then(|length| length.parse::<usize>().ok()).map(|length| {
            let missing = length.min(1_000).saturating_sub(value.chars().count());
            let fill = fill.unwrap_or(" ");
            fill.chars().cycle().take(missing).chain(value.chars()).collect()
        }),
        _ => None,
    };
    made.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(pattern: &str, place: PatternScope, key: &str, value: &str) -> Option<(String, String)> {
        let config = format!(r#"{{"menu": [], "linkPatterns": [{pattern}]}}"#);
        let lookup = |name: &str| match name {
            "host" => Some("a b&c".to_owned()),
            "startTime" => Some("1700000000123456".to_owned()),
            "traceID" | "trace.traceID" => Some("a1".to_owned()),
            "script" => Some("javascript:alert(1)".to_owned()),
            _ => None,
        };
        let link = link_patterns(&config).first()?.link(place, key, value, &lookup)?;
        Some((link.address, link.text))
    }

    #[test]
    fn a_pattern_is_matched_and_filled() {
        let pattern = r##"{"type": "process", "key": "host", "url": "https://l.example/?h=#{host}", "text": "Logs of #{host}"}"##;
        let expected = Some(("https://l.example/?h=a%20b%26c".to_owned(), "Logs of a b&c".to_owned()));
        assert_eq!(link(pattern, PatternScope::Resource, "host", "x"), expected);
        assert_eq!(link(pattern, PatternScope::Attributes, "host", "x"), None);
        assert_eq!(link(pattern, PatternScope::Resource, "other", "x"), None);
        let any = r##"{"key": ["a", "b"], "value": "v", "url": "/logs/#{trace.traceID}", "text": "t"}"##;
        assert_eq!(link(any, PatternScope::Events, "b", "v").unwrap().0, "/logs/a1");
        assert_eq!(link(any, PatternScope::Events, "b", "w"), None);
        assert_eq!(link(any, PatternScope::Events, "c", "v"), None);
    }

    #[test]
    fn what_is_missing_makes_no_link() {
        let pattern = r##"{"url": "https://l.example/#{nobody}", "text": "t"}"##;
        assert_eq!(link(pattern, PatternScope::Attributes, "k", "v"), None);
        let text = r##"{"url": "https://l.example/", "text": "#{nobody}"}"##;
        assert_eq!(link(text, PatternScope::Attributes, "k", "v"), None);
        let open = r##"{"url": "https://l.example/#{", "text": "#{a{host}"}"##;
        assert_eq!(link(open, PatternScope::Trace, "", "").unwrap().1, "#{a{host}");
    }

    #[test]
    fn no_link_runs_anything() {
        for url in
            ["#{script}", "javascript:alert(1)", "data:text/html,#{host}", " https://a", "ftp://a", "a.html"]
        {
            let pattern = format!(r#"{{"url": "{url}", "text": "t"}}"#);
            assert_eq!(link(&pattern, PatternScope::Attributes, "k", "v"), None, "{url}");
        }
        let inside = r##"{"url": "https://l.example/#{script}", "text": "t"}"##;
        assert_eq!(
            link(inside, PatternScope::Trace, "", "").unwrap().0,
            "https://l.example/javascript%3Aalert(1)"
        );
    }

    #[test]
    fn values_can_be_formatted() {
        let url = |template: &str| {
            let pattern = format!(r#"{{"type": "traces", "url": "http://l/{template}", "text": "t"}}"#);
            link(&pattern, PatternScope::Trace, "", "").unwrap().0
        };
        assert_eq!(url("#{startTime | epoch_micros_to_date_iso}"), "http://l/2023-11-14T22%3A13%3A20.123Z");
        assert_eq!(
            url("#{startTime|add -123456|epoch_micros_to_date_iso}"),
            "http://l/2023-11-14T22%3A13%3A20.000Z"
        );
        assert_eq!(url("#{traceID | pad_start 6 0}"), "http://l/0000a1");
        assert_eq!(url("#{host | add 1}/#{host | shout}"), "http://l/a%20b%26c/a%20b%26c");
    }

    #[test]
    fn a_broken_pattern_leaves_the_others() {
        let config = r#"{"linkPatterns": [{"url": 7}, "x", {"url": "http://a", "text": "t"}]}"#;
        assert_eq!(link_patterns(config).len(), 1);
        assert!(link_patterns("DEFAULT_CONFIG").is_empty());
        assert!(link_patterns(r#"{"linkPatterns": null}"#).is_empty());
        assert!(link_patterns("{}").is_empty());
    }
}
