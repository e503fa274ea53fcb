//! Builds the viewer with Trunk and arranges the files so that a Jaeger can serve them.
//!
//! A Jaeger serves `index.html` for every page and files only below `static/`, and rewrites neither. So `index.html` lies
//! at the root and everything else in one folder `static/HASH/`, whose name is the hash of its content, taken after
//! wasm-opt (Trunk takes its own hashes before). Files below it may be cached for ever, and a page never mixes two builds.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use sha2::{Digest, Sha256};

use crate::{parts, place, process, tools};

/// The tag in `index.html` that opens the loader; arranging adds the folder of the files to it.
const LOADER: &str = "<script id=\"loader\">";
/// The program and its glue script, as Trunk names them.
pub const WASM: &str = "spandrel_bg.wasm";
const SCRIPT: &str = "spandrel.js";
/// All stylesheets in one.
const STYLES: &str = "spandrel.css";

/// How to build.
#[derive(Default)]
pub struct Build {
    /// Install wasm-opt when it is missing (needs Node). Otherwise it is used only when it is there.
    pub install_optimiser: bool,
    /// Build with the feature `bench`.
    pub bench: bool,
}

/// Builds the viewer into `out`, replacing what was there.
pub fn build(build: &Build, out: &Path) -> Result<()> {
    let source = fs::read_to_string(place::root().join("index.html"))?;
    let bundler = tools::bundler(build.install_optimiser)?;
    let mut files = read_folder(&bundle(build, &bundler)?)?;
    parts::add(&mut files, &bundler, &source)?;
    files.remove(Path::new("index.html"));
    files.remove(Path::new(".trunk-lock"));
    join_styles(&mut files, &stylesheets(&source))?;
    for needed in [SCRIPT, WASM] {
        if !files.contains_key(Path::new(needed)) {
            bail!("Trunk built no {needed}");
        }
    }
    for (path, bytes) in files.iter().filter(|(path, _)| path.extension() == Some(OsStr::new("wasm"))) {
        names_no_folder(bytes, &folders()).with_context(|| format!("in {}", path.display()))?;
    }
    let folder = format!("static/{}", content_hash(&files));
    let page = shipped_page(&source, &folder)?;

    let fresh = out.with_extension("new");
    let _ = fs::remove_dir_all(&fresh);
    for (path, bytes) in &files {
        let target = fresh.join(&folder).join(path);
        fs::create_dir_all(target.parent().unwrap_or(&fresh))?;
        fs::write(target, bytes)?;
    }
    fs::write(fresh.join("index.html"), page)?;
    let _ = fs::remove_dir_all(out);
    fs::rename(&fresh, out).with_context(|| format!("{} cannot be replaced", out.display()))
}

/// Runs Trunk in release mode; returns the folder that it wrote.
fn bundle(build: &Build, bundler: &tools::Bundler) -> Result<PathBuf> {
    tools::wasm_target()?;
    let out = place::root().join("target").join(if build.bench { "trunk-bench" } else { "trunk-release" });
    // Trunk keeps files of earlier builds there.
    let _ = fs::remove_dir_all(&out);
    println!("Building the viewer (2 to 4 minutes when nothing is built yet)");
    let mut trunk = Command::new(&bundler.trunk);
    trunk.args(["build", "--skip-version-check", "--log", "warn", "--dist"]).arg(&out);
    if bundler.optimises {
        trunk.arg("--release");
    } else {
        // The same profile without `--release`, in which Trunk would download wasm-opt.
        println!("The viewer works but stays larger: wasm-opt needs Node and `cargo xtask setup`");
        trunk.args(["--cargo-profile", "wasm-release", "--minify"]);
    }
    let features = if build.bench { format!("{},bench", parts::FEATURE) } else { parts::FEATURE.to_owned() };
    trunk.args(["--features", &features]);
    // Trunk reads NO_COLOR as a Boolean and fails on the usual `NO_COLOR=1`.
    trunk.env_remove("NO_COLOR").current_dir(place::root());
    parts::divide_in(&mut trunk, bundler)?;
    // Cargo adds these to the flags of `.cargo/config.toml`.
    trunk.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", without_folders());
    process::run(&mut trunk)?;
    Ok(out)
}

/// The folders of this machine that the compiler would write into the program as source locations, each with its
/// replacement.
fn folders() -> Vec<(PathBuf, &'static str)> {
    let mut folders = vec![(place::root(), "")];
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) {
        let registries = fs::read_dir(home.join("registry").join("src")).into_iter().flatten().flatten();
        folders.extend(registries.map(|registry| (registry.path(), "")));
    }
    let mut rustc = Command::new("rustc");
    let toolchain = process::answer(rustc.args(["--print", "sysroot"]).current_dir(place::root()));
    folders.extend(toolchain.map(|folder| (PathBuf::from(folder).join("lib/rustlib/src/rust"), "rust")));
    // Cargo splits flags at spaces, so a folder with a space in its name cannot be passed.
    folders.retain(|(folder, _)| !folder.to_string_lossy().contains(char::is_whitespace));
    folders
}

fn without_folders() -> String {
    let flags = folders()
        .into_iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    flags.collect::<Vec<_>>().join(" ")
}

/// Fails if the program names a folder of this machine.
fn names_no_folder(wasm: &[u8], folders: &[(PathBuf, &str)]) -> Result<()> {
    for (folder, _) in folders {
        let name = folder.to_string_lossy();
        if wasm.windows(name.len()).any(|part| part == name.as_bytes()) {
            bail!("the viewer's program names {name}, a folder of this machine");
        }
    }
    Ok(())
}

