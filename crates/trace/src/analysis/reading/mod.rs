//! What an attribute's value is, beyond its type: JSON, SQL, a stack trace, an address, a size, a time. Told from its
//! key (semantic conventions, old and new) and from its look; what is not certain is plain text.

mod curl;
pub mod json;
mod quantity;
mod sql;
mod stack;
mod url;

pub use curl::curl;
pub use quantity::quantity;
pub use sql::clauses;
pub use stack::{Line, Part, lines as stack_lines};
pub use url::{address, encoded};

/// How a text is best shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it is.
    Plain,
    /// As a tree; [`json::members`] opens it.
    Json,
    /// Clause by clause; see [`clauses`].
    Sql,
    /// Frame by frame; see [`stack_lines`].
    Stack,
    /// As a link; see [`address`].
    Address,
}

/// How the text of an attribute is best shown.
pub fn reading(key: &str, text: &str) -> Reading {
    if json::looks_nested(text) && json::members(text).is_some_and(|members| !members.is_empty()) {
        return Reading::Json;
    }
    if sql::looks_like(key, text) {
        return Reading::Sql;
    }
    if stack::looks_like(key, text) {
        return Reading::Stack;
    }
    if address(text).is_some() { Reading::Address } else { Reading::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_is_is_told_from_key_and_look() {
        let java = "java.lang.IllegalStateException: no\n\tat com.acme.Cart.add(Cart.java:7)";
        for (key, text, expected) in [
            ("http.request.body", r#" {"a": [1, 2]} "#, Reading::Json),
            ("list", "[1,2]", Reading::Json),
            ("list", "[]", Reading::Plain),
            ("broken", r#"{"a": }"#, Reading::Plain),
            ("path", "[id]/page", Reading::Plain),
            ("db.query.text", "SELECT a FROM b", Reading::Sql),
            ("db.statement", "select 1", Reading::Sql),
            ("db.statement", "GET user:7", Reading::Plain),
            ("comment", "SELECT a FROM b", Reading::Plain),
            ("exception.stacktrace", java, Reading::Stack),
            ("whatever", java, Reading::Stack),
            ("exception.stacktrace", "none", Reading::Plain),
            ("url.full", "https://shop.example/a?b=c", Reading::Address),
            ("link", "javascript:alert(1)", Reading::Plain),
            ("words", "two words", Reading::Plain),
        ] {
            assert_eq!(reading(key, text), expected, "{key} {text}");
        }
    }
}
