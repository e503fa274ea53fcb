//! Search queries, and logfmt tags (`error=true http.status_code=500`) as Jaeger's search form has them.

use serde::{Deserialize, Serialize};

/// A search over traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Service; empty for all, which not every backend can do.
    pub service: String,
    /// Operation; empty for all.
    pub operation: String,
    /// Attributes that a span has to have, all of them.
    pub tags: Vec<(String, String)>,
    /// Start of the search window, microseconds since the Unix epoch.
    pub start_unix_us: u64,
    /// End of the search window, microseconds since the Unix epoch.
    pub end_unix_us: u64,
    /// Spans at least this long, nanoseconds.
    pub min_duration: Option<u64>,
    /// Spans at most this long, nanoseconds.
    pub max_duration: Option<u64>,
    /// Most traces to answer.
    pub limit: u32,
}

/// Reads logfmt: `key=value key="two words" flag`. A key alone means `key=true`, as in Jaeger's form.
/// The error says what could not be read.
pub fn parse_tags(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut tags = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(tags);
        }
        let key = word(&mut chars, true)?;
        if key.is_empty() {
            return Err("a tag has no name before its \"=\"".into());
        }
        let value = match chars.next_if_eq(&'=') {
            Some(_) => word(&mut chars, false)?,
            None => "true".into(),
        };
        tags.push((key, value));
    }
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
            None => return Err(format!("the quotation mark before {word:?} is never closed")),
        }
    }
}

/// Writes tags as logfmt; what [`parse_tags`] reads back to the same tags.
pub fn print_tags(tags: &[(String, String)]) -> String {
    let quoted = |word: &str, bare: fn(char) -> bool| {
        if !word.is_empty() && word.chars().all(bare) {
            word.to_owned()
        } else {
            format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
        }
    };
    let key = |c: char| !c.is_whitespace() && c != '=' && c != '"' && c != '\\';
    let value = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
    let words: Vec<String> =
        tags.iter().map(|(k, v)| format!("{}={}", quoted(k, key), quoted(v, value))).collect();
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
    fn tags_printed_are_read_back() {
        for tags in [vec![("a b", "c=d")], vec![("k", ""), ("q\"", "\\")], vec![]] {
            let tags: Vec<(String, String)> = tags.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
            assert_eq!(parse_tags(&print_tags(&tags)), Ok(tags));
        }
    }
}
