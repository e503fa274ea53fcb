//! No ring of modules: modules of one folder never import each other in a circle.
//!
//! For each folder, its modules are the nodes, and what any file below one imports from below another is an edge. A name
//! that a folder's own file re-exports (`pub use`) counts as the module that it comes from. Imports between a module and
//! the folder that holds it are not edges, and neither are those of tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{module_of, parents, paths, tests_start};
use crate::tree::{File, code};

type Path = Vec<String>;

/// Complaints about rings, in every crate.
pub fn check(files: &[File]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Vec<(&str, &File)>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let source =
            if file.path.starts_with("src/") { Some(3) } else { file.path.find("/src/").map(|at| at + 4) };
        if let Some(end) =
            source.filter(|_| file.path.starts_with("src/") || file.path.starts_with("crates/"))
        {
            crates.entry(&file.path[..end]).or_default().push((&file.path[end + 1..], file));
        }
    }
    let mut complaints = Vec::new();
    for (root, files) in crates {
        for (folder, ring) in rings(&files) {
            let folder =
                if folder.is_empty() { root.to_owned() } else { format!("{root}/{}", folder.join("/")) };
            let names: Vec<_> = ring.into_iter().collect();
            complaints.push(format!("{folder}: {} import each other in a ring", names.join(", ")));
        }
    }
    complaints
}

/// The rings of one crate, each with its folder.
fn rings(files: &[(&str, &File)]) -> Vec<(Path, BTreeSet<String>)> {
    let modules: BTreeMap<Path, String> = (files.iter())
        .map(|(inside, file)| (module_of(inside).into_iter().map(str::to_owned).collect(), code(&file.text)))
        .collect();
    let mut edges: BTreeMap<Path, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, source) in &modules {
        let names: Vec<&str> = module.iter().map(String::as_str).collect();
        let end = tests_start(source, &names);
        let imports = paths(source, "crate").into_iter().chain(parents(source, &names));
        for (_, path) in imports.filter(|(at, _)| *at < end) {
            let target = resolve(&path, &modules);
            let shared = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            // Neither holds the other.
            if let (Some(from), Some(to)) = (module.get(shared), target.get(shared)) {
                let folder = edges.entry(module[..shared].to_vec()).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let mut found = Vec::new();
    for (folder, edges) in &edges {
        let mut left: BTreeSet<&String> = edges.keys().collect();
        while let Some(name) = left.pop_first() {
            let ring: BTreeSet<String> =
                reach(name, edges).into_iter().filter(|other| reach(other, edges).contains(name)).collect();
            left.retain(|other| !ring.contains(*other));
            if ring.len() > 1 {
                found.push((folder.clone(), ring));
            }
        }
    }
    found
}

/// The module that a path names, or in which the item that it names is.
fn resolve(path: &[String], modules: &BTreeMap<Path, String>) -> Path {
    let mut at = Path::new();
    for name in path {
        let below = [at.clone(), vec![name.clone()]].concat();
        if modules.keys().any(|module| module.starts_with(&below)) {
            at = below;
            continue;
        }
        let origin = modules.get(&at).and_then(|source| reexported(source, name));
        if let Some(child) = origin {
            let below = [at.clone(), vec![child]].concat();
            if modules.contains_key(&below) {
                at = below;
            }
        }
        break;
    }
    at
}

/// The child module from which a folder's own file takes a name with `use` or `pub use`.
fn reexported(source: &str, name: &str) -> Option<String> {
    let uses = source.split(';').filter_map(|statement| statement.split_once("use ").map(|(_, tree)| tree));
    for tree in uses {
        let tree = tree.trim_start().trim_start_matches("self::");
        let Some((child, rest)) = tree.split_once("::") else { continue };
        if rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name) {
            return Some(child.to_owned());
        }
    }
    None
}

/// What can be reached from a module, itself included.
fn reach(from: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([from.to_owned()]);
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in edges.get(&name).into_iter().flatten() {
            if reached.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[test]
    fn a_ring_is_named_with_its_folder() {
        let files = [
            file("src/lib.rs", "mod a; mod b; mod c;"),
            file("src/a.rs", "use crate::b::B;"),
            file("src/b/mod.rs", "mod deep;"),
            file("src/b/deep.rs", "fn f() { super::super::c::run() }"),
            file("src/c.rs", "use crate::a;"),
            file("src/d.rs", "use crate::a;"),
        ];
        assert_eq!(check(&files), ["src: a, b, c import each other in a ring"]);
    }

    #[test]
    fn reexports_lead_to_where_the_item_is() {
        let files = [
            file("crates/x/src/lib.rs", "mod p;"),
            file("crates/x/src/p/mod.rs", "mod a; mod b; pub use a::{A, Other}; pub use self::b::B;"),
            file("crates/x/src/p/a.rs", "use super::B;"),
            file("crates/x/src/p/b.rs", "use crate::p::A;"),
        ];
        assert_eq!(check(&files), ["crates/x/src/p: a, b import each other in a ring"]);
    }

    #[test]
    fn parents_children_and_tests_are_no_ring() {
        let files = [
            file("src/p.rs", "mod a; use a::A; pub struct P;"),
            file("src/p/a.rs", "use super::P; #[cfg(test)] mod tests { use crate::p::b::B; }"),
            file("src/p/b.rs", "use super::a::A;"),
            file("src/p/a/tests.rs", "use crate::p::b::B;"),
        ];
        assert_eq!(check(&files), Vec::<String>::new());
    }
}
