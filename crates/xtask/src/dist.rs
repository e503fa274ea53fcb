//! `dist`: what is shipped, with its size held to a budget, and the server with the viewer inside it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::viewer::{self, Build};
use crate::{place, process};

/// The most that page, script, wasm and styles may weigh as gzip sends them, in bytes.
const GZIP_BUDGET: u64 = 450_000;
/// The same unpacked: a Jaeger that serves the page never compresses.
const RAW_BUDGET: u64 = 1_600_000;

/// The options of `cargo xtask dist`.
#[derive(clap::Args)]
pub struct Options {
    /// Only the viewer, not the server around it
    #[arg(long)]
    no_server: bool,
}

/// Builds `dist/`, prints what it weighs and what a strict policy needs, and builds the server around it.
pub fn dist(options: &Options) -> Result<()> {
    let out = place::root().join("dist");
    viewer::build(&Build { install_optimiser: true, ..Build::default() }, &out)?;
    weigh(&out)?;
    policy(&out)?;
    if !options.no_server {
        println!("Building the server with the viewer inside it (3 to 5 minutes when nothing is built yet)");
        let args = ["build", "--release", "--package", "spandrel-server", "--features", "embedded-viewer"];
        process::run(
            Command::new(place::cargo()).args(args).env("SPANDREL_DIST", &out).current_dir(place::root()),
        )?;
        println!("Server: {}", place::binary("release", "spandrel-server")?.display());
    }
    println!("Viewer: {}", out.display());
    Ok(())
}

/// Prints each file's size and fails above the budget.
pub fn weigh(out: &Path) -> Result<()> {
    let (mut raw, mut packed) = (0, 0);
    println!("{:>10} {:>10}  file", "raw", "gzip");
    for (path, bytes) in viewer::read_folder(out)? {
        let size = (bytes.len() as u64, gzip_size(&bytes)?);
        println!("{:>10} {:>10}  {}", size.0, size.1, path.display());
        let shell =
            path.extension().is_some_and(|e| ["html", "js", "wasm", "css"].iter().any(|shell| e == *shell));
        if shell {
            raw += size.0;
            packed += size.1;
        }
    }
    println!("{raw:>10} {packed:>10}  page, script, wasm and styles (budget {RAW_BUDGET} and {GZIP_BUDGET})");
    if raw > RAW_BUDGET || packed > GZIP_BUDGET {
        bail!("the viewer is heavier than its budget");
    }
    Ok(())
}

/// Prints the content security policy under which the page works.
fn policy(out: &Path) -> Result<()> {
    let page = fs::read_to_string(out.join("index.html"))?;
    let hash = viewer::loader_hash(&page).context("index.html has no loader")?;
    println!(
        "Content-Security-Policy that works: script-src 'self' 'wasm-unsafe-eval' '{hash}'; style-src 'self'; worker-src 'self'"
    );
    Ok(())
}

fn gzip_size(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heavy_viewer_fails_and_a_light_one_does_not() {
        let folder = std::env::temp_dir().join(format!("xtask-dist-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), "small").unwrap();
        // Samples are not part of the shell: they are fetched by those who ask for them.
        fs::write(folder.join("sample.json"), vec![b' '; RAW_BUDGET as usize + 1]).unwrap();
        assert!(weigh(&folder).is_ok());
        fs::write(folder.join("spandrel_bg.wasm"), vec![0; RAW_BUDGET as usize]).unwrap();
        assert!(weigh(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
