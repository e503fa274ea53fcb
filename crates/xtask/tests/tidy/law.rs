//! The import law: which room of the house may import which.

use crate::tree::{File, code};

/// What a room may import: rooms of its own crate, and rooms of the meaning crate (`*` for all).
struct Room {
    name: &'static str,
    own: &'static [&'static str],
    trace: &'static [&'static str],
    leptos: bool,
}

/// The rooms of `crates/trace`; here `own` is all there is.
const TRACE: &[Room] = &[
    room("units", &[]),
    room("model", &["units"]),
    room("repair", &["units"]),
    room("build", &["model", "repair", "units"]),
    room("format", &["build", "model", "units"]),
    room("source", &["format", "units"]),
    room("analysis", &["model", "units"]),
    room("scene", &["analysis", "model", "units"]),
    room("engine", &["analysis", "build", "format", "model", "source", "units"]),
    room(
        "testing",
        &["analysis", "build", "engine", "format", "model", "repair", "scene", "source", "units"],
    ),
];

/// The rooms of the viewer.
const VIEWER: &[Room] = &[
    Room { name: "route", own: &[], trace: &["source", "units"], leptos: false },
    Room { name: "io", own: &[], trace: &["engine", "model", "source", "units"], leptos: false },
    Room { name: "state", own: &["io", "route"], trace: &["*"], leptos: true },
    Room { name: "ui", own: &[], trace: &["scene", "units"], leptos: true },
    Room { name: "trace_view", own: &["route", "state", "ui"], trace: &["*"], leptos: true },
    Room { name: "pages", own: &["route", "state", "trace_view", "ui"], trace: &["*"], leptos: true },
    Room {
        name: "app",
        own: &["pages", "route", "state", "trace_view", "ui"],
        trace: &["units"],
        leptos: true,
    },
    Room { name: "worker", own: &["io"], trace: &["engine", "source", "units"], leptos: false },
];

const fn room(name: &'static str, own: &'static [&'static str]) -> Room {
    Room { name, own, trace: &[], leptos: false }
}

/// Complaints about imports against the law.
pub fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<String> {
    let trace = file.path.strip_prefix("crates/trace/src/");
    let viewer = file.path.strip_prefix("src/");
    let (rooms, inside, crate_name) = match (trace, viewer) {
        (Some(inside), _) => (TRACE, inside, "spandrel_trace"),
        (_, Some(inside)) => (VIEWER, inside, "spandrel"),
        _ => return check_stranger(file),
    };
    let modules: Vec<&str> =
        inside.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let Some(this) = rooms.iter().find(|room| room.name == modules[0]) else {
        // The crate's root lists its rooms and the window or worker starts here; anything else is a new room.
        let root = matches!(inside, "lib.rs" | "main.rs");
        return if root { vec![] } else { vec![format!("{}: a room that the law does not know", file.path)] };
    };
    let source = code(&file.text);
    let whole_test = modules.last() == Some(&"tests");
    let tests_begin = if whole_test { 0 } else { source.find("#[cfg(test)]").unwrap_or(source.len()) };
    let mut complaints = Vec::new();
    let mut complain = |at: usize, what: String| {
        let line = source[..at].lines().count().max(1);
        complaints.push(format!("{}:{line}: `{}` may not import {what}", file.path, this.name));
    };

    for (at, path) in paths(&source, "crate").into_iter().chain(parents(&source, &modules)) {
        let (target, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let in_test = at >= tests_begin;
        let allowed = target == this.name
            || this.own.contains(&target)
            || (in_test && target == "testing")
            || !rooms.iter().any(|room| room.name == target);
        if !allowed {
            complain(at, format!("`{target}`"));
        }
        if this.name == "pages" && target == "pages" && modules.len() > 1 {
            let other = rest.first().map(String::as_str);
            if other.is_some_and(|other| other != modules[1]) {
                complain(at, format!("another page (`{}`)", rest[0]));
            }
        }
        if this.name == "worker" && target == "io" {
            let door = rest.first().map(String::as_str);
            if !matches!(door, Some("clock" | "fetch" | "file" | "outside")) {
                complain(at, "more of `io` than `clock`, `fetch`, `file` and `outside`".to_owned());
            }
        }
    }
    if crate_name == "spandrel" {
        for (at, path) in paths(&source, "spandrel_trace") {
            let target = path.first().map_or("", String::as_str);
            if !this.trace.contains(&target)
                && this.trace != ["*"]
                && !(at >= tests_begin && target == "testing")
            {
                complain(at, format!("`trace::{target}`"));
            }
        }
        if !this.leptos {
            for (at, _) in paths(&source, "leptos") {
                complain(at, "leptos".to_owned());
            }
        }
    }
    complaints
}

/// The server never reaches the viewer or the shop; the shop and the hands reach nothing of ours.
fn check_stranger(file: &File) -> Vec<String> {
    let banned: &[&str] = match file.path.split('/').nth(1) {
        Some("server") => &["spandrel", "spandrel_shop"],
        Some("shop") => &["spandrel", "spandrel_trace", "spandrel_server"],
        Some("xtask") => &["spandrel", "spandrel_trace", "spandrel_server", "spandrel_shop"],
        _ => &[],
    };
    let source = code(&file.text);
    let found = banned.iter().filter(|name| !paths(&source, name).is_empty());
    found.map(|name| format!("{}: may not import `{name}`", file.path)).collect()
}

/// Every path that begins with `head::`, with its place; groups in braces give one path for each member, as deep as
/// two names.
fn paths(source: &str, head: &str) -> Vec<(usize, Vec<String>)> {
    let start = format!("{head}::");
    let starts = source
        .match_indices(&start)
        .filter(|(at, _)| !source[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    starts
        .flat_map(|(at, _)| members(&source[at + start.len()..]).into_iter().map(move |path| (at, path)))
        .collect()
}

/// `super::super::x` as a path from the crate's root, as if it stood in the file's own module (an inner module's climbs
/// one less far, and then names no room).
fn parents(source: &str, modules: &[&str]) -> Vec<(usize, Vec<String>)> {
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
        if climbed <= modules.len() {
            let above = modules[..modules.len() - climbed].iter().map(|name| (*name).to_owned());
            found.extend(members(rest).into_iter().map(|path| (at, above.clone().chain(path).collect())));
        }
    }
    found
}

/// The first two names of each path in `a::b`, `{a::b, c::{d, e}}`, `a::{b, c}`.
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
            let below = members(rest).into_iter().filter_map(|path| path.into_iter().next());
            let paths: Vec<_> = below.map(|second| vec![name.clone(), second]).collect();
            if paths.is_empty() { vec![vec![name]] } else { paths }
        }
        None => vec![vec![name]],
    }
}

