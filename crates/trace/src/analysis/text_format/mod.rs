//! Detects the format of attribute values: JSON, SQL, stack traces, URLs, sizes, times. Based on keys (semantic
//! conventions, current and deprecated) and contents; uncertain values are plain text.

mod curl;
pub mod json;
mod quantity;
mod sql;
mod stack;
mod url;

pub use curl::curl;
pub use quantity::quantity;
pub use sql::clauses;
pub use stack::{StackLine, StackPart, lines as stack_lines};
pub use url::{address, encoded};

/// How to display a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// As is.
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

/// How to display the text of an attribute.
pub fn reading(key: &str, text: &str) -> TextForm {
    if json::looks_nested(text) && json::members(text).is_some_and(|members| !members.is_empty()) {
        return TextForm::Json;
    }
    if sql::looks_like(key, text) {
        return TextForm::Sql;
    }
    if stack::looks_like(key, text) {
        return TextForm::Stack;
    }
    if address(text).is_some() { TextForm::Address } else { TextForm::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_text_follows_from_key_and_contents() {
        let java = "java.lang.IllegalStateException: no\n\tat com.acme.Cart.add(Cart.java:7)";
        for (key, text, expected) in [
            ("http.request.body", r#" {"a": [1, 2]} "#, TextForm::Json),
            ("list", "[1,2]", TextForm::Json),
            ("list", "[]", TextForm::Plain),
            ("broken", r#"{"a": }"#, TextForm::Plain),
            ("path", "[id]/page", TextForm::Plain),
            ("db.query.text", "SELECT a FROM b", TextForm::Sql),
            ("db.statement", "select 1", TextForm::Sql),
            ("db.statement", "GET user:7", TextForm::Plain),
            ("comment", "SELECT a FROM b", TextForm::Plain),
            ("exception.stacktrace", java, TextForm::Stack),
            ("whatever", java, TextForm::Stack),
            ("exception.stacktrace", "none", TextForm::Plain),
            ("url.full", "https://shop.example/a?b=c", TextForm::Address),
            ("link", "javascript:alert(1)", TextForm::Plain),
            ("words", "two words", TextForm::Plain),
        ] {
            assert_eq!(reading(key, text), expected, "{key} {text}");
        }
    }
}
