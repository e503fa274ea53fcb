//! Paths: the repository, cargo's target directory, the tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The root of the repository, two folders above this crate.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder of the tools: always in the repository, also when `CARGO_TARGET_DIR` points elsewhere, so that projects
/// which share a target directory do not share tools.
pub fn tools() -> PathBuf {
    root().join("target").join("tools")
}

/// Cargo's target directory, from its environment, configuration or default.
pub fn target() -> Result<PathBuf> {
    let answer = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .context("cargo metadata could not be started")?;
    let parsed: serde_json::Value =
        serde_json::from_slice(&answer.stdout).context("cargo metadata gave no JSON")?;
    let folder = parsed.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(folder.map_or_else(|| root().join("target"), PathBuf::from))
}

/// The path of a binary that cargo built, for example `binary("debug", "spandrel-server")`.
pub fn binary(profile: &str, name: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The cargo that runs this program, so that everything is built by one toolchain.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A folder of `../shared` (benchmarks, files of other projects); `None` where that is absent.
pub fn shared(part: &str) -> Option<PathBuf> {
    let folder = root().parent()?.join("shared").join(part);
    folder.exists().then_some(folder)
}
