//! Checks what no compiler does: import rules, file sizes, names, licences, styles, links. Each rule has its own test.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panicking, in its own functions too"
)]

#[path = "tidy/crates.rs"]
mod crates;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/palette.rs"]
mod palette;
#[path = "tidy/rings.rs"]
mod rings;
#[path = "tidy/scale.rs"]
mod scale;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/style.rs"]
mod style;
#[path = "tidy/texts.rs"]
mod texts;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/words.rs"]
mod words;

use tree::File;

/// Fails with every complaint at once.
#[track_caller]
fn check(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn modules_import_only_what_the_rules_allow() {
    check(modules::check(&tree::read()));
}

#[test]
fn no_folder_has_a_ring_of_imports() {
    check(rings::check(&tree::read()));
}

#[test]
fn crates_depend_only_on_what_the_rules_allow() {
    check(crates::check_dependencies(&crates::metadata()));
}

#[test]
fn licences_are_permissive() {
    check(crates::check_licences(&crates::metadata(), &tree::text("deny.toml")));
    check(crates::check_bans(&crates::metadata(), &tree::text("deny.toml")));
}

#[test]
fn service_colours_are_seen_and_told_apart_in_both_themes() {
    check(palette::check(&tree::text("assets/css/tokens.css"), 20));
}

#[test]
fn replaced_texts_do_not_come_back() {
    check(texts::check(&tree::read()));
}

#[test]
fn stylesheets_are_linked_and_colours_are_tokens() {
    let files = tree::read();
    check(style::check_links(&files, &tree::text("index.html")));
    check(style::check_colours(&files));
    check(scale::check_scale(&tree::text("assets/css/tokens.css")));
}

#[test]
fn stylesheets_and_canvases_have_the_same_sizes() {
    check(sizes::check_sizes(&tree::text("src/ui/sizes.rs"), &tree::text("assets/css/tokens.css")));
}

#[test]
fn files_are_short_named_well_and_introduced() {
    check(shape::check_files(&tree::read()));
}

#[test]
fn the_architecture_names_every_module() {
    check(shape::check_map(&shape::modules(&tree::paths()), &tree::text("ARCHITECTURE.md"), &tree::exists));
}

#[test]
fn no_test_is_ignored() {
    check(shape::check_ignored(&tree::read()));
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    check(words::check_places(&tree::read()));
}

#[test]
fn links_lead_somewhere() {
    check(words::check_links(&tree::read(), &tree::exists));
}

/// A file made up for the tests of the rules.
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}
