//! What the crates depend on, as cargo resolves it, and under which licences.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What the trace crate must not depend on: it runs in a worker, in the server and in tests alike.
const NOT_IN_TRACE: [&str; 6] = ["web-sys", "js-sys", "leptos", "tokio", "wasm-bindgen", "getrandom"];

/// The output of `cargo metadata` for the whole workspace.
pub fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Complaints about crates of ours that depend on what they must not, directly or through others.
pub fn check_dependencies(metadata: &Value) -> Vec<String> {
    let names: BTreeMap<&str, &str> = list(metadata, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let name_of = |id: &str| names.get(id).copied().unwrap_or_default();
    let mut complaints = Vec::new();

    let reached =
        reach(metadata, names.iter().find(|(_, name)| **name == "spandrel-trace").map_or("", |(id, _)| id));
    let banned = reached.iter().map(|id| name_of(id)).filter(|name| NOT_IN_TRACE.contains(name));
    complaints.extend(banned.map(|name| format!("crates/trace reaches {name}")));

    let ours: &[(&str, &[&str])] = &[
        ("spandrel", &["spandrel-trace", "spandrel-simulation"]),
        ("spandrel-trace", &[]),
        ("spandrel-simulation", &["spandrel-trace"]),
        ("spandrel-server", &["spandrel-trace"]),
        ("spandrel-demo", &["spandrel-simulation", "spandrel-evaltrack", "spandrel-logship"]),
        ("spandrel-evaltrack", &[]),
        ("spandrel-logship", &[]),
        ("xtask", &[]),
    ];
    for package in list(metadata, "packages") {
        let Some((name, allowed)) = ours.iter().find(|(name, _)| *name == text(package, "name")) else {
            continue;
        };
        for dependency in list(package, "dependencies").iter().map(|dependency| text(dependency, "name")) {
            let of_ours = ours.iter().any(|(one, _)| *one == dependency);
            if of_ours && !allowed.contains(&dependency) {
                complaints.push(format!("{name} may not depend on {dependency}"));
            }
        }
    }
    complaints
}

/// The packages that one reaches through dependencies which are built for wasm too; not those of its tests or build
/// scripts, nor those that some other platform alone would need.
fn reach<'a>(metadata: &'a Value, from: &'a str) -> BTreeSet<&'a str> {
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for dependency in nodes.get(id).map_or(&[][..], |node| list(node, "deps")) {
            let normal = list(dependency, "dep_kinds")
                .iter()
                .any(|kind| kind["kind"].is_null() && here(&kind["target"]));
            if normal && reached.insert(text(dependency, "pkg")) {
                open.push(text(dependency, "pkg"));
            }
        }
    }
    reached
}

/// Whether a dependency that is tied to a platform concerns the two we build for.
fn here(target: &Value) -> bool {
    let Some(target) = target.as_str() else { return true };
    !["windows", "wasi", "emscripten", "hermit", "redox", "macos", "ios", "apple", "android"]
        .iter()
        .any(|other| target.contains(other) && !target.contains("not("))
}

/// Complaints about packages of others whose licence `deny.toml` does not allow.
pub fn check_licences(metadata: &Value, deny: &str) -> Vec<String> {
    let allowed = allowed_licences(deny);
    assert!(!allowed.is_empty(), "deny.toml lists no licences");
    let others = list(metadata, "packages").iter().filter(|package| !package["source"].is_null());
    let bad = others.filter(|package| !permits(text(package, "license"), &allowed));
    bad.map(|package| {
        let licence = text(package, "license");
        format!("{} {} is under {licence:?}", text(package, "name"), text(package, "version"))
    })
    .collect()
}

/// Complaints about packages that `deny.toml` bans by name.
pub fn check_bans(metadata: &Value, deny: &str) -> Vec<String> {
    let section = deny.split("[bans]").nth(1).unwrap_or_default();
    let banned: Vec<&str> =
        section.split("{ name = \"").skip(1).filter_map(|entry| entry.split('"').next()).collect();
    let packages = list(metadata, "packages").iter().map(|package| text(package, "name"));
    packages
        .filter(|name| banned.contains(name))
        .map(|name| format!("{name} is banned in deny.toml"))
        .collect()
}

/// The list `allow` in the section `[licenses]` of `deny.toml`.
fn allowed_licences(deny: &str) -> BTreeSet<&str> {
    let section = deny.split("[licenses]").nth(1).unwrap_or_default();
    let list =
        section.split_once("allow = [").map_or("", |(_, rest)| rest.split(']').next().unwrap_or_default());
    list.split(',').map(|one| one.trim().trim_matches('"')).filter(|one| !one.is_empty()).collect()
}

/// Whether an SPDX expression (or the older `A/B`) can be satisfied with allowed licences alone.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    !tokens.is_empty() && either(&tokens, &mut at, allowed) && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut good = both(tokens, at, allowed);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        good |= both(tokens, at, allowed);
    }
    good
}

fn both(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut good = single(tokens, at, allowed);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        good &= single(tokens, at, allowed);
    }
    good
}

fn single(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let Some(token) = tokens.get(*at) else { return false };
    *at += 1;
    if *token == "(" {
        let good = either(tokens, at, allowed);
        *at += 1;
        return good;
    }
    // An exception only ever grants more than its licence.
    if tokens.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    allowed.contains(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn licences_are_read_as_expressions() {
        let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Unicode-3.0"]);
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(permits(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR LGPL-3.0) AND MIT", "GPL-3.0 OR"] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
        assert_eq!(
            allowed_licences("[x]\n[licenses]\nallow = [\n \"MIT\",\n \"ISC\", ]"),
            BTreeSet::from(["MIT", "ISC"])
        );
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_named() {
        let metadata = json!({ "packages": [
            { "name": "good", "version": "1", "license": "MIT", "source": "registry" },
            { "name": "ours", "version": "1", "license": null, "source": null },
            { "name": "bad", "version": "2", "license": "AGPL-3.0", "source": "registry" },
        ]});
        let complaints = check_licences(&metadata, "[licenses]\nallow = [\"MIT\"]");
        assert_eq!(complaints, ["bad 2 is under \"AGPL-3.0\""]);
    }

    #[test]
    fn a_banned_package_is_named() {
        let metadata = json!({ "packages": [{ "name": "heavy" }, { "name": "light" }] });
        let complaints = check_bans(&metadata, "[bans]\ndeny = [{ name = \"other\" }, { name = \"heavy\" }]");
        assert_eq!(complaints, ["heavy is banned in deny.toml"]);
    }

    #[test]
    fn what_is_reached_through_others_is_found() {
        let normal = json!([{ "kind": null, "target": null }]);
        let metadata = json!({
            "packages": [
                { "id": "t", "name": "spandrel-trace", "dependencies": [{ "name": "spandrel-demo" }] },
                { "id": "m", "name": "middle", "dependencies": [] },
                { "id": "k", "name": "tokio", "dependencies": [] },
                { "id": "j", "name": "js-sys", "dependencies": [] },
            ],
            "resolve": { "nodes": [
                { "id": "t", "deps": [
                    { "pkg": "m", "dep_kinds": normal },
                    { "pkg": "j", "dep_kinds": [{ "kind": "dev", "target": null }] },
                ]},
                { "id": "m", "deps": [{ "pkg": "k", "dep_kinds": normal }] },
            ]},
        });
        let complaints = check_dependencies(&metadata);
        assert_eq!(
            complaints,
            ["crates/trace reaches tokio", "spandrel-trace may not depend on spandrel-demo"]
        );
    }
}
