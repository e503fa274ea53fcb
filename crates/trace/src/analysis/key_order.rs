//! The order in which a span's attributes are listed, as in Jaeger UI: keys with configured prefixes
//! (`topTagPrefixes`) first, then alphabetically.

use crate::model::record::Attribute;
use serde_json::Value as Json;

/// Jaeger's default.
const DEFAULT: &str = "http.";

/// The key prefixes of a Jaeger UI configuration (JSON), in order.
pub fn top_prefixes(config: &str) -> Vec<String> {
    let config = serde_json::from_slice::<Json>(config.as_bytes()).unwrap_or_default();
    match config.get("topTagPrefixes").and_then(Json::as_array) {
        Some(several) => several.iter().filter_map(Json::as_str).map(str::to_lowercase).collect(),
        None => vec![DEFAULT.to_owned()],
    }
}

/// The indices of `attributes` in display order; equal keys stay in the order of the source.
pub fn listed(attributes: &[Attribute], prefixes: &[String]) -> Vec<u32> {
    let ranks = attributes.iter().map(|attribute| {
        let key = attribute.key.to_lowercase();
        let group = prefixes.iter().position(|prefix| key.starts_with(prefix.as_str()));
        (group.unwrap_or(prefixes.len()), key)
    });
    let ranks: Vec<(usize, String)> = ranks.collect();
    let mut places: Vec<u32> = (0..attributes.len() as u32).collect();
    places.sort_unstable_by(|a, b| (&ranks[*a as usize], a).cmp(&(&ranks[*b as usize], b)));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(config: &str, keys: &[&str]) -> Vec<String> {
        let attributes: Vec<Attribute> =
            keys.iter().map(|key| Attribute { key: (*key).to_owned(), ..Attribute::default() }).collect();
        let places = listed(&attributes, &top_prefixes(config));
        places.into_iter().map(|at| attributes[at as usize].key.clone()).collect()
    }

    #[test]
    fn keys_of_http_come_first_unless_configured_otherwise() {
        let keys = ["span.kind", "db.system", "http.url", "HTTP.method", "Error"];
        assert_eq!(order("", &keys), ["HTTP.method", "http.url", "db.system", "Error", "span.kind"]);
        let config = r#"{"topTagPrefixes": ["Span.", "db."]}"#;
        assert_eq!(order(config, &keys), ["span.kind", "db.system", "Error", "HTTP.method", "http.url"]);
        assert_eq!(order(r#"{"topTagPrefixes": []}"#, &["http.b", "a"]), ["a", "http.b"]);
        assert_eq!(
            order(r#"{"topTagPrefixes": 7}"#, &["a", "http.b"]),
            ["http.b", "a"],
            "what is broken says nothing"
        );
    }
}
