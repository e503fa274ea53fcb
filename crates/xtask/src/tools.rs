//! Tools that the project installs for itself: each version pinned, kept in `target/tools`, installed only when missing.
//!
//! Trunk and wasm-bindgen are compiled with cargo; what Node runs comes from npm, the Python SDK from PyPI. wasm-opt is
//! only ever the pinned version: an older one (Debian's 108) rewrites wasm-bindgen's table, and the app does not start.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

use crate::system::{self, CHROMEDRIVER, CHROMIUM, FIREFOX, NODE, NPM, PYTHON, WEBKIT_DRIVER, XVFB};
use crate::{place, process};

/// Trunk's version.
const TRUNK: &str = "0.22.1";
/// cargo-fuzz's version; it is installed by `cargo xtask fuzz` alone.
const CARGO_FUZZ: &str = "0.13.2";
/// npm packages besides those of `tests/sdk/package.json` and `examples/node/package.json`.
const NPM_PACKAGES: &[(&str, &str)] = &[
    BINARYEN,
    ("playwright-core", "1.65.1"),
    // Playwright controls patched builds of Firefox and WebKit only: these two control those of the system.
    ("puppeteer-core", "25.16.0"),
    ("selenium-webdriver", "4.49.0"),
    ("axe-core", "4.14.1"),
    ("dejavu-fonts-ttf", "2.37.3"),
];
/// wasm-opt, compiled to JavaScript and wasm. The same version as `wasm_opt` in Trunk.toml.
const BINARYEN: (&str, &str) = ("binaryen", "132.0.0");

/// Installs everything that any command would install.
pub fn setup() -> Result<()> {
    wasm_target()?;
    bundler(false)?;
    let mut missing = Vec::new();
    for (what, got) in [
        ("wasm-bindgen's test runner", test_runner().map(drop)),
        ("Chromium", CHROMIUM.get().map(drop)),
        ("chromedriver", CHROMEDRIVER.get().map(drop)),
        ("Firefox", FIREFOX.get().map(drop)),
        ("WebKitWebDriver", WEBKIT_DRIVER.get().map(drop)),
        ("Xvfb", XVFB.get().map(drop)),
        ("npm packages", npm().map(drop)),
        ("Python SDK", python().map(drop)),
    ] {
        match got {
            Ok(()) => println!("{what}: ready"),
            Err(error) => missing.push(format!("{what}: {error:#}")),
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("`run` and `dist` can work; `test` still needs\n{}", missing.join("\n"))
    }
}

/// The standard library for wasm: from rustup where it manages the toolchain.
pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(place::root());
    if process::answer(&mut rustc).is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    if system::on_path("rustup").is_none() {
        bail!(
            "Rust's {TARGET} target is missing and there is no rustup: install your distribution's package of it"
        );
    }
    println!("Adding Rust's {TARGET} target (about half a minute)");
    process::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(place::root()))
        .with_context(|| format!("needed: `rustup target add {TARGET}`"))
}

/// Trunk, and the PATH on which it finds wasm-bindgen and wasm-opt. wasm-opt needs Node: it is installed only if
/// `install_optimiser`, and left out where Node or npm is missing.
pub fn bundler(install_optimiser: bool) -> Result<Bundler> {
    let flags = ["--locked", "--ignore-rust-version", "--no-default-features", "--features=rustls"];
    // It only calls other tools and copies files.
    let trunk = compiled("trunk", ("trunk", TRUNK), "3 to 4 minutes", ("0", &flags))?;
    let tool = wasm_bindgen("wasm-bindgen")?;
    let mut folders: Vec<PathBuf> =
        [&trunk, &tool].into_iter().filter_map(|p| p.parent().map(PathBuf::from)).collect();
    let optimiser = wasm_opt(install_optimiser)?;
    let optimises = optimiser.is_some();
    folders.extend(optimiser.into_iter().flatten());
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Ok(Bundler { trunk, bindgen: tool, path: std::env::join_paths(folders)?, optimises })
}

/// What builds the viewer.
pub struct Bundler {
    /// The program `trunk`.
    pub trunk: PathBuf,
    /// The program `wasm-bindgen`.
    pub bindgen: PathBuf,
    /// A PATH on which the pinned wasm-bindgen and wasm-opt come first.
    pub path: OsString,
    /// Whether wasm-opt is on that PATH.
    pub optimises: bool,
}

/// The program that runs wasm tests in a browser; it comes with wasm-bindgen-cli.
pub fn test_runner() -> Result<PathBuf> {
    wasm_bindgen("wasm-bindgen-test-runner")
}

/// A program of wasm-bindgen-cli. Not --locked: its lock file has named versions that were withdrawn.
fn wasm_bindgen(program: &str) -> Result<PathBuf> {
    compiled(program, ("wasm-bindgen-cli", &locked("wasm-bindgen")?), "1 to 2 minutes", ("1", &[]))
}

