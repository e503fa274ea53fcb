//! Search queries, and tags in logfmt (`error=true http.status_code=500`) as in Jaeger's search form.

use serde::{Deserialize, Serialize};

/// A search over traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Service; empty for all, which not every server supports.
    pub service: String,
    /// Operation; empty for all.
    pub operation: String,
    /// Attributes that a span must have, all of them.
    pub tags: Vec<(String, String)>,
    /// Text of a log line of the trace; empty for any. Only our own server finds traces by it.
    pub log_text: String,
    /// Start of the search window, microseconds since the Unix epoch.
    pub start_unix_us: u64,
    /// End of the search window, microseconds since the Unix epoch.
    pub end_unix_us: u64,
    /// Minimum duration of a span, nanoseconds.
    pub min_duration: Option<u64>,
    /// Maximum duration of a span, nanoseconds.
    pub max_duration: Option<u64>,
    /// Maximum number of traces.
    pub limit: u32,
}

/// What a server's metrics are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MetricsMeasure {
    /// Calls per second. Our own server answers everything that it measures of the service's entry spans instead.
    #[default]
    EntrySpans,
    /// Calls per second.
    Calls,
    /// Share of the calls with an error.
    Errors,
    /// The duration that so many percent of the calls do not exceed.
    Latency(u8),
}

/// A query of Jaeger's metrics API. Times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceMetricsQuery {
    /// The service; its spans of kind server and consumer are counted.
    pub service: String,
    /// What is measured.
    pub measure: MetricsMeasure,
    /// Whether each operation is a series of its own.
    pub by_operation: bool,
    /// Time of the last point, since the Unix epoch.
    pub end_unix_ms: u64,
    /// Time from the first point to the last.
    pub lookback_ms: u64,
    /// Time between points, and time before each point that it is over.
    pub step_ms: u64,
}

/// Parses logfmt: `key=value key="two words" flag`, or a JSON object of strings, numbers and Booleans as in Jaeger's
/// URLs. A key alone means `key=true`, as in Jaeger's form. Comparisons other than `=` and the words `AND`, `OR` and
/// `NOT` are errors unless quoted, because they would be searched as attribute names. The error says what could not
/// be parsed.
pub fn parse_tags(text: &str) -> Result<Vec<(String, String)>, String> {
    if text.trim_start().starts_with('{') {
        return parse_json_tags(text);
    }
    let mut tags = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(tags);
        }
        let is_quoted = chars.peek() == Some(&'"');
        let key = word(&mut chars, true)?;
        if key.is_empty() {
            return Err("a tag has no name before its \"=\"".into());
        }
        let value = match chars.next_if_eq(&'=') {
            Some(_) => word(&mut chars, false)?,
            None if !is_quoted && ["and", "or", "not"].contains(&&*key.to_ascii_lowercase()) => {
                return Err(format!("write tags side by side, without {key:?}: spans must have all of them"));
            }
            None => "true".into(),
        };
        if !is_quoted && (key.contains(['>', '<']) || key.ends_with('!') || value.starts_with(['~', '='])) {
            return Err(format!(
                "tags are compared with \"=\" only, not as in {:?}; open a trace and use find for other comparisons",
                format!("{key}={value}")
            ));
        }
        tags.push((key, value));
    }
}

fn parse_json_tags(text: &str) -> Result<Vec<(String, String)>, String> {
    use serde_json::{Map, Value};
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON object of tags: {error}"))?;
    let tag = |(key, value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Number(_) | Value::Bool(_) => Ok((key, value.to_string())),
        _ => Err(format!("the value of {key:?} must be a text, a number or a Boolean")),
    };
    object.into_iter().map(tag).collect()
}

fn word(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    stop_at_equals: bool,
) -> Result<String, String> {
    let mut word = String::new();
    if chars.next_if_eq(&'"').is_none() {
        while let Some(c) = chars.next_if(|c| !(c.is_whitespace() || stop_at_equals && *c == '=')) {
            word.push(c);
        }
        return Ok(word);
    }
    loop {
        match chars.next() {
            Some('"') => return Ok(word),
            Some('\\') => word.extend(chars.next()),
            Some(c) => word.push(c),
            None => {
                return Err(match word.as_str() {
                    "" => "a quotation mark at the end is never closed".to_owned(),
                    word => format!("the quotation mark before {word:?} is never closed"),
                });
            }
        }
    }
}

/// Writes tags as logfmt that [`parse_tags`] parses to the same tags.
pub fn print_tags(tags: &[(String, String)]) -> String {
    let quoted = |word: &str, bare: fn(char) -> bool| {
        if !word.is_empty() && word.chars().all(bare) {
            word.to_owned()
        } else {
            format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
        }
    };
    let key = |c: char| !c.is_whitespace() && !matches!(c, '=' | '"' | '\\' | '<' | '>' | '!' | '{');
    let value = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
    // A value that would be parsed as a comparison keeps its key in quotes.
    let tag = |(k, v): &(String, String)| match v.starts_with(['~', '=']) {
        true => format!("{}={}", quoted(k, |_| false), quoted(v, value)),
        false => format!("{}={}", quoted(k, key), quoted(v, value)),
    };
    let words: Vec<String> = tags.iter().map(tag).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_logfmt() {
        let tags = parse_tags(r#"error=true http.url="a b=\"c\"" retried empty="""#);
        let expect = [("error", "true"), ("http.url", "a b=\"c\""), ("retried", "true"), ("empty", "")];
        assert_eq!(tags, Ok(expect.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec()));
        assert!(parse_tags("a=\"open").is_err());
        assert!(parse_tags("=x").is_err());
    }

    #[test]
    fn tags_are_also_parsed_from_json() {
        let tags = parse_tags(r#" {"http.status_code":"409","retries":3,"error":true}"#);
        let mut expect = [("http.status_code", "409"), ("retries", "3"), ("error", "true")];
        expect.sort_unstable();
        let mut tags = tags.unwrap();
        tags.sort_unstable();
        assert_eq!(tags, expect.map(|(k, v)| (k.to_owned(), v.to_owned())));
        for broken in ["{\"a\":", "{\"a\":[1]}", "{\"a\":null}", "{} x"] {
            assert!(parse_tags(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn comparisons_and_connectives_are_refused() {
        for text in ["a>=500", "a<5", "a!=201", "name=~x", "a==b", "a=1 AND b=2", "a=1 or b", "not a"] {
            assert!(parse_tags(text).is_err(), "{text}");
        }
        let quoted = parse_tags("\"a>\"=5 \"and\" x=\">5\" url=a?b=c").unwrap();
        let expect = [("a>", "5"), ("and", "true"), ("x", ">5"), ("url", "a?b=c")];
        assert_eq!(quoted, expect.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn tags_printed_are_read_back() {
        for tags in [
            vec![("a b", "c=d")],
            vec![("k", ""), ("q\"", "\\")],
            vec![("a>", "5"), ("b!", "1"), ("c", "~x"), ("d", "=="), ("{e", "f")],
            vec![],
        ] {
            let tags: Vec<(String, String)> = tags.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
            assert_eq!(parse_tags(&print_tags(&tags)), Ok(tags));
        }
    }
}
