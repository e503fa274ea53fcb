//! Texts name no machine and no registry, and relative links lead to files.

use crate::tree::File;

/// Folders of one machine, put together here so that this file does not contain them.
fn machine_folders() -> [String; 3] {
    ["work", "tmp", "root"].map(|folder| format!("/{folder}/"))
}

/// Hosts of package registries: which one is used is a setting of the machine, not of the project.
fn registries() -> [String; 6] {
    [
        ("crates", "io"),
        ("npmjs", "org"),
        ("pypi", "org"),
        ("golang", "org"),
        ("pythonhosted", "org"),
        ("maven", "org"),
    ]
    .map(|(name, end)| format!("{name}.{end}"))
}

/// Complaints about files that name a place on one machine, or a package registry.
pub fn check_places(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    // Answers that were recorded say what they said: a Go package's path is a scope's name there.
    let ours =
        |file: &&File| !file.path.ends_with("Cargo.lock") && !file.path.starts_with("fixtures/recorded/");
    for file in files.iter().filter(ours) {
        for (number, line) in file.text.lines().enumerate() {
            let folder = machine_folders().into_iter().find(|folder| begins_path(line, folder));
            let host = registries().into_iter().find(|host| line.contains(host.as_str()));
            if let Some(what) = folder.or(host) {
                complaints.push(format!("{}:{}: names {what}", file.path, number + 1));
            }
        }
    }
    complaints
}

/// Whether a line has an absolute path below the folder: `a/work/b` and `//work/` are none.
fn begins_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        !line[..at].ends_with(|c: char| {
            c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '}' | '*' | '$' | ')')
        })
    })
}

/// Complaints about relative links in Markdown that lead nowhere.
pub fn check_links(files: &[File], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for link in links(&file.text) {
            let target = link.split(['#', '?']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            match resolved(folder, target) {
                Some(path) if exists(&path) => {}
                Some(_) => complaints.push(format!("{}: the link {link} leads nowhere", file.path)),
                None => {
                    complaints.push(format!("{}: the link {link} leads out of the repository", file.path))
                }
            }
        }
    }
    complaints
}

/// The targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let mut rest = line;
        while let Some((_, tail)) = rest.split_once("](") {
            let (target, after) = tail.split_once(')').unwrap_or((tail, ""));
            found.push(target.split_whitespace().next().unwrap_or_default());
            rest = after;
        }
    }
    found
}

fn resolved(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') { vec![] } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.retain(|part| !part.is_empty());
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[test]
    fn places_on_a_machine_and_registries_are_found() {
        let bad = machine_folders().into_iter().map(|folder| format!("see {folder}x")).chain(registries());
        for text in bad {
            assert_eq!(check_places(&[file("a.md", &text)]).len(), 1, "{text}");
            assert_eq!(check_places(&[file("crates/x/Cargo.lock", &text)]).len(), 0);
        }
        for good in ["https://example.com/work/x", "src/root/x.rs", "a /worker/ b", "target/tmp/x"] {
            assert_eq!(check_places(&[file("a.md", good)]).len(), 0, "{good}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let exists = |path: &str| ["README.md", "docs/adr/0001-a.md", "docs"].contains(&path);
        let check = |path: &str, text: &str| check_links(&[file(path, text)], &exists);
        assert_eq!(
            check("README.md", "[a](docs/adr/0001-a.md#b) [c](https://x.org/y) [d](#e) [f](docs/)").len(),
            0
        );
        assert_eq!(check("docs/adr/0001-a.md", "[a](../../README.md) [b](0001-a.md)").len(), 0);
        assert_eq!(check("README.md", "[a](docs/b.md)"), ["README.md: the link docs/b.md leads nowhere"]);
        assert_eq!(
            check("README.md", "[a](../b.md)"),
            ["README.md: the link ../b.md leads out of the repository"]
        );
        assert_eq!(check("README.md", "```\n[a](gone.md)\n```").len(), 0);
        assert_eq!(check("x.txt", "[a](gone.md)").len(), 0);
    }
}
