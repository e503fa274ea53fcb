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

/// What has to be there before the first view may weigh at most, in bytes: page, script, styles and the program's first
/// part, unpacked (a Jaeger that serves them never compresses), and as gzip sends them.
const BUDGET: Weight = Weight { raw: 1_600_000, gzip: 450_000 };
/// What that and the program's second part may weigh together, a little above what was last measured: what is not
/// waited for travels all the same. See `docs/adr/0016`.
const CEILING: Weight = Weight { raw: 1_660_000, gzip: 685_000 };

/// Bytes unpacked and packed.
#[derive(Clone, Copy, Default)]
struct Weight {
    raw: u64,
    gzip: u64,
}

impl Weight {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        Ok(Weight { raw: bytes.len() as u64, gzip: encoder.finish()?.len() as u64 })
    }

    fn add(&mut self, other: Weight) {
        self.raw += other.raw;
        self.gzip += other.gzip;
    }

    fn exceeds(self, limit: Weight) -> bool {
        self.raw > limit.raw || self.gzip > limit.gzip
    }
}

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

/// Prints each file's size; fails where the whole, or what is needed first, is too heavy.
pub fn weigh(out: &Path) -> Result<()> {
    let (mut first, mut whole) = (Weight::default(), Weight::default());
    println!("{:>10} {:>10}  file", "raw", "gzip");
    for (path, bytes) in viewer::read_folder(out)? {
        let weight = Weight::of(&bytes)?;
        println!("{:>10} {:>10}  {}", weight.raw, weight.gzip, path.display());
        if path.extension().is_some_and(|e| ["html", "js", "wasm", "css"].iter().any(|shell| e == *shell)) {
            whole.add(weight);
            if !path.ends_with(viewer::LATER) {
                first.add(weight);
            }
        }
    }
    for (weight, limit, what) in [
        (first, BUDGET, "what the first view needs: page, script, styles, first part"),
        (whole, CEILING, "all of it"),
    ] {
        println!("{:>10} {:>10}  {what}", weight.raw, weight.gzip);
        println!("{:>10} {:>10}  may be", limit.raw, limit.gzip);
        if weight.exceeds(limit) {
            bail!("the viewer is too heavy: {what}");
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heavy_viewer_fails_and_a_light_one_does_not() {
        let folder = std::env::temp_dir().join(format!("xtask-dist-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), "small").unwrap();
        // Samples are not part of the program: they are fetched by those who ask for them.
        fs::write(folder.join("sample.json"), vec![b' '; CEILING.raw as usize + 1]).unwrap();
        assert!(weigh(&folder).is_ok());
        // The second part counts as part of the whole only.
        fs::write(folder.join(viewer::LATER), vec![0; CEILING.raw as usize - 5]).unwrap();
        assert!(weigh(&folder).is_ok());
        fs::write(folder.join(viewer::LATER), vec![0; CEILING.raw as usize]).unwrap();
        assert!(weigh(&folder).is_err());
        fs::remove_file(folder.join(viewer::LATER)).unwrap();
        fs::write(folder.join("spandrel_bg.wasm"), vec![0; BUDGET.raw as usize]).unwrap();
        assert!(weigh(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
