//! The repository's files, and Rust source without comments and literals.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file, by its path from the root with forward slashes.
pub struct File {
    /// For example `src/route.rs`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Folders of built or fetched files.
const NOT_OURS: [&str; 5] = [".git", "target", "dist", "node_modules", "corpus"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The paths of all files.
pub fn paths() -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let path = path.strip_prefix(root()).expect("below the root");
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// All files that are text.
pub fn read() -> Vec<File> {
    let paths = paths().into_iter();
    paths.filter_map(|path| Some(File { text: fs::read_to_string(root().join(&path)).ok()?, path })).collect()
}

/// One file that must be there.
pub fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{path} must be there"))
}

/// Whether a path from the root leads to a file or folder.
pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// Rust source with every comment, and the inside of every literal, turned to spaces: lines keep their numbers.
pub fn code(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let blank = |out: &mut Vec<u8>, part: &[u8]| {
        out.extend(part.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
    };
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"//") {
            rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            block_comment(rest)
        } else if rest[0] == b'"' {
            string(rest)
        } else if rest[0] == b'r'
            && (rest[1..].starts_with(b"\"") || rest[1..].starts_with(b"#"))
            && !inside_word(bytes, at)
        {
            raw_string(rest)
        } else if rest[0] == b'\'' {
            character(rest)
        } else {
            0
        };
        if end == 0 {
            out.push(rest[0]);
            at += 1;
        } else {
            blank(&mut out, &rest[..end]);
            at += end;
        }
    }
    String::from_utf8(out).expect("whole literals were replaced")
}

fn inside_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() && bytes[at - 1] != b'b' || bytes[at - 1] == b'_')
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Zero where the `r` begins a raw identifier rather than a raw string.
fn raw_string(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = 2 + hashes;
    let end = rest[body..].windows(close.len()).position(|part| part == close);
    end.map_or(rest.len(), |end| body + end + close.len())
}

/// Zero where the quote begins a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map_or(0, |end| end + 4);
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]);
    let Some(first) = text.chars().next() else { return 0 };
    let end = 1 + first.len_utf8();
    if rest.get(end) == Some(&b'\'') { end + 1 } else { 0 }
}

#[test]
fn comments_and_literals_are_blanked() {
    let source = "a // crate::b\n/* c /* d */ e */ f \"crate::\\\"g\" 'h' '\\n' '\\u{1F600}' 'é' r#\"i\"j\"# &'k str r#type 'l: loop";
    let code = code(source);
    assert_eq!(code.lines().count(), source.lines().count());
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "f", "&'k", "str", "r#type", "'l:", "loop"]);
}
