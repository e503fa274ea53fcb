//! The import rules: which top-level module may import which.

use crate::imports::{module_of, parents, paths, tests_start};
use crate::tree::{File, code};

/// What a top-level module may import: modules of its own crate, and modules of the trace crate (`*` for all).
struct Module {
    name: &'static str,
    own: &'static [&'static str],
    trace: &'static [&'static str],
    leptos: bool,
}

/// The modules of `crates/trace`, where `own` is all there is.
const TRACE: &[Module] = &[
    module("units", &[]),
    module("model", &["units"]),
    module("repair", &["units"]),
    module("build", &["model", "repair", "units"]),
    module("format", &["build", "model", "units"]),
    module("source", &["format", "units"]),
    module("analysis", &["model", "units"]),
    module("scene", &["analysis", "model", "units"]),
    module("engine", &["analysis", "build", "format", "model", "source", "units"]),
    module(
        "testing",
        &["analysis", "build", "engine", "format", "model", "repair", "scene", "source", "units"],
    ),
];

/// The modules of the viewer.
const VIEWER: &[Module] = &[
    Module { name: "route", own: &[], trace: &["source", "units"], leptos: false },
    Module { name: "io", own: &[], trace: &["engine", "model", "source", "units"], leptos: false },
    Module { name: "state", own: &["io", "route"], trace: &["*"], leptos: true },
    Module { name: "ui", own: &[], trace: &["scene", "units"], leptos: true },
    Module { name: "trace_view", own: &["route", "state", "ui"], trace: &["*"], leptos: true },
    Module { name: "pages", own: &["route", "state", "trace_view", "ui"], trace: &["*"], leptos: true },
    Module {
        name: "app",
        own: &["pages", "route", "state", "trace_view", "ui"],
        trace: &["units"],
        leptos: true,
    },
    Module { name: "worker", own: &["io"], trace: &["engine", "source", "units"], leptos: false },
];