/// The stylesheets that `index.html` links, in its order.
fn stylesheets(page: &str) -> Vec<PathBuf> {
    let links = page.lines().filter(|line| line.contains("data-trunk") && line.contains("rel=\"css\""));
    links.filter_map(|line| line.split("href=\"").nth(1)?.split('"').next()).map(PathBuf::from).collect()
}

/// Replaces the stylesheets that Trunk wrote by one, in the order of the page's links. Trunk writes all of them into one
/// folder, so two of the same name would overwrite each other: an error.
fn join_styles(files: &mut BTreeMap<PathBuf, Vec<u8>>, sheets: &[PathBuf]) -> Result<()> {
    let mut all = Vec::new();
    for sheet in sheets {
        let name = PathBuf::from(sheet.file_name().unwrap_or_default());
        let text = files
            .remove(&name)
            .with_context(|| format!("{}: not built, or another sheet has its name", sheet.display()))?;
        all.extend(text);
        all.push(b'\n');
    }
    files.insert(STYLES.into(), all);
    Ok(())
}

/// The page without the links that only Trunk reads, its loader told where the files are.
fn shipped_page(source: &str, folder: &str) -> Result<String> {
    if source.matches(LOADER).count() != 1 {
        return Err(anyhow!("index.html must have exactly one `{LOADER}`"));
    }
    let lines = source.lines().filter(|line| !line.contains("data-trunk"));
    let page = lines.fold(String::new(), |all, line| all + line + "\n");
    Ok(page.replace(LOADER, &format!("<script id=\"loader\" data-assets=\"{folder}/\">")))
}

/// The hash of the loader's text, by which a content security policy allows it. No build changes it.
pub fn loader_hash(page: &str) -> Option<String> {
    let (_, tail) = page.split_once("<script id=\"loader\"")?;
    let (_, tail) = tail.split_once('>')?;
    let (script, _) = tail.split_once("</script>")?;
    Some(format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script))))
}

fn content_hash(files: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for (path, bytes) in files {
        hash.update(path.to_string_lossy().as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Every file below a folder, by its path in it.
pub fn read_folder(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("{} cannot be read", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_path_buf(), fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head>\n<script type=\"text/plain\" id=\"jaeger\">\nJAEGER_CONFIG = DEFAULT_CONFIG;\n</script>\n\
        <script id=\"loader\">go()</script>\n<link data-trunk rel=\"css\" href=\"a/b.css\">\n\
        <link data-trunk rel=\"rust\">\n<link data-trunk rel=\"css\" href=\"c.css\">\n</head>\n";

    #[test]
    fn the_shipped_page_has_no_trunk_links_and_names_its_folder() {
        let page = shipped_page(PAGE, "static/0123").unwrap();
        assert!(!page.contains("data-trunk"));
        assert!(page.contains("<script id=\"loader\" data-assets=\"static/0123/\">go()</script>"));
        assert!(page.contains("JAEGER_CONFIG = DEFAULT_CONFIG;"));
        assert!(shipped_page("<head></head>", "x").is_err());
    }

    #[test]
    fn a_program_that_names_a_folder_is_not_shipped() {
        let folders = [(PathBuf::from("/home/someone/spandrel"), "")];
        assert!(names_no_folder(b"\0asm src/main.rs", &folders).is_ok());
        assert!(names_no_folder(b"\0asm /home/someone/spandrel/src/main.rs", &folders).is_err());
    }

    #[test]
    fn stylesheets_keep_their_order() {
        assert_eq!(stylesheets(PAGE), [PathBuf::from("a/b.css"), PathBuf::from("c.css")]);
    }

    #[test]
    fn the_folder_does_not_change_the_loaders_hash() {
        // printf 'go()' | openssl dgst -sha256 -binary | base64
        let expected = "sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw=";
        assert_eq!(loader_hash(PAGE).as_deref(), Some(expected));
        assert_eq!(loader_hash(&shipped_page(PAGE, "static/1").unwrap()).as_deref(), Some(expected));
        assert_eq!(loader_hash(&shipped_page(PAGE, "static/2").unwrap()).as_deref(), Some(expected));
    }

    #[test]
    fn stylesheets_become_one_in_the_pages_order() {
        let sheet = |name: &str, text: &str| (PathBuf::from(name), text.as_bytes().to_vec());
        let mut files = BTreeMap::from([sheet("c.css", "c{}"), sheet("b.css", "b{}"), sheet("x.js", "")]);
        join_styles(&mut files, &stylesheets(PAGE)).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), [Path::new(STYLES), Path::new("x.js")]);
        assert_eq!(files[Path::new(STYLES)], b"b{}\nc{}\n");

        let twice = ["ui/list.css", "pages/list.css"].map(PathBuf::from);
        assert!(join_styles(&mut BTreeMap::from([sheet("list.css", "")]), &twice).is_err());
    }

    #[test]
    fn a_files_name_and_content_both_change_the_hash() {
        let hash =
            |name: &str, bytes: &[u8]| content_hash(&BTreeMap::from([(PathBuf::from(name), bytes.to_vec())]));
        assert_eq!(hash("a", b"1").len(), 16);
        assert_ne!(hash("a", b"1"), hash("a", b"2"));
        assert_ne!(hash("a", b"1"), hash("b", b"1"));
    }
}