/// A PATH on which the pinned cargo-fuzz comes first.
pub fn cargo_fuzz() -> Result<OsString> {
    let tool = compiled("cargo-fuzz", ("cargo-fuzz", CARGO_FUZZ), "1 minute", ("1", &["--locked"]))?;
    let mut folders: Vec<PathBuf> = tool.parent().map(PathBuf::from).into_iter().collect();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Ok(std::env::join_paths(folders)?)
}

/// The folders to put on a PATH for the pinned wasm-opt: its own and Node's. `None` without Node, or where it is not
/// installed and `install` is false or npm is missing.
fn wasm_opt(install: bool) -> Result<Option<[PathBuf; 2]>> {
    let Some(node) = NODE.find() else { return Ok(None) };
    let folder = if npm_has(&npm_folder(), &[BINARYEN]) {
        npm_folder()
    } else if install && NPM.find().is_some() {
        npm()?
    } else {
        return Ok(None);
    };
    let of_node = node.parent().map(PathBuf::from).unwrap_or_default();
    Ok(Some([folder.join("node_modules").join(".bin"), of_node]))
}

/// The folder whose `node_modules` holds the packages that tests import, installed if needed.
pub fn npm() -> Result<PathBuf> {
    let folder = npm_folder();
    let mut wanted: Vec<(String, String)> =
        NPM_PACKAGES.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect();
    for file in ["tests/sdk/package.json", "examples/node/package.json"] {
        wanted.extend(packages_of(file)?);
    }
    let pairs: Vec<(&str, &str)> =
        wanted.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
    if npm_has(&folder, &pairs) {
        return Ok(folder);
    }
    NODE.get()?;
    let npm = NPM.get()?;
    fs::create_dir_all(&folder)?;
    let dependencies: serde_json::Map<_, _> =
        wanted.iter().map(|(name, version)| (name.clone(), version.clone().into())).collect();
    let manifest = serde_json::json!({ "private": true, "dependencies": dependencies });
    fs::write(folder.join("package.json"), serde_json::to_vec_pretty(&manifest)?)?;
    println!("Installing npm packages into target/tools/npm (about half a minute)");
    let flags =
        ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(Command::new(npm).args(flags).current_dir(&folder)).context(
        "npm packages are missing and could not be installed; `cargo xtask setup` does it where there is a network",
    )?;
    Ok(folder)
}

/// The Python of a virtual environment with the packages of `tests/sdk/requirements.txt` and `examples/python`.
pub fn python() -> Result<PathBuf> {
    let list = place::root().join("tests/sdk/requirements.txt");
    let sdk = fs::read_to_string(&list).with_context(|| format!("{} cannot be read", list.display()))?;
    let project = place::root().join("examples/python/pyproject.toml");
    let text =
        fs::read_to_string(&project).with_context(|| format!("{} cannot be read", project.display()))?;
    let example = python_packages(&text).with_context(|| format!("in {}", project.display()))?;
    let wanted = format!("{sdk}{}\n", example.join("\n"));
    let folder = place::tools().join("python");
    let python = folder.join("bin/python3");
    let stamp = folder.join("installed.txt");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let system_python = PYTHON.get()?;
    println!("Installing the Python SDK into target/tools/python (about half a minute)");
    let venv = || process::run(Command::new(&system_python).args(["-m", "venv", "--clear"]).arg(&folder));
    // Debian packages the module `venv` apart from Python.
    venv().or_else(|_| system::install(&["python3-venv"]).and_then(|()| venv()))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    process::run(Command::new(&python).args(pip).arg(&list).args(&example)).context(
        "the Python SDK is missing and could not be installed; `cargo xtask setup` does it where there is a network",
    )?;
    fs::write(stamp, wanted)?;
    Ok(python)
}

