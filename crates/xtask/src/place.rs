//! Where things are: the repository, cargo's target directory, the tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The root of the repository: this crate lies two folders below it.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where tools are kept: always inside the repository, also when `CARGO_TARGET_DIR` points elsewhere, so that a
/// target directory shared between projects never mixes their tools.
pub fn tools() -> PathBuf {
    root().join("target").join("tools")
}

/// Where cargo puts what it builds, as cargo itself sees it (environment, configuration or default).
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

/// A binary of ours as cargo built it, for example `binary("debug", "spandrel-server")`.
pub fn binary(profile: &str, name: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The cargo that started us, so that everything is built by one toolchain.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What the project shares with its neighbours (benchmarks, a corpus of real files); absent in a clone alone.
pub fn shared(part: &str) -> Option<PathBuf> {
    let folder = root().parent()?.join("shared").join(part);
    folder.exists().then_some(folder)
}
