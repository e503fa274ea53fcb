//! Reads the field of tags: refuses what would be searched as a tag but is meant as a comparison, quoting it as it was typed.

use spandrel_trace::source::parse_tags;

/// Operators that may stand between blanks. `=` is among them, since tags have no blanks around it.
const OPERATORS: [&str; 17] = [
    "=", "==", "!=", "<>", "<", "<=", ">", ">=", "~", "=~", "!~", ":", "is", "in", "contains", "like",
    "matches",
];

/// The tags that a text describes, or why it is refused.
pub fn tags_of(text: &str) -> Result<Vec<(String, String)>, String> {
    if let Some(reason) = refusal(text) {
        return Err(reason);
    }
    parse_tags(text).map_err(|reason| {
        let mut letters = reason.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    })
}

/// Why a text is refused, if it has a comparison other than `key=value`. JSON has none.
fn refusal(text: &str) -> Option<String> {
    if text.trim_start().starts_with('{') {
        return None;
    }
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        let is_operator = OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(word));
        let before = at.checked_sub(1).map(|at| words[at]).filter(|before| !before.contains('='));
        if let (true, Some(key), Some(value)) = (is_operator, before, words.get(at + 1)) {
            return Some(instead(key, word, value, &format!("{key} {word} {value}")));
        }
        // A key in quotes stands for itself.
        let bare = &word[..word.find('"').unwrap_or(word.len())];
        let Some(start) = bare.find(['=', '!', '<', '>', '~', ':']).filter(|start| *start > 0) else {
            continue;
        };
        let (key, rest) = word.split_at(start);
        let is_sign = |letter: char| "=!<>~:".contains(letter);
        let end = match rest.strip_prefix('=') {
            // `address=:80` has a value that starts with a sign.
            Some(value) => 1 + usize::from(value.starts_with(['=', '~'])),
            None => rest.find(|letter| !is_sign(letter)).unwrap_or(rest.len()),
        };
        let (operator, value) = rest.split_at(end);
        // Keys may contain `~`, `:` and `!`: then `=` follows.
        let is_refused = match operator {
            "=" => false,
            _ if operator.contains(['<', '>']) || operator.starts_with('=') || operator.starts_with("!=") => {
                true
            }
            _ => !bare.contains('=') && !value.is_empty(),
        };
        if is_refused {
            return Some(instead(key, operator, value, word));
        }
    }
    None
}

/// Why a comparison is refused, and what to do instead.
fn instead(key: &str, operator: &str, value: &str, typed: &str) -> String {
    match operator.to_ascii_lowercase().as_str() {
        _ if key == "duration" => {
            format!("Use “Min span duration” and “Max span duration” instead of {typed}")
        }
        "=" | "==" | ":" | "is" => format!("Write {key}={value} instead of {typed}"),
        _ => format!(
            "Tags are compared with “=” only, not as in {typed}. Open a trace and use find for other comparisons"
        ),
    }
}

/// The parts of a text between blanks; blanks in quotes do not count.
fn words(text: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let ends = |letter: char| {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => return letter.is_whitespace() && !is_quoted,
        }
        false
    };
    text.split(ends).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::tags_of;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn comparisons_are_refused_as_they_were_typed() {
        for (text, part) in [
            ("http.response.status_code ~ 5", "not as in http.response.status_code ~ 5."),
            ("error=true code >= 500", "not as in code >= 500."),
            ("http.status_code>=500", "not as in http.status_code>=500."),
            ("payment.method!=cash", "not as in payment.method!=cash."),
            ("http.route=~/a.*", "not as in http.route=~/a.*."),
            ("http.route~a", "not as in http.route~a."),
            ("http.route!~a", "not as in http.route!~a."),
            ("code in (500,502)", "not as in code in (500,502)."),
            ("a=b code <> \"x y\"", "not as in code <> \"x y\"."),
            ("duration>50ms", "“Max span duration” instead of duration>50ms"),
            ("duration > 50ms", "“Max span duration” instead of duration > 50ms"),
            ("status = error", "Write status=error instead of status = error"),
            ("status:error", "Write status=error instead of status:error"),
            ("a==b", "Write a=b instead of a==b"),
            ("a=1 AND b=2", "Write tags side by side, without \"AND\""),
            ("=x", "A tag has no name before its"),
            ("{\"a\":[1]}", "The value of \"a\" must be"),
        ] {
            let reason = tags_of(text).err().unwrap_or_default();
            assert!(reason.contains(part), "{text}: {reason}");
            assert!(reason.starts_with(char::is_uppercase), "{text}: {reason}");
        }
    }

    #[test]
    fn tags_are_taken_as_they_are() {
        for (text, key, value) in [
            ("error", "error", "true"),
            ("url=http://a/b?c=d>e", "url", "http://a/b?c=d>e"),
            ("a:b=c", "a:b", "c"),
            ("address=:80", "address", ":80"),
            ("a=<nil>", "a", "<nil>"),
            ("a!b=c", "a!b", "c"),
            ("a~b=c", "a~b", "c"),
            ("\"a>\"=5", "a>", "5"),
            ("\"k\"=~x", "k", "~x"),
            ("x=\">5 in y\"", "x", ">5 in y"),
            ("x=\"a \\\" > b\"", "x", "a \" > b"),
            ("{\"a>b\":\"c > d\"}", "a>b", "c > d"),
            ("in", "in", "true"),
        ] {
            let expected = vec![(key.to_owned(), value.to_owned())];
            assert_eq!(tags_of(text), Ok(expected), "{text}");
        }
    }
}
