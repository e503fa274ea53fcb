//! Trace context in HTTP headers, in and out, by the rules of W3C Trace Context (level 2) and Baggage.
//!
//! The SDK's propagators parse the values; what they leave open is settled here: several `traceparent` headers count
//! as none, a malformed one is not passed on, and several `tracestate` or `baggage` headers are one list.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};

/// The trace headers of a request, ready for a propagator.
pub(crate) struct Incoming {
    traceparent: Option<String>,
    tracestate: Option<String>,
    baggage: Option<String>,
}

impl Incoming {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut parents = headers.get_all("traceparent").iter();
        let traceparent = match (parents.next(), parents.next()) {
            (Some(only), None) => {
                only.to_str().ok().map(str::trim).filter(|value| is_traceparent(value)).map(str::to_owned)
            }
            _ => None,
        };
        Self { traceparent, tracestate: joined(headers, "tracestate"), baggage: joined(headers, "baggage") }
    }
}

impl Extractor for Incoming {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent.as_deref(),
            "tracestate" => self.tracestate.as_deref(),
            "baggage" => self.baggage.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        ["traceparent", "tracestate", "baggage"].into_iter().filter(|key| self.get(key).is_some()).collect()
    }
}

/// Headers to send with a request.
pub(crate) struct Outgoing<'a>(pub(crate) &'a mut HeaderMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty tracestate is allowed and says nothing.
        if value.is_empty() {
            return;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(key.as_bytes()), HeaderValue::from_str(&value))
        {
            self.0.insert(name, value);
        }
    }
}

/// Whether the value is `version-traceid-parentid-flags` in lower case hexadecimal. Version 00 is exactly 55 characters
/// long, a later one may go on after a dash, and `ff` is no version. (All-zero ids the propagator refuses itself.)
fn is_traceparent(value: &str) -> bool {
    let bytes = value.as_bytes();
    let hex = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    };
    let dash = |at: usize| bytes.get(at) == Some(&b'-');
    let length = match bytes.get(..2) {
        Some(b"ff") | None => false,
        Some(b"00") => bytes.len() == 55,
        Some(_) => bytes.len() == 55 || dash(55),
    };
    length && hex(0..2) && dash(2) && hex(3..35) && dash(35) && hex(36..52) && dash(52) && hex(53..55)
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn one_good_parent_is_taken() {
        let read = Incoming::read(&headers(&[("traceparent", &format!(" {GOOD} "))]));
        assert_eq!(read.get("traceparent"), Some(GOOD));
        assert_eq!(read.keys(), ["traceparent"]);
    }

    #[test]
    fn two_parents_count_as_none() {
        let read = Incoming::read(&headers(&[("traceparent", GOOD), ("traceparent", GOOD)]));
        assert_eq!(read.get("traceparent"), None);
    }

    #[test]
    fn malformed_parents_are_not_passed_on() {
        for wrong in [
            "",
            "00",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033311-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333+-01",
        ] {
            assert!(!is_traceparent(wrong), "{wrong}");
        }
        assert!(is_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
    }

    #[test]
    fn lists_over_several_headers_are_one() {
        let read = Incoming::read(&headers(&[("tracestate", "a=1"), ("tracestate", "b=2")]));
        assert_eq!(read.get("tracestate"), Some("a=1,b=2"));
    }

    #[test]
    fn nothing_is_sent_for_an_empty_state() {
        let mut map = HeaderMap::new();
        Outgoing(&mut map).set("tracestate", String::new());
        Outgoing(&mut map).set("traceparent", GOOD.into());
        assert_eq!(map.len(), 1);
    }
}
