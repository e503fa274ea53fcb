//! Builds the viewer and arranges it as it is shipped.
//!
//! Trunk compiles and binds; the arrangement is ours, because a page that any Jaeger can serve has rules Trunk does not
//! know: `index.html` at the root, everything else below `static/`, nothing rewritten by a server. All files lie in one
//! folder named by the hash of their content (after wasm-opt: Trunk's own hashes are taken before it), so they may
//! be cached for ever and a page never mixes two builds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use sha2::{Digest, Sha256};

use crate::shrink::{Shrunk, shrink};
use crate::{place, process, tools};

/// The tag in `index.html` that starts the loader; shipping adds the folder of the files to it.
const LOADER: &str = "<script id=\"loader\">";
/// What Trunk calls the program and the script around it.
const WASM: &str = "spandrel_bg.wasm";
const SCRIPT: &str = "spandrel.js";
/// What the program's second part is called, which only shipping splits off.
pub const LATER: &str = "spandrel_later.wasm";

/// How to build.
#[derive(Default)]
pub struct Build {
    /// Install wasm-opt when it is not there (needs Node); otherwise it is used only when it is there.
    pub install_optimiser: bool,
    /// Build with the door for benchmarks.
    pub bench: bool,
}

/// Builds the viewer into `out`; what was there goes.
pub fn build(build: &Build, out: &Path) -> Result<()> {
    let wasm_opt = tools::wasm_opt(build.install_optimiser)?;
    let bundle = bundle(build, wasm_opt.is_some())?;
    let mut files = read_folder(&bundle)?;
    let source = fs::read_to_string(place::root().join("index.html"))?;
    files.remove(Path::new("index.html"));
    files.remove(Path::new(".trunk-lock"));
    let sheets = stylesheets(&source);
    files.retain(|path, _| path.extension().is_none_or(|extension| extension != "css"));
    files.insert("spandrel.css".into(), concatenated(&sheets)?);
    for needed in [SCRIPT, WASM] {
        if !files.contains_key(Path::new(needed)) {
            bail!("Trunk built no {needed}");
        }
    }
    optimise(wasm_opt, &mut files)?;
    for (_, wasm) in files.iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "wasm")) {
        names_no_folder(wasm, &folders())?;
    }
    let folder = format!("static/{}", content_hash(&files));
    let page = shipped_page(&source, &folder, files.contains_key(Path::new(LATER)))?;

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

/// Runs Trunk; gives the folder it wrote. What will be split has to say what needs what.
fn bundle(build: &Build, splits: bool) -> Result<PathBuf> {
    tools::wasm_target()?;
    let bundler = tools::bundler()?;
    let out = place::root().join("target").join(if build.bench { "trunk-bench" } else { "trunk" });
    println!("Building the viewer (2 to 4 minutes when nothing is built yet)");
    let mut trunk = Command::new(bundler.trunk);
    trunk
        .args(["build", "--release", "--minify", "--skip-version-check", "--log", "warn", "--dist"])
        .arg(&out);
    if build.bench {
        trunk.args(["--features", "bench"]);
    }
    // Trunk reads NO_COLOR as a Boolean and stops at `NO_COLOR=1`, which is what the world sets.
    trunk.env("PATH", bundler.path).env_remove("NO_COLOR").current_dir(place::root());
    // Added to the flags of `.cargo/config.toml`, which stay.
    let mut flags = without_folders();
    if splits {
        flags.push_str(" -Clink-arg=--emit-relocs");
    }
    trunk.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    process::run(&mut trunk)?;
    Ok(out)
}

fn optimise(wasm_opt: Option<Command>, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let Some(wasm_opt) = wasm_opt else {
        println!(
            "The viewer is neither made small nor split: that needs Node and `cargo xtask setup`. It works all the same."
        );
        return Ok(());
    };
    println!("Optimising {WASM} (about half a minute)");
    let folder = place::root().join("target").join("wasm-opt");
    let linked = fs::read(place::target()?.join("wasm32-unknown-unknown/wasm-release/spandrel.wasm"))
        .context("what cargo built for Trunk is not where it should be")?;
    let (wasm, script) = (&files[Path::new(WASM)], std::str::from_utf8(&files[Path::new(SCRIPT)])?);
    let Shrunk { first, later, script } = shrink(&wasm_opt, &linked, wasm, script, &folder)?;
    files.insert(WASM.into(), first);
    files.insert(LATER.into(), later);
    files.insert(SCRIPT.into(), script.into_bytes());
    Ok(())
}

/// The folders of this machine that the compiler would write into the program, as places in the sources (for what a
/// fault says of itself), with what it writes instead. They are nobody's business, and take room.
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
    // Cargo splits flags at spaces, so that a folder with one in its name cannot be told.
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

fn concatenated(sheets: &[PathBuf]) -> Result<Vec<u8>> {
    let mut all = String::new();
    for sheet in sheets {
        let text = fs::read_to_string(place::root().join(sheet))
            .with_context(|| format!("index.html links {}, which cannot be read", sheet.display()))?;
        all.push_str(&without_comments(&text));
    }
    Ok(all.into_bytes())
}

/// Comments and indentation are for those who write; they need not travel.
fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |all, line| all + line + "\n")
}

/// The page without what only Trunk reads, and with the loader told where the files are, and what comes later.
fn shipped_page(source: &str, folder: &str, is_split: bool) -> Result<String> {
    if source.matches(LOADER).count() != 1 {
        return Err(anyhow!("index.html must have exactly one `{LOADER}`"));
    }
    let lines = source.lines().filter(|line| !line.contains("data-trunk"));
    let page = lines.fold(String::new(), |all, line| all + line + "\n");
    let later = if is_split { format!(" data-later=\"{LATER}\"") } else { String::new() };
    Ok(page.replace(LOADER, &format!("<script id=\"loader\" data-assets=\"{folder}/\"{later}>")))
}

/// The hash by which a content security policy allows the loader: of the script's text, which no build changes.
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
    fn the_shipped_page_has_no_trunk_and_knows_its_folder() {
        let page = shipped_page(PAGE, "static/0123", false).unwrap();
        assert!(!page.contains("data-trunk"));
        assert!(page.contains("<script id=\"loader\" data-assets=\"static/0123/\">go()</script>"));
        assert!(page.contains("JAEGER_CONFIG = DEFAULT_CONFIG;"));
        assert!(shipped_page("<head></head>", "x", false).is_err());
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
        assert_eq!(loader_hash(&shipped_page(PAGE, "static/1", false).unwrap()).as_deref(), Some(expected));
        assert_eq!(loader_hash(&shipped_page(PAGE, "static/2", true).unwrap()).as_deref(), Some(expected));
    }

    #[test]
    fn comments_in_styles_do_not_travel() {
        assert_eq!(without_comments("/* a */\n  b { c: d } /* e\n f */ g {}\n"), "b { c: d }  g {}\n");
        assert_eq!(without_comments("a {} /* open"), "a {}\n");
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