/// The members of a group whose opening brace was read.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[track_caller]
    fn caught(path: &str, text: &str, what: &str) {
        let complaints = check(&[file(path, text)]);
        assert!(complaints.iter().any(|one| one.contains(what)), "{complaints:?}");
    }

    #[track_caller]
    fn allowed(path: &str, text: &str) {
        assert_eq!(check(&[file(path, text)]), Vec::<String>::new());
    }

    #[test]
    fn the_meaning_crate_points_one_way() {
        caught("crates/trace/src/model/mod.rs", "use crate::format::Reader;", "`format`");
        caught("crates/trace/src/engine/mod.rs", "fn f() { crate::scene::draw() }", "`scene`");
        caught(
            "crates/trace/src/analysis/rows.rs",
            "use crate::{model::Outline, build::{Builder, x}};",
            "`build`",
        );
        caught("crates/trace/src/units/id.rs", "use super::super::model::Outline;", "`model`");
        caught("crates/trace/src/units.rs", "use super::model::Outline;", "`model`");
        caught("crates/trace/src/extras.rs", "", "a room that the law does not know");
        allowed(
            "crates/trace/src/scene/graph.rs",
            "use crate::{analysis::layout, model, units::{count, duration}};",
        );
        allowed(
            "crates/trace/src/analysis/rows.rs",
            "// use crate::scene;\nuse super::layout;\nlet s = \"crate::scene::x\";",
        );
        allowed("crates/trace/src/lib.rs", "pub mod units; use crate::scene;");
    }

    #[test]
    fn testing_is_for_tests() {
        caught("crates/trace/src/scene/graph.rs", "use crate::testing::trace;", "`testing`");
        allowed("crates/trace/src/scene/graph.rs", "#[cfg(test)]\nmod tests { use crate::testing::trace; }");
        allowed("crates/trace/src/scene/graph/tests.rs", "use crate::testing::trace;");
    }

    #[test]
    fn the_viewers_rooms_keep_their_doors() {
        caught("src/io/fetch.rs", "use leptos::prelude::*;", "leptos");
        caught("src/io/fetch.rs", "use spandrel_trace::format::Reader;", "`trace::format`");
        caught("src/ui/list.rs", "use crate::state::Data;", "`state`");
        caught("src/ui/list.rs", "use spandrel_trace::{units, model::Outline};", "`trace::model`");
        caught("src/pages/search/mod.rs", "use crate::io::fetch;", "`io`");
        caught("src/pages/search/form.rs", "use crate::pages::trace::Header;", "another page (`trace`)");
        caught("src/pages/about.rs", "use super::search::Form;", "another page (`search`)");
        caught("src/worker.rs", "use crate::io::storage;", "more of `io`");
        caught("src/worker.rs", "use crate::state::busy;", "`state`");
        caught("src/route.rs", "use spandrel_trace::engine::Engine;", "`trace::engine`");
        allowed("src/pages/search/form.rs", "use crate::pages::search::Row; use crate::{state, ui::list};");
        allowed("src/pages/mod.rs", "pub use crate::pages::search::Search;");
        allowed(
            "src/worker.rs",
            "use crate::io::{clock, fetch, file, outside}; use spandrel_trace::engine::Engine;",
        );
        allowed(
            "src/state/data.rs",
            "use leptos::prelude::*; use spandrel_trace::format::Reader; use crate::io::fetch;",
        );
        allowed("src/main.rs", "use spandrel::app;");
    }

    #[test]
    fn strangers_stay_strangers() {
        caught("crates/server/src/lib.rs", "use spandrel_shop::Order;", "`spandrel_shop`");
        caught("crates/shop/src/lib.rs", "use spandrel_trace::units;", "`spandrel_trace`");
        caught("crates/xtask/src/main.rs", "spandrel_server::main()", "`spandrel_server`");
        allowed("crates/server/src/lib.rs", "use spandrel_trace::units;");
    }
}
