//! Divides the viewer's program into parts that the page loads when it first needs them, by `wasm_split_cli_support`, which
//! Leptos' own build tool uses too. The parts are declared with `part!` in `src/io/part.rs`.
//!
//! The program has to be divided between the linker, which says what needs what, and wasm-bindgen, which forgets it. Trunk
//! calls both, so it is given a `wasm-bindgen` that divides the program and then calls the real one with what is left.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use wasm_split_cli_support::{Options, transform};

use crate::{place, process, tools};

/// The feature of the viewer that marks where its parts are.
pub const FEATURE: &str = "split";
/// The script that loads the parts.
const LOADER: &str = "__wasm_split.js";
/// Where the program without its parts lies among them.
const MAIN: &str = "main.wasm";
/// The environment variable with the path of the real wasm-bindgen.
const BINDGEN: &str = "SPANDREL_WASM_BINDGEN";

/// What Trunk's `wasm-bindgen` is called with.
#[derive(clap::Args)]
pub struct BindgenArguments {
    #[arg(last = true)]
    words: Vec<OsString>,
}

/// Where the parts of the last build are.
fn folder() -> PathBuf {
    place::root().join("target").join("parts")
}

/// Makes Trunk divide the program: puts a `wasm-bindgen` first on its PATH that calls [`bindgen`].
pub fn divide_in(trunk: &mut Command, bundler: &tools::Bundler) -> Result<()> {
    let scripts = place::tools().join("divide");
    fs::create_dir_all(&scripts)?;
    let (program, script) = (scripts.join("xtask"), scripts.join("wasm-bindgen"));
    let _ = fs::remove_file(&program);
    fs::copy(running()?, &program).context("this program cannot be copied")?;
    fs::write(&script, format!("#!/bin/sh\nexec '{}' wasm-bindgen -- \"$@\"\n", program.display()))?;
    #[cfg(unix)]
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let folders = std::iter::once(scripts).chain(std::env::split_paths(&bundler.path));
    trunk.env("PATH", std::env::join_paths(folders)?).env(BINDGEN, &bundler.bindgen);
    Ok(())
}

/// The program that runs. On Linux it can be read also where a build has replaced its file since it was started.
fn running() -> Result<PathBuf> {
    let linux = Path::new("/proc/self/exe");
    Ok(if linux.exists() { linux.to_owned() } else { std::env::current_exe()? })
}

/// Runs wasm-bindgen as Trunk asked for it, on the program without its parts; the parts are kept for [`add`].
pub fn bindgen(arguments: &BindgenArguments) -> Result<()> {
    let bindgen =
        std::env::var_os(BINDGEN).with_context(|| format!("{BINDGEN} is not set: this is for Trunk"))?;
    let mut command = Command::new(bindgen);
    let is_program = |word: &OsStr| Path::new(word).extension() == Some(OsStr::new("wasm"));
    let Some(program) = arguments.words.iter().find(|word| is_program(word)) else {
        return process::run(command.args(&arguments.words));
    };
    let parts = folder();
    let _ = fs::remove_dir_all(&parts);
    let bytes = fs::read(program).with_context(|| format!("{} cannot be read", program.display()))?;
    let main = parts.join(MAIN);
    let mut options = Options::new(&bytes);
    options.output_dir = &parts;
    options.main_out_path = &main;
    options.main_module = "./spandrel.js";
    transform(options).map_err(|error| anyhow!("the program cannot be divided into parts: {error:#}"))?;
    command.args(arguments.words.iter().map(|word| if is_program(word) { main.as_os_str() } else { word }));
    // The parts use the table of functions.
    process::run(command.arg("--keep-lld-exports"))
}

/// Adds the parts of the last build to the files of the viewer, optimised as `page` says for the program itself where wasm-opt
/// is there.
pub fn add(files: &mut BTreeMap<PathBuf, Vec<u8>>, bundler: &tools::Bundler, page: &str) -> Result<()> {
    let parts = folder();
    for entry in fs::read_dir(&parts).with_context(|| format!("{} cannot be read", parts.display()))? {
        let path = PathBuf::from(entry?.file_name());
        if path == Path::new(MAIN) {
            continue;
        }
        let target = parts.join(&path);
        if path.extension() == Some(OsStr::new("wasm")) && bundler.optimises {
            let mut optimiser = Command::new("wasm-opt");
            optimiser.env("PATH", &bundler.path).arg(&target).arg("--output").arg(&target);
            optimiser.args(optimiser_words(page)?);
            process::run(&mut optimiser)?;
        }
        files.insert(path, fs::read(&target)?);
    }
    if !files.contains_key(Path::new(LOADER)) {
        bail!("the program was not divided into parts");
    }
    Ok(())
}

/// The level and the further options of wasm-opt, as the page names them for Trunk.
fn optimiser_words(page: &str) -> Result<Vec<String>> {
    let value = |name: &str| {
        let (_, tail) = page.split_once(&format!(" {name}=\""))?;
        Some(tail.split_once('"')?.0)
    };
    let level = value("data-wasm-opt").context("index.html names no level of wasm-opt")?;
    let further = value("data-wasm-opt-params").unwrap_or_default();
    Ok([format!("-O{level}")].into_iter().chain(further.split(' ').map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_optimised_as_the_program_is() {
        let page =
            "<link data-trunk rel=\"rust\" data-wasm-opt=\"z\" data-wasm-opt-params=\"--enable-simd --x=5\">";
        assert_eq!(optimiser_words(page).unwrap(), ["-Oz", "--enable-simd", "--x=5"]);
        assert!(optimiser_words("<link>").is_err());
        let page = fs::read_to_string(place::root().join("index.html")).unwrap();
        assert!(optimiser_words(&page).unwrap().len() > 2);
    }
}