/// A program that cargo compiles: from `target/tools` or the PATH if its version is `version`, else installed, compiled with
/// `opt_level`. Waits for another process that installs the same package.
fn compiled(
    program: &str,
    (package, version): (&str, &str),
    time: &str,
    (opt_level, flags): (&str, &[&str]),
) -> Result<PathBuf> {
    let ours = place::tools().join("bin").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    let right = |path: &PathBuf| {
        let answer = process::answer(Command::new(path).arg("--version"));
        answer.is_some_and(|text| text.split_whitespace().nth(1) == Some(version))
    };
    let find = || [Some(ours.clone()), system::on_path(program)].into_iter().flatten().find(right);
    if let Some(found) = find() {
        return Ok(found);
    }
    fs::create_dir_all(place::tools())?;
    let lock = File::create(place::tools().join(format!("{package}.lock")))?;
    lock.lock().with_context(|| format!("waiting for another installation of {package}"))?;
    if let Some(found) = find() {
        return Ok(found);
    }
    println!("Installing {package} {version} into target/tools ({time} on two cores, once)");
    let mut command = Command::new(place::cargo());
    command
        .args(["install", "--quiet", "--force", package, "--version", version, "--root"])
        .arg(place::tools())
        .args(flags)
        // One build folder, so that both tools share their dependencies; compiling fast matters more here than
        // fast tools.
        .env("CARGO_TARGET_DIR", place::tools().join("build"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level)
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env_remove("RUSTFLAGS");
    process::run(&mut command).with_context(|| {
        format!(
            "{package} {version} is missing and could not be installed. Where there is a network:\n  {}",
            process::shown(&command)
        )
    })?;
    if right(&ours) { Ok(ours) } else { Err(anyhow!("{} is not version {version}", ours.display())) }
}

/// The version of a package in Cargo.lock.
fn locked(package: &str) -> Result<String> {
    let text = fs::read_to_string(place::root().join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    version_in(&text, package).ok_or_else(|| anyhow!("{package} is not in Cargo.lock"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    Some(lines.next()?.strip_prefix("version = \"")?.trim_end_matches('"').to_owned())
}

fn npm_folder() -> PathBuf {
    place::tools().join("npm")
}

/// The dependencies of a `pyproject.toml`, as pip takes them.
fn python_packages(text: &str) -> Result<Vec<String>> {
    let parsed: toml::Table = text.parse()?;
    let list = parsed.get("project").and_then(|project| project.get("dependencies"));
    let list = list.and_then(toml::Value::as_array).into_iter().flatten();
    Ok(list.filter_map(|package| Some(package.as_str()?.to_owned())).collect())
}

/// The packages that a `package.json` of the repository names.
fn packages_of(file: &str) -> Result<Vec<(String, String)>> {
    let path = place::root().join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let parsed: serde_json::Value = serde_json::from_str(&text)?;
    let list = parsed.get("dependencies").and_then(serde_json::Value::as_object).into_iter().flatten();
    Ok(list.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))).collect())
}

/// Whether each package is installed in exactly this version.
fn npm_has(folder: &Path, packages: &[(&str, &str)]) -> bool {
    packages.iter().all(|(name, version)| {
        let manifest = folder.join("node_modules").join(name).join("package.json");
        let parsed = fs::read(manifest).ok().and_then(|text| serde_json::from_slice(&text).ok());
        parsed.is_some_and(|manifest: serde_json::Value| manifest["version"].as_str() == Some(version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }

    #[test]
    fn packages_of_a_python_project_are_read_and_those_of_the_example_are_exact() {
        let text = "[project]\nname = \"x\"\ndependencies = [\"a==1\", \"b\"]\n";
        assert_eq!(python_packages(text).unwrap(), ["a==1", "b"]);
        assert!(python_packages("[project").is_err());
        let text = fs::read_to_string(place::root().join("examples/python/pyproject.toml")).unwrap();
        let sdk = fs::read_to_string(place::root().join("tests/sdk/requirements.txt")).unwrap();
        let packages = python_packages(&text).unwrap();
        assert!(packages.len() >= 5);
        for package in packages {
            let (name, _) = package.split_once("==").unwrap();
            // A package of both lists has one version.
            let other = sdk.lines().find(|line| line.starts_with(&format!("{name}==")));
            assert!(other.is_none_or(|other| other == package), "{package}, {other:?}");
        }
    }

    #[test]
    fn npm_packages_of_both_lists_have_one_version() {
        let sdk = packages_of("tests/sdk/package.json").unwrap();
        for (name, version) in packages_of("examples/node/package.json").unwrap() {
            let other = sdk.iter().find(|(known, _)| *known == name);
            assert!(other.is_none_or(|(_, other)| *other == version), "{name}");
        }
    }

    #[test]
    fn trunk_and_npm_agree_on_the_version_of_wasm_opt() {
        let settings = fs::read_to_string(place::root().join("Trunk.toml")).unwrap();
        let major = BINARYEN.1.split('.').next().unwrap();
        assert!(settings.contains(&format!("wasm_opt = \"version_{major}\"")), "{settings}");
    }

    #[test]
    fn a_package_counts_only_in_the_pinned_version() {
        let folder = std::env::temp_dir().join(format!("xtask-npm-{}", std::process::id()));
        let package = folder.join("node_modules/left");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("package.json"), r#"{"version":"1.0.0"}"#).unwrap();
        assert!(npm_has(&folder, &[("left", "1.0.0")]));
        assert!(!npm_has(&folder, &[("left", "1.0.1")]));
        assert!(!npm_has(&folder, &[("right", "1.0.0")]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
