//! Files are short, open with `//!` and have meaningful names; ARCHITECTURE.md names every module folder.

use std::collections::BTreeSet;

use crate::tree::{File, code};

/// The most lines of a file.
const LONGEST: usize = 600;
/// Module names that describe nothing.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "common", "helpers", "types", "core"];

/// Complaints about long files, files without `//!`, and modules whose name describes nothing.
pub fn check_files(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let rust = file.path.ends_with(".rs");
        let written = [".rs", ".css", ".mjs", ".js", ".html"].iter().any(|end| file.path.ends_with(end));
        let lines = file.text.lines().count();
        if written && lines > LONGEST && !file.path.starts_with("fixtures/") {
            complaints
                .push(format!("{}: {lines} lines, more than {LONGEST}: split it by purpose", file.path));
        }
        if rust && !file.text.trim_start().starts_with("//!") {
            complaints.push(format!("{}: does not open with `//!` and its purpose", file.path));
        }
        if written {
            let stems = file.path.split('/').map(|part| part.split('.').next().unwrap_or_default());
            let named = stems.filter(|stem| EMPTY_NAMES.contains(stem));
            complaints
                .extend(named.map(|stem| format!("{}: the name `{stem}` describes nothing", file.path)));
        }
        if rust {
            let source = code(&file.text);
            let words: Vec<&str> = source.split_whitespace().collect();
            let inline = words.windows(2).filter(|pair| {
                pair[0] == "mod" && EMPTY_NAMES.contains(&pair[1].trim_end_matches([';', '{']))
            });
            complaints.extend(
                inline.map(|pair| format!("{}: the name `mod {}` describes nothing", file.path, pair[1])),
            );
        }
    }
    complaints
}

/// Complaints about tests that do not run.
pub fn check_ignored(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        let rust = file.path.ends_with(".rs") && code(&file.text).contains("#[ignore");
        // The wasm test runner runs only its own tests; a plain `#[test]` in the viewer compiles and never runs.
        let plain = file.path.starts_with("src/")
            && file.path.ends_with(".rs")
            && code(&file.text).contains("#[test]")
            && !file.text.contains("use wasm_bindgen_test::wasm_bindgen_test as test;");
        let script = file.path.ends_with(".test.mjs")
            && ["skip: true", ".skip(", ".todo(", ".only(", "only: true"]
                .iter()
                .any(|word| file.text.contains(word));
        if rust || plain || script {
            complaints.push(format!("{}: a test that does not always run", file.path));
        }
    }
    complaints
}

/// Every module that the map must name: crates, top-level modules of the trace crate and of the viewer, pages, and folders
/// of outer tests.
pub fn modules(paths: &[String]) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for path in paths {
        for (folder, only_folders) in [
            ("crates/", true),
            ("crates/trace/src/", false),
            ("src/", false),
            ("src/pages/", false),
            ("tests/", true),
        ] {
            let Some(inside) = path.strip_prefix(folder) else { continue };
            let (name, below) = inside.split_once('/').map_or((inside, false), |(name, _)| (name, true));
            let module = name.strip_suffix(".rs").filter(|name| !matches!(*name, "lib" | "main" | "mod"));
            if below {
                modules.insert(format!("{folder}{name}"));
            } else if let Some(module) = module.filter(|_| !only_folders) {
                modules.insert(format!("{folder}{module}"));
            }
        }
    }
    modules
}

/// Complaints about modules that the map does not name, and about names on the map that do not exist.
pub fn check_map(modules: &BTreeSet<String>, map: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let named: BTreeSet<&str> =
        map.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/')).collect();
    let mut complaints: Vec<String> = (modules.iter())
        .filter(|module| !named.contains(module.as_str()))
        .map(|module| format!("ARCHITECTURE.md does not name `{module}`"))
        .collect();
    let places = ["crates/", "src/", "tests/", "assets/", "docs/", "fixtures/", ".ci/", ".cargo/"];
    let claimed = named.iter().filter(|name| places.iter().any(|place| name.starts_with(place)));
    let lost = claimed
        .filter(|name| !exists(name) && !exists(&format!("{name}.rs")) && !name.contains(['*', '{', ' ']));
    complaints.extend(lost.map(|name| format!("ARCHITECTURE.md names `{name}`, which is not there")));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[test]
    fn long_files_missing_docs_and_empty_names_are_found() {
        let long = "//! x\n".repeat(601);
        let files = [
            file("src/long.rs", &long),
            file("src/bare.rs", "fn main() {}"),
            file("src/ui/utils.rs", "//! Odds and ends."),
            file("tests/e2e/helpers/a.mjs", ""),
            file("src/a.rs", "//! A.\nmod types { }\n// mod core;\n"),
            file("fixtures/long.js", &long),
            file("src/good.rs", "\n//! Good.\nmod common_case {}\n"),
        ];
        let complaints = check_files(&files);
        assert_eq!(complaints.len(), 5, "{complaints:#?}");
        for (complaint, what) in
            complaints.iter().zip(["601 lines", "does not open", "`utils`", "`helpers`", "`mod types`"])
        {
            assert!(complaint.contains(what), "{complaint}");
        }
    }

    #[test]
    fn ignored_tests_are_found() {
        let files = [
            file("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}"),
            file("b.rs", "// #[ignore]\nlet s = \"#[ignore]\";"),
            file("c.test.mjs", "test.skip('x', () => {})"),
            file("d.test.mjs", "test('x', () => {})"),
            file("src/a.rs", "mod tests { #[test] fn f() {} }"),
            file(
                "src/b.rs",
                "mod tests { use wasm_bindgen_test::wasm_bindgen_test as test; #[test] fn f() {} }",
            ),
        ];
        assert_eq!(check_ignored(&files).len(), 3);
    }

    #[test]
    fn modules_and_map_must_agree() {
        let paths: Vec<String> = [
            "crates/trace/src/lib.rs",
            "crates/trace/src/repair.rs",
            "src/main.rs",
            "src/pages/mod.rs",
            "src/pages/search/form.rs",
            "tests/e2e/a.test.mjs",
        ]
        .map(str::to_owned)
        .into();
        let found = modules(&paths);
        let expected =
            ["crates/trace", "crates/trace/src/repair", "src/pages", "src/pages/search", "tests/e2e"];
        assert_eq!(found, expected.map(str::to_owned).into());
        let map =
            "`crates/trace` `crates/trace/src/repair` `src/pages/` `tests/e2e` `src/gone` `cargo xtask`";
        let complaints = check_map(&found, map, &|path| path != "src/gone" && path != "src/gone.rs");
        assert_eq!(
            complaints,
            [
                "ARCHITECTURE.md does not name `src/pages/search`",
                "ARCHITECTURE.md names `src/gone`, which is not there",
            ]
        );
    }
}
