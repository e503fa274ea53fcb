//! Validates and encodes URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Maximum length of links.
const LONGEST: usize = 4_000;

/// The text as a URL that is safe to open: absolute, with a harmless scheme.
pub fn address(text: &str) -> Option<&str> {
    let scheme = |name: &str| {
        let start = text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        start && text.len() > name.len()
    };
    let known = scheme("https://") || scheme("http://") || scheme("mailto:");
    // Quotes, brackets and blanks are percent-encoded in URLs; otherwise it is prose.
    let odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`') || reorders(c);
    (known && text.len() <= LONGEST && !text.chars().any(odd)).then_some(text)
}

/// Characters that reorder displayed text, so that the URL looks like another.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The characters that JavaScript's `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A value as a component of a URL, as `encodeURIComponent` of JavaScript writes it.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_and_harmless_addresses_are_links() {
        for good in ["https://a.example/b?c=d#e", "HTTP://a", "mailto:a@b.example", "http://[::1]:80/"] {
            assert_eq!(address(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "a.example/b",
            "https://",
            "http://a b",
            " http://a",
            "http://a\u{202e}b",
            "java\nscript:x",
            "http://a\"onclick=",
            "ftp://a",
            "é",
            "",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
        assert_eq!(address(&format!("http://{}", "a".repeat(5_000))), None);
    }

    #[test]
    fn values_are_escaped_as_javascript_does() {
        assert_eq!(encoded("a b/ö?&=#+'(x)!"), "a%20b%2F%C3%B6%3F%26%3D%23%2B'(x)!");
    }
}
