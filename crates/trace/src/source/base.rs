//! Base URL of a server, from any URL that a user pasted.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Path segment below which the eval-track API lies.
const EVAL_TRACK: &str = "eval-track";

/// URL below which a server's `/api` lies, or the eval-track API (then it ends with `/eval-track`): no trailing
/// slash, no query. Empty means the page's own origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Base(String);

impl Base {
    /// Parses a URL with or without trailing slash, scheme, query or fragment; paths of the server's own pages or API
    /// are removed (`/api`, `/api/v3`, `/search?service=x`, `/trace/abc`, …).
    pub fn new(address: &str) -> Self {
        let mut text = address.trim();
        for mark in ['#', '?'] {
            text = text.split(mark).next().unwrap_or_default();
        }
        let text = text.trim_end_matches('/');
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None if text.is_empty() || text.starts_with('/') => (String::new(), text),
            None => ("http://".to_owned(), text),
        };
        let mut segments: Vec<&str> = rest.split('/').collect();
        // Segment 0 is the host (or empty before a leading slash), never a page.
        let page = segments.iter().skip(1).position(|s| {
            matches!(
                *s,
                "api"
                    | "search"
                    | "trace"
                    | "dependencies"
                    | "monitor"
                    | "demo"
                    | "shop"
                    | "settings"
                    | "about"
            )
        });
        let records = segments.iter().skip(1).position(|segment| *segment == EVAL_TRACK);
        match (records, page) {
            (Some(records), _) => segments.truncate(records + 2),
            (None, Some(page)) => segments.truncate(page + 1),
            (None, None) => {}
        }
        Base(format!("{scheme}{}", segments.join("/")))
    }

    /// A URL that is used unchanged: where the app itself is mounted.
    pub fn at(mount: &str) -> Self {
        Base(mount.trim_end_matches('/').to_owned())
    }

    /// Whether this is the URL of an eval-track API.
    pub fn is_eval_track(&self) -> bool {
        let path = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        path.split('/').skip(1).last() == Some(EVAL_TRACK)
    }

    /// The URL; empty for the page's own origin.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "this server" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_not_mistaken_for_a_page() {
        assert_eq!(Base::at("http://h:1/behind/trace/proxy/").as_str(), "http://h:1/behind/trace/proxy");
        assert_eq!(Base::at("http://h:1/").as_str(), "http://h:1");
    }

    #[test]
    fn the_eval_track_api_is_recognised_by_its_path() {
        for (pasted, base) in [
            ("http://h:16686/eval-track", "http://h:16686/eval-track"),
            ("http://h/x/eval-track/traces?limit=5", "http://h/x/eval-track"),
            ("/eval-track/", "/eval-track"),
            ("http://h/eval-track/api/traces", "http://h/eval-track"),
        ] {
            assert_eq!(Base::new(pasted).as_str(), base, "{pasted}");
            assert!(Base::new(pasted).is_eval_track(), "{pasted}");
        }
        for other in ["http://eval-track", "http://h/api/eval", "http://h/eval-tracks", "", "eval-track:80"] {
            assert!(!Base::new(other).is_eval_track(), "{other}");
        }
    }

    #[test]
    fn pasted_urls_become_the_url_above_the_api() {
        for (pasted, base) in [
            ("http://h:16686", "http://h:16686"),
            ("http://h:16686/", "http://h:16686"),
            ("http://h:16686/api", "http://h:16686"),
            ("http://h:16686/api/v3/services", "http://h:16686"),
            ("http://h/jaeger/ui/search?service=a&limit=20", "http://h/jaeger/ui"),
            ("http://h/jaeger/trace/abc?uiFind=x#y", "http://h/jaeger"),
            ("  h:16686/search ", "http://h:16686"),
            ("/jaeger/", "/jaeger"),
            ("/", ""),
            ("", ""),
            ("https://search/", "https://search"),
        ] {
            assert_eq!(Base::new(pasted).as_str(), base, "{pasted}");
            assert_eq!(Base::new(base), Base::new(pasted), "reading twice changes nothing");
        }
    }
}
