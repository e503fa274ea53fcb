//! Texts that people read: none of those that were replaced because they personify, are odd, or use another word than the
//! product has chosen.

use crate::tree::File;

/// Texts that were replaced, as they would stand within a literal. Comments and tests may say what they like.
const REPLACED: [&str; 106] = [
    "Asking ",
    " did not work",
    "Nothing answered",
    "answers and knows",
    "Address of a Jaeger",
    "this page to read its answers",
    "that this page comes from",
    "As the system",
    "this computer's clock",
    "sent nowhere",
    "backend gave",
    "truncated at the limit",
    "more traces than it gave",
    "Latency is of whole traces",
    "Gaps are times",
    "counted in 0 traces",
    "from /api/dependencies",
    "Nobody",
    "nobody",
    "Calls answered",
    "Spans within",
    "calls out",
    "Its slowest",
    "not known",
    "Neither the backend",
    "How to show it",
    "was asked and found",
    "The durations of the form",
    "is no duration",
    "longest is shorter",
    "after the begin",
    "a day and a time",
    "a number from 1",
    "not open any more",
    "lets go of",
    "knows no service",
    "can be dropped anywhere, or pasted",
    "This is no trace id",
    "also gzipped",
    "What becomes of",
    "Dim the others",
    "Only matches",
    "what they are in",
    "What may stand",
    "Nothing fits",
    "fit best",
    "What fits",
    "Show all of its time",
    "Begin of",
    "End of the time",
    "most first",
    "as one row",
    "Another column",
    "Leave out the spans",
    "what is below",
    "rarer ones",
    "Where the detail is",
    "Between its rows",
    "Width of the",
    "Failed, without",
    "shortest of",
    "as long as all",
    "Among traces found",
    "only here",
    "None of the 1",
    "Not here, though",
    "own children",
    "Longest stretch",
    "lets through",
    "again and again",
    "refreshing by itself",
    "Looking for what",
    "It was probably",
    "by much",
    "last move in time",
    "Do it again",
    "no usable start",
    "ends before it begins",
    "names itself as",
    "not read yet",
    "nothing in it",
    "download finished",
    "one by one (",
    "program did not come",
    "engine broke",
    "started anew",
    "Real services answer",
    "who is buying",
    "On its way",
    "still growing",
    "Do the services send",
    "How many of ",
    "has no shop",
    "web page came back",
    "version 3 first",
    "Choose something",
    "Order of siblings",
    "Times of day",
    "given its parent",
    "p100 of",
    "Nothing new for",
    "A page down",
    "at least 0",
    "the begin of",
    "server gave",
    "whoever",
];

/// Folders of what people read: the viewer, what it says of traces, what the server and the demo answer with, and what
/// journeys expect of pages.
const FOLDERS: [&str; 6] = [
    "src/",
    "crates/trace/src/",
    "crates/server/src/jaeger",
    "crates/demo/src/",
    "index.html",
    "tests/e2e/pages/",
];

/// Complaints about replaced texts within literals of the product's code.
pub fn check(files: &[File]) -> Vec<String> {
    let is_product = |file: &&File| {
        let path = file.path.as_str();
        FOLDERS.iter().any(|folder| path.starts_with(folder))
            && [".rs", ".html", ".mjs"].iter().any(|end| path.ends_with(end))
            && !path.ends_with("tests.rs")
            && !path.contains("/tests/")
            && !path.contains("/testing/")
    };
    let mut complaints = Vec::new();
    for file in files.iter().filter(is_product) {
        for (number, text) in texts(&file.text, file.path.ends_with(".rs")) {
            let found = REPLACED.iter().filter(|replaced| text.contains(*replaced));
            complaints.extend(found.map(|replaced| format!("{}:{number}: says {replaced:?}", file.path)));
        }
    }
    complaints
}

/// The literals of Rust code above its tests, or the whole lines of another file, with the numbers of their lines.
fn texts(source: &str, is_rust: bool) -> Vec<(usize, String)> {
    if !is_rust {
        return source.lines().enumerate().map(|(at, line)| (at + 1, line.to_owned())).collect();
    }
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                while at < bytes.len() && bytes[at] != b'\n' {
                    at += 1;
                }
                continue;
            }
            // A character, not a lifetime.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 2,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'"' => {
                let (start, first) = (at + 1, line);
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    line += usize::from(bytes[at] == b'\n');
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                found.push((first, joined(&source[start..at.min(source.len())])));
            }
            b'\n' => line += 1,
            _ => {}
        }
        at += 1;
    }
    found
}

/// A literal without the line breaks that its backslashes leave out.
fn joined(literal: &str) -> String {
    let mut parts = literal.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_texts_are_found_in_literals_alone() {
        let source = "// Nobody\nlet a = 'x'; let b = \"The engine \\\n    broke\";\nlet c = '\"'; let d = \"fine\";\n\
                      #[cfg(test)]\nlet e = \"Nobody\";\n";
        let file = |path: &str| File { path: path.to_owned(), text: source.to_owned() };
        assert_eq!(check(&[file("src/a.rs")]), ["src/a.rs:2: says \"engine broke\""]);
        assert!(check(&[file("src/a/tests.rs"), file("crates/xtask/src/a.rs")]).is_empty());
    }
}
