//! Reads imports out of Rust source from which comments and literals were blanked.

/// Every path that starts with `head::`, without that head, and its byte offset. Groups in braces give one path for each
/// member.
pub fn paths(source: &str, head: &str) -> Vec<(usize, Vec<String>)> {
    let start = format!("{head}::");
    let starts = source
        .match_indices(&start)
        .filter(|(at, _)| !source[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    starts
        .flat_map(|(at, _)| members(&source[at + start.len()..]).into_iter().map(move |path| (at, path)))
        .collect()
}

/// Every path that starts with `super::`, as a path from the crate's root, with its byte offset. Read as if it stood in the
/// file's own module; inner modules climb one less far.
pub fn parents(source: &str, module: &[&str]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = source[from..].find("super::").map(|at| from + at) {
        let mut rest = &source[at..];
        let mut climbed = 0;
        while let Some(higher) = rest.strip_prefix("super::") {
            rest = higher;
            climbed += 1;
        }
        from = source.len() - rest.len();
        if climbed <= module.len() {
            let above = module[..module.len() - climbed].iter().map(|name| (*name).to_owned());
            found.extend(members(rest).into_iter().map(|path| (at, above.clone().chain(path).collect())));
        }
    }
    found
}

/// The module of a file, given by its path below a crate's `src/`: `ui/list.rs` and `ui/list/mod.rs` are both `ui::list`;
/// the crate's roots are empty.
pub fn module_of(inside: &str) -> Vec<&str> {
    let names: Vec<&str> = inside.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    if matches!(names[..], ["lib" | "main"]) { vec![] } else { names }
}

/// Where the tests of a file start: its end if it has none, 0 for a module of tests.
pub fn tests_start(source: &str, module: &[&str]) -> usize {
    if module.contains(&"tests") { 0 } else { source.find("#[cfg(test)]").unwrap_or(source.len()) }
}

/// Every path in `a::b`, `{a::b, c::{d, e}}`, `a::{b, c}`.
fn members(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        return split_group(group).into_iter().flat_map(members).collect();
    }
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return vec![];
    }
    match text[name.len()..].trim_start().strip_prefix("::") {
        Some(rest) => {
            let below = members(rest);
            if below.is_empty() {
                vec![vec![name]]
            } else {
                below.into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
            }
        }
        None => vec![vec![name]],
    }
}

/// The members of a group, given the text after its opening brace.
fn split_group(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&text[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}

#[test]
fn paths_are_read_to_their_leaves() {
    let read = |source: &str| -> Vec<String> {
        paths(source, "crate").into_iter().map(|(_, path)| path.join("::")).collect()
    };
    assert_eq!(read("use crate::{a::b::C, d::{E, f::G}};"), ["a::b::C", "d::E", "d::f::G"]);
    assert_eq!(read("crate::a::run(); my_crate::b"), ["a::run"]);
    let climbed: Vec<_> = parents("use super::super::x::Y; super::Z", &["a", "b"]);
    let climbed: Vec<String> = climbed.into_iter().map(|(_, path)| path.join("::")).collect();
    assert_eq!(climbed, ["x::Y", "a::Z"]);
    assert_eq!(module_of("ui/list/mod.rs"), module_of("ui/list.rs"));
    assert!(module_of("lib.rs").is_empty());
}
