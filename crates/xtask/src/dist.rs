//! `dist`: the viewer as it is shipped, compressed twins beside its files, its weight held to a limit, and the server
//! with the viewer inside it.

use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::viewer::{self, Build};
use crate::{place, process};

/// The most that all files of the viewer may weigh together.
const WHOLE: Limit = Limit { raw: 5_400_000, gzip: 2_100_000 };
/// The most that the program without its parts may weigh, which every page needs.
const PROGRAM: Limit = Limit { raw: 3_100_000, gzip: 1_200_000 };

/// The most that files may weigh, in bytes.
struct Limit {
    raw: u64,
    gzip: u64,
}

/// Bytes as they are and compressed. A file that does not get smaller counts as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weight {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl Weight {
    fn add(&mut self, other: Weight) {
        self.raw += other.raw;
        self.gzip += other.gzip;
        self.brotli += other.brotli;
    }

    fn is_above(self, limit: &Limit) -> bool {
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

/// Builds `dist/`, prints its weight and a policy under which it works, and builds the server with the viewer inside it.
pub fn dist(options: &Options) -> Result<()> {
    let out = place::root().join("dist");
    ship(&out)?;
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

/// Builds the viewer into `out` as it is shipped: optimised, with compressed twins. Fails above the weight limit.
pub fn ship(out: &Path) -> Result<()> {
    viewer::build(&Build { install_optimiser: true, ..Build::default() }, out)?;
    let weights = compress(out)?;
    let (mut whole, mut program) = (Weight::default(), Weight::default());
    println!("{:>10} {:>10} {:>10}  file", "raw", "gzip", "brotli");
    for (path, weight) in weights {
        println!("{:>10} {:>10} {:>10}  {}", weight.raw, weight.gzip, weight.brotli, path.display());
        whole.add(weight);
        if path.ends_with(viewer::WASM) {
            program.add(weight);
        }
    }
    let mut is_above = false;
    for (weight, limit, what) in
        [(program, &PROGRAM, "program without its parts"), (whole, &WHOLE, "all files")]
    {
        println!("{:>10} {:>10} {:>10}  {what}", weight.raw, weight.gzip, weight.brotli);
        println!("{:>10} {:>10} {:>10}  limit", limit.raw, limit.gzip, "");
        is_above |= weight.is_above(limit);
    }
    if is_above {
        bail!("the viewer is heavier than its limit");
    }
    Ok(())
}

/// Writes `FILE.gz` and `FILE.br` beside each file below `out` that gets smaller by it; returns the files' weights.
fn compress(out: &Path) -> Result<Vec<(PathBuf, Weight)>> {
    let mut weights = Vec::new();
    for (path, bytes) in viewer::read_folder(out)? {
        let twin = |extension: &str, packed: Vec<u8>| -> Result<u64> {
            if packed.len() >= bytes.len() {
                return Ok(bytes.len() as u64);
            }
            let target = out.join(format!("{}.{extension}", path.display()));
            fs::write(&target, &packed).with_context(|| format!("{} cannot be written", target.display()))?;
            Ok(packed.len() as u64)
        };
        let weight = Weight {
            raw: bytes.len() as u64,
            gzip: twin("gz", gzip(&bytes)?)?,
            brotli: twin("br", brotli(&bytes)?)?,
        };
        weights.push((path, weight));
    }
    Ok(weights)
}

/// Zopfli's gzip: about 4 % smaller than the best level of zlib, and read by every browser.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let rounds = NonZeroU64::new(5).context("a number above zero")?;
    let options = zopfli::Options { iteration_count: rounds, ..zopfli::Options::default() };
    let mut packed = Vec::new();
    zopfli::compress(options, zopfli::Format::Gzip, bytes, &mut packed)?;
    Ok(packed)
}

/// Quality 11 and a window of 4 MB: the best that every browser reads.
fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    encoder.write_all(bytes)?;
    Ok(encoder.into_inner())
}

/// Prints a content security policy under which the page works.
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
    use std::io::Read;

    #[test]
    fn compressed_twins_hold_the_same_bytes_and_are_written_only_where_they_are_smaller() {
        let folder = std::env::temp_dir().join(format!("xtask-dist-{}", std::process::id()));
        fs::create_dir_all(folder.join("static/1")).unwrap();
        let text = "let a = 1;\n".repeat(1000);
        fs::write(folder.join("static/1/a.js"), &text).unwrap();
        fs::write(folder.join("tiny.txt"), "x").unwrap();
        let weights = compress(&folder).unwrap();

        let mut gzip = String::new();
        let packed = fs::read(folder.join("static/1/a.js.gz")).unwrap();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut gzip).unwrap();
        let mut brotli = String::new();
        let packed = fs::read(folder.join("static/1/a.js.br")).unwrap();
        brotli::Decompressor::new(&packed[..], 4096).read_to_string(&mut brotli).unwrap();
        assert!(gzip == text && brotli == text);
        assert!(!folder.join("tiny.txt.gz").exists() && !folder.join("tiny.txt.br").exists());

        let sizes: Vec<_> =
            weights.iter().map(|(_, weight)| (weight.raw, weight.gzip < weight.raw)).collect();
        assert_eq!(sizes, [(text.len() as u64, true), (1, false)]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn each_limit_holds_by_itself() {
        let most = Weight { raw: PROGRAM.raw, gzip: PROGRAM.gzip, brotli: PROGRAM.gzip };
        assert!(!most.is_above(&PROGRAM));
        assert!(Weight { raw: PROGRAM.raw + 1, ..most }.is_above(&PROGRAM));
        assert!(Weight { gzip: PROGRAM.gzip + 1, ..most }.is_above(&PROGRAM));
    }
}
