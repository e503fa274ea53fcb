//! Query parameters as Jaeger reads them: aliases, Go durations, RFC 3339 times, trace ids in their several forms.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use percent_encoding::percent_decode_str;
use spandrel_trace::units::{TraceId, parse_go_duration};
use std::convert::Infallible;
use std::time::{SystemTime, UNIX_EPOCH};

/// The parameters of a request, in order, decoded.
pub struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Params::of(parts.uri.query()))
    }
}

impl Params {
    /// Reads a query string.
    pub fn of(query: Option<&str>) -> Self {
        Params(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// Takes parameters that came in another way.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Params(pairs)
    }

    /// The first value that is not empty of any of these names (aliases of one parameter), with the name used.
    pub fn first<'p>(&'p self, names: &[&'p str]) -> Option<(&'p str, &'p str)> {
        names.iter().find_map(|name| {
            let found = self.0.iter().find(|(key, value)| key == name && !value.is_empty())?;
            Some((*name, found.1.as_str()))
        })
    }

    /// The first value that is not empty of any of these names.
    pub fn get<'p>(&'p self, names: &[&'p str]) -> Option<&'p str> {
        self.first(names).map(|(_, value)| value)
    }

    /// All values of a name.
    pub fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A flag: `true`, `1`, `t` and so on, as Go reads them; absent is `Ok(false)`.
    pub fn flag(&self, names: &[&str]) -> Result<bool, String> {
        match self.get(names) {
            None => Ok(false),
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some(other) => Err(format!("strconv.ParseBool: parsing {other:?}: invalid syntax")),
        }
    }
}

/// Undoes form encoding: `+` is a space, `%xx` a byte.
pub fn form_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Reads a trace id: 1 to 32 hexadecimal digits in any case, or 16 bytes in base64.
pub fn trace_id(text: &str) -> Result<TraceId, String> {
    if text.len() <= 32
        && let Some(id) = TraceId::parse(text)
    {
        return Ok(id);
    }
    let engines = [
        base64::engine::general_purpose::STANDARD,
        base64::engine::general_purpose::URL_SAFE,
        base64::engine::general_purpose::STANDARD_NO_PAD,
        base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ];
    let bytes = engines.iter().find_map(|engine| <[u8; 16]>::try_from(engine.decode(text).ok()?).ok());
    if let Some(bytes) = bytes {
        return Ok(TraceId(u128::from_be_bytes(bytes)));
    }
    if text.len() > 32 {
        return Err(format!("TraceID cannot be longer than 32 hex characters: {text}"));
    }
    Err("invalid length for TraceID".to_owned())
}

/// Reads an integer as Go's `strconv.ParseInt` does.
pub fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
}

/// Reads a Go duration (`1.2s`, `100ms`, `1h2m`, `500us`, `500µs`, `10ns`, `0`) as nanoseconds.
pub fn duration(text: &str) -> Result<u64, String> {
    parse_go_duration(text).map_err(|error| error.in_text(text).to_string())
}

/// Reads an RFC 3339 time as nanoseconds since the Unix epoch; times before it count as 0. The last two days of the year
/// 9999, which stand for "no end" and which the library does not read, are its latest time.
pub fn time(text: &str) -> Result<u64, String> {
    let read = text.parse::<jiff::Timestamp>();
    let time = match read {
        Err(_) if text.starts_with("9999-12-3") => Ok(jiff::Timestamp::MAX),
        read => read.map_err(|_| format!("parsing time {text:?}: not RFC 3339")),
    }?;
    Ok(u64::try_from(time.as_nanosecond().max(0)).unwrap_or(u64::MAX))
}

/// Now, nanoseconds since the Unix epoch.
pub fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("1.2s", 1_200_000_000),
            ("100ms", 100_000_000),
            ("500us", 500_000),
            ("500µs", 500_000),
            ("1h2m", 3_720_000_000_000),
            ("0", 0),
            ("7ns", 7),
        ] {
            assert_eq!(duration(text), Ok(nanoseconds), "{text}");
        }
        for text in ["fast", "", "1", "1.2.3s", "-1s", "s", "9999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_are_read_in_all_their_forms() {
        let id = Ok(TraceId(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f));
        assert_eq!(trace_id("000102030405060708090a0b0c0d0e0f"), id);
        assert_eq!(trace_id("000102030405060708090A0B0C0D0E0F"), id);
        assert_eq!(trace_id("AAECAwQFBgcICQoLDA0ODw=="), id);
        assert_eq!(trace_id("a1b2"), Ok(TraceId(0xa1b2)));
        assert!(trace_id("xyz").is_err());
        assert!(trace_id("").is_err());
        assert!(trace_id(&"a".repeat(33)).unwrap_err().contains("longer than 32"));
    }

    #[test]
    fn times_and_parameters_are_read() {
        assert_eq!(time("1970-01-01T00:00:01.000000002Z"), Ok(1_000_000_002));
        assert_eq!(time("1970-01-01T02:00:01+02:00"), Ok(1_000_000_000));
        assert_eq!(time("9999-12-31T23:59:59Z"), Ok(u64::MAX));
        assert!(time("yesterday").is_err());
        let params = Params::of(Some("a=1+2&b=%7B%7D&a=3&c&d="));
        assert_eq!(params.all("a").collect::<Vec<_>>(), ["1 2", "3"]);
        assert_eq!(params.first(&["x", "b"]), Some(("b", "{}")));
        assert_eq!(params.get(&["d"]), None);
    }
}