const fn module(name: &'static str, own: &'static [&'static str]) -> Module {
    Module { name, own, trace: &[], leptos: false }
}

/// Complaints about imports against the rules.
pub fn check(files: &[File]) -> Vec<String> {
    files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<String> {
    let trace = file.path.strip_prefix("crates/trace/src/");
    let viewer = file.path.strip_prefix("src/");
    let (known, inside, crate_name) = match (trace, viewer) {
        (Some(inside), _) => (TRACE, inside, "spandrel_trace"),
        (_, Some(inside)) => (VIEWER, inside, "spandrel"),
        _ => return check_other(file),
    };
    let here = module_of(inside);
    let Some(this) = known.iter().find(|module| here.first() == Some(&module.name)) else {
        return if here.is_empty() {
            vec![]
        } else {
            vec![format!("{}: a module that the import rules do not know", file.path)]
        };
    };
    let source = code(&file.text);
    let tests_start = tests_start(&source, &here);
    let mut complaints = Vec::new();
    let mut complain = |at: usize, what: String| {
        let line = source[..at].lines().count().max(1);
        complaints.push(format!("{}:{line}: `{}` may not import {what}", file.path, this.name));
    };

    for (at, path) in paths(&source, "crate").into_iter().chain(parents(&source, &here)) {
        let target = path.first().map_or("", String::as_str);
        let second = path.get(1).map(String::as_str);
        let in_test = at >= tests_start;
        let allowed = target == this.name
            || this.own.contains(&target)
            || (in_test && target == "testing")
            || !known.iter().any(|module| module.name == target);
        if !allowed {
            complain(at, format!("`{target}`"));
        }
        if this.name == "pages"
            && target == "pages"
            && here.len() > 1
            && let Some(other) = second.filter(|other| *other != here[1])
        {
            complain(at, format!("another page (`{other}`)"));
        }
        if this.name == "worker"
            && target == "io"
            && !matches!(second, Some("block_store" | "clock" | "fetch" | "file" | "part"))
        {
            complain(at, "more of `io` than `block_store`, `clock`, `fetch`, `file` and `part`".to_owned());
        }
    }
    if crate_name == "spandrel" {
        for (at, path) in paths(&source, "spandrel_trace") {
            let target = path.first().map_or("", String::as_str);
            if !this.trace.contains(&target)
                && this.trace != ["*"]
                && !(at >= tests_start && target == "testing")
            {
                complain(at, format!("`trace::{target}`"));
            }
        }
        if !this.leptos {
            for (at, _) in source.match_indices("leptos").filter(|(at, _)| begins_word(&source, *at)) {
                complain(at, "leptos".to_owned());
            }
        }
    }
    complaints
}

/// Whether no identifier reaches into `at` from the left: finds `leptos`, `leptos_use_raf_fn`, not `my_leptos`.
fn begins_word(source: &str, at: usize) -> bool {
    !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The server never imports the viewer, the demo or the libraries beside it; the demo imports those libraries, which import
/// nothing of ours, and neither do the build tasks.
fn check_other(file: &File) -> Vec<String> {
    let banned: &[&str] = match file.path.split('/').nth(1) {
        Some("server") => &["spandrel", "spandrel_demo", "spandrel_evaltrack", "spandrel_logship"],
        Some("demo") => &["spandrel", "spandrel_trace", "spandrel_server"],
        Some("evaltrack" | "logship" | "xtask") => {
            &["spandrel", "spandrel_trace", "spandrel_server", "spandrel_demo"]
        }
        _ => &[],
    };
    let source = code(&file.text);
    let found = banned.iter().filter(|name| !paths(&source, name).is_empty());
    found.map(|name| format!("{}: may not import `{name}`", file.path)).collect()
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
    fn the_trace_crate_points_one_way() {
        caught("crates/trace/src/model/mod.rs", "use crate::format::Reader;", "`format`");
        caught("crates/trace/src/engine/mod.rs", "fn f() { crate::scene::draw() }", "`scene`");
        caught(
            "crates/trace/src/analysis/rows.rs",
            "use crate::{model::Outline, build::{Builder, x}};",
            "`build`",
        );
        caught("crates/trace/src/units/id.rs", "use super::super::model::Outline;", "`model`");
        caught("crates/trace/src/units.rs", "use super::model::Outline;", "`model`");
        caught("crates/trace/src/extras.rs", "", "a module that the import rules do not know");
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
    fn the_viewers_modules_import_what_they_may() {
        caught("src/io/fetch.rs", "use leptos::prelude::*;", "leptos");
        caught("src/io/fetch.rs", "use spandrel_trace::format::Reader;", "`trace::format`");
        caught("src/ui/list.rs", "use crate::state::Data;", "`state`");
        caught("src/ui/list.rs", "use spandrel_trace::{units, model::Outline};", "`trace::model`");
        caught("src/pages/search/mod.rs", "use crate::io::fetch;", "`io`");
        caught("src/pages/search/form.rs", "use crate::pages::trace::Header;", "another page (`trace`)");
        caught("src/pages/about.rs", "use super::search::Form;", "another page (`search`)");
        caught("src/worker.rs", "use leptos::prelude::*;", "leptos");
        caught("src/io/file.rs", "use leptos_use_event_listener::use_event_listener;", "leptos");
        caught("src/trace_view/find.rs", "use crate::pages::search::Form;", "`pages`");
        caught("src/trace_view/find.rs", "use crate::io::fetch;", "`io`");
        caught("src/ui/list.rs", "use crate::trace_view::Viewport;", "`trace_view`");
        allowed("src/pages/about.rs", "use leptos::prelude::*; use crate::trace_view::Viewport;");
        allowed("src/trace_view/find.rs", "use leptos::prelude::*; use crate::{route, state, ui::list};");
        caught("src/worker.rs", "use crate::io::storage;", "more of `io`");
        caught("src/worker.rs", "use crate::state::busy;", "`state`");
        caught("src/route.rs", "use spandrel_trace::engine::Engine;", "`trace::engine`");
        allowed("src/pages/search/form.rs", "use crate::pages::search::Row; use crate::{state, ui::list};");
        allowed("src/pages/mod.rs", "pub use crate::pages::search::Search;");
        allowed(
            "src/worker.rs",
            "use crate::io::{block_store, clock, fetch, file, part}; use spandrel_trace::engine::Engine;",
        );
        allowed(
            "src/state/data.rs",
            "use leptos::prelude::*; use spandrel_trace::format::Reader; use crate::io::fetch;",
        );
        allowed("src/main.rs", "use spandrel::app;");
    }

    #[test]
    fn crates_stay_apart() {
        caught("crates/server/src/lib.rs", "use spandrel_demo::Order;", "`spandrel_demo`");
        caught("crates/demo/src/lib.rs", "use spandrel_trace::units;", "`spandrel_trace`");
        caught("crates/xtask/src/main.rs", "spandrel_server::main()", "`spandrel_server`");
        allowed("crates/server/src/lib.rs", "use spandrel_trace::units;");
    }
}
