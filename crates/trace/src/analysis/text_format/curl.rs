//! A `curl` command that repeats the request of an HTTP span. The values come from untrusted senders and are pasted
//! into shells, so all are quoted, and invalid ones are omitted.

use crate::model::record::{Attribute, AttributeValue, SpanRecord};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Everything but visible ASCII characters.
const NOT_GRAPHIC: &AsciiSet = &CONTROLS.add(b' ');

/// Headers of the connection, or computed by curl.
const LEFT_OUT: [&str; 7] =
    ["host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "upgrade"];

/// The command, one option per line; `None` if the span is not an HTTP request, or has no URL.
pub fn curl(span: &SpanRecord) -> Option<String> {
    let attributes = &span.attributes;
    let method = first(attributes, &["http.request.method", "http.method"])?.to_ascii_uppercase();
    let method =
        if method == "_OTHER" { first(attributes, &["http.request.method_original"])? } else { method };
    if method.is_empty() || !method.bytes().all(is_token) {
        return None;
    }
    let address = request_address(attributes)?;
    let mut lines = vec![match method.as_str() {
        "GET" => "curl".to_owned(),
        // With `-X HEAD` curl would wait for a body.
        "HEAD" => "curl --head".to_owned(),
        other => format!("curl --request {}", quoted(other)),
    }];
    // curl interprets brackets and braces as patterns.
    if address.contains(['[', ']', '{', '}']) {
        lines[0].push_str(" --globoff");
    }
    lines[0].push(' ');
    lines[0].push_str(&quoted(&address));
    for (name, value) in headers(attributes) {
        lines.push(format!("--header {}", quoted(&format!("{name}: {value}"))));
    }
    Some(lines.join(" \\\n  "))
}

fn first(attributes: &[Attribute], keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match &attributes.iter().find(|attribute| attribute.key == *key)?.value {
        AttributeValue::String(text) if !text.is_empty() => Some(text.clone()),
        AttributeValue::Int(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The URL of the request: from one attribute, else assembled from parts; current attribute names before deprecated
/// ones.
fn request_address(attributes: &[Attribute]) -> Option<String> {
    let find = |keys: &[&str]| first(attributes, keys);
    let whole = find(&["url.full", "http.url"]).filter(|text| text.contains("://"));
    let address = match whole {
        Some(whole) => whole,
        None => {
            let scheme = find(&["url.scheme", "http.scheme"]).unwrap_or_else(|| "http".to_owned());
            let host =
                find(&["server.address", "http.host", "net.peer.name", "http.server_name", "net.host.name"])?;
            let port = find(&["server.port", "net.peer.port", "net.host.port"]);
            let path = find(&["url.path", "http.target"]).unwrap_or_else(|| "/".to_owned());
            let query = find(&["url.query"]).map(|query| format!("?{query}")).unwrap_or_default();
            let usual =
                matches!((scheme.as_str(), port.as_deref()), ("http", Some("80")) | ("https", Some("443")));
            // IPv6 addresses need brackets before a port.
            let bare = if host.matches(':').count() > 1 && !host.starts_with('[') {
                format!("[{host}]")
            } else {
                host
            };
            let named = bare.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            let port = port.filter(|_| !named && !usual).map(|port| format!(":{port}")).unwrap_or_default();
            let slash = if path.starts_with('/') { "" } else { "/" };
            format!("{scheme}://{bare}{port}{slash}{path}{query}")
        }
    };
    let web = ["http://", "https://"];
    let web = web
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    // Non-ASCII characters are percent-encoded, because some reorder the displayed text.
    web.then(|| utf8_percent_encode(&address, NOT_GRAPHIC).to_string())
}

/// The request's headers, as far as they were recorded.
fn headers(attributes: &[Attribute]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for attribute in attributes {
        let Some(name) = attribute.key.strip_prefix("http.request.header.") else { continue };
        // Older conventions write dashes as underscores.
        let name = name.to_ascii_lowercase().replace('_', "-");
        if name.is_empty() || !name.bytes().all(is_token) || LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let values = match &attribute.value {
            AttributeValue::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = values.iter().filter_map(|value| match value {
            AttributeValue::String(text) if is_header(text) => Some((name.clone(), text.clone())),
            _ => None,
        });
        headers.extend(texts);
    }
    let agent =
        first(attributes, &["user_agent.original", "http.user_agent"]).filter(|agent| is_header(agent));
    if let Some(agent) = agent.filter(|_| headers.iter().all(|(name, _)| name != "user-agent")) {
        headers.push(("user-agent".to_owned(), agent));
    }
    headers
}

/// Bytes of methods and header names (RFC 9110, `token`).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_header(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 8_000
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Quotes for POSIX shells: single quotes protect everything but themselves.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(attributes: &[(&str, &str)]) -> Option<String> {
        let attributes = attributes
            .iter()
            .map(|(key, text)| {
                let value = match text.parse() {
                    Ok(number) => AttributeValue::Int(number),
                    Err(_) => AttributeValue::String((*text).to_owned()),
                };
                Attribute { key: (*key).to_owned(), value }
            })
            .collect();
        curl(&SpanRecord { attributes, ..SpanRecord::default() })
    }

    #[test]
    fn new_names_and_old_ones() {
        let new = [("http.request.method", "POST"), ("url.full", "https://shop.example/orders?a=b")];
        assert_eq!(command(&new).unwrap(), "curl --request 'POST' 'https://shop.example/orders?a=b'");
        let old = [("http.method", "GET"), ("http.url", "http://shop.example/")];
        assert_eq!(command(&old).unwrap(), "curl 'http://shop.example/'");
        let parts = [
            ("http.request.method", "GET"),
            ("url.scheme", "https"),
            ("server.address", "shop.example"),
            ("server.port", "8443"),
            ("url.path", "/orders"),
            ("url.query", "a=b"),
        ];
        assert_eq!(command(&parts).unwrap(), "curl 'https://shop.example:8443/orders?a=b'");
        let old_parts = [
            ("http.method", "HEAD"),
            ("http.host", "shop:8000"),
            ("net.host.port", "8000"),
            ("http.target", "/a?b"),
        ];
        assert_eq!(command(&old_parts).unwrap(), "curl --head 'http://shop:8000/a?b'");
        let six = [("http.method", "GET"), ("server.address", "::1"), ("server.port", "81")];
        assert_eq!(command(&six).unwrap(), "curl --globoff 'http://[::1]:81/'");
    }

    #[test]
    fn what_is_no_request_has_no_command() {
        assert_eq!(command(&[("url.full", "https://a.example/")]), None);
        assert_eq!(command(&[("http.method", "GET"), ("http.route", "/orders")]), None);
        assert_eq!(command(&[("http.method", "GET"), ("url.full", "file:///etc/passwd")]), None);
        assert_eq!(command(&[("http.method", "GET; rm"), ("url.full", "http://a/")]), None);
        assert_eq!(command(&[("http.request.method", "_OTHER"), ("url.full", "http://a/")]), None);
    }

    #[test]
    fn headers_are_sent_as_they_were() {
        let span = [
            ("http.request.method", "PUT"),
            ("url.full", "http://a/"),
            ("http.request.header.content_type", "application/json"),
            ("http.request.header.x-shop", "it's"),
            ("http.request.header.content-length", "12"),
            ("http.request.header.x y", "no name"),
            ("http.request.header.x-lines", "a\nb"),
            ("user_agent.original", "curl/8"),
        ];
        let expected = "curl --request 'PUT' 'http://a/' \\\n  --header 'content-type: application/json' \\\n  \
                        --header 'x-shop: it'\\''s' \\\n  --header 'user-agent: curl/8'";
        assert_eq!(command(&span).unwrap(), expected);
    }

    proptest::proptest! {
        /// The shell is asked what it makes of the command: one word for each word that was meant.
        #[test]
        fn no_text_leaves_its_quotes(text: String) {
            let span = [("http.method", "GET"), ("url.full", &format!("http://a/{text}")), ("user_agent.original", &text)];
            let command = command(&span).unwrap();
            let printed = command.replacen("curl", "printf '%s\\n'", 1);
            let output = std::process::Command::new("sh").arg("-c").arg(&printed).output().unwrap();
            let words = String::from_utf8(output.stdout).unwrap();
            let words: Vec<&str> = words.lines().filter(|word| !word.starts_with("--")).collect();
            proptest::prop_assert!(words.len() <= 2 && words[0].starts_with("http://a/"), "{words:?} {printed}");
            if let Some(agent) = words.get(1) {
                proptest::prop_assert_eq!(*agent, &format!("user-agent: {text}"));
            }
            proptest::prop_assert!(command.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic()));
        }
    }
}
